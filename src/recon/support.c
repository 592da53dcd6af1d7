/* The support: where the object may be. */
#include "recon/support.h"
#include "recon/morphology.h"
#include "recon/volume_fit.h"
#include <string.h>

/* Values of a support are weights: 0 … 1. */
static PetscErrorCode CheckSupport(AetVolume support, const char *file)
{
  const ptrdiff_t count = support->z_count * support->n[1] * support->n[2];
  int             range = 1, some = 0, all[2];

  PetscFunctionBegin;
  for (ptrdiff_t i = 0; i < count; i++) {
    if (!(support->data[i] >= 0 && support->data[i] <= 1)) range = 0;
    if (support->data[i] > 0) some = 1;
  }
  PetscCallMPI(MPI_Allreduce(&range, &all[0], 1, MPI_INT, MPI_MIN, support->comm));
  PetscCallMPI(MPI_Allreduce(&some, &all[1], 1, MPI_INT, MPI_MAX, support->comm));
  AetCheck(all[0], AET_ERR_DATA, "%s: expected a support of values 0 to 1, found others", file);
  AetCheck(all[1], AET_ERR_DATA, "%s: expected a support with voxels above 0 inside the volume, found none", file);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Any array of three dimensions; its pixel size is not asked for, a support counts voxels. */
static PetscErrorCode ReadSupport(MPI_Comm comm, const char *file, AetVolume *found)
{
  AetArrayInfo info;
  float       *data;

  PetscFunctionBegin;
  PetscCall(AetArrayRead(comm, file, &info, &data));
  AetCheck(info.rank == 3, AET_ERR_DATA, "%s: expected a support volume of 3 dimensions, found %d", file, info.rank);
  PetscCall(AetVolumeCreate(comm, info.n, 0, found));
  PetscCall(PetscFree((*found)->data));
  (*found)->data = data;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FileSupport(AetRecon recon)
{
  AetVolume found;

  PetscFunctionBegin;
  PetscCall(ReadSupport(recon->comm, recon->support_file, &found));
  PetscCall(AetVolumeFit(found, recon->support));
  PetscCall(AetVolumeDestroy(&found));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The hull of an isolated object's shadows; of an object that runs past the images, everything. */
static PetscErrorCode WrapSupport(AetRecon recon)
{
  PetscFunctionBegin;
  AetCheck(!strcmp(recon->method->name, "genfire") || !strcmp(recon->method->name, "resire"), AET_ERR_INPUT,
           "recon_support: shrinkwrap expects recon_method genfire or resire, found %s", recon->method->name);
  if (!recon->extended) PetscCall(AetReconHull(recon, recon->support));
  for (ptrdiff_t i = 0; recon->extended && i < recon->z_count * recon->n[1] * recon->n[2]; i++) recon->support->data[i] = 1;
  recon->wrapped = PETSC_TRUE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetReconSupport(AetRecon recon)
{
  const char *choice = recon->support_file;

  PetscFunctionBegin;
  if (!choice[0] || !strcmp(choice, "none")) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AetVolumeCreate(recon->comm, recon->n, recon->tilt->pixel_angstrom, &recon->support));
  if (!strcmp(choice, "auto")) {
    AetCheck(!recon->extended, AET_ERR_INPUT, "recon_support: auto expects an isolated object, found recon_extended true");
    PetscCall(AetReconHull(recon, recon->support));
  } else if (!strcmp(choice, "otsu")) {
    PetscCall(AetReconOtsu(recon, recon->support));
  } else if (!strcmp(choice, "shrinkwrap")) {
    PetscCall(WrapSupport(recon));
  } else {
    PetscCall(FileSupport(recon));
  }
  PetscCall(CheckSupport(recon->support, choice));
  PetscCall(AetReconSoften(recon, recon->support_soft, recon->support->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}
