#include "recon/kernel/shadow.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CONTRAST 0.05  /* the thin edge of a particle is dim: Otsu's threshold would cut a tenth of its radius */
#define DEVIATIONS 4   /* of the background's noise */
#define REACHES 0.25   /* background over brightest beyond which the border is object */
#define BRIGHTEST 0.99 /* quantile */
#define MAD_TO_SIGMA 1.4826

static ptrdiff_t Clamp(ptrdiff_t i, ptrdiff_t n)
{
  return i < 0 ? 0 : i < n ? i : n - 1;
}

/* One axis: `count` lines of n elements `step` apart, lines `line` apart. */
static void SmoothAxis(ptrdiff_t n, ptrdiff_t step, ptrdiff_t count, ptrdiff_t line, double sigma, const float *from, float *to)
{
  const ptrdiff_t reach = (ptrdiff_t)ceil(3 * sigma);
  double          total = 0;

  for (ptrdiff_t t = -reach; t <= reach; t++) total += exp(-(double)(t * t) / (2 * sigma * sigma));
  for (ptrdiff_t l = 0; l < count; l++)
    for (ptrdiff_t i = 0; i < n; i++) {
      double sum = 0;
      for (ptrdiff_t t = -reach; t <= reach; t++)
        sum += exp(-(double)(t * t) / (2 * sigma * sigma)) * from[l * line + Clamp(i + t, n) * step];
      to[l * line + i * step] = (float)(sum / total);
    }
}

void AetImageSmooth(ptrdiff_t ny, ptrdiff_t nx, double sigma, const float *image, float *work, float *smooth)
{
  SmoothAxis(nx, 1, ny, nx, sigma, image, work);
  SmoothAxis(ny, nx, nx, 1, sigma, work, smooth);
}

static int Ascending(const void *a, const void *b)
{
  float x = *(const float *)a, y = *(const float *)b;

  return (x > y) - (x < y);
}

static double Quantile(ptrdiff_t count, float *values, double quantile)
{
  qsort(values, (size_t)count, sizeof *values, Ascending);
  return values[(ptrdiff_t)(quantile * (double)(count - 1))];
}

double AetShadowLevel(ptrdiff_t ny, ptrdiff_t nx, ptrdiff_t margin, const float *smooth, float *work)
{
  ptrdiff_t count = 0;
  double    brightest, background, deviation;

  memcpy(work, smooth, sizeof *work * (size_t)(ny * nx));
  brightest = Quantile(ny * nx, work, BRIGHTEST);
  for (ptrdiff_t y = 0; y < ny; y++)
    for (ptrdiff_t x = 0; x < nx; x++)
      if (x < margin || x >= nx - margin) work[count++] = smooth[y * nx + x];
  background = Quantile(count, work, 0.5);
  if (!(background < REACHES * brightest)) return NAN;
  for (ptrdiff_t i = 0; i < count; i++) work[i] = (float)fabs(work[i] - background);
  deviation = MAD_TO_SIGMA * Quantile(count, work, 0.5);
  return background + fmax(DEVIATIONS * deviation, CONTRAST * (brightest - background));
}

void AetShadowGrow(ptrdiff_t ny, ptrdiff_t nx, double level, ptrdiff_t radius, const float *smooth, float *work, float *shadow)
{
  for (ptrdiff_t y = 0; y < ny; y++)
    for (ptrdiff_t x = 0; x < nx; x++) {
      work[y * nx + x] = 0;
      for (ptrdiff_t t = -radius; t <= radius; t++)
        if (x + t >= 0 && x + t < nx && smooth[y * nx + x + t] > level) work[y * nx + x] = 1;
    }
  for (ptrdiff_t y = 0; y < ny; y++)
    for (ptrdiff_t x = 0; x < nx; x++) {
      shadow[y * nx + x] = 0;
      for (ptrdiff_t t = -radius; t <= radius; t++)
        if (y + t >= 0 && y + t < ny && work[(y + t) * nx + x] > 0) shadow[y * nx + x] = 1;
    }
}
