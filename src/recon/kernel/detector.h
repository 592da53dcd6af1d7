/* What one pixel of a detector without end says of two voxels: the normal operator's kernel, in closed form. */
#ifndef AET_RECON_KERNEL_DETECTOR_H
#define AET_RECON_KERNEL_DETECTOR_H

#include <stddef.h>

/* One row of displacements, x = 0 … count-1, seen from one view: places u0 + x du and v0 + x dv on the detector, in pixels. */
typedef struct {
  double u0, du, v0, dv;
} AetDetectorRow;

/* table[0 … 4 count-1] = cos and sin of π du x, cos and sin of π dv x: what the rows of one view share. */
void AetDetectorTable(ptrdiff_t count, double du, double dv, double *table);
/* sum[x] += sinc(u0 + x du) sinc(v0 + x dv), sinc(t) = sin(πt)/(πt): Σ over all pixels of the two voxels' shadows, each the band-limited
   point that a projection makes of a voxel. */
void AetDetectorRespond(ptrdiff_t count, const AetDetectorRow *row, const double *table, double *sum);

#endif
