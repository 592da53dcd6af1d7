/* Atoms taken out of a volume they were drawn into. */
#include "atoms/kernel/subtract.h"
#include "mpi_test.h"

static void TestSubtract(void)
{
  enum { N = 24 };
  static float plane[N * N];
  const double centre[6] = {9.3, 11.8, 5.4, 20.6, 3.1, 6.2}, height[2] = {2, 5}, sigma[3] = {1.1, 1.4, 1.9};
  double       worst = 0;

  for (int z = 0; z < 14; z++) {
    for (int i = 0; i < N * N; i++) {
      plane[i] = 0.25f;
      for (int a = 0; a < 2; a++) {
        const double *c = centre + 3 * a;
        plane[i] +=
            (float)(height[a] *
                    exp(-0.5 * (pow((i % N - c[0]) / sigma[0], 2) + pow((i / N - c[1]) / sigma[1], 2) + pow((z - c[2]) / sigma[2], 2))));
      }
    }
    AetSubtractGaussians(plane, z, N, N, 2, centre, height, sigma);
    for (int i = 0; i < N * N; i++) worst = fmax(worst, fabs(plane[i] - 0.25));
  }
  AET_TEST_CLOSE(worst, 0, 5 * exp(-8.0) * 1.01); /* what is beyond 4 sigma stays */
}

AET_TEST_MAIN("subtract", {"subtract", TestSubtract})
