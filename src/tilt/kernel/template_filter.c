#include "tilt/kernel/template_filter.h"
#include "tilt/kernel/correlate.h"
#include <math.h>
#include <string.h>

void AetTemplateFilter(ptrdiff_t Ny, ptrdiff_t Nx, double noise, double scale, float complex *spectrum, double *work)
{
  const ptrdiff_t rings = AetRings(Ny, Nx), row = Nx / 2 + 1;
  double         *power = work, *count = work + rings;

  memset(work, 0, 2 * sizeof *work * (size_t)rings);
  for (ptrdiff_t i = 1; i < Ny * row; i++) { /* without the mean */
    const ptrdiff_t     ring = AetRing(Ny, Nx, i / row, i % row);
    const double        twice = i % row == 0 || 2 * (i % row) == Nx ? 1 : 2;
    const float complex f = spectrum[i];
    power[ring] += twice * (double)(crealf(f) * crealf(f) + cimagf(f) * cimagf(f));
    count[ring] += twice;
  }
  for (ptrdiff_t r = 0; r < rings; r++) power[r] = power[r] > noise * count[r] ? scale * (1 - noise * count[r] / power[r]) : 0;
  spectrum[0] *= (float)scale;
  for (ptrdiff_t i = 1; i < Ny * row; i++) spectrum[i] *= (float)power[AetRing(Ny, Nx, i / row, i % row)];
}

void AetTemplateDerivative(ptrdiff_t Ny, ptrdiff_t Nx, int axis, const float complex *spectrum, float complex *derivative)
{
  const ptrdiff_t row = Nx / 2 + 1;

  for (ptrdiff_t ky = 0; ky < Ny; ky++) {
    const double v = 2 * ky == Ny ? 0 : 2 * M_PI * (double)(2 * ky > Ny ? ky - Ny : ky) / (double)Ny;
    for (ptrdiff_t kx = 0; kx < row; kx++) {
      const float         k = (float)(axis == 0 ? v : 2 * kx == Nx ? 0 : 2 * M_PI * (double)kx / (double)Nx);
      const float complex f = spectrum[ky * row + kx];
      derivative[ky * row + kx] = CMPLXF(-k * cimagf(f), k * crealf(f));
    }
  }
}
