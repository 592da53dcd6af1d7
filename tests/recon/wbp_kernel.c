/* Weights of views against their limits. */
#include "mpi_test.h"
#include "recon/kernel/weight.h"
#include <math.h>

/* A lone view is not weighted; a frequency that two views share counts half; no sum below the floor. */
static void TestFewViews(void)
{
  const double across[2] = {0, 0}, along[2] = {0, 0.5}, against[2] = {1.43, 1.43}, still[2] = {0, 0};
  double       weight[5];

  AetWeightRow(1, across, along, 0.01, 5, weight);
  for (int x = 0; x < 5; x++) AET_TEST_CLOSE(weight[x], 1, 1e-12);
  AetWeightRow(2, across, along, 0.01, 5, weight);
  AET_TEST_CLOSE(weight[0], 0.5, 1e-12);
  AET_TEST_CLOSE(weight[1], 1 / (1 + 2 / M_PI * sin(M_PI / 8) / (M_PI / 8)), 1e-12);
  AET_TEST_CLOSE(weight[2], 1, 1e-12); /* sinc(1) = 0 */
  AetWeightRow(2, against, still, 0.01, 1, weight);
  AET_TEST_CLOSE(weight[0], 100, 1e-9);
}

/* Views close together: the weight is the ramp, k·step·D, but for small ripples of the slab's ends, which the mean over k has not. */
static void TestManyViewsMakeTheRamp(void)
{
  enum { VIEWS = 720, COUNT = 400 };
  const double diameter = 64, step = M_PI / VIEWS, frequency = 0.001;
  double       across[VIEWS] = {0}, along[VIEWS], weight[COUNT], mean = 0;

  for (int i = 0; i < VIEWS; i++) along[i] = diameter * frequency * sin(i * step);
  AetWeightRow(VIEWS, across, along, 0.01, COUNT, weight);
  for (int x = 100; x < COUNT; x++) {
    const double ratio = weight[x] / (x * frequency * step * diameter);
    AET_TEST(fabs(ratio - 1) < 0.06);
    mean += ratio / (COUNT - 100);
  }
  AET_TEST_CLOSE(mean, 1, 0.01);
}

/* The slab against its definition, also where the formula takes another branch. */
static void TestSlab(void)
{
  for (int i = 1; i < 400; i++) {
    const double t = i < 200 ? 1e-6 * i : 0.037 * (i - 199), x = M_PI * t;
    AET_TEST_CLOSE(AetSlab(t), sin(x) / x * sin(x / 4) / (x / 4), 1e-9);
    AET_TEST_CLOSE(AetSlab(-t), AetSlab(t), 1e-15);
  }
  AET_TEST_CLOSE(AetSlab(0), 1, 1e-15);
}

static void TestWindows(void)
{
  const double half[5] = {1, 2 * M_SQRT2 / M_PI, M_SQRT1_2, 0.54, 0.5}, end[5] = {1, 2 / M_PI, 0, 0.08, 0};

  for (int w = 0; w < 5; w++) {
    AET_TEST_CLOSE(AetWindowAt((AetWindow)w, 0), 1, 1e-12);
    AET_TEST_CLOSE(AetWindowAt((AetWindow)w, 0.5), half[w], 1e-12);
    AET_TEST_CLOSE(AetWindowAt((AetWindow)w, 1), end[w], 1e-12);
    AET_TEST_CLOSE(AetWindowAt((AetWindow)w, 1.4), end[w], 1e-12);
  }
}

AET_TEST_MAIN("weights of views", {"few views", TestFewViews}, {"slab", TestSlab}, {"many views make the ramp", TestManyViewsMakeTheRamp},
              {"windows", TestWindows})
