/* The likelihood of counts, image by image, and scaled steps that maximise it, plane by plane. */
#ifndef AET_RECON_KERNEL_POISSON_H
#define AET_RECON_KERNEL_POISSON_H

#include <stddef.h>

/* In units of the images: measured n = max(0, b + offset), expected m = A x + offset. Below m = least the logarithm goes on as its
   parabola, so that projections that dip under 0 have a value and a slope. */
typedef struct {
  double offset, least;
} AetPoisson;

/* Σ m - n + n log(n / m), half the deviance, over pixels with use AET_PIXEL_USED, at Ax + step Ad. Ad may be NULL. */
double AetPoissonMisfit(ptrdiff_t count, const AetPoisson *model, const float *Ax, double step, const float *Ad, const float *b,
                        const unsigned char *use);
/* slope = the derivative of that by A x, 1 - n / m; 0 on pixels that are not used. */
void AetPoissonSlope(ptrdiff_t count, const AetPoisson *model, const float *Ax, const float *b, const unsigned char *use, float *slope);

/* The scaling S = x / sensitivity, that of expectation maximisation, x held between two bounds. The sensitivity is Aᵀ1; a voxel where it
   is 0 is not moved. */
typedef struct {
  double least, most;
} AetPoissonScaling;

/* direction = max(0, x - step S gradient) - x. Returns ⟨direction, gradient⟩. */
double AetPoissonDirection(ptrdiff_t count, const AetPoissonScaling *scaling, double step, const float *x, const float *sensitivity,
                           const float *gradient, float *direction);
/* After x has become x + step direction: with s = step direction, w = gradient - before and S of that x,
   sums += {⟨s, S⁻² s⟩, ⟨s, S⁻¹ w⟩, ⟨s, S w⟩, ⟨w, S² w⟩} (the lengths of Barzilai and Borwein are quotients of these). */
void AetPoissonCurvature(ptrdiff_t count, const AetPoissonScaling *scaling, double step, const float *x, const float *sensitivity,
                         const float *direction, const float *gradient, const float *before, double sums[4]);

#endif
