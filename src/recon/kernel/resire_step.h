/* One step of RESIRE on one plane and one image. */
#ifndef AET_RECON_KERNEL_RESIRE_STEP_H
#define AET_RECON_KERNEL_RESIRE_STEP_H

#include "recon/kernel/pixels.h"
#include <stddef.h>

/* The point y = x + momentum (x - previous) of a plane. A voxel is held if y ≤ 0 there and the gradient pushes it further down, or if the
   support is 0: its gradient is set to 0, so that no filter spreads it to free voxels. */
void AetResireHold(ptrdiff_t count, double momentum, const float *x, const float *previous, const float *support, float *gradient);
/* y takes one step and is made feasible: previous <- support max(0, y - step direction), where a held voxel (y ≤ 0, gradient 0) stays at 0.
   `support` may be NULL; direction may be the gradient itself. sums += {⟨y - new, new - x⟩, |new - y|²}: the first is positive where the
   momentum points uphill. */
void AetResireUpdate(ptrdiff_t count, double step, double momentum, const float *x, const float *gradient, const float *direction,
                     const float *support, float *previous, double sums[2]);
/* residual = Ay - b on used pixels, 0 elsewhere, where Ay = Ax + momentum (Ax - Aprevious). */
void AetResireResidual(ptrdiff_t count, double momentum, const float *Ax, const float *Aprevious, const float *b, const unsigned char *use,
                       float *residual);
/* sums += {Σ|Ax - b|, Σ|b|, Σ(Ax - b)²} over used pixels, {Σ|Ax - b|, Σ|b|} over withheld ones, Σ b² over used ones. */
void AetResireMisfit(ptrdiff_t count, const float *Ax, const float *b, const unsigned char *use, double sums[6]);

#endif
