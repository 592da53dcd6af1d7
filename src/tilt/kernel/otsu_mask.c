#include "tilt/kernel/otsu_mask.h"
#include "tilt/kernel/object_mask.h"
#include <math.h>
#include <string.h>

static ptrdiff_t Least(ptrdiff_t a, ptrdiff_t b)
{
  return a < b ? a : b;
}

static ptrdiff_t Most(ptrdiff_t a, ptrdiff_t b)
{
  return a > b ? a : b;
}

void AetBoxMean(const float *image, ptrdiff_t ny, ptrdiff_t nx, ptrdiff_t half, double *columns, float *mean)
{
  memset(columns, 0, sizeof *columns * (size_t)nx);
  for (ptrdiff_t y = 0; y < Least(half, ny); y++)
    for (ptrdiff_t x = 0; x < nx; x++) columns[x] += image[y * nx + x];
  for (ptrdiff_t y = 0; y < ny; y++) {
    const ptrdiff_t first = Most(0, y - half), last = Least(ny - 1, y + half);
    double          sum = 0;

    if (y + half < ny)
      for (ptrdiff_t x = 0; x < nx; x++) columns[x] += image[(y + half) * nx + x];
    if (y - half > 0)
      for (ptrdiff_t x = 0; x < nx; x++) columns[x] -= image[(y - half - 1) * nx + x];
    for (ptrdiff_t x = 0; x < Least(half, nx); x++) sum += columns[x];
    for (ptrdiff_t x = 0; x < nx; x++) {
      const ptrdiff_t left = Most(0, x - half), right = Least(nx - 1, x + half);

      if (x + half < nx) sum += columns[x + half];
      if (x - half > 0) sum -= columns[x - half - 1];
      mean[y * nx + x] = (float)(sum / (double)((last - first + 1) * (right - left + 1)));
    }
  }
}

/* Within `grow` places of a 1, along lines of `count` that lie `step` apart. */
static void GrowLine(const unsigned char *in, ptrdiff_t count, ptrdiff_t step, ptrdiff_t grow, unsigned char *out)
{
  ptrdiff_t last = -grow - 1;

  for (ptrdiff_t i = 0; i < count; i++) {
    if (in[i * step]) last = i;
    out[i * step] = i - last <= grow;
  }
  last = count + grow;
  for (ptrdiff_t i = count - 1; i >= 0; i--) {
    if (in[i * step]) last = i;
    out[i * step] |= last - i <= grow;
  }
}

ptrdiff_t AetOtsuMask(const float *smooth, ptrdiff_t ny, ptrdiff_t nx, double factor, ptrdiff_t grow, unsigned char *work,
                        unsigned char *mask)
{
  double    low = smooth[0], threshold = AetKernelOtsu(ny * nx, smooth);
  ptrdiff_t background = 0;

  for (ptrdiff_t i = 1; i < ny * nx; i++) low = fmin(low, smooth[i]);
  threshold = low + factor * (threshold - low);
  for (ptrdiff_t i = 0; i < ny * nx; i++) mask[i] = smooth[i] > threshold;
  for (ptrdiff_t y = 0; y < ny; y++) GrowLine(&mask[y * nx], nx, 1, grow, &work[y * nx]);
  for (ptrdiff_t x = 0; x < nx; x++) GrowLine(&work[x], ny, nx, grow, &mask[x]);
  for (ptrdiff_t i = 0; i < ny * nx; i++) background += !mask[i];
  return background;
}
