/* `recon_support: shrinkwrap`: the support follows the object. */
#include "recon/course.h"
#include "recon/morphology.h"
#include "recon/support.h"

#define SIGMA_FIRST 3.0 /* voxels: the first support is loose, */
#define SIGMA_LAST 1.5  /* the last one tight */
#define LEVEL 0.1       /* of the maximum */
#define UPDATES 4       /* where recon_support_every does not say: at every fifth of the iterations */

PetscErrorCode AetWrapKeep(AetRecon recon)
{
  PetscFunctionBegin;
  if (recon->wrapped) PetscCall(AetCourseKeep(recon, AET_KEPT_VOLUME, "support", &recon->support->data, 1));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetWrapSupport(AetRecon recon, PetscInt it, const float *object, PetscBool *changed)
{
  const ptrdiff_t count = recon->z_count * recon->n[1] * recon->n[2];
  PetscInt        every, turn, turns;
  float          *smooth, range[2];

  PetscFunctionBegin;
  *changed = PETSC_FALSE;
  if (!recon->wrapped) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AetOptionGetInt("recon_support_every", &every));
  if (!every) every = PetscMax(1, recon->iterations / (UPDATES + 1));
  if (it == 0 || it % every) PetscFunctionReturn(PETSC_SUCCESS);
  turn = it / every, turns = PetscMax(1, (recon->iterations - 1) / every);
  PetscCall(AetAgree(recon->comm, PetscMalloc1(count, &smooth)));
  PetscCall(PetscArraycpy(smooth, object, count));
  PetscCall(AetReconSmooth(recon, SIGMA_FIRST + (SIGMA_LAST - SIGMA_FIRST) * (double)turn / (double)turns, smooth));
  PetscCall(AetReconRange(recon, smooth, range));
  if (range[1] > 0) {
    for (ptrdiff_t i = 0; i < count; i++) smooth[i] = smooth[i] >= (float)LEVEL * range[1];
    PetscCall(AetReconSoften(recon, recon->support_soft, smooth));
    PetscCall(PetscArraycpy(recon->support->data, smooth, count));
    *changed = PETSC_TRUE;
  }
  PetscCall(PetscFree(smooth));
  PetscFunctionReturn(PETSC_SUCCESS);
}
