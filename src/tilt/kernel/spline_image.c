/* Cubic B-spline interpolation of an image. */
#include "tilt/kernel/spline_image.h"
#include <math.h>

#define POLE (-0.26794919243112270) /* √3 - 2 */

void AetSplinePrefilter(ptrdiff_t count, ptrdiff_t stride, double *value)
{
  double    sum, power = POLE;
  ptrdiff_t reach = count < 40 ? count : 40; /* |POLE|^40 is below 1e-22 */

  if (count < 2) return;
  sum = value[0];
  for (ptrdiff_t i = 1; i < reach; i++, power *= POLE) sum += power * value[i * stride];
  value[0] = sum;
  for (ptrdiff_t i = 1; i < count; i++) value[i * stride] += POLE * value[(i - 1) * stride];
  value[(count - 1) * stride] = POLE / (POLE * POLE - 1) * (value[(count - 1) * stride] + POLE * value[(count - 2) * stride]);
  for (ptrdiff_t i = count - 1; i-- > 0;) value[i * stride] = POLE * (value[(i + 1) * stride] - value[i * stride]);
  for (ptrdiff_t i = 0; i < count; i++) value[i * stride] *= 6;
}

static void Weights(double t, double weight[4])
{
  const double s = 1 - t;

  weight[0] = s * s * s / 6;
  weight[1] = 2.0 / 3 - t * t * (2 - t) / 2;
  weight[2] = 2.0 / 3 - s * s * (2 - s) / 2;
  weight[3] = t * t * t / 6;
}

/* Mirrored about the first and the last value. */
static ptrdiff_t Mirror(ptrdiff_t i, ptrdiff_t n)
{
  const ptrdiff_t period = 2 * n - 2;

  if (n == 1) return 0;
  i %= period;
  if (i < 0) i += period;
  return i < n ? i : period - i;
}

double AetSplineAt(ptrdiff_t ny, ptrdiff_t nx, const double *coefficient, double y, double x)
{
  const ptrdiff_t v = (ptrdiff_t)floor(y), u = (ptrdiff_t)floor(x);
  double          wy[4], wx[4], sum = 0;

  Weights(y - (double)v, wy);
  Weights(x - (double)u, wx);
  for (int j = 0; j < 4; j++) {
    const double *row = coefficient + Mirror(v - 1 + j, ny) * nx;
    double        line = 0;

    for (int i = 0; i < 4; i++) line += wx[i] * row[Mirror(u - 1 + i, nx)];
    sum += wy[j] * line;
  }
  return sum;
}
