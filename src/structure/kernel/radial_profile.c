#include "structure/kernel/radial_profile.h"
#include <math.h>
#include <string.h>

enum { QUADRATURE = 400, PARAMETERS = 4, TANH_STEPS = 4000 };
#define WIDTH_MIN 0.05
#define STEP 0.2        /* in the unit of r, of the quadrature */
#define TANH_REACH 18.0 /* 1 - tanh is nothing to double precision beyond */

double AetRadialOrder(const AetRadialFit *fit, double r)
{
  return fit->baseline + fit->order * (1 - tanh((r - fit->radius) / fit->width)) / 2;
}

/* What is fitted, and the matrix that averages a radial function given at the quadrature's points over the Gaussian. */
typedef struct {
  int           bins, points, baseline;
  const double *r, *value, *weight;
  double        smoothing, limit, matrix[AET_RADIAL_BINS][QUADRATURE];
} Problem;

/* The average over a Gaussian in space of a function of the radius alone is an integral over the radius (the angles can be integrated out):
   (G f)(r) = (r s sqrt(2 pi))^-1 ∫ t f(t) (exp(-(r-t)²/2s²) - exp(-(r+t)²/2s²)) dt. */
static void MakeMatrix(Problem *p)
{
  const double s = p->smoothing, farthest = p->r[p->bins - 1] + 4 * s;

  p->points = (int)fmin(QUADRATURE, ceil(farthest / STEP) + 1);
  for (int b = 0; b < p->bins; b++) {
    double sum = 0;
    for (int q = 0; q < p->points; q++) {
      const double t = (q + 0.5) * STEP, r = fmax(p->r[b], 0.01 * STEP);
      p->matrix[b][q] = t / r * (exp(-(r - t) * (r - t) / (2 * s * s)) - exp(-(r + t) * (r + t) / (2 * s * s)));
      sum += p->matrix[b][q];
    }
    for (int q = 0; q < p->points; q++) p->matrix[b][q] /= sum;
  }
}

/* (1 - tanh)/2 averaged, at every bin. */
static void Shape(const Problem *p, double radius, double width, double shape[AET_RADIAL_BINS])
{
  const AetRadialFit unit = {.order = 1, .radius = radius, .width = width};
  double             at[QUADRATURE];

  if (!(p->smoothing > 0)) {
    for (int b = 0; b < p->bins; b++) shape[b] = AetRadialOrder(&unit, p->r[b]);
    return;
  }
  for (int q = 0; q < p->points; q++) at[q] = AetRadialOrder(&unit, (q + 0.5) * STEP);
  for (int b = 0; b < p->bins; b++) {
    shape[b] = 0;
    for (int q = 0; q < p->points; q++) shape[b] += p->matrix[b][q] * at[q];
  }
}

/* The best order and baseline for a radius and a width; returns the weighted sum of squares that they leave. */
static double Amplitude(const Problem *p, double radius, double width, double *order, double *baseline)
{
  const double most = p->limit / ((1 + tanh(radius / width)) / 2);
  double       shape[AET_RADIAL_BINS], ss = 0, s1 = 0, n = 0, sv = 0, v = 0, left = 0;

  Shape(p, radius, width, shape);
  for (int b = 0; b < p->bins; b++) {
    const double w = p->weight[b];
    ss += w * shape[b] * shape[b], s1 += w * shape[b], n += w, sv += w * shape[b] * p->value[b], v += w * p->value[b];
  }
  *baseline = 0;
  *order = ss > 0 ? sv / ss : 0;
  if (p->baseline && n * ss - s1 * s1 > 1e-12 * n * ss) {
    *order = (n * sv - s1 * v) / (n * ss - s1 * s1);
    *baseline = (v - *order * s1) / n;
  }
  *order = fmax(0, *order);
  if (*order * (1 + tanh(radius / width)) / 2 + *baseline > p->limit) { /* held at the limit in the middle */
    *order = p->baseline ? fmin(*order, most) : most;
    if (p->baseline) *baseline = (v - *order * s1) / n;
  }
  for (int b = 0; b < p->bins; b++) {
    const double d = p->value[b] - *baseline - *order * shape[b];
    left += p->weight[b] * d * d;
  }
  return left;
}

/* Steps in radius and logarithm of the width, halved where none of them helps. */
static double Descend(const Problem *p, AetRadialFit *fit, double left)
{
  double step[2] = {0.5, 0.25};

  while (step[0] > 1e-4) {
    int moved = 0;
    for (int k = 0; k < 8; k++) {
      const double dr = step[0] * ((k < 3) - (k >= 5 ? 1 : 0)),
                   dw = step[1] * ((k == 0 || k == 3 || k == 5) - (k == 2 || k == 4 || k == 7));
      const double radius = fit->radius + dr, width = fit->width * exp(dw);
      double       order, baseline, now;
      if (radius < 0 || width < WIDTH_MIN || radius > p->r[p->bins - 1] || width > p->r[p->bins - 1]) continue;
      now = Amplitude(p, radius, width, &order, &baseline);
      if (!(now < left)) continue;
      left = now, moved = 1;
      fit->radius = radius, fit->width = width, fit->order = order, fit->baseline = baseline;
    }
    if (!moved) step[0] /= 2, step[1] /= 2;
  }
  return left;
}

/* Inverse of the n x n matrix in the upper left, by Gauss and Jordan; nonzero where there is none. */
static int Invert(int n, double m[PARAMETERS][PARAMETERS], double inverse[PARAMETERS][PARAMETERS])
{
  for (int i = 0; i < n; i++)
    for (int j = 0; j < n; j++) inverse[i][j] = i == j;
  for (int c = 0; c < n; c++) {
    int pivot = c;
    for (int i = c + 1; i < n; i++)
      if (fabs(m[i][c]) > fabs(m[pivot][c])) pivot = i;
    if (!(fabs(m[pivot][c]) > 1e-300)) return 1;
    for (int j = 0; j < n; j++) {
      double keep = m[c][j];
      m[c][j] = m[pivot][j], m[pivot][j] = keep;
      keep = inverse[c][j];
      inverse[c][j] = inverse[pivot][j], inverse[pivot][j] = keep;
    }
    for (int i = 0; i < n; i++) {
      const double factor = i == c ? 1 - 1 / m[c][c] : m[i][c] / m[c][c];
      for (int j = 0; j < n; j++) m[i][j] -= factor * m[c][j], inverse[i][j] -= factor * inverse[c][j];
    }
  }
  return 0;
}

/* Standard deviations by the curvature of the sum of squares. Bins nearer than the smoothing are alike: fewer are independent. */
static void Deviations(const Problem *p, double left, AetRadialFit *fit)
{
  const int    n = p->baseline ? 4 : 3;
  const double bin = p->bins > 1 ? p->r[1] - p->r[0] : 1, alike = fmax(1, 2 * sqrt(M_PI) * p->smoothing / bin);
  double       plus[AET_RADIAL_BINS], minus[AET_RADIAL_BINS], d[PARAMETERS][AET_RADIAL_BINS], m[PARAMETERS][PARAMETERS] = {{0}};
  double       inverse[PARAMETERS][PARAMETERS];
  /* a width far below the smoothing hardly shows: its derivative is that over a step that would */
  const double h = 0.01 * fmax(0.1, fit->width), up = fmax(h, 0.1 * p->smoothing), down = fmin(up, 0.5 * fit->width);
  int          used = 0;

  Shape(p, fit->radius, fit->width, d[0]);
  Shape(p, fit->radius + h, fit->width, plus);
  Shape(p, fit->radius - h, fit->width, minus);
  for (int b = 0; b < p->bins; b++) d[1][b] = fit->order * (plus[b] - minus[b]) / (2 * h);
  Shape(p, fit->radius, fit->width + up, plus);
  Shape(p, fit->radius, fit->width - down, minus);
  for (int b = 0; b < p->bins; b++) d[2][b] = fit->order * (plus[b] - minus[b]) / (up + down), d[3][b] = 1;
  for (int b = 0; b < p->bins; b++) {
    used += p->weight[b] > 0;
    for (int i = 0; i < n; i++)
      for (int j = 0; j < n; j++) m[i][j] += p->weight[b] * d[i][b] * d[j][b];
  }
  memset(fit->sigma, 0, sizeof fit->sigma);
  if (used <= n || Invert(n, m, inverse)) return;
  for (int i = 0; i < 3; i++) fit->sigma[i] = sqrt(fmax(0, inverse[i][i]) * left / (used - n) * alike);
}

int AetRadialFitProfile(int bins, const double *r, const double *value, const double *weight, double smoothing, int baseline, double limit,
                        AetRadialFit *fit)
{
  static const double widths[] = {0.2, 0.5, 1, 1.6, 2.5, 4, 6.5};
  Problem p = {.bins = bins, .baseline = baseline, .r = r, .value = value, .weight = weight, .smoothing = smoothing, .limit = limit};
  double  left = INFINITY, total = 0;
  int     used = 0;

  memset(fit, 0, sizeof *fit);
  for (int b = 0; b < bins; b++) used += weight[b] > 0, total += weight[b];
  if (bins > AET_RADIAL_BINS || used < 5) return 1;
  if (smoothing > 0) MakeMatrix(&p);
  for (double radius = 0.5; radius < r[bins - 1]; radius += 1)
    for (size_t k = 0; k < sizeof widths / sizeof widths[0]; k++) {
      double       order, base;
      const double now = Amplitude(&p, radius, widths[k], &order, &base);
      if (!(now < left)) continue;
      left = now;
      fit->radius = radius, fit->width = widths[k], fit->order = order, fit->baseline = base;
    }
  if (!(fit->order > 0)) return 1;
  left = Descend(&p, fit, left);
  fit->rms = sqrt(left / total);
  Deviations(&p, left, fit);
  return 0;
}

/* With t = (r - r0)/w, |dS/dr| dr = S_c/2 sech²(t) dt; the volume follows by partial integration. */
void AetRadialIntegrals(const AetRadialFit *fit, double *volume, double *area)
{
  const double low = fmax(-TANH_REACH, -fit->radius / fit->width), step = (TANH_REACH - low) / TANH_STEPS;

  *volume = *area = 0;
  for (int i = 0; i < TANH_STEPS; i++) {
    const double t = low + (i + 0.5) * step, r = fit->radius + fit->width * t, slope = fit->order / 2 / (cosh(t) * cosh(t)) * step;
    *area += 4 * M_PI * r * r * slope;
    *volume += 4 * M_PI / 3 * r * r * r * slope;
  }
}
