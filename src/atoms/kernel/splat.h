/* Points on a periodic grid by the taps of the Kaiser–Bessel kernel, and the adjoint with derivatives. Plain C. */
#ifndef AET_ATOMS_KERNEL_SPLAT_H
#define AET_ATOMS_KERNEL_SPLAT_H

#include "recon/kernel/slice.h"

/* A periodic grid [ny][stride] of which nx columns count; nx, ny ≥ AET_SLICE_LANES, stride ≥ nx. */
typedef struct {
  const AetKaiserBessel *kernel;
  ptrdiff_t              ny, nx, stride;
  float                 *grid;
} AetSplat;

/* grid += weight φ(x - u) φ(y - v); u, v in grid steps, anywhere. */
void AetSplatAdd(const AetSplat *splat, double u, double v, float weight);
/* grid += the change of that (weight 1) when the point moves by (du, dv), to first order. */
void AetSplatAddMoved(const AetSplat *splat, double u, double v, float du, float dv);
/* out: Σ grid φ φ, and its derivatives by u and v. */
void AetSplatGather(const AetSplat *splat, double u, double v, float out[3]);

#endif
