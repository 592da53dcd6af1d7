/* What a trace needs, before it begins. */
#include "atoms/trace_private.h"

#define HALO 16              /* planes on either side of a slab; more only where atoms are many voxels apart */
#define MAXIMA_FRACTION 0.02 /* of voxels of noise that are local maxima */
#define FITTED_ALL 50000.0   /* maxima that are all fitted; of more, those that rise above noise */
#define ROUGH 1.25           /* over what is counted here; measured */
#define ATOM_VOXELS 500.0    /* a voxel in so many is an atom, at most */

PetscErrorCode AetTraceEstimateOn(const ptrdiff_t n[3], int ranks, double *bytes)
{
  const double plane = (double)n[1] * (double)n[2], voxels = plane * (double)n[0];
  const double maxima = MAXIMA_FRACTION * voxels, fitted = PetscMin(maxima, FITTED_ALL + voxels / ATOM_VOXELS);
  ptrdiff_t    start, planes;

  PetscFunctionBegin;
  AetBlock(n[0], 0, ranks, &start, &planes);
  /* the field and the residual with their halos, the places of maxima, boxes of own peaks, and all peaks on every rank, with room to sort
   */
  *bytes = 2 * 4.0 * plane * (double)PetscMin(n[0], planes + 2 * HALO) + 8 * maxima / ranks;
  *bytes += fitted * (AET_BOX_POINTS * 4.0 / ranks + 2.0 * sizeof(AetPeak));
  *bytes *= ROUGH;
  PetscFunctionReturn(PETSC_SUCCESS);
}
