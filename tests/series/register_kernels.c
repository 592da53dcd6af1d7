/* Kernels of the registration against answers known beforehand and brute force. */
#include "mpi_test.h"
#include "series/kernel/connected.h"
#include "series/kernel/fit.h"
#include "series/kernel/icp.h"
#include "series/kernel/vectors.h"

enum { POINTS = 400 };

static void Points(uint64_t stream, double size, double *x)
{
  for (int i = 0; i < 3 * POINTS; i++) x[i] = size * (AetRandomUniform(7, stream, (uint64_t)i) - 0.5);
}

static void Axis(double angle, double R[9])
{
  const double c = cos(angle), s = sin(angle), made[9] = {c, -s, 0, s * 0.6, c * 0.6, -0.8, s * 0.8, c * 0.8, 0.6};

  memcpy(R, made, sizeof made);
}

/* b = linear a + shift is found to rounding; what a rigid or scaled fit may not do it does not do. */
static void TestFitIsExact(void)
{
  double       a[3 * POINTS], b[3 * POINTS], R[9];
  const double P[9] = {1.02, 0.01, -0.004, 0.01, 0.97, 0.006, -0.004, 0.006, 1.005}, shift[3] = {31, -17, 52};
  AetFit       fit, both;

  Points(1, 60, a);
  Axis(2.5, R);
  for (int kind = AET_FIT_RIGID; kind <= AET_FIT_AFFINE; kind++) {
    double linear[9], worst = 0;
    for (int i = 0; i < 9; i++) {
      const double *row = R + 3 * (i / 3);
      linear[i] = kind == AET_FIT_RIGID   ? R[i]
                  : kind == AET_FIT_SCALE ? 1.03 * R[i]
                                          : row[0] * P[i % 3] + row[1] * P[3 + i % 3] + row[2] * P[6 + i % 3];
    }
    for (int i = 0; i < POINTS; i++) AetFitMap(linear, shift, a + 3 * i, b + 3 * i);
    AET_TEST(!AetFitPairs((AetFitKind)kind, POINTS, a, b, NULL, &fit));
    for (int k = 0; k < 9; k++) worst = fmax(worst, fabs(fit.linear[k] - linear[k]));
    AET_TEST(worst < 1e-12);
    for (int k = 0; k < 3; k++) AET_TEST_CLOSE(fit.shift[k], shift[k], 1e-10);
    AET_TEST_CLOSE(AetFitTurnAngle(fit.rotation, R), 0, 1e-12);
    AET_TEST_CLOSE(fit.stretch[1], kind == AET_FIT_AFFINE ? P[1] : 0, 1e-12);
    AetFitCompose(&fit, &fit, &both);
    AetFitMap(both.linear, both.shift, a, b);
    AetFitMap(fit.linear, fit.shift, a, b + 3);
    AetFitMap(fit.linear, fit.shift, b + 3, b + 6);
    for (int k = 0; k < 3; k++) AET_TEST_CLOSE(b[k], b[6 + k], 1e-10);
  }
}

/* The affine fit of noisy pairs is at a minimum: a step any way is no better. Weights count as that many pairs. */
static void TestFitIsLeast(void)
{
  double a[3 * POINTS], b[3 * POINTS], noise[3 * POINTS], weight[POINTS], twice[6 * POINTS], onto[6 * POINTS];
  AetFit fit, other;
  int    count = 0;

  Points(2, 40, a);
  Points(3, 2, noise);
  for (int i = 0; i < 3 * POINTS; i++) b[i] = a[i] + noise[i];
  for (int i = 0; i < POINTS; i++) {
    weight[i] = 1 + i % 2;
    for (int k = 0; k < 1 + i % 2 && count < 2 * POINTS; k++, count++) {
      memcpy(twice + 3 * count, a + 3 * i, 3 * sizeof *a);
      memcpy(onto + 3 * count, b + 3 * i, 3 * sizeof *b);
    }
  }
  for (int kind = AET_FIT_RIGID; kind <= AET_FIT_AFFINE; kind++) {
    AET_TEST(!AetFitPairs((AetFitKind)kind, POINTS, a, b, weight, &fit) &&
             !AetFitPairs((AetFitKind)kind, count, twice, onto, NULL, &other));
    for (int k = 0; k < 9; k++) AET_TEST_CLOSE(fit.linear[k], other.linear[k], 1e-12);
  }
  for (int k = -1; k < 12; k++) {
    static double least;
    double        sum = 0;
    other = fit;
    if (k >= 9) other.shift[k - 9] += 1e-3;
    if (k >= 0 && k < 9) other.linear[k] += 1e-4;
    for (int i = 0; i < POINTS; i++) {
      double y[3];
      AetFitMap(other.linear, other.shift, a + 3 * i, y);
      for (int c = 0; c < 3; c++) sum += weight[i] * pow(y[c] - b[3 * i + c], 2);
    }
    if (k < 0) least = sum;
    AET_TEST(k < 0 || sum > least);
  }
}

/* A mirror image is never made; pairs on a line fix nothing. */
static void TestFitRefuses(void)
{
  double a[3 * POINTS], b[3 * POINTS];
  AetFit fit;

  Points(4, 40, a);
  for (int i = 0; i < 3 * POINTS; i++) b[i] = i % 3 ? a[i] : -a[i];
  AET_TEST(!AetFitPairs(AET_FIT_RIGID, POINTS, a, b, NULL, &fit));
  AET_TEST(fit.rotation[0] * (fit.rotation[4] * fit.rotation[8] - fit.rotation[5] * fit.rotation[7]) -
               fit.rotation[1] * (fit.rotation[3] * fit.rotation[8] - fit.rotation[5] * fit.rotation[6]) +
               fit.rotation[2] * (fit.rotation[3] * fit.rotation[7] - fit.rotation[4] * fit.rotation[6]) >
           0.999);
  for (int i = 0; i < POINTS; i++)
    for (int k = 0; k < 3; k++) a[3 * i + k] = b[3 * i + k] = i * (k + 1.0);
  AET_TEST(AetFitPairs(AET_FIT_RIGID, POINTS, a, b, NULL, &fit) && AetFitPairs(AET_FIT_AFFINE, POINTS, a, b, NULL, &fit));
  AET_TEST(AetFitPairs(AET_FIT_RIGID, 2, a, b, NULL, &fit));
}

static void TestNearest(void)
{
  double    a[3 * POINTS], b[3 * POINTS], square[POINTS], room[POINTS], R[9];
  ptrdiff_t partner[POINTS], pairs = 0, within = 0;
  AetCells  cells;

  Points(5, 20, a);
  Points(6, 20, b);
  Axis(0.4, R);
  AET_TEST(!AetCellsBuild(&cells, POINTS, b, 1.5));
  AetIcpNearest(&cells, b, a, POINTS, NULL, R, (double[3]){1, 2, -1}, 1.5, partner, square);
  for (int i = 0; i < POINTS; i++) {
    double    x[3], best = 2.25;
    ptrdiff_t who = -1;
    AetFitMap(R, (double[3]){1, 2, -1}, a + 3 * i, x);
    for (int j = 0; j < POINTS; j++) {
      const double s = pow(x[0] - b[3 * j], 2) + pow(x[1] - b[3 * j + 1], 2) + pow(x[2] - b[3 * j + 2], 2);
      if (s < best) best = s, who = j;
    }
    AET_TEST(partner[i] == who && fabs(square[i] - best) < 1e-12);
    pairs += who >= 0;
  }
  AetCellsFree(&cells);
  for (int i = 0; i < POINTS; i++) within += partner[i] >= 0 && square[i] <= AetIcpTrim(POINTS, partner, square, 0.8, room);
  AET_TEST(pairs > 100 && within == (ptrdiff_t)ceil(0.8 * (double)pairs));
}

/* Two chains, one longer, and points that take no part. */
static void TestConnected(void)
{
  double   x[3 * 30] = {0};
  char     in[30], inside[30];
  AetCells cells;

  for (int i = 0; i < 30; i++) {
    x[3 * i] = i < 12 ? i : i + 1.5; /* the gap between 11 and 12 is 2.5 */
    in[i] = i != 20;                 /* 12 … 19 and 21 … 29: of 8 and 9 */
  }
  AET_TEST(!AetCellsBuild(&cells, 30, x, 1.2));
  AET_TEST(AetLargestConnected(&cells, 30, x, in, 1.2, inside) == 12);
  for (int i = 0; i < 30; i++) AET_TEST(inside[i] == (i < 12));
  in[5] = 0;
  AET_TEST(AetLargestConnected(&cells, 30, x, in, 1.2, inside) == 9 && inside[21] && !inside[19] && !inside[0]);
  AetCellsFree(&cells);
}

/* The map of a cloud of points knows its own rotation, nothing of length alone, and a climb finds the way from some degrees off. */
static void TestVectors(void)
{
  double       a[3 * POINTS], b[3 * POINTS], R[9], turned[9], step[9], sample[4 * 4096], mean = 0, power = 0, best;
  ptrdiff_t    list[POINTS], count;
  AetVectorMap from, onto;
  AetCells     cells;

  Points(8, 24, a);
  Axis(1.1, R);
  for (int i = 0; i < POINTS; i++) AetFitMap(R, (double[3]){3, 4, 5}, a + 3 * i, b + 3 * i), list[i] = i;
  AET_TEST(!AetCellsBuild(&cells, POINTS, a, 2) && !AetVectorMapBuild(&from, &cells, a, POINTS, list, 7, 0.4, 0.6));
  AetCellsFree(&cells);
  AET_TEST(!AetCellsBuild(&cells, POINTS, b, 2) && !AetVectorMapBuild(&onto, &cells, b, POINTS, list, 7, 0.4, 0.6));
  AetCellsFree(&cells);
  count = AetVectorMapSample(&from, 0.8, 2, 4096, sample);
  for (ptrdiff_t k = 0; k < count; k++) mean += sample[4 * k + 3], power += pow(sample[4 * k + 3], 2);
  AET_TEST(count > 1000 && count < 4096 && fabs(mean) < 0.2 * sqrt(power * (double)count));
  best = AetVectorMapScore(&onto, count, sample, R);
  AET_TEST_CLOSE(best / power, 1, 0.1);
  Axis(1.9, turned);
  AET_TEST(AetVectorMapScore(&onto, count, sample, turned) < 0.4 * best);
  for (int k = 0; k < 9; k++) step[k] = k % 4 == 0;
  step[4] = step[8] = cos(0.06), step[5] = -(step[7] = sin(0.06));
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++) turned[3 * i + j] = step[3 * i] * R[j] + step[3 * i + 1] * R[3 + j] + step[3 * i + 2] * R[6 + j];
  AET_TEST(AetVectorMapClimb(&onto, count, sample, 0.07, 0.004, turned) > 0.97 * best);
  AET_TEST(AetFitTurnAngle(turned, R) < 0.02);
  AetVectorMapFree(&from);
  AetVectorMapFree(&onto);
}

AET_TEST_MAIN("kernels of the registration", {"fits are exact", TestFitIsExact}, {"and least", TestFitIsLeast},
              {"and refused where pairs fix nothing", TestFitRefuses}, {"nearest pairs", TestNearest}, {"connected sets", TestConnected},
              {"maps of vectors", TestVectors})
