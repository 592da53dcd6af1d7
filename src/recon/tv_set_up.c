/* What the iterations of TV need: data, operator, filter, steps. docs/theory/tv.md. */
#include "recon/kernel/pixels.h"
#include "recon/kernel/tv_step.h"
#include "recon/normal.h"
#include "recon/tv_private.h"
#include <math.h>

/* Of the filter and the dual steps, over the maximum of the symbol of AᵀA; by trial, and convergence holds for any. */
#define RAMP_FLOOR 0.05
#define SIGMA_GRADIENT 0.03 /* dual step of the differences */
#define SIGMA_BOX 0.1       /* dual step of the bounds */
#define POWER_ROUNDS 8

/* volume <- AᵀA volume, on used pixels or views. */
static PetscErrorCode Normal(void *context, float *volume)
{
  const AetRecon recon = context;
  Tv            *tv = recon->data;

  PetscFunctionBegin;
  if (tv->convolution) {
    PetscCall(AetConvolutionApply(tv->convolution, volume, volume));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(AetProjectorForward(tv->projector, volume, tv->images));
  for (ptrdiff_t i = 0; i < Pixels(recon); i++)
    if (tv->use[i] != AET_PIXEL_USED) tv->images[i] = 0;
  PetscCall(AetProjectorAdjoint(tv->projector, tv->images, volume));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Norm(AetRecon recon, const float *volume, double *norm)
{
  const ptrdiff_t plane = PlaneVoxels(recon);
  double         *rows, square;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1((size_t)recon->z_count, &rows));
#pragma omp parallel for num_threads(AetThreads())
  for (ptrdiff_t z = 0; z < recon->z_count; z++)
    for (ptrdiff_t i = z * plane; i < (z + 1) * plane; i++) rows[z] += (double)volume[i] * volume[i];
  PetscCall(AetReconSumPlanes(recon, 1, rows, &square));
  PetscCall(PetscFree(rows));
  *norm = sqrt(square);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* ahead.data <- filter (½ AᵀA + σ DᵀD + σ_box) ahead.data; the gradient serves as room. */
static PetscErrorCode PowerRound(AetRecon recon, Tv *tv)
{
  const ptrdiff_t plane = PlaneVoxels(recon);
  float          *halo;

  PetscFunctionBegin;
  PetscCall(AetVolumeHalo(tv->ahead, 1, &halo));
#pragma omp parallel for num_threads(AetThreads())
  for (ptrdiff_t z = 0; z < recon->z_count; z++)
    AetTvSecondDifferences(recon->n[1], recon->n[2], tv->sigma_gradient, tv->sigma_box, halo + (z + 1) * plane,
                           z + recon->z_start > 0 ? halo + z * plane : NULL,
                           z + recon->z_start + 1 < recon->n[0] ? halo + (z + 2) * plane : NULL, tv->gradient + z * plane);
  PetscCall(PetscFree(halo));
  PetscCall(Normal(recon, tv->ahead->data));
  for (ptrdiff_t i = 0; i < Voxels(recon); i++) tv->ahead->data[i] = 0.5F * tv->ahead->data[i] + tv->gradient[i];
  PetscCall(AetRampApply(tv->metric, tv->ahead->data, tv->ahead->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The largest eigenvalue of filter (½ AᵀA + σ DᵀD + σ_box), by the power method: steps along the filter over it converge. */
static PetscErrorCode EstimateNorm(AetRecon recon, Tv *tv)
{
  double before, after = 0;

  PetscFunctionBegin;
  for (ptrdiff_t i = 0; i < Voxels(recon); i++) tv->ahead->data[i] = 1;
  for (int round = 0; round < POWER_ROUNDS; round++) {
    PetscCall(Norm(recon, tv->ahead->data, &before));
    if (!(before > 0)) break;
    for (ptrdiff_t i = 0; i < Voxels(recon); i++) tv->ahead->data[i] = (float)(tv->ahead->data[i] / before);
    PetscCall(PowerRound(recon, tv));
    PetscCall(Norm(recon, tv->ahead->data, &after));
  }
  tv->norm = after > 0 ? 1.02 * after : 1;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* μ from the largest value of Aᵀb, which `volume` holds times `sign`. */
static PetscErrorCode SetWeight(AetRecon recon, Tv *tv, const float *volume, float sign)
{
  float largest = 0, all;

  PetscFunctionBegin;
  for (ptrdiff_t i = 0; i < Voxels(recon); i++) largest = fmaxf(largest, sign * volume[i]);
  PetscCallMPI(MPI_Allreduce(&largest, &all, 1, MPI_FLOAT, MPI_MAX, recon->comm));
  tv->weight = tv->relative * (double)all;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetTvSetData(AetRecon recon, Tv *tv, float *images)
{
  PetscFunctionBegin;
  if (recon->isolated) {
    PetscCall(AetNormalViews(recon, images, tv->minus, &tv->data, NULL, &tv->convolution));
    PetscCall(SetWeight(recon, tv, tv->minus, -1));
  } else {
    for (ptrdiff_t i = 0; i < Pixels(recon); i++) tv->images[i] = tv->use[i] == AET_PIXEL_USED ? recon->tilt->image[i] : 0;
    PetscCall(AetProjectorAdjoint(tv->projector, tv->images, tv->gradient));
    PetscCall(SetWeight(recon, tv, tv->gradient, 1));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetTvSetSteps(AetRecon recon, Tv *tv)
{
  PetscFunctionBegin;
  PetscCall(AetRampDestroy(&tv->metric));
  PetscCall(AetRampCreateWith(recon->comm, Normal, recon, recon->n, PETSC_FALSE, RAMP_FLOOR + 2 * SIGMA_BOX, 2 * SIGMA_GRADIENT,
                              tv->ahead->data, AetConvolutionMultiplier(tv->convolution), &tv->metric));
  tv->sigma_gradient = SIGMA_GRADIENT * AetRampHighest(tv->metric);
  tv->sigma_box = SIGMA_BOX * AetRampHighest(tv->metric);
  PetscCall(EstimateNorm(recon, tv));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Allocate(AetRecon recon, Tv *tv)
{
  const size_t voxels = (size_t)Voxels(recon);

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(voxels, &tv->gradient));
  PetscCall(PetscMalloc1(voxels, &tv->dual_y));
  PetscCall(PetscMalloc1(voxels, &tv->dual_x));
  PetscCall(PetscMalloc1(voxels, &tv->box));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode PreparePair(AetRecon recon, Tv *tv)
{
  PetscFunctionBegin;
  PetscCall(AetReconProjector(recon, &tv->projector));
  PetscCall(AetAgree(recon->comm, PetscMalloc2((size_t)Pixels(recon), &tv->use, (size_t)Pixels(recon), &tv->images)));
  AetReconPixels(recon, recon->rfree_fraction, tv->use);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetTvPrepare(AetRecon recon, Tv *tv)
{
  float *images = NULL;

  PetscFunctionBegin;
  if (tv->prepared) PetscFunctionReturn(PETSC_SUCCESS);
  if (recon->isolated) {
    PetscCall(AetReconWithholdViews(recon));
    PetscCall(AetAgree(recon->comm, PetscMalloc1((size_t)Voxels(recon), &tv->minus)));
    PetscCall(AetNormalImages(recon, &images));
    PetscCall(AetTvSetData(recon, tv, images));
    PetscCall(AetAgree(recon->comm, Allocate(recon, tv)));
  } else {
    PetscCall(PreparePair(recon, tv));
    PetscCall(AetAgree(recon->comm, Allocate(recon, tv)));
    PetscCall(AetTvSetData(recon, tv, NULL));
  }
  PetscCall(AetVolumeCreate(recon->comm, recon->n, 0, &tv->ahead));
  PetscCall(AetVolumeCreate(recon->comm, recon->n, 0, &tv->dual_z));
  PetscCall(AetTvSetSteps(recon, tv));
  tv->prepared = PETSC_TRUE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetTvFree(Tv *tv)
{
  PetscFunctionBegin;
  PetscCall(AetRampDestroy(&tv->metric));
  PetscCall(AetConvolutionDestroy(&tv->convolution));
  PetscCall(AetVolumeDestroy(&tv->ahead));
  PetscCall(AetVolumeDestroy(&tv->dual_z));
  PetscCall(PetscFree(tv->minus));
  PetscCall(PetscFree2(tv->use, tv->images));
  PetscCall(PetscFree(tv->gradient));
  PetscCall(PetscFree(tv->dual_y));
  PetscCall(PetscFree(tv->dual_x));
  PetscCall(PetscFree(tv->box));
  tv->prepared = PETSC_FALSE;
  PetscFunctionReturn(PETSC_SUCCESS);
}
