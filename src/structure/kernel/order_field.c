#include "structure/kernel/order_field.h"
#include <math.h>

double AetOrderField(ptrdiff_t count, const ptrdiff_t *index, const double *position, const double *value, double sigma, const double x[3],
                     double *field, double gradient[3])
{
  double sum = 0, weighted = 0, slope[3] = {0}, weighted_slope[3] = {0};

  for (ptrdiff_t k = 0; k < count; k++) {
    const double *r = position + 3 * index[k], s = value[index[k]], d[3] = {x[0] - r[0], x[1] - r[1], x[2] - r[2]};
    double        g;
    if (!isfinite(s)) continue;
    g = exp(-(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]) / (2 * sigma * sigma));
    sum += g;
    weighted += g * s;
    for (int a = 0; a < 3; a++) {
      slope[a] -= g * d[a] / (sigma * sigma);
      weighted_slope[a] -= g * s * d[a] / (sigma * sigma);
    }
  }
  *field = sum > 0 ? weighted / sum : 0;
  for (int a = 0; a < 3; a++) gradient[a] = sum > 0 ? (weighted_slope[a] - *field * slope[a]) / sum : 0;
  return sum;
}
