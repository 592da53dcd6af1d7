/* Voxels away from atoms. */
#ifndef AET_ATOMS_KERNEL_NEAR_H
#define AET_ATOMS_KERNEL_NEAR_H

#include <stddef.h>

/* weight [ny][nx] of the plane z of a volume of n (z, y, x): 0 within `radius` voxels of an atom, 1 beyond radius + edge, a raised
   cosine between. position [count][3] in the unit of which a voxel has `pixel`, from voxel floor(n/2). */
void AetNearPlane(const ptrdiff_t n[3], ptrdiff_t z, double pixel, ptrdiff_t count, const double *position, double radius, double edge,
                  float *weight);

#endif
