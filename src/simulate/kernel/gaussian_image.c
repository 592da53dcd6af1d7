/* An atom as a Gaussian integrated over pixels: products of differences of error functions. */
#include "simulate/kernel/gaussian_image.h"
#include <math.h>

enum { TAPS_MAX = 512 };

/* Integrals over the pixels first … first+count-1 of a unit Gaussian at `centre`. */
static void Integrals(double centre, double sigma, ptrdiff_t first, ptrdiff_t count, double *taps)
{
  double scale = 1 / (sigma * sqrt(2)), lower = erf(((double)first - 0.5 - centre) * scale);

  for (ptrdiff_t t = 0; t < count; t++) {
    double upper = erf(((double)(first + t) + 0.5 - centre) * scale);

    taps[t] = 0.5 * (upper - lower);
    lower = upper;
  }
}

/* The pixels of [0, n) within `reach` of `centre`; at most TAPS_MAX. */
static ptrdiff_t Window(double centre, double reach, ptrdiff_t n, ptrdiff_t *first)
{
  ptrdiff_t last = (ptrdiff_t)fmin(floor(centre + reach + 0.5), (double)(n - 1));

  *first = (ptrdiff_t)fmax(floor(centre - reach + 0.5), 0);
  if (last - *first + 1 > TAPS_MAX) last = *first + TAPS_MAX - 1;
  return last < *first ? 0 : last - *first + 1;
}

void AetKernelGaussianSplat(double *image, ptrdiff_t ny, ptrdiff_t nx, double u, double v, double sigma, double weight)
{
  double    column[TAPS_MAX], row[TAPS_MAX], reach = fmin(6.1 * sigma + 0.5, TAPS_MAX / 2 - 1);
  ptrdiff_t x0, y0, columns = Window(u, reach, nx, &x0), rows = Window(v, reach, ny, &y0);

  Integrals(u, sigma, x0, columns, column);
  Integrals(v, sigma, y0, rows, row);
  for (ptrdiff_t y = 0; y < rows; y++)
    for (ptrdiff_t x = 0; x < columns; x++) image[(y0 + y) * nx + x0 + x] += weight * row[y] * column[x];
}
