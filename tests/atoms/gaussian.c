/* The fit of a Gaussian of any widths and directions. */
#include "atoms/kernel/gaussian.h"
#include "atoms/kernel/filter.h"
#include "mpi_test.h"

enum { SIDE = 7 };

/* Samples of exp of minus half a quadratic form about a centre, on a background. */
static void Fill(double *samples, const double centre[3], const double form[6], double height, double background, double noise)
{
  for (int p = 0; p < SIDE * SIDE * SIDE; p++) {
    double r[3] = {p % SIDE - 3 - centre[0], p / SIDE % SIDE - 3 - centre[1], p / SIDE / SIDE - 3 - centre[2]};
    double q = form[0] * r[0] * r[0] + form[1] * r[1] * r[1] + form[2] * r[2] * r[2] +
               2 * (form[3] * r[0] * r[1] + form[4] * r[0] * r[2] + form[5] * r[1] * r[2]);
    samples[p] = background + height * exp(-0.5 * q) + noise * AetRandomNormal(3, 0, (uint64_t)p);
  }
}

static void TestExact(void)
{
  const double form[6] = {0.25, 0.16, 0.1, 0.05, -0.03, 0.04}, centre[3] = {0.4, -0.7, 0.2};
  double       samples[SIDE * SIDE * SIDE], l[3], whole[6];
  AetGaussian  g = {0, 1, {0, 0, 0}, {-1, -1, -1}, {0, 0, 0}};

  Fill(samples, centre, form, 2.5, -3, 0);
  AET_TEST(AetGaussianFit(samples, 3, &g) == 0);
  for (int k = 0; k < 3; k++) AET_TEST_CLOSE(g.centre[k], centre[k], 1e-6);
  AET_TEST_CLOSE(g.height, 2.5, 1e-5);
  AET_TEST_CLOSE(g.background, -3, 1e-5);
  for (int k = 0; k < 3; k++) l[k] = exp(g.log_l[k]);
  whole[0] = l[0] * l[0];
  whole[1] = l[1] * l[1] + g.off[0] * g.off[0];
  whole[2] = l[2] * l[2] + g.off[1] * g.off[1] + g.off[2] * g.off[2];
  whole[3] = l[0] * g.off[0];
  whole[4] = l[0] * g.off[1];
  whole[5] = g.off[0] * g.off[1] + l[1] * g.off[2];
  for (int k = 0; k < 6; k++) AET_TEST_CLOSE(whole[k], form[k], 1e-5);
}

static void TestNoise(void)
{
  const double form[6] = {0.25, 0.2, 0.15, 0, 0, 0}, centre[3] = {0.3, 0.2, -0.4};
  double       samples[SIDE * SIDE * SIDE];
  AetGaussian  g = {0, 1, {0, 0, 0}, {-1, -1, -1}, {0, 0, 0}};

  Fill(samples, centre, form, 1, 0.2, 0.05);
  AET_TEST(AetGaussianFit(samples, 3, &g) == 0);
  for (int k = 0; k < 3; k++) AET_TEST_CLOSE(g.centre[k], centre[k], 0.1);
}

static void TestNone(void)
{
  double      samples[SIDE * SIDE * SIDE];
  AetGaussian g = {0, 1, {0, 0, 0}, {-1, -1, -1}, {0, 0, 0}};

  for (int p = 0; p < SIDE * SIDE * SIDE; p++) samples[p] = p % SIDE; /* a slope has no top */
  AET_TEST(AetGaussianFit(samples, 3, &g) == 1);
  g = (AetGaussian){0, 1, {0, 0, 0}, {-1, -1, -1}, {0, 0, 0}};
  Fill(samples, (double[3]){0, 0, 0}, (double[6]){0.2, 0.2, 0.2, 0, 0, 0}, -1, 1, 0); /* a hole is no peak */
  AET_TEST(AetGaussianFit(samples, 3, &g) == 1);
}

/* Through the spline of a voxel grid, from the wrong voxel. */
static void TestPeak(void)
{
  enum { N = 48 };
  float    *data = malloc(N * N * N * sizeof *data), *buffer = malloc(N * N * N * sizeof *buffer), weight[AET_FILTER_TAPS + 1];
  int       taps = AetFilterSpline(weight);
  AetSpline spline = {data, {N, N, N}};
  double    offset[3], value, at[3] = {23.4, 24.3, 22.6};

  for (int p = 0; p < N * N * N; p++) {
    double x = p % N - at[0], y = p / N % N - at[1], z = p / N / N - at[2];
    data[p] = (float)(0.5 + exp(-0.5 * (x * x / 3 + y * y / 4 + z * z / 5 + 0.3 * x * y)));
  }
  AetFilterRows(data, N, N * N, N * N, taps, weight, buffer);
  for (int z = 0; z < N; z++) {
    AetFilterRows(data + z * N * N, N, N, N, taps, weight, buffer);
    for (int y = 0; y < N; y++) AetFilterRow(data + (z * N + y) * N, N, taps, weight, buffer);
  }
  AET_TEST(AetPeakFitGaussian(&spline, (ptrdiff_t[3]){24, 24, 23}, 1.0 / 3, offset, &value) == AET_PEAK_GOOD);
  AET_TEST_CLOSE(24 + offset[0], at[0], 2e-3);
  AET_TEST_CLOSE(24 + offset[1], at[1], 2e-3);
  AET_TEST_CLOSE(23 + offset[2], at[2], 2e-3);
  AET_TEST_CLOSE(value, 1.5, 2e-3);
  free(data);
  free(buffer);
}

AET_TEST_MAIN("gaussian", {"exact", TestExact}, {"noise", TestNoise}, {"no peak", TestNone}, {"peak", TestPeak})
