/* Takes modelled atoms out of a volume. */
#ifndef AET_ATOMS_KERNEL_SUBTRACT_H
#define AET_ATOMS_KERNEL_SUBTRACT_H
#include <stddef.h>

/* plane[ny][nx], global index z, less the Gaussians height[i] exp(-Σ (r_a - centre_a)² / 2 sigma_a²), centre [count][3] as x, y, z in
   voxels, cut at 4 sigma; in the order of i, so that a plane is the same in every slab. */
void AetSubtractGaussians(float *plane, ptrdiff_t z, ptrdiff_t ny, ptrdiff_t nx, ptrdiff_t count, const double *centre,
                          const double *height, const double sigma[3]);

#endif
