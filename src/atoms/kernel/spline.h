/* Values of the interpolating cubic B-spline of a grid between its voxels. */
#ifndef AET_ATOMS_KERNEL_SPLINE_H
#define AET_ATOMS_KERNEL_SPLINE_H
#include <stddef.h>

#define AET_SPLINE_POINTS 7  /* most points per axis of a sample */
#define AET_SPLINE_WINDOW 24 /* most coefficients per axis that they may need */

typedef struct {
  const float *coefficient; /* [n[0]][n[1]][n[2]]: z, y, x */
  ptrdiff_t    n[3];
} AetSpline;

/* Samples out[(2·half+1)^3] (z, y, x) at base + fraction + step·(-half … half) on every axis; base and fraction are (x, y, z) in voxels.
   Base and fraction come apart so that the same place in two slabs has the same arithmetic. Mirrored outside the grid; step·half ≤ 9. */
void AetSplineSample(const AetSpline *spline, const ptrdiff_t base[3], const double fraction[3], double step, int half, double *out);

#endif
