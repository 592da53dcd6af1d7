/* The voxels that atoms take out of a volume. */
#include "atoms/kernel/near.h"
#include "mpi_test.h"

/* Against the distance to every atom, voxel by voxel; an atom beyond the border still reaches in. */
static void TestNear(void)
{
  enum { NZ = 9, NY = 11, NX = 14, COUNT = 3 };
  const ptrdiff_t n[3] = {NZ, NY, NX};
  const double    pixel = 0.4, radius = 2.2, edge = 1.3, position[3 * COUNT] = {0.3, -0.2, 0.5, 1.1, 0.9, -0.6, -3.1, 0, 0.2};
  float           weight[NY * NX];
  double          worst = 0;
  int             kept = 0, taken = 0;

  for (ptrdiff_t z = 0; z < NZ; z++) {
    AetNearPlane(n, z, pixel, COUNT, position, radius, edge, weight);
    for (int p = 0; p < NY * NX; p++) {
      const double at[3] = {p % NX - NX / 2, p / NX - NY / 2, (double)z - NZ / 2};
      double       least = 1e9, expected;
      for (int i = 0; i < COUNT; i++) {
        double square = 0;
        for (int a = 0; a < 3; a++) square += pow(at[a] - position[3 * i + a] / pixel, 2);
        least = fmin(least, sqrt(square));
      }
      expected = least <= radius ? 0 : least >= radius + edge ? 1 : pow(sin(0.5 * M_PI * (least - radius) / edge), 2);
      worst = fmax(worst, fabs(weight[p] - expected));
      kept += weight[p] == 1, taken += weight[p] == 0;
    }
  }
  AET_TEST_CLOSE(worst, 0, 1e-6);
  AET_TEST(kept > 100 && taken > 50);
}

AET_TEST_MAIN("near", {"near", TestNear})
