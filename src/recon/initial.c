/* The volume that iterations begin with. */
#include "recon/recon_private.h"
#include "recon/volume_fit.h"
#include <math.h>
#include <string.h>

#define PIXEL_TOLERANCE 0.01 /* of the pixel size, as for the images */

PetscBool AetReconInitialGiven(AetRecon recon)
{
  return recon->initial_file[0] && strcmp(recon->initial_file, "none") ? PETSC_TRUE : PETSC_FALSE;
}

PetscErrorCode AetReconInitial(AetRecon recon)
{
  const ptrdiff_t count = recon->z_count * recon->n[1] * recon->n[2];
  const double    pixel = recon->tilt->pixel_angstrom;
  AetVolume       found;

  PetscFunctionBegin;
  PetscCall(PetscArrayzero(recon->volume->data, count));
  if (!AetReconInitialGiven(recon)) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AetVolumeRead(recon->comm, recon->initial_file, &found));
  AetCheck(!(found->pixel_angstrom > 0) || fabs(found->pixel_angstrom - pixel) <= PIXEL_TOLERANCE * pixel, AET_ERR_DATA,
           "%s: expected an initial model with the images' pixel of %g Å, found %g Å", recon->initial_file, pixel, found->pixel_angstrom);
  PetscCall(AetVolumeFit(found, recon->volume));
  PetscCall(AetVolumeDestroy(&found));
  for (ptrdiff_t i = 0; recon->support && i < count; i++) recon->volume->data[i] *= recon->support->data[i];
  PetscFunctionReturn(PETSC_SUCCESS);
}
