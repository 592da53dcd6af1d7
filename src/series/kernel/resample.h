/* A volume seen through an affine map. */
#ifndef AET_SERIES_KERNEL_RESAMPLE_H
#define AET_SERIES_KERNEL_RESAMPLE_H

#include <stddef.h>

/* Adds to out[rows][columns] what the planes first ... first+count-1 of a volume of n[3] (z, y, x) voxels contribute to its values at
   origin + row · down + column · across, in voxels (z, y, x): cubic convolution (Keys 1981, a = -1/2), exact for quadratic functions;
   outside the volume it is 0. Over all planes the contributions add up to the value. */
void AetResamplePlane(const float *planes, ptrdiff_t first, ptrdiff_t count, const ptrdiff_t n[3], const double origin[3],
                      const double down[3], const double across[3], ptrdiff_t rows, ptrdiff_t columns, float *out);

#endif
