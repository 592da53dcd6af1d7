/* Kernels of the correction: robust numbers, likelihood ratios, places between atoms. */
#include "atoms/kernel/evidence.h"
#include "atoms/kernel/trial.h"
#include "mpi_test.h"

/* Of a normal population the spread is its variance over the one that is claimed; a fifth of far values changes little. */
static void Population(void)
{
  enum { COUNT = 20000 };
  static double value[COUNT], variance[COUNT], scratch[COUNT];
  double        centre, spread;

  for (int i = 0; i < COUNT; i++) value[i] = 3 + 0.2 * AetRandomNormal(1, 2, (uint64_t)i), variance[i] = 0.01;
  AetPopulationOf(COUNT, value, variance, scratch, &centre, &spread);
  AET_TEST_CLOSE(centre, 3, 0.01);
  AET_TEST_CLOSE(spread, 4, 0.15);
  for (int i = 0; i < COUNT / 10; i++) value[i] = 0;
  AetPopulationOf(COUNT, value, variance, scratch, &centre, &spread);
  AET_TEST_CLOSE(centre, 3, 0.05);
  AET_TEST(spread > 4 && spread < 6);
  AET_TEST(AetMedianInPlace(0, value) == 0);
}

/* The logarithm of the ratio of two normal densities. */
static void Ratio(void)
{
  AET_TEST_CLOSE(AetHeightLogRatio(1, 1, 0, 0.04), 12.5, 1e-12);
  AET_TEST_CLOSE(AetHeightLogRatio(0.5, 1, 0, 0.04), 0, 1e-12);
  AET_TEST_CLOSE(AetHeightLogRatio(0, 1, 0, 0.04), -12.5, 1e-12);
}

/* Against distances one by one, in any slabs. */
static void Free(void)
{
  double        atoms[20][3];
  AetTrialGrid  grid;
  unsigned char mask[100000];
  ptrdiff_t     wrong = 0, open = 0;
  const double  nearest = 1.7, farthest = 3.1;

  for (int i = 0; i < 20; i++)
    for (int a = 0; a < 3; a++) atoms[i][a] = 9 * AetRandomUniform(2, 5, (uint64_t)(3 * i + a)) - 3;
  grid = AetTrialGridOf(20, &atoms[0][0], farthest, 0.61);
  for (ptrdiff_t z = 0; z < grid.n[2]; z += 5) {
    const ptrdiff_t planes = z + 5 < grid.n[2] ? 5 : grid.n[2] - z;
    AetTrialFree(&grid, 20, &atoms[0][0], nearest, farthest, z, planes, mask);
    for (ptrdiff_t p = 0; p < planes * grid.n[0] * grid.n[1]; p++) {
      const ptrdiff_t place[3] = {p % grid.n[0], p / grid.n[0] % grid.n[1], z + p / (grid.n[0] * grid.n[1])};
      double          least = 1e9;
      for (int i = 0; i < 20; i++) {
        double square = 0;
        for (int a = 0; a < 3; a++) square += pow(grid.origin[a] + grid.pitch * (double)place[a] - atoms[i][a], 2);
        least = fmin(least, square);
      }
      wrong += mask[p] != (least > nearest * nearest && least <= farthest * farthest);
      open += mask[p];
    }
  }
  AET_TEST(wrong == 0 && open > 100);
}

/* Peaks of a list with gaps; of equals the first. */
static void Peak(void)
{
  const AetTrialGrid grid = {{0, 0, 0}, 1, {4, 4, 4}};
  const ptrdiff_t    index[] = {0, 1, 5, 21, 42, 63};
  const double       value[] = {1, 3, 3, 2, 1, 5};

  AET_TEST(!AetTrialIsPeak(&grid, 6, index, value, 0));
  AET_TEST(AetTrialIsPeak(&grid, 6, index, value, 1));
  AET_TEST(!AetTrialIsPeak(&grid, 6, index, value, 2)); /* the equal of the one before */
  AET_TEST(!AetTrialIsPeak(&grid, 6, index, value, 3));
  AET_TEST(!AetTrialIsPeak(&grid, 6, index, value, 4));
  AET_TEST(AetTrialIsPeak(&grid, 6, index, value, 5));
  { /* the end of a row and the beginning of the next are not beside each other */
    const ptrdiff_t apart[] = {3, 4};
    const double    equal[] = {2, 1};
    AET_TEST(AetTrialIsPeak(&grid, 2, apart, equal, 1));
  }
}

AET_TEST_MAIN("correct_kernels", {"a population", Population}, {"a likelihood ratio", Ratio}, {"places between atoms", Free},
              {"peaks of a list", Peak})
