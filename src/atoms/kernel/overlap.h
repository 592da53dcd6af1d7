/* Weighted products of radial profiles over the pixels of an image. Plain C. */
#ifndef AET_ATOMS_KERNEL_OVERLAP_H
#define AET_ATOMS_KERNEL_OVERLAP_H

#include <stddef.h>

#define AET_OVERLAP_SPECIES 8
#define AET_OVERLAP_STEPS 512

/* Profiles by the square of the distance in pixels, linear in between; nothing beyond `radius` pixels. */
typedef struct {
  int    species;
  double radius;
  double value[AET_OVERLAP_STEPS + 2][AET_OVERLAP_SPECIES];
} AetOverlap;

/* pair [species][species] <- Σ over pixels of weight [ny][nx] (0 outside) × p_s × p_t of profiles centred at column x, row y. */
void AetOverlapSum(const AetOverlap *overlap, ptrdiff_t ny, ptrdiff_t nx, const float *weight, double x, double y, double *pair);

#endif
