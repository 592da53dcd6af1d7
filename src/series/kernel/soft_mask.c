/* A soft mask around marked points: Gaussian means of what the points say, nothing where there are none. */
#include "soft_mask.h"
#include <math.h>
#include <string.h>

#define REACH 3.0 /* σ */

static ptrdiff_t Clamp(double i, ptrdiff_t n)
{
  return i < 0 ? 0 : i > (double)n ? n : (ptrdiff_t)i;
}

static void Add(const double point[3], double value, double sigma, double z, double y0, double x0, double pixel, ptrdiff_t rows,
                ptrdiff_t columns, float *mask, float *work)
{
  const double    reach = REACH * sigma, dz = point[2] - z, scale = 0.5 / (sigma * sigma);
  const ptrdiff_t r0 = Clamp(ceil((point[1] - reach - y0) / pixel), rows), r1 = Clamp(floor((point[1] + reach - y0) / pixel) + 1, rows);
  const ptrdiff_t c0 = Clamp(ceil((point[0] - reach - x0) / pixel), columns),
                  c1 = Clamp(floor((point[0] + reach - x0) / pixel) + 1, columns);

  for (ptrdiff_t r = r0; r < r1; r++) {
    const double dy = y0 + (double)r * pixel - point[1];
    for (ptrdiff_t c = c0; c < c1; c++) {
      const double dx = x0 + (double)c * pixel - point[0], square = dx * dx + dy * dy + dz * dz;
      if (square > reach * reach) continue;
      work[r * columns + c] += (float)exp(-scale * square);
      mask[r * columns + c] += (float)(value * exp(-scale * square));
    }
  }
}

void AetSoftMaskPlane(ptrdiff_t points, const double (*point)[3], const double *value, double sigma, double floor_sum, double z, double y0,
                      double x0, double pixel, ptrdiff_t rows, ptrdiff_t columns, float *mask, float *work)
{
  memset(mask, 0, sizeof *mask * (size_t)(rows * columns));
  memset(work, 0, sizeof *work * (size_t)(rows * columns));
  for (ptrdiff_t i = 0; i < points; i++)
    if (fabs(point[i][2] - z) <= REACH * sigma) Add(point[i], value[i], sigma, z, y0, x0, pixel, rows, columns, mask, work);
  for (ptrdiff_t i = 0; i < rows * columns; i++) mask[i] = mask[i] / ((float)floor_sum + work[i]);
}
