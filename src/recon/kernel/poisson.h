/* The likelihood of counts, image by image; steps of its maximisation, plane by plane. */
#ifndef AET_RECON_KERNEL_POISSON_H
#define AET_RECON_KERNEL_POISSON_H

#include "recon/kernel/pixels.h"
#include <stddef.h>

/* How counts come from images: counts = scale (image + offset), expected scale (A x + offset), both held to 0 from below where the log is
   taken; under an expectation of `least` counts the log goes on as its parabola, so that a projection that dips below 0 has a value. */
typedef struct {
  double scale, offset, least;
} AetPoisson;

/* Σ of half the deviance over used pixels, expected - counts - counts log(expected / counts), at A x + step A d (d may be NULL: A x). */
double AetPoissonMisfit(ptrdiff_t count, const AetPoisson *model, const float *Ax, const float *Ad, double step, const float *b,
                        const unsigned char *use);
/* residual = the derivative of that by A x, scale (1 - counts / expected), on used pixels; 0 elsewhere. */
void AetPoissonSlope(ptrdiff_t count, const AetPoisson *model, const float *Ax, const float *b, const unsigned char *use, float *residual);

/* Scaled steps (Bonettini, Zanella and Zanni 2009) with scaling S = clamp(x / sensitivity). */
/* direction = max(0, x - step S gradient) - x, 0 where the sensitivity is not positive. sums += {⟨direction, gradient⟩}. */
void AetPoissonDirection(ptrdiff_t count, double step, double least, double most, const float *x, const float *sensitivity,
                         const float *gradient, float *direction, double *slope);
/* sums += {⟨s, S⁻¹ S⁻¹ s⟩, ⟨s, S⁻¹ w⟩, ⟨s, S w⟩, ⟨w, S S w⟩} for the step s just taken and the change w of the gradient; S of the new x. */
void AetPoissonCurvature(ptrdiff_t count, double least, double most, const float *x, const float *sensitivity, const float *moved,
                         double step, const float *gradient, const float *before, double sums[4]);

#endif
