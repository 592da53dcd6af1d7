/* One column of a GENFIRE step: compare with the measured points, then put them in. */
#ifndef AET_RECON_KERNEL_ENFORCE_H
#define AET_RECON_KERNEL_ENFORCE_H

#include <complex.h>
#include <stddef.h>
#include <stdint.h>

/* Σ ||K| - |F|| over `count` points F at kz of the column K; residual[count] keeps the terms unless NULL. */
double AetColumnResidual(ptrdiff_t count, const uint16_t *kz, const float complex *value, const float complex *column, float *residual);
/* K ← F at the points with |signed kz| ≤ limit; returns nothing if limit < 0. */
void AetColumnEnforce(ptrdiff_t count, const uint16_t *kz, const float complex *value, ptrdiff_t Nz, double limit, float complex *column);

#endif
