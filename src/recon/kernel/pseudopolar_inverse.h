/* The inverse of the pseudo-polar transform. */
#ifndef AET_RECON_KERNEL_PSEUDOPOLAR_INVERSE_H
#define AET_RECON_KERNEL_PSEUDOPOLAR_INVERSE_H

#include "recon/kernel/pseudopolar.h"

/* AetLane's of work beyond AetPseudopolarWork. */
size_t AetPseudopolarInverseWork(const AetPseudopolar *pp);
/* Solves Pᵀ W P x = b for eight slices by conjugate gradients from x = b, which, W being the density, is nearly the answer. `b`, the
   weighted adjoint of what is to be inverted, is overwritten. `work`: AetPseudopolarWork, then AetPseudopolarInverseWork. */
void AetPseudopolarInvert(const AetPseudopolar *pp, int steps, AetLane *b, AetLane *x, AetLane *work);
/* sum[8] = Σ a b of each slice, in double. */
void AetLaneDot(ptrdiff_t count, const AetLane *a, const AetLane *b, double sum[AET_LANES]);

#endif
