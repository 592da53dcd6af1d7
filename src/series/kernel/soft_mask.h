/* A soft mask around marked points. */
#ifndef AET_SERIES_KERNEL_SOFT_MASK_H
#define AET_SERIES_KERNEL_SOFT_MASK_H

#include <stddef.h>

/* Fills the plane at height `z` (Å) of [rows][columns] voxels of `pixel` Å, the first at y0, x0: Σ value · g / (floor + Σ g) over the
   points [points][3] (x, y, z in Å), g = exp(-d²/2σ²) up to 3 σ. Values of 0 to 1 give a mask of 0 to 1. `work` [rows][columns]. */
void AetSoftMaskPlane(ptrdiff_t points, const double (*point)[3], const double *value, double sigma, double floor_sum, double z, double y0,
                      double x0, double pixel, ptrdiff_t rows, ptrdiff_t columns, float *mask, float *work);

#endif
