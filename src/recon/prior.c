/* A soft prior: what other measurements of the same object say a volume is like, where they may be trusted. */
#include "recon/recon_private.h"
#include <math.h>
#include <string.h>

#define PIXEL_TOLERANCE 0.01 /* of the pixel size, as for the images */

PetscErrorCode AetReconPriorFromOptions(AetRecon recon)
{
  PetscFunctionBegin;
  PetscCall(AetOptionGetText("recon_prior", recon->prior_file, sizeof recon->prior_file));
  PetscCall(AetOptionGetText("recon_prior_mask", recon->prior_mask_file, sizeof recon->prior_mask_file));
  PetscCall(AetOptionGetReal("recon_prior_weight", &recon->prior_weight));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscBool AetReconPriorGiven(AetRecon recon)
{
  return (PetscBool)(recon->prior_weight > 0 && recon->prior_file[0] && strcmp(recon->prior_file, "none") && !recon->inner);
}

/* A volume of the size of the reconstruction. */
static PetscErrorCode Read(AetRecon recon, const char *file, AetVolume *volume)
{
  const double pixel = recon->tilt->pixel_angstrom;

  PetscFunctionBegin;
  PetscCall(AetVolumeRead(recon->comm, file, volume));
  AetCheck((*volume)->n[0] == recon->n[0] && (*volume)->n[1] == recon->n[1] && (*volume)->n[2] == recon->n[2], AET_ERR_DATA,
           "%s: expected a volume of %td x %td x %td voxels, found %td x %td x %td", file, recon->n[2], recon->n[1], recon->n[0],
           (*volume)->n[2], (*volume)->n[1], (*volume)->n[0]);
  AetCheck(!((*volume)->pixel_angstrom > 0) || fabs((*volume)->pixel_angstrom - pixel) <= PIXEL_TOLERANCE * pixel, AET_ERR_DATA,
           "%s: expected a volume with the images' pixel of %g Å, found %g Å", file, pixel, (*volume)->pixel_angstrom);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetReconPriorRead(AetRecon recon)
{
  PetscFunctionBegin;
  if (!AetReconPriorGiven(recon)) PetscFunctionReturn(PETSC_SUCCESS);
  AetCheck(!strcmp(recon->method->name, "resire"), AET_ERR_INPUT, "recon_prior: expected recon_method resire, found %s",
           recon->method->name);
  PetscCall(Read(recon, recon->prior_file, &recon->prior));
  if (strcmp(recon->prior_mask_file, "none")) PetscCall(Read(recon, recon->prior_mask_file, &recon->prior_mask));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void AetReconPriorPull(AetRecon recon, float *next)
{
  const ptrdiff_t voxels = recon->z_count * recon->n[1] * recon->n[2];

  if (!recon->prior) return;
#pragma omp parallel for num_threads(AetThreads())
  for (ptrdiff_t i = 0; i < voxels; i++) {
    const float pull = (float)recon->prior_weight * (recon->prior_mask ? recon->prior_mask->data[i] : 1.0F);
    const float support = recon->support ? recon->support->data[i] : 1.0F;
    next[i] = (next[i] + pull * support * fmaxf(recon->prior->data[i], 0)) / (1 + pull);
  }
}
