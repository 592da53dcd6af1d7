#include "tilt/kernel/otsu_mask.h"
#include <math.h>
#include <string.h>

enum { BINS = 256 };

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

double AetOtsuOfImage(ptrdiff_t count, const float *values)
{
  ptrdiff_t bin[BINS] = {0};
  float     low = values[0], high = values[0];
  double    total = 0, below = 0, number = 0, best = -1;
  int       at = 0;

  for (ptrdiff_t i = 1; i < count; i++) low = fminf(low, values[i]), high = fmaxf(high, values[i]);
  if (!(high > low)) return low;
  for (ptrdiff_t i = 0; i < count; i++) {
    const int b = (int)((double)(values[i] - low) / ((double)high - low) * BINS);
    bin[b < BINS ? b : BINS - 1]++;
  }
  for (int b = 0; b < BINS; b++) total += b * (double)bin[b];
  for (int b = 0; b < BINS - 1; b++) {
    number += (double)bin[b];
    below += b * (double)bin[b];
    const double rest = (double)count - number;
    const double apart = number > 0 && rest > 0 ? below / number - (total - below) / rest : 0;
    if (number * rest * apart * apart > best) best = number * rest * apart * apart, at = b;
  }
  return low + ((double)high - low) * (at + 1) / BINS;
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
  double    low = smooth[0], threshold = AetOtsuOfImage(ny * nx, smooth);
  ptrdiff_t background = 0;

  for (ptrdiff_t i = 1; i < ny * nx; i++) low = fmin(low, smooth[i]);
  threshold = low + factor * (threshold - low);
  for (ptrdiff_t i = 0; i < ny * nx; i++) mask[i] = smooth[i] > threshold;
  for (ptrdiff_t y = 0; y < ny; y++) GrowLine(&mask[y * nx], nx, 1, grow, &work[y * nx]);
  for (ptrdiff_t x = 0; x < nx; x++) GrowLine(&work[x], ny, nx, grow, &mask[x]);
  for (ptrdiff_t i = 0; i < ny * nx; i++) background += !mask[i];
  return background;
}
