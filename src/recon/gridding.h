/* The measured voxels of the padded spectrum, gridded where they live. */
#ifndef AET_RECON_GRIDDING_H
#define AET_RECON_GRIDDING_H

#include <aet4d/tilt.h>
#include <complex.h>

/* Sparse, in the order of AetTransform's columns: column c = (local ky)·(Nx/2+1) + kx holds points begin[c] … begin[c+1]-1; the first
   enforced[c] of them, by rising kz, are enforced, the others, by rising kz, withheld. */
typedef struct {
  ptrdiff_t      N[3], ky_start, ky_count, columns, points;
  ptrdiff_t     *begin;    /* [columns + 1] */
  uint16_t      *enforced; /* [columns] */
  uint16_t      *kz;       /* [points], 0 … Nz-1 */
  float complex *value;    /* [points] */
} AetMeasured;

/* Grids the views of `tilt` on the local rows ky_start … of the padded spectrum N (z, y, x; N_x even, N < 65536). `distance`: voxels;
   `withheld`: fraction of points kept for R_free, chosen by seed and global voxel, the same for a voxel and its Hermitian partner.
   The same points, values and choice on any number of ranks. Collective on tilt->comm. */
PetscErrorCode AetMeasuredCreate(AetTiltSeries tilt, const ptrdiff_t N[3], ptrdiff_t ky_start, ptrdiff_t ky_count, double distance,
                                 double withheld, uint64_t seed, AetMeasured *measured);
PetscErrorCode AetMeasuredDestroy(AetMeasured *measured);

/* Signed frequency of an index in FFT order. */
static inline ptrdiff_t AetSignedFrequency(ptrdiff_t index, ptrdiff_t N)
{
  return 2 * index >= N + (N & 1) ? index - N : index;
}

#endif
