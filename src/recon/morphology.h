/* Smoothing and shapes of the volume of a reconstruction, the same bits on any number of ranks. Private to the room. */
#ifndef AET_MORPHOLOGY_H
#define AET_MORPHOLOGY_H

#include "recon/recon_private.h"

/* All of these work on a slab data [z_count][n1][n2] of recon->n in place and are collective. */

/* By a Gaussian of `sigma` voxels; at the borders the mean is of what is inside. */
PetscErrorCode AetReconSmooth(AetRecon recon, double sigma, float *data);
/* Of a set (1, elsewhere 0): all voxels within `radius` of it, a ball. */
PetscErrorCode AetReconGrow(AetRecon recon, ptrdiff_t radius, float *data);
/* The set grown by radius + margin, and what is outside then grown back by radius: gaps and holes up to `radius` are closed. */
PetscErrorCode AetReconClose(AetRecon recon, ptrdiff_t radius, ptrdiff_t margin, float *data);
/* Weights 0 … 1: around the voxels of at least 0.5, a cosine edge that falls to 0 at `width` voxels; nothing becomes less. */
PetscErrorCode AetReconSoften(AetRecon recon, double width, float *data);
/* Least and largest value over all ranks. */
PetscErrorCode AetReconRange(AetRecon recon, const float *data, float range[2]);

#endif
