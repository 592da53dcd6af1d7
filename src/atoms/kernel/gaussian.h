/* A Gaussian of any widths and directions on a constant background, fitted to samples. */
#ifndef AET_ATOMS_KERNEL_GAUSSIAN_H
#define AET_ATOMS_KERNEL_GAUSSIAN_H

#include "atoms/kernel/peak.h"

/* background + height · exp(-|Lᵀ (x - centre)|² / 2), L lower triangular with the positive diagonal exp(log_l): eleven numbers, as many as
   widths and angles have, without the angles' ambiguity. Lengths in steps of the samples. */
typedef struct {
  double background, height, centre[3], log_l[3], off[3]; /* off: L10, L20, L21 */
} AetGaussian;

/* Least squares over the samples [2 half + 1]³ (x fastest, about the origin) within half + 0.5 steps, from where `g` stands, by Levenberg
   and Marquardt; widths stay between 0.8 steps and 4 half, the centre within `half`. Returns 0, or 1 where it finds no bright peak inside.
 */
int AetGaussianFit(const double *samples, int half, AetGaussian *g);

/* As AetPeakFit, by the Gaussian: samples of half 3 about the centre, which they follow. */
AetPeakStatus AetPeakFitGaussian(const AetSpline *spline, const ptrdiff_t base[3], double step, double offset[3], double *value);

#endif
