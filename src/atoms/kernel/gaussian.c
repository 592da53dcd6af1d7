#include "atoms/kernel/gaussian.h"
#include <math.h>
#include <string.h>

enum { TERMS = 11, HALF = 3, SIDE = 2 * HALF + 1, STEPS = 40, ROUNDS = 6 };

/* Model at x, and its derivatives. */
static double Value(const AetGaussian *g, const double x[3], double slope[TERMS])
{
  double a = exp(g->log_l[0]), b = exp(g->log_l[1]), c = exp(g->log_l[2]), d = g->off[0], e = g->off[1], f = g->off[2];
  double r[3] = {x[0] - g->centre[0], x[1] - g->centre[1], x[2] - g->centre[2]};
  double u[3] = {a * r[0] + d * r[1] + e * r[2], b * r[1] + f * r[2], c * r[2]};
  double bell = exp(-0.5 * (u[0] * u[0] + u[1] * u[1] + u[2] * u[2])), top = g->height * bell;

  if (slope) {
    double all[TERMS] = {1,
                         bell,
                         top * a * u[0],
                         top * (d * u[0] + b * u[1]),
                         top * (e * u[0] + f * u[1] + c * u[2]),
                         -top * u[0] * r[0] * a,
                         -top * u[1] * r[1] * b,
                         -top * u[2] * r[2] * c,
                         -top * u[0] * r[1],
                         -top * u[0] * r[2],
                         -top * u[1] * r[2]};
    memcpy(slope, all, sizeof all);
  }
  return g->background + top;
}

/* Sum of squares, and the normal equations where `normal` is given. */
static double Sum(const double *samples, int half, const AetGaussian *g, double normal[TERMS][TERMS], double *right)
{
  const int side = 2 * half + 1;
  double    sum = 0, slope[TERMS];

  if (normal) {
    memset(normal, 0, TERMS * sizeof *normal);
    memset(right, 0, TERMS * sizeof *right);
  }
  for (int p = 0; p < side * side * side; p++) {
    double x[3] = {p % side - half, p / side % side - half, p / side / side - half}, away;
    if (x[0] * x[0] + x[1] * x[1] + x[2] * x[2] > (half + 0.5) * (half + 0.5)) continue;
    away = samples[p] - Value(g, x, normal ? slope : NULL);
    sum += away * away;
    for (int i = 0; i < TERMS && normal; i++) {
      for (int j = 0; j <= i; j++) normal[i][j] += slope[i] * slope[j];
      right[i] += slope[i] * away;
    }
  }
  return sum;
}

/* Solves (normal + damping · its diagonal) x = right by Cholesky's factor. */
static int Solve(double normal[TERMS][TERMS], const double *right, double damping, double *x)
{
  double l[TERMS][TERMS];

  for (int i = 0; i < TERMS; i++) {
    for (int j = 0; j <= i; j++) {
      double sum = normal[i][j] * (i == j ? 1 + damping : 1);
      for (int k = 0; k < j; k++) sum -= l[i][k] * l[j][k];
      if (i == j && !(sum > 1e-14 * normal[i][i])) return 1;
      l[i][j] = i == j ? sqrt(sum) : sum / l[j][j];
    }
  }
  for (int i = 0; i < TERMS; i++) {
    x[i] = right[i];
    for (int k = 0; k < i; k++) x[i] -= l[i][k] * x[k];
    x[i] /= l[i][i];
  }
  for (int i = TERMS - 1; i >= 0; i--) {
    for (int k = i + 1; k < TERMS; k++) x[i] -= l[k][i] * x[k];
    x[i] /= l[i][i];
  }
  return 0;
}

/* The step, kept within the bounds. */
static AetGaussian Moved(const AetGaussian *g, const double *x, int half)
{
  AetGaussian next = *g;

  next.background += x[0];
  next.height += x[1];
  for (int k = 0; k < 3; k++) {
    next.centre[k] = fmax(-half, fmin(half, g->centre[k] + x[2 + k]));
    next.log_l[k] = fmax(-log(4.0 * half), fmin(-log(0.8), g->log_l[k] + x[5 + k]));
    next.off[k] = fmax(-1, fmin(1, g->off[k] + x[8 + k]));
  }
  return next;
}

int AetGaussianFit(const double *samples, int half, AetGaussian *g)
{
  double normal[TERMS][TERMS], right[TERMS], x[TERMS], damping = 1e-3, sum = Sum(samples, half, g, normal, right), begin = sum;

  for (int step = 0; step < STEPS && sum > 1e-24 * begin && damping < 1e8; step++) {
    AetGaussian next;
    double      lower;
    if (Solve(normal, right, damping, x)) {
      damping = fmax(1e-6, 10 * damping);
      continue;
    }
    next = Moved(g, x, half);
    lower = Sum(samples, half, &next, NULL, NULL);
    if (lower < sum) {
      int rested = sum - lower < 1e-6 * sum;
      *g = next;
      sum = lower;
      if (rested) break;
      damping = fmax(1e-9, 0.2 * damping);
      Sum(samples, half, g, normal, right);
    } else
      damping *= 5;
  }
  for (int k = 0; k < 3; k++) /* a bound that was reached tells of something else than a peak */
    if (fabs(g->centre[k]) > 0.9 * half || g->log_l[k] <= -log(3.9 * half)) return 1;
  return !(g->height > 0);
}

AetPeakStatus AetPeakFitGaussian(const AetSpline *spline, const ptrdiff_t base[3], double step, double offset[3], double *value)
{
  double      samples[SIDE * SIDE * SIDE], allowed = fmax(1.5, 3 * step), edge = INFINITY;
  AetGaussian g = {0, 0, {0, 0, 0}, {-log(0.8 * HALF), -log(0.8 * HALF), -log(0.8 * HALF)}, {0, 0, 0}};

  offset[0] = offset[1] = offset[2] = 0;
  for (int round = 0; round < ROUNDS; round++) {
    double size = 0, drift = 0;
    AetSplineSample(spline, base, offset, step, HALF, samples);
    for (int p = 0; p < SIDE * SIDE * SIDE && !round; p++) edge = fmin(edge, samples[p]);
    if (!round) g.background = edge, g.height = samples[(SIDE * SIDE * SIDE) / 2] - edge;
    if (AetGaussianFit(samples, HALF, &g)) return AET_PEAK_SADDLE;
    *value = g.background + g.height;
    for (int a = 0; a < 3; a++) {
      double move = fmax(-0.5, fmin(0.5, g.centre[a] * step));
      offset[a] += move;
      size += move * move;
      drift += offset[a] * offset[a];
      g.centre[a] -= move / step;
    }
    if (drift > allowed * allowed) return AET_PEAK_DRIFT;
    if (size < 1e-8) return AET_PEAK_GOOD;
  }
  return AET_PEAK_RESTLESS;
}
