#include "atoms/kernel/overlap.h"
#include <math.h>

void AetOverlapSum(const AetOverlap *overlap, ptrdiff_t ny, ptrdiff_t nx, const float *weight, double x, double y, double *pair)
{
  const int       K = overlap->species;
  const double    reach = overlap->radius * overlap->radius, per = AET_OVERLAP_STEPS / reach;
  const ptrdiff_t y0 = (ptrdiff_t)fmax(ceil(y - overlap->radius), 0), y1 = (ptrdiff_t)fmin(floor(y + overlap->radius), (double)ny - 1);
  const ptrdiff_t x0 = (ptrdiff_t)fmax(ceil(x - overlap->radius), 0), x1 = (ptrdiff_t)fmin(floor(x + overlap->radius), (double)nx - 1);

  for (int k = 0; k < K * K; k++) pair[k] = 0;
  for (ptrdiff_t j = y0; j <= y1; j++)
    for (ptrdiff_t i = x0; i <= x1; i++) {
      const double square = ((double)i - x) * ((double)i - x) + ((double)j - y) * ((double)j - y), at = square * per,
                   w = weight[j * nx + i];
      const int    step = (int)at;
      const double part = at - step, *a = overlap->value[step], *b = overlap->value[step + 1];
      double       p[AET_OVERLAP_SPECIES];
      if (square >= reach) continue;
      for (int s = 0; s < K; s++) p[s] = a[s] + part * (b[s] - a[s]);
      for (int s = 0; s < K; s++)
        for (int t = s; t < K; t++) pair[s * K + t] += w * p[s] * p[t];
    }
  for (int s = 0; s < K; s++)
    for (int t = 0; t < s; t++) pair[s * K + t] = pair[t * K + s];
}
