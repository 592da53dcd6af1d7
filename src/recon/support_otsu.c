/* `recon_support: otsu`: from a quick reconstruction, by Otsu's threshold and closing. */
#include "recon/kernel/morphology.h"
#include "recon/morphology.h"
#include "recon/support.h"
#include <math.h>
#include <string.h>

#define SIGMA 2.0 /* voxels: bridges atoms and levels the streaks of the quick reconstruction */
#define MARGIN 2  /* voxels around what is above the threshold: half of an atom on the surface lies below it */
#define BINS 256

/* Weighted back-projection of all views: one step, any geometry, no support of its own. */
static PetscErrorCode Quick(AetRecon recon, float *data)
{
  AetRecon  quick;
  AetVolume volume;

  PetscFunctionBegin;
  PetscCall(AetReconCreate(recon->tilt, &quick));
  PetscCall(AetReconSetFromOptions(quick));
  quick->method = &AetReconWbp;
  quick->iterations = AetReconWbp.iterations;
  quick->rfree_fraction = 0;
  strcpy(quick->support_file, "none");
  strcpy(quick->initial_file, "none");
  PetscCall(AetReconSolve(quick, &volume));
  for (ptrdiff_t i = 0; i < recon->z_count * recon->n[1] * recon->n[2]; i++) data[i] = fmaxf(volume->data[i], 0);
  PetscCall(AetVolumeDestroy(&volume));
  PetscCall(AetReconDestroy(&quick));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Otsu's threshold of all voxels; counts are whole numbers, their sum the same for every partition. */
static PetscErrorCode Threshold(AetRecon recon, const float *data, const float range[2], double *threshold)
{
  int64_t local[BINS] = {0}, count[BINS];

  PetscFunctionBegin;
  for (ptrdiff_t i = 0; i < recon->z_count * recon->n[1] * recon->n[2]; i++) {
    const double part = ((double)data[i] - range[0]) / ((double)range[1] - range[0]);
    local[PetscMax(0, PetscMin(BINS - 1, (int)(part * BINS)))]++;
  }
  PetscCallMPI(MPI_Allreduce(local, count, BINS, MPI_INT64_T, MPI_SUM, recon->comm));
  *threshold = AetOtsuThreshold(BINS, count, range[0], range[1]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetReconOtsu(AetRecon recon, AetVolume support)
{
  float   *data = support->data, range[2];
  double   factor, threshold;
  PetscInt radius;

  PetscFunctionBegin;
  PetscCall(AetOptionGetReal("recon_support_factor", &factor));
  PetscCall(AetOptionGetInt("recon_support_radius", &radius));
  PetscCall(Quick(recon, data));
  PetscCall(AetReconSmooth(recon, SIGMA, data));
  PetscCall(AetReconRange(recon, data, range));
  AetCheck(range[1] > range[0], AET_ERR_DATA, "recon_support: otsu expects images of an object, found none in them");
  PetscCall(Threshold(recon, data, range, &threshold));
  for (ptrdiff_t i = 0; i < recon->z_count * recon->n[1] * recon->n[2]; i++) data[i] = data[i] > factor * threshold;
  PetscCall(AetReconClose(recon, radius, MARGIN, data));
  PetscFunctionReturn(PETSC_SUCCESS);
}
