/* A real factor on rows of lanes. */
#include "dist/kernel/factor.h"

void AetRowsMultiply(AetLane *rows, ptrdiff_t count, const float *factor)
{
  const AetLane *f = (const AetLane *)factor;

  for (ptrdiff_t k = 0; k < count; k++) rows[2 * k] *= f[k], rows[2 * k + 1] *= f[k];
}

void AetRowsMultiplyEqual(AetLane *rows, ptrdiff_t count, const float *factor, ptrdiff_t stride)
{
  for (ptrdiff_t k = 0; k < count; k++) rows[2 * k] *= factor[k * stride], rows[2 * k + 1] *= factor[k * stride];
}

void AetRowsAddTurned(const AetLane *rows, ptrdiff_t count, const double complex *turn, const double complex *lane, int lanes,
                      float *factor)
{
  const float *row = (const float *)rows;

  for (ptrdiff_t k = 0; k < count; k++)
    for (int l = 0; l < lanes; l++) {
      const double complex all = turn[k] * lane[l];
      factor[k * AET_LANES + l] += (float)(creal(all) * row[2 * AET_LANES * k + l] - cimag(all) * row[2 * AET_LANES * k + AET_LANES + l]);
    }
}
