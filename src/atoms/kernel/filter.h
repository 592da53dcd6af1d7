/* Symmetric filters along the axes of a grid, mirrored at its faces (period 2(n-1)). */
#ifndef AET_ATOMS_KERNEL_FILTER_H
#define AET_ATOMS_KERNEL_FILTER_H
#include <stddef.h>

#define AET_FILTER_TAPS 64 /* largest number of taps to one side */

/* weight[0 … taps]: Gaussian of `sigma` voxels, sum over both sides 1, cut at 4 sigma. Returns taps (0 for sigma 0). */
int AetFilterGaussian(double sigma, float *weight);
/* weight[0 … taps]: inverse of the sampled cubic B-spline (1/6, 4/6, 1/6): values to coefficients. The infinite response sqrt(3) z^|k|, z =
   sqrt(3) - 2, is cut where it falls below the rounding of a float, so that a slab needs only that many planes of halo. Returns taps. */
int AetFilterSpline(float *weight);
/* Index i of an axis of n, mirrored at its ends. */
ptrdiff_t AetMirror(ptrdiff_t i, ptrdiff_t n);
/* Along a stack of rows in place: row r at data + r·stride, r < count, each of nx; buffer holds count·nx. */
void AetFilterRows(float *data, ptrdiff_t count, ptrdiff_t stride, ptrdiff_t nx, int taps, const float *weight, float *buffer);
/* Along one row in place; buffer holds nx + 2·taps. */
void AetFilterRow(float *data, ptrdiff_t nx, int taps, const float *weight, float *buffer);

#endif
