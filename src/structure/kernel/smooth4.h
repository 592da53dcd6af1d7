/* Separable smoothing of a grid of four numbers per point. */
#ifndef AET_STRUCTURE_KERNEL_SMOOTH4_H
#define AET_STRUCTURE_KERNEL_SMOOTH4_H

#include <stddef.h>

/* out[j] = Σ_d weight[|d|] in[j + d] over d = -reach … reach with 0 ≤ j + d < count, where in[j] and out[j] are rows of `width` floats,
   `stride` floats apart; only the rows first … last-1 are made. */
void AetSmoothRows(ptrdiff_t count, ptrdiff_t width, ptrdiff_t stride, int reach, const float *weight, const float *in, ptrdiff_t first,
                   ptrdiff_t last, float *out);
/* The same along a line of `count` points of four floats. */
void AetSmoothLine4(ptrdiff_t count, int reach, const float *weight, const float *in, float *out);
/* weight[d] = exp(-(d step)²/(2 sigma²)), d = 0 … reach. */
void AetSmoothWeights(double step, double sigma, int reach, float *weight);

#endif
