#include "atoms/kernel/spline.h"
#include "atoms/kernel/filter.h"
#include <math.h>

/* One axis of a sample: point i reads the four coefficients window[offset[i]] … with the given weights. */
typedef struct {
  ptrdiff_t index[AET_SPLINE_WINDOW]; /* mirrored grid indices of the window */
  int       width, offset[AET_SPLINE_POINTS];
  double    weight[AET_SPLINE_POINTS][4];
} Axis;

static void Weights(double t, double w[4])
{
  double s = 1 - t;

  w[0] = s * s * s / 6;
  w[1] = 2.0 / 3 - t * t * (2 - t) / 2;
  w[2] = 2.0 / 3 - s * s * (2 - s) / 2;
  w[3] = t * t * t / 6;
}

static void PrepareAxis(Axis *axis, ptrdiff_t n, ptrdiff_t base, double fraction, double step, int half)
{
  ptrdiff_t first = (ptrdiff_t)floor(fraction - step * half) - 1;

  for (int i = 0; i <= 2 * half; i++) {
    double p = fraction + step * (i - half), whole = floor(p);
    axis->offset[i] = (int)((ptrdiff_t)whole - 1 - first);
    Weights(p - whole, axis->weight[i]);
  }
  axis->width = axis->offset[2 * half] + 4;
  for (int k = 0; k < axis->width; k++) axis->index[k] = AetMirror(base + first + k, n);
}

static double Four(const double w[4], const double *v, ptrdiff_t stride)
{
  return w[0] * v[0] + w[1] * v[stride] + w[2] * v[2 * stride] + w[3] * v[3 * stride];
}

void AetSplineSample(const AetSpline *spline, const ptrdiff_t base[3], const double fraction[3], double step, int half, double *out)
{
  enum { P = AET_SPLINE_POINTS, W = AET_SPLINE_WINDOW };
  Axis   x, y, z;
  double row[W], rows[W][P], sheets[W][P * P];
  int    points = 2 * half + 1;

  PrepareAxis(&x, spline->n[2], base[0], fraction[0], step, half);
  PrepareAxis(&y, spline->n[1], base[1], fraction[1], step, half);
  PrepareAxis(&z, spline->n[0], base[2], fraction[2], step, half);
  for (int k = 0; k < z.width; k++) {
    for (int j = 0; j < y.width; j++) {
      const float *c = spline->coefficient + (z.index[k] * spline->n[1] + y.index[j]) * spline->n[2];
      for (int i = 0; i < x.width; i++) row[i] = c[x.index[i]];
      for (int i = 0; i < points; i++) rows[j][i] = Four(x.weight[i], row + x.offset[i], 1);
    }
    for (int j = 0; j < points; j++)
      for (int i = 0; i < points; i++) sheets[k][j * points + i] = Four(y.weight[j], &rows[y.offset[j]][i], P);
  }
  for (int k = 0; k < points; k++)
    for (int i = 0; i < points * points; i++) out[k * points * points + i] = Four(z.weight[k], &sheets[z.offset[k]][i], P * P);
}
