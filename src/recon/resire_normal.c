/* RESIRE on the normal equations: the gradient AᵀA x - Aᵀb is kept as a volume, and a step adds AᵀA of what x gained, by the convolution.
   No image is looked at between the first and the last. */
#include "recon/kernel/normal_step.h"
#include "recon/resire_private.h"
#include <math.h>

static ptrdiff_t PlaneVoxels(AetRecon recon)
{
  return recon->n[1] * recon->n[2];
}

static AetNormalPlane PlaneAt(AetRecon recon, const AetResire *resire, ptrdiff_t z)
{
  const ptrdiff_t      at = z * PlaneVoxels(recon);
  const AetNormalPlane plane = {recon->volume->data + at, resire->previous + at, resire->state + at, resire->state_before + at,
                                recon->support ? recon->support->data + at : NULL};

  return plane;
}

/* Beside Aᵀb, the other volumes: when the pair and the making of the kernel need no more room. */
static PetscErrorCode AllocateVolumes(AetRecon recon, AetResire *resire)
{
  const size_t voxels = (size_t)(recon->z_count * PlaneVoxels(recon));

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(voxels, &resire->previous)); /* changes places with the volume's data */
  PetscCall(PetscMalloc1(voxels, &resire->state_before));
  resire->gradient = resire->direction = resire->state_before;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FreeVolumes(AetResire *resire)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(resire->previous));
  PetscCall(PetscFree(resire->state_before));
  resire->gradient = resire->direction = NULL;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetResireNormalPrepare(AetRecon recon, AetResire *resire)
{
  const ptrdiff_t voxels = recon->z_count * PlaneVoxels(recon);
  float          *images = NULL;

  PetscFunctionBegin;
  PetscCall(AetReconWithholdViews(recon));
  PetscCall(AetAgree(recon->comm, PetscMalloc1((size_t)voxels, &resire->state)));
  PetscCall(AetNormalImages(recon, &images));
  PetscCall(AetNormalViews(recon, images, resire->state, &resire->data, AetRampMultiplier(resire->ramp), &resire->convolution));
  PetscCall(AetAgree(recon->comm, AllocateVolumes(recon, resire)));
  PetscCall(PetscArraycpy(resire->state_before, resire->state, voxels));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetResireNormalFree(AetResire *resire)
{
  PetscFunctionBegin;
  PetscCall(AetConvolutionDestroy(&resire->convolution));
  PetscCall(FreeVolumes(resire));
  PetscCall(PetscFree(resire->state));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetResireNormalBegin(AetRecon recon, AetResire *resire, double *residual)
{
  const ptrdiff_t count = PlaneVoxels(recon);
  const float    *x = recon->volume->data;
  double         *rows, sum;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1((size_t)recon->z_count, &rows));
  PetscCall(AetConvolutionApply(resire->convolution, x, resire->direction));
#pragma omp parallel for num_threads(AetThreads())
  for (ptrdiff_t z = 0; z < recon->z_count; z++)
    for (ptrdiff_t i = z * count; i < (z + 1) * count; i++) {
      const float added = resire->direction[i]; /* which lies where state_before will */
      rows[z] += (double)x[i] * ((double)added + 2 * (double)resire->state[i]);
      resire->state_before[i] = resire->state[i] += added;
      resire->previous[i] = x[i];
    }
  PetscCall(AetReconSumPlanes(recon, 1, rows, &sum));
  PetscCall(PetscFree(rows));
  *residual = fmax(resire->data + sum, 0);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetResireNormalRelease(AetRecon recon, AetResire *resire, double *residual)
{
  float *images = NULL;

  PetscFunctionBegin;
  PetscCall(AetConvolutionDestroy(&resire->convolution)); /* of other views than from now on */
  PetscCall(AetMultiplierRest(AetRampMultiplier(resire->ramp)));
  PetscCall(FreeVolumes(resire)); /* room for the pair and the making of the kernel; Begin fills them again */
  PetscCall(AetNormalImages(recon, &images));
  PetscCall(AetNormalReleaseViews(recon, recon->volume->data, images));
  PetscCall(AetNormalViews(recon, images, resire->state, &resire->data, AetRampMultiplier(resire->ramp), &resire->convolution));
  PetscCall(AetAgree(recon->comm, AllocateVolumes(recon, resire)));
  PetscCall(AetResireNormalBegin(recon, resire, residual));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetResireNormalUseAll(AetRecon recon, AetResire *resire)
{
  PetscFunctionBegin;
  if (!AetReconViewsWithheld(recon)) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AetConvolutionDestroy(&resire->convolution));
  for (ptrdiff_t j = 0; j < recon->tilt->views; j++) recon->view_used[j] = 1;
  PetscCall(AetConvolutionCreateWith(recon->tilt, recon->view_used, recon->n, AetRampMultiplier(resire->ramp), &resire->convolution));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetResireNormalGradient(AetRecon recon, AetResire *resire, double momentum)
{
  PetscFunctionBegin;
  if (!resire->ramp) PetscFunctionReturn(PETSC_SUCCESS); /* the step knows the gradient */
#pragma omp parallel for num_threads(AetThreads())
  for (ptrdiff_t z = 0; z < recon->z_count; z++) {
    const AetNormalPlane plane = PlaneAt(recon, resire, z);
    AetNormalHold(PlaneVoxels(recon), momentum, &plane);
  }
  PetscCall(AetRampApply(resire->ramp, resire->direction, resire->direction));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetResireNormalMove(AetRecon recon, AetResire *resire, double *rise)
{
  const ptrdiff_t count = PlaneVoxels(recon);
  double         *rows, sum;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1((size_t)recon->z_count, &rows));
  PetscCall(AetConvolutionApply(resire->convolution, resire->direction, resire->direction));
  AetResireSwap(recon, resire);
#pragma omp parallel for num_threads(AetThreads())
  for (ptrdiff_t z = 0; z < recon->z_count; z++) {
    AetNormalPlane plane = PlaneAt(recon, resire, z); /* its gradients have changed places already */
    plane.G = resire->state_before + z * count, plane.G_before = resire->state + z * count;
    AetNormalAdvance(count, &plane, plane.G_before, &rows[z]);
  }
  PetscCall(AetReconSumPlanes(recon, 1, rows, &sum));
  PetscCall(PetscFree(rows));
  *rise = 2 * sum;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetResireNormalStep(AetRecon recon, AetResire *resire, double momentum, double *uphill, double *rise)
{
  const ptrdiff_t count = PlaneVoxels(recon);
  double         *rows;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1((size_t)recon->z_count, &rows));
#pragma omp parallel for num_threads(AetThreads())
  for (ptrdiff_t z = 0; z < recon->z_count; z++) {
    const AetNormalPlane plane = PlaneAt(recon, resire, z);
    AetNormalUpdate(count, resire->step / resire->norm, momentum, resire->ramp != NULL, &plane, &rows[z]);
  }
  PetscCall(AetReconSumPlanes(recon, 1, rows, uphill));
  PetscCall(PetscFree(rows));
  if (recon->smooth > 0 || recon->prior) {
    PetscCall(AetResireSmooth(recon, resire->previous));
    for (ptrdiff_t i = 0; i < recon->z_count * count; i++) resire->direction[i] = resire->previous[i] - recon->volume->data[i];
  }
  PetscCall(AetResireNormalMove(recon, resire, rise));
  PetscFunctionReturn(PETSC_SUCCESS);
}
