/* What the lines of a frame say about their displacement against a template. Plain C. */
#ifndef AET_TILT_KERNEL_LINE_MATCH_H
#define AET_TILT_KERNEL_LINE_MATCH_H

#include <stddef.h>

/* How a frame differs from its template: frame = gain · template + offset + noise of variance floor + slope · max(template, 0). */
typedef struct {
  double gain, offset, floor, slope;
  double misfit; /* mean of (difference² / that variance): 1 where nothing else is wrong */
} AetLineNoise;

/* Gain and offset by weighted least squares, then the variance by a straight line through the squared differences (Poisson–Gaussian noise);
   the floor is kept above 1/20 of the mean variance. `mask` [size]: weights of the pixels, 0 … 1. `noise` brings the variance to weight the
   first fit by (floor 0: even weights). */
void AetLineNoiseFit(ptrdiff_t size, const float *frame, const float *template, const float *mask, AetLineNoise *noise);
/* Gauss–Newton sums of each row, [nx] pixels: gradient = Σ (gain · template - frame …) ∇template / variance, information = Σ ∇template
   ∇templateᵀ / variance; a row with the displacement δ too many gives gradient ≈ information · δ. */
void AetLineSums(ptrdiff_t ny, ptrdiff_t nx, const float *frame, const float *template, const float *template_x, const float *template_y,
                 const float *mask, const AetLineNoise *noise, double (*information)[3], double (*gradient)[2]);

#endif
