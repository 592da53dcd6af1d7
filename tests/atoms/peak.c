/* Filters, splines and quartic fits against what they must be exactly. */
#include "atoms/kernel/peak.h"
#include "atoms/kernel/filter.h"
#include "atoms/kernel/maxima.h"
#include "mpi_test.h"

enum { N = 30, ALL = N * N * N };

/* In place, all axes. */
static void Filter(float *data, int taps, const float *weight)
{
  float *buffer = malloc((ALL + 2 * AET_FILTER_TAPS) * sizeof *buffer);

  AetFilterRows(data, N, N * N, N * N, taps, weight, buffer);
  for (int z = 0; z < N; z++) {
    AetFilterRows(data + z * N * N, N, N, N, taps, weight, buffer);
    for (int y = 0; y < N; y++) AetFilterRow(data + (z * N + y) * N, N, taps, weight, buffer);
  }
  free(buffer);
}

static void TestGaussian(void)
{
  /* the response to an impulse is the Gaussian, its sum 1, its variance sigma² */
  float  row[64] = {0}, buffer[64 + 2 * AET_FILTER_TAPS], weight[AET_FILTER_TAPS + 1];
  double sum = 0, variance = 0;
  int    taps = AetFilterGaussian(1.7, weight);

  row[32] = 1;
  AetFilterRow(row, 64, taps, weight, buffer);
  for (int i = 0; i < 64; i++) {
    sum += row[i];
    variance += row[i] * (i - 32) * (i - 32);
    AET_TEST_CLOSE(row[i], exp(-0.5 * (i - 32) * (i - 32) / (1.7 * 1.7)) / (1.7 * sqrt(2 * 3.14159265358979)), 1e-4);
  }
  AET_TEST_CLOSE(sum, 1, 1e-6);
  AET_TEST_CLOSE(variance, 1.7 * 1.7, 0.01);
  AET_TEST(AetFilterGaussian(0, weight) == 0 && weight[0] == 1);
}

static void TestMirror(void)
{
  const ptrdiff_t expected[] = {3, 2, 1, 0, 1, 2, 3, 2, 1, 0, 1};
  int             wrong = 0;

  for (int i = 0; i < 11; i++) wrong += AetMirror(i - 3, 4) != expected[i];
  AET_TEST(wrong == 0);
  AET_TEST(AetMirror(-7, 1) == 0 && AetMirror(5, 1) == 0);
}

/* The spline passes through the voxels it was made from, also of a thin and mirrored grid. */
static void TestInterpolates(void)
{
  static float values[ALL], coefficient[ALL];
  float        weight[AET_FILTER_TAPS + 1];
  AetSpline    spline = {coefficient, {N, N, N}};
  double       worst = 0, none[3] = {0}, out;

  for (int i = 0; i < ALL; i++) values[i] = coefficient[i] = (float)AetRandomNormal(2, 0, (uint64_t)i);
  Filter(coefficient, AetFilterSpline(weight), weight);
  for (int i = 0; i < ALL; i++) {
    ptrdiff_t base[3] = {i % N, i / N % N, i / N / N};
    AetSplineSample(&spline, base, none, 1, 0, &out);
    worst = fmax(worst, fabs(out - values[i]));
  }
  AET_TEST_CLOSE(worst, 0, 1e-5);
}

static double Cubic(double x, double y, double z)
{
  return 1 + x - 2 * y * z + 0.3 * x * x * y - 0.1 * z * z * z + 0.05 * x * y * z;
}

/* Cubics are reproduced between the voxels, away from the mirrored faces. */
static void TestReproduces(void)
{
  static float coefficient[ALL];
  float        weight[AET_FILTER_TAPS + 1];
  AetSpline    spline = {coefficient, {N, N, N}};
  ptrdiff_t    base[3] = {15, 14, 16};
  double       fraction[3] = {0.37, -0.61, 0.25}, out[27], worst = 0;

  for (int i = 0; i < ALL; i++) coefficient[i] = (float)Cubic((i % N - 15) / 3.0, (i / N % N - 15) / 3.0, (i / N / N - 15) / 3.0);
  Filter(coefficient, AetFilterSpline(weight), weight);
  AetSplineSample(&spline, base, fraction, 0.7, 1, out);
  for (int i = 0; i < 27; i++) {
    double x = 0.37 + 0.7 * (i % 3 - 1), y = -1.61 + 0.7 * (i / 3 % 3 - 1), z = 1.25 + 0.7 * (i / 9 - 1);
    worst = fmax(worst, fabs(out[i] - Cubic(x / 3, y / 3, z / 3)));
  }
  AET_TEST_CLOSE(worst, 0, 2e-4); /* the mirrored faces are nine voxels and more away: 0.27^9 of their kinks */
}

/* A quartic is fitted exactly, whatever its 35 coefficients. */
static void TestQuarticExact(void)
{
  static AetQuartic quartic;
  double            coefficient[5][5][5] = {{{0}}}, samples[343], fit[10];
  int               n = 0;

  AetQuarticPrepare(&quartic);
  for (int i = 0; i <= 4; i++)
    for (int j = 0; i + j <= 4; j++)
      for (int k = 0; i + j + k <= 4; k++) coefficient[i][j][k] = AetRandomNormal(6, 1, (uint64_t)n++) / pow(3, i + j + k);
  AET_TEST(n == 35);
  for (int p = 0; p < 343; p++) {
    int x = p % 7 - 3, y = p / 7 % 7 - 3, z = p / 49 - 3;
    samples[p] = 0;
    for (int i = 0; i <= 4; i++)
      for (int j = 0; i + j <= 4; j++)
        for (int k = 0; i + j + k <= 4; k++) samples[p] += coefficient[i][j][k] * pow(x, i) * pow(y, j) * pow(z, k);
  }
  AetQuarticFit(&quartic, samples, fit);
  AET_TEST_CLOSE(fit[0], coefficient[0][0][0], 1e-12);
  AET_TEST_CLOSE(fit[1], coefficient[1][0][0], 1e-12);
  AET_TEST_CLOSE(fit[2], coefficient[0][1][0], 1e-12);
  AET_TEST_CLOSE(fit[3], coefficient[0][0][1], 1e-12);
  AET_TEST_CLOSE(fit[4], coefficient[2][0][0], 1e-12);
  AET_TEST_CLOSE(fit[5], coefficient[0][2][0], 1e-12);
  AET_TEST_CLOSE(fit[6], coefficient[0][0][2], 1e-12);
  AET_TEST_CLOSE(fit[7], coefficient[1][1][0], 1e-12);
  AET_TEST_CLOSE(fit[8], coefficient[1][0][1], 1e-12);
  AET_TEST_CLOSE(fit[9], coefficient[0][1][1], 1e-12);
}

static void TestStep(void)
{
  /* value - (r - t)ᵀ A (r - t) with a skew A: one step leads to t; any positive curvature is refused */
  double t[3] = {0.4, -0.3, 0.2}, A[3][3] = {{2, 0.5, -0.3}, {0.5, 1, 0.2}, {-0.3, 0.2, 3}}, c[10] = {0}, step[3];

  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++) c[1 + i] += 2 * A[i][j] * t[j];
  for (int i = 0; i < 3; i++) c[4 + i] = -A[i][i];
  c[7] = -2 * A[0][1], c[8] = -2 * A[0][2], c[9] = -2 * A[1][2];
  AET_TEST(AetQuarticStep(c, step) == 0);
  for (int i = 0; i < 3; i++) AET_TEST_CLOSE(step[i], t[i], 1e-12);
  for (int i = 0; i < 3; i++) {
    double saddle[10];
    memcpy(saddle, c, sizeof c);
    saddle[4 + i] = 1;
    AET_TEST(AetQuarticStep(saddle, step) != 0);
  }
}

static double Bump(const double *top, double x, double y, double z, double sigma)
{
  return exp(-0.5 * ((x - top[0]) * (x - top[0]) + (y - top[1]) * (y - top[1]) + (z - top[2]) * (z - top[2])) / (sigma * sigma));
}

/* The top of a Gaussian anywhere in a voxel; a straight flank has none. */
static void TestPeak(void)
{
  static float      data[ALL];
  static AetQuartic quartic;
  float             weight[AET_FILTER_TAPS + 1];
  AetSpline         spline = {data, {N, N, N}};
  double            offset[3], value, worst = 0;
  int               bad = 0;

  AetQuarticPrepare(&quartic);
  for (int trial = 0; trial < 12; trial++) {
    double    top[3];
    ptrdiff_t base[3];
    for (int a = 0; a < 3; a++) {
      top[a] = 14 + 2 * AetRandomUniform(1, (uint64_t)a, (uint64_t)trial);
      base[a] = (ptrdiff_t)floor(top[a] + 0.5);
    }
    for (int i = 0; i < ALL; i++) data[i] = (float)Bump(top, i % N, i / N % N, i / N / N, 2);
    Filter(data, AetFilterSpline(weight), weight);
    bad += AetPeakFit(&spline, &quartic, base, 1.0 / 3, offset, &value) != AET_PEAK_GOOD;
    for (int a = 0; a < 3; a++) worst = fmax(worst, fabs(base[a] + offset[a] - top[a]));
  }
  AET_TEST(bad == 0);
  AET_TEST_CLOSE(worst, 0, 3e-3);
  AET_TEST_CLOSE(value, 1, 0.01);
  for (int i = 0; i < ALL; i++) data[i] = (float)(i % N) * 0.1f;
  AET_TEST(AetPeakFit(&spline, &quartic, (ptrdiff_t[3]){15, 15, 15}, 1.0 / 3, offset, &value) != AET_PEAK_GOOD);
}

/* Against the definition, on noise and on a grid of few values, where ties are everywhere. */
static void TestMaxima(void)
{
  static float data[ALL];
  ptrdiff_t    place[N * N];

  for (int levels = 0; levels <= 3; levels += 3) {
    int wrong = 0, total = 0;
    for (int i = 0; i < ALL; i++) {
      double u = AetRandomUniform(3, 4, (uint64_t)i);
      data[i] = (float)(levels ? floor(u * levels) : u);
    }
    for (int z = 1; z < N - 1; z++) {
      ptrdiff_t found = AetMaximaPlane(data, z, N, N, 0.5f, N * N, place), next = 0;
      for (int y = 1; y < N - 1; y++)
        for (int x = 1; x < N - 1; x++) {
          int at = (z * N + y) * N + x, top = data[at] > 0.5f;
          for (int d = 0; d < 27 && top; d++) {
            int other = at + (d / 9 - 1) * N * N + (d / 3 % 3 - 1) * N + d % 3 - 1;
            if (other != at && (data[other] > data[at] || (data[other] == data[at] && other < at))) top = 0;
          }
          if (!top) continue;
          wrong += next >= found || place[next] != y * N + x;
          next++;
        }
      wrong += next != found;
      total += (int)found;
    }
    AET_TEST(wrong == 0 && total > 20);
  }
}

AET_TEST_MAIN("peak kernels", {"gaussian filter", TestGaussian}, {"mirror", TestMirror}, {"spline interpolates", TestInterpolates},
              {"spline reproduces cubics", TestReproduces}, {"quartic is exact", TestQuarticExact}, {"newton step", TestStep},
              {"peak", TestPeak}, {"maxima against the definition", TestMaxima})
