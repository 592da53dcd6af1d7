#include "recon/kernel/enforce.h"
#include <math.h>

static float Modulus(float complex z)
{
  return sqrtf(crealf(z) * crealf(z) + cimagf(z) * cimagf(z)); /* far from overflow, and much faster than cabsf */
}

double AetColumnResidual(ptrdiff_t count, const uint16_t *kz, const float complex *value, const float complex *column, float *residual)
{
  double sum = 0;

  for (ptrdiff_t i = 0; i < count; i++) {
    float term = fabsf(Modulus(column[kz[i]]) - Modulus(value[i]));
    if (residual) residual[i] = term;
    sum += term;
  }
  return sum;
}

void AetColumnEnforce(ptrdiff_t count, const uint16_t *kz, const float complex *value, ptrdiff_t Nz, double limit, float complex *column)
{
  if (limit < 0) return;
  for (ptrdiff_t i = 0; i < count; i++) {
    ptrdiff_t k = 2 * (ptrdiff_t)kz[i] > Nz ? Nz - kz[i] : kz[i];
    if ((double)k <= limit) column[kz[i]] = value[i];
  }
}
