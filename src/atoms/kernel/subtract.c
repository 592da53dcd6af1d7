#include "atoms/kernel/subtract.h"
#include <math.h>

enum { REACH = 64 };

void AetSubtractGaussians(float *plane, ptrdiff_t z, ptrdiff_t ny, ptrdiff_t nx, ptrdiff_t count, const double *centre,
                          const double *height, const double sigma[3])
{
  double reach[3], along_x[2 * REACH + 2];

  for (int a = 0; a < 3; a++) reach[a] = fmin(REACH, 4 * sigma[a]);
  for (ptrdiff_t i = 0; i < count; i++) {
    const double *at = centre + 3 * i;
    double        dz = ((double)z - at[2]) / sigma[2];
    ptrdiff_t     low[2], high[2];
    if (fabs((double)z - at[2]) > reach[2]) continue;
    for (int a = 0; a < 2; a++) {
      low[a] = (ptrdiff_t)fmax(0, ceil(at[a] - reach[a]));
      high[a] = (ptrdiff_t)fmin((double)(a ? ny : nx) - 1, floor(at[a] + reach[a]));
    }
    for (ptrdiff_t x = low[0]; x <= high[0]; x++) along_x[x - low[0]] = exp(-0.5 * pow(((double)x - at[0]) / sigma[0], 2));
    for (ptrdiff_t y = low[1]; y <= high[1]; y++) {
      double factor = height[i] * exp(-0.5 * (dz * dz + pow(((double)y - at[1]) / sigma[1], 2)));
      for (ptrdiff_t x = low[0]; x <= high[0]; x++) plane[y * nx + x] -= (float)(factor * along_x[x - low[0]]);
    }
  }
}
