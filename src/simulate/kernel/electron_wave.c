#include "simulate/kernel/electron_wave.h"
#include <math.h>

#define REST_EV 510998.95 /* electron rest energy */
#define HC_EV_ANGSTROM 12398.41984

double AetKernelWavelength(double energy_kev)
{
  const double E = 1e3 * energy_kev;

  return HC_EV_ANGSTROM / sqrt(E * (2 * REST_EV + E));
}

double AetKernelMassRatio(double energy_kev)
{
  return 1 + 1e3 * energy_kev / REST_EV;
}

double AetKernelAberration(double wavelength, double k, double defocus_angstrom, double cs_mm)
{
  const double k2 = k * k;

  return M_PI * wavelength * k2 * (0.5 * 1e7 * cs_mm * wavelength * wavelength * k2 - defocus_angstrom);
}

double AetKernelDiscPart(double dk, ptrdiff_t iy, ptrdiff_t ix, double k)
{
  enum { PARTS = 16 };
  const double far = hypot(fabs((double)iy) + 0.5, fabs((double)ix) + 0.5) * dk;
  const double near = hypot(fmax(fabs((double)iy) - 0.5, 0), fmax(fabs((double)ix) - 0.5, 0)) * dk;
  int          inside = 0;

  if (far <= k) return 1;
  if (near >= k) return 0;
  for (int b = 0; b < PARTS; b++)
    for (int a = 0; a < PARTS; a++) inside += hypot((double)iy + (b + 0.5) / PARTS - 0.5, (double)ix + (a + 0.5) / PARTS - 0.5) * dk <= k;
  return (double)inside / (PARTS * PARTS);
}
