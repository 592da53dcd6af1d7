/* The pseudo-polar Fourier transform of real slices, eight at a time (Averbuch, Coifman, Donoho, Israeli and Shkolnisky, SIAM J. Sci.
   Comput. 30 (2008) 764), exact, and its exact adjoint.

   A slice f(z, x) has its origin at (floor(n_z/2), floor(n_x/2)). Its points in Fourier space, in cycles per pixel, lie on 2L lines through
   the origin with equal steps of slope, L in each of two sectors, and are numbered along a line by u = 0 … N/2 (the other half is the
   conjugate):

     sector 0:  f_x = u/N,  f_z = (u/N) (2l/L),   l = -L/2 … L/2-1,   row index l + L/2
     sector 1:  f_z = u/N,  f_x = (u/N) (2l/L),   l = -L/2+1 … L/2,   row index l + L/2 - 1

   Along the sector's main axis: a padded transform to N. Along the other one, for every u: a chirp-z transform. docs/theory/est.md. */
#ifndef AET_RECON_KERNEL_PSEUDOPOLAR_H
#define AET_RECON_KERNEL_PSEUDOPOLAR_H

#include "dist/kernel/lanes.h"

typedef struct {
  ptrdiff_t     n[2], N, L; /* slice (z, x); points on an axis, even; lines of a sector, even */
  ptrdiff_t     length;     /* of the transforms that convolve with chirps */
  ptrdiff_t     half;       /* chirps are kept for -half … half */
  AetPaddedPlan along[2];   /* of the main axis of each sector */
  AetLanePlan   plan;
  float        *spectrum;    /* [N/2+1][length] complex: transform of the chirp exp(πi α m²), α = 2u/(NL), over length */
  float        *rise, *fall; /* [N/2+1][2 half+1] complex: the chirp and its conjugate */
} AetPseudopolar;

/* N ≥ max n. 0, or 1 if memory is short; may be freed after either. */
int  AetPseudopolarCreate(AetPseudopolar *pp, const ptrdiff_t n[2], ptrdiff_t N, ptrdiff_t L);
void AetPseudopolarFree(AetPseudopolar *pp);
/* AetLane's of work that a thread needs. */
size_t AetPseudopolarWork(const AetPseudopolar *pp);

/* Called for the L values (real part, imaginary part) at u of one sector; what it leaves there goes into the adjoint. */
typedef void (*AetPseudopolarVisitor)(void *context, int sector, ptrdiff_t u, AetLane *row);
/* out = Pᵀ visitor(P in), in and out [n_z][n_x] of eight slices each. Without `in` the visitor gets zeros; without `out` there is no
   adjoint. P takes a slice to all points of both sectors; Pᵀ is its adjoint for Σ Re(a* b): Pᵀ v = Re Σ v(point) exp(2πi point·r). */
void AetPseudopolarApply(const AetPseudopolar *pp, const AetLane *in, AetPseudopolarVisitor visitor, void *context, AetLane *out,
                         AetLane *work);

/* The area of Fourier space, both halves of the line together, that a point at u stands for: Pᵀ W P is nearly the identity where N ≥ 2 max
   n and L ≥ max n. */
double AetPseudopolarWeight(const AetPseudopolar *pp, ptrdiff_t u);

#endif
