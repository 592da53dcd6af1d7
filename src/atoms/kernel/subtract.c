#include "atoms/kernel/subtract.h"
#include <math.h>

enum { REACH = 64 };

/* exp(-(low + k - at)² / 2 sigma²) by its ratio from voxel to voxel, which shrinks by `shrink` = exp(-1/sigma²); outwards from the top, so
   that nothing is divided by what has vanished. */
static void Profile(ptrdiff_t low, ptrdiff_t high, double at, double sigma, double shrink, double *out)
{
  ptrdiff_t top = (ptrdiff_t)fmax((double)low, fmin((double)high, floor(at)));
  double    r = ((double)top - at) / sigma, value = exp(-0.5 * r * r), tilt = exp(r / sigma), half = sqrt(shrink), up = half / tilt,
         down = half * tilt, first = value;

  for (ptrdiff_t k = top; k <= high; k++, value *= up, up *= shrink) out[k - low] = value;
  value = first * down;
  down *= shrink;
  for (ptrdiff_t k = top - 1; k >= low; k--, value *= down, down *= shrink) out[k - low] = value;
}

void AetSubtractGaussians(float *plane, ptrdiff_t z, ptrdiff_t ny, ptrdiff_t nx, ptrdiff_t count, const double *centre,
                          const double *height, const double sigma[3])
{
  double reach[3], along_x[2 * REACH + 2], along_y[2 * REACH + 2], along_z,
      shrink[2] = {exp(-1 / (sigma[0] * sigma[0])), exp(-1 / (sigma[1] * sigma[1]))};

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
    if (high[0] < low[0] || high[1] < low[1]) continue;
    Profile(low[0], high[0], at[0], sigma[0], shrink[0], along_x);
    Profile(low[1], high[1], at[1], sigma[1], shrink[1], along_y);
    along_z = exp(-0.5 * dz * dz);
    for (ptrdiff_t y = low[1]; y <= high[1]; y++) {
      double factor = height[i] * along_y[y - low[1]] * along_z;
      float *row = plane + y * nx;
      for (ptrdiff_t x = low[0]; x <= high[0]; x++) row[x] -= (float)(factor * along_x[x - low[0]]);
    }
  }
}
