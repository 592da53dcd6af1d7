#include "tilt/kernel/extend.h"
#include <math.h>
#include <string.h>

/* How much of the beginning there is in place i of the gap. */
static double Beginning(ptrdiff_t i, ptrdiff_t gap)
{
  return 0.5 - 0.5 * cos(M_PI * ((double)i + 0.5) / (double)gap);
}

void AetLineExtend(ptrdiff_t n, ptrdiff_t N, const float *line, float *periodic)
{
  const ptrdiff_t gap = N - n;

  memcpy(periodic, line, sizeof(float) * (size_t)n);
  for (ptrdiff_t i = 0; i < gap; i++) {
    const double begin = Beginning(i, gap);
    periodic[n + i] = (float)((1 - begin) * line[AetMirrored(n + i, n)] + begin * line[AetMirrored(i - gap, n)]);
  }
}

void AetImageExtend(ptrdiff_t ny, ptrdiff_t nx, ptrdiff_t Ny, ptrdiff_t Nx, ptrdiff_t row, const float *image, float *periodic)
{
  const ptrdiff_t gap = Ny - ny;

  for (ptrdiff_t y = 0; y < ny; y++) AetLineExtend(nx, Nx, image + y * nx, periodic + y * row);
  for (ptrdiff_t i = 0; i < gap; i++) {
    const float  begin = (float)Beginning(i, gap);
    const float *end_row = periodic + AetMirrored(ny + i, ny) * row, *begin_row = periodic + AetMirrored(i - gap, ny) * row;
    for (ptrdiff_t x = 0; x < Nx; x++) periodic[(ny + i) * row + x] = (1 - begin) * end_row[x] + begin * begin_row[x];
  }
}

void AetLineRamp(ptrdiff_t N, double d, double scale, float complex *spectrum)
{
  const double         angle = -2 * M_PI * d / (double)N;
  const double complex step = CMPLX(cos(angle), sin(angle));
  double complex       phase = scale;

  for (ptrdiff_t k = 0; k < N / 2; k++) {
    spectrum[k] *= (float complex)phase;
    phase *= step;
  }
  spectrum[N / 2] = crealf(spectrum[N / 2]) * (float)(scale * cos(M_PI * d));
}

void AetLineTake(ptrdiff_t n, ptrdiff_t whole, const float *periodic, float *line)
{
  for (ptrdiff_t x = 0; x < n; x++) line[x] = periodic[AetOutside(x - whole, n)];
}
