/* One measured image against the projection of a volume: what shifts, small rotations and a scale change. Plain C.

   A plane is a square of M × M about the origin, [v][u] in rows of 2(M/2+1) floats, periodic, the origin first (M even); its spectrum is
   [q_v = 0 … M-1][q_u = 0 … M/2] in the same memory. */
#ifndef AET_RECON_KERNEL_VIEW_FIT_H
#define AET_RECON_KERNEL_VIEW_FIT_H

#include <complex.h>
#include <stddef.h>

enum { AET_VIEW_UNKNOWNS = 6 }; /* rotation about u, v, depth (radian), shift along u, v (pixels), scale */

/* The frequencies of a spectrum of L × L that M × M has, too, times a Gaussian that is `edge` at q = M/2, shifted by -(u, v) pixels of the
   first: `small`. The row and column q = M/2 stay 0 unless M = L. */
void AetViewReduce(ptrdiff_t L, const float complex *spectrum, ptrdiff_t M, double edge, const double shift[2], float complex *small);
/* out = scale · ∂/∂u (axis 0) or ∂/∂v (axis 1) of what `spectrum` is the transform of. */
void AetViewDerivative(ptrdiff_t M, int axis, float scale, const float complex *spectrum, float complex *out);
/* out = conj(a) b times `scale`, without the mean: its transform back is the correlation of b with a shifted by (u, v). */
void AetViewCorrelate(ptrdiff_t M, float scale, const float complex *a, const float complex *b, float complex *out);
/* The highest value of a plane within `range` pixels of the origin, and its place between the pixels (parabolas). */
double AetViewPeak(ptrdiff_t M, double range, const float *plane, double place[2]);
/* Normal equations of image ≈ scale · model(unknowns) at model: H, g = Jᵀ(image - scale model). The derivatives are images of the model
   along u and v, and of the model's first moment along the beam along u and v. */
void AetViewNormal(ptrdiff_t ny, ptrdiff_t nx, const float *image, const float *model, const float *const derivative[4], double scale,
                   double H[AET_VIEW_UNKNOWNS * AET_VIEW_UNKNOWNS], double g[AET_VIEW_UNKNOWNS]);
/* Σ (image - scale model)² at the best scale ≥ 0. */
double AetViewMisfit(ptrdiff_t pixels, const float *image, const float *model, double *scale);

#endif
