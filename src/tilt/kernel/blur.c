/* Gaussian blur of an image, one axis after the other. */
#include "tilt/kernel/blur.h"
#include <math.h>
#include <string.h>

enum { REACH_MOST = 256 };

/* Index of a mirrored line: … 1 0 | 0 1 2 … n-1 | n-1 … */
static ptrdiff_t Mirror(ptrdiff_t i, ptrdiff_t n)
{
  while (i < 0 || i >= n) i = i < 0 ? -1 - i : 2 * n - 1 - i;
  return i;
}

/* Half a Gaussian that sums to one with its mirror image; its length. */
static ptrdiff_t Taps(double sigma, double taps[REACH_MOST + 1])
{
  const ptrdiff_t reach = (ptrdiff_t)fmin(REACH_MOST, ceil(4 * sigma));
  double          sum = 1;

  taps[0] = 1;
  for (ptrdiff_t i = 1; i <= reach; i++) {
    taps[i] = exp(-0.5 * (double)(i * i) / (sigma * sigma));
    sum += 2 * taps[i];
  }
  for (ptrdiff_t i = 0; i <= reach; i++) taps[i] /= sum;
  return reach;
}

/* Lines of n elements `step` apart. */
static void Line(ptrdiff_t n, ptrdiff_t step, const float *in, ptrdiff_t reach, const double *taps, float *out)
{
  for (ptrdiff_t i = 0; i < n; i++) {
    double value = taps[0] * in[i * step];
    if (i >= reach && i + reach < n)
      for (ptrdiff_t k = 1; k <= reach; k++) value += taps[k] * ((double)in[(i - k) * step] + (double)in[(i + k) * step]);
    else
      for (ptrdiff_t k = 1; k <= reach; k++) value += taps[k] * ((double)in[Mirror(i - k, n) * step] + (double)in[Mirror(i + k, n) * step]);
    out[i * step] = (float)value;
  }
}

void AetKernelBlur(ptrdiff_t ny, ptrdiff_t nx, const float *image, double sigma, float *out, float *work)
{
  double    taps[REACH_MOST + 1];
  ptrdiff_t reach;

  if (sigma <= 0) {
    memmove(out, image, sizeof *out * (size_t)(ny * nx));
    return;
  }
  reach = Taps(sigma, taps);
  for (ptrdiff_t y = 0; y < ny; y++) Line(nx, 1, image + y * nx, reach, taps, work + y * nx);
  for (ptrdiff_t x = 0; x < nx; x++) Line(ny, nx, work + x, reach, taps, out + x);
}
