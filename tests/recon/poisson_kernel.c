/* The arithmetic of the Poisson likelihood. */
#include "mpi_test.h"
#include "recon/kernel/pixels.h"
#include "recon/kernel/poisson.h"

static const AetPoisson model = {0.5, 0.25};

/* Half the deviance: nothing where the expectation is what was measured, m - n - n log(m / n) elsewhere, nothing of unused pixels. */
static void TestMisfit(void)
{
  const float         b[4] = {3, -2, 1, 7}, Ax[4] = {3, 1, 2, 100}, Ad[4] = {0, 0.5F, -1, 0};
  const unsigned char use[4] = {AET_PIXEL_USED, AET_PIXEL_USED, AET_PIXEL_USED, AET_PIXEL_WITHHELD};

  AET_TEST_CLOSE(AetPoissonMisfit(4, &model, Ax, 0, NULL, b, use), 1.5 + 1 - 1.5 * log(2.5 / 1.5), 1e-12);
  AET_TEST_CLOSE(AetPoissonMisfit(4, &model, Ax, 1, Ad, b, use), 2, 1e-12);
}

/* The slope is the misfit's, also below the least expectation and where that is negative; value and slope go through there unbroken. */
static void TestSlope(void)
{
  const unsigned char use = AET_PIXEL_USED, unused = AET_PIXEL_UNMEASURED;
  const double        h = 1e-3;
  float               slope;

  for (int i = -20; i < 40; i++)
    for (int n = 0; n < 3; n++) {
      const float Ax = 0.05F * (float)i, b = (float)n - 0.5F, one = 1;
      double      up = AetPoissonMisfit(1, &model, &Ax, h, &one, &b, &use), middle = AetPoissonMisfit(1, &model, &Ax, 0, NULL, &b, &use);
      const float down = Ax - (float)h;
      double      low = AetPoissonMisfit(1, &model, &down, 0, NULL, &b, &use);
      AetPoissonSlope(1, &model, &Ax, &b, &use, &slope);
      AET_TEST_CLOSE((up - low) / (2 * h), slope, 2e-3 * (1 + fabs((double)slope)));
      AET_TEST(up - 2 * middle + low > -1e-6); /* convex */
      AetPoissonSlope(1, &model, &Ax, &b, &unused, &slope);
      AET_TEST(slope == 0);
    }
}

/* A step of length 1 is that of expectation maximisation where the bounds of the scaling do not act; one cut at 0; one not moved. */
static void TestSteps(void)
{
  const AetPoissonScaling scaling = {0.01, 100};
  const float             x[3] = {2, 0.5F, 3}, sensitivity[3] = {4, 4, 0}, gradient[3] = {1, 9, 1}, before[3] = {0.5F, 9, 0};
  float                   direction[3];
  double                  sums[4] = {0};

  AET_TEST_CLOSE(AetPoissonDirection(3, &scaling, 1, x, sensitivity, gradient, direction), -0.5 - 4.5, 1e-6);
  AET_TEST_CLOSE(direction[0], 2.0 / 4 * (4 - 1) - 2, 1e-6); /* x / Aᵀ1 · Aᵀ(n / m), with Aᵀ(n / m) = Aᵀ1 - gradient */
  AET_TEST(direction[1] == -0.5F && direction[2] == 0);
  AetPoissonCurvature(1, &scaling, 2, x, sensitivity, direction, gradient, before, sums);
  AET_TEST_CLOSE(sums[0], 1 / 0.25, 1e-6); /* s = -1, w = 0.5, S = 0.5 */
  AET_TEST_CLOSE(sums[1], -0.5 / 0.5, 1e-6);
  AET_TEST_CLOSE(sums[2], -0.25, 1e-6);
  AET_TEST_CLOSE(sums[3], 0.0625, 1e-6);
}

AET_TEST_MAIN("Poisson arithmetic", {"misfit", TestMisfit}, {"slope", TestSlope}, {"steps", TestSteps})
