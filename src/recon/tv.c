/* Least squares of the projections with total variation, over volumes that are nowhere negative and zero outside the support:

     min  ½ |W (A x - b)|² + μ Σ |D x|   subject to  x ≥ 0,  x = 0 outside the support

   by the primal-dual method of Condat (J. Optim. Theory Appl. 158 (2013) 460) and Vũ (Adv. Comput. Math. 38 (2013) 667), after Sidky,
   Jørgensen and Pan (Phys. Med. Biol. 57 (2012) 3065), with a filter for the primal step length (docs/theory/tv.md). */
#include "recon/course.h"
#include "recon/estimate.h"
#include "recon/kernel/pixels.h"
#include "recon/kernel/tv_step.h"
#include "recon/normal.h"
#include "recon/tv_private.h"
#include <math.h>

/* Numbers of an iteration under way; all of them are kept. */
typedef struct {
  double    withheld, variation; /* withheld: 1 while data is kept for R_free; variation: Σ|D x| */
  AetMisfit misfit;
} Numbers;

static const float *SupportPlane(AetRecon recon, ptrdiff_t z)
{
  return recon->support ? recon->support->data + z * PlaneVoxels(recon) : NULL;
}

static AetTvDual DualPlane(AetRecon recon, const Tv *tv, ptrdiff_t z)
{
  const ptrdiff_t at = z * PlaneVoxels(recon);
  const AetTvDual dual = {tv->dual_z->data + at, tv->dual_y + at, tv->dual_x + at};

  return dual;
}

/* gradient += Dᵀ(dual) + box. */
static PetscErrorCode AddDual(AetRecon recon, const Tv *tv, float *gradient)
{
  const ptrdiff_t plane = PlaneVoxels(recon);
  float          *halo;

  PetscFunctionBegin;
  PetscCall(AetVolumeHalo(tv->dual_z, 1, &halo));
#pragma omp parallel for num_threads(AetThreads())
  for (ptrdiff_t z = 0; z < recon->z_count; z++) {
    const AetTvDual dual = DualPlane(recon, tv, z);
    AetTvDivergence(recon->n[1], recon->n[2], &dual, z + recon->z_start > 0 ? halo + z * plane : NULL, tv->box + z * plane,
                    gradient + z * plane);
  }
  PetscCall(PetscFree(halo));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The dual ascends from `ahead`; *variation = Σ|D ahead|. */
static PetscErrorCode Ascend(AetRecon recon, const Tv *tv, double *variation)
{
  const ptrdiff_t plane = PlaneVoxels(recon);
  float          *halo;
  double         *rows;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1((size_t)recon->z_count, &rows));
  PetscCall(AetVolumeHalo(tv->ahead, 1, &halo));
#pragma omp parallel for num_threads(AetThreads())
  for (ptrdiff_t z = 0; z < recon->z_count; z++) {
    const AetTvDual dual = DualPlane(recon, tv, z);
    rows[z] = AetTvAscend(recon->n[1], recon->n[2], tv->sigma_gradient, tv->weight, halo + (z + 1) * plane,
                          z + recon->z_start + 1 < recon->n[0] ? halo + (z + 2) * plane : NULL, &dual);
  }
  PetscCall(PetscFree(halo));
  PetscCall(AetReconSumPlanes(recon, 1, rows, variation));
  PetscCall(PetscFree(rows));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Setup(AetRecon recon)
{
  Tv *tv;

  PetscFunctionBegin;
  PetscCall(PetscNew(&tv));
  recon->data = tv;
  PetscCall(AetOptionGetReal("recon_tv_weight", &tv->relative));
  PetscCall(AetReconChooseOperator(recon));
  PetscCall(AetTvPrepare(recon, tv));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The convolution's gradient; the misfit |b|² + ⟨x, AᵀA x - 2 Aᵀb⟩. */
static PetscErrorCode GradientByConvolution(AetRecon recon, Tv *tv, AetMisfit *misfit)
{
  const ptrdiff_t plane = PlaneVoxels(recon);
  const float    *x = recon->volume->data;
  double         *rows, sum;

  PetscFunctionBegin;
  PetscCall(AetConvolutionApply(tv->convolution, x, tv->gradient));
  PetscCall(PetscCalloc1((size_t)recon->z_count, &rows));
#pragma omp parallel for num_threads(AetThreads())
  for (ptrdiff_t z = 0; z < recon->z_count; z++)
    for (ptrdiff_t i = z * plane; i < (z + 1) * plane; i++) {
      rows[z] += (double)x[i] * ((double)tv->gradient[i] + 2 * (double)tv->minus[i]);
      tv->gradient[i] += tv->minus[i];
    }
  PetscCall(AetReconSumPlanes(recon, 1, rows, &sum));
  PetscCall(PetscFree(rows));
  misfit->residual = fmax(tv->data + sum, 0);
  misfit->relative = tv->data > 0 ? sqrt(misfit->residual / tv->data) : 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* tv->gradient <- Aᵀ W (A x - b), and the misfit of x. */
static PetscErrorCode Gradient(AetRecon recon, Tv *tv, AetMisfit *misfit)
{
  PetscFunctionBegin;
  if (recon->isolated) {
    PetscCall(GradientByConvolution(recon, tv, misfit));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(AetProjectorForward(tv->projector, recon->volume->data, tv->images));
  PetscCall(AetNormalMeasure(recon, tv->images, tv->use, misfit));
#pragma omp parallel for num_threads(AetThreads())
  for (ptrdiff_t i = 0; i < Pixels(recon); i++) tv->images[i] = tv->use[i] == AET_PIXEL_USED ? tv->images[i] - recon->tilt->image[i] : 0;
  PetscCall(AetProjectorAdjoint(tv->projector, tv->images, tv->gradient));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One step of Condat and Vũ: x along the filtered gradient of misfit and duals, the duals from where x is heading. */
static PetscErrorCode Step(AetRecon recon, Tv *tv, Numbers *numbers)
{
  const ptrdiff_t plane = PlaneVoxels(recon);

  PetscFunctionBegin;
  PetscCall(Gradient(recon, tv, &numbers->misfit));
  PetscCall(AddDual(recon, tv, tv->gradient));
  PetscCall(AetRampApply(tv->metric, tv->gradient, tv->gradient));
#pragma omp parallel for num_threads(AetThreads())
  for (ptrdiff_t z = 0; z < recon->z_count; z++) {
    const ptrdiff_t at = z * plane;
    AetTvMove(plane, 1 / tv->norm, tv->gradient + at, recon->volume->data + at, tv->ahead->data + at);
    AetTvBox(plane, tv->sigma_box, tv->ahead->data + at, SupportPlane(recon, z), tv->box + at);
  }
  PetscCall(Ascend(recon, tv, &numbers->variation));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* From now on with all data; x and its duals stay. */
static PetscErrorCode UseAll(AetRecon recon, Tv *tv, const AetMisfit *misfit, PetscBool judge)
{
  const double rfree = recon->rfree;
  float       *images = NULL;

  PetscFunctionBegin;
  if (recon->isolated) {
    PetscCall(AetConvolutionDestroy(&tv->convolution)); /* of other views than from now on */
    PetscCall(AetNormalImages(recon, &images));
    PetscCall(AetNormalReleaseViews(recon, recon->volume->data, images));
  } else {
    AetNormalReleasePixels(recon, misfit, tv->use);
  }
  if (!judge) recon->rfree = rfree;
  PetscCall(AetTvSetData(recon, tv, images));
  PetscCall(AetTvSetSteps(recon, tv));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Release(AetRecon recon, Tv *tv, Numbers *numbers)
{
  PetscFunctionBegin;
  PetscCall(UseAll(recon, tv, &numbers->misfit, PETSC_TRUE));
  numbers->withheld = 0;
  AetCourseRenew(recon);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KeepState(AetRecon recon, Tv *tv, Numbers *numbers)
{
  PetscFunctionBegin;
  PetscCall(AetCourseKeep(recon, AET_KEPT_VOLUME, "dual_z", &tv->dual_z->data, 1));
  PetscCall(AetCourseKeep(recon, AET_KEPT_VOLUME, "dual_y", &tv->dual_y, 1));
  PetscCall(AetCourseKeep(recon, AET_KEPT_VOLUME, "dual_x", &tv->dual_x, 1));
  PetscCall(AetCourseKeep(recon, AET_KEPT_VOLUME, "box", &tv->box, 1));
  PetscCall(AetCourseKeep(recon, AET_KEPT_NUMBERS, "numbers", numbers, sizeof *numbers / sizeof(double)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Withheld(AetRecon recon, const Tv *tv, double *withheld)
{
  double local = 0;

  PetscFunctionBegin;
  for (ptrdiff_t i = 0; !recon->isolated && i < Pixels(recon); i++)
    if (tv->use[i] == AET_PIXEL_WITHHELD) local = 1;
  PetscCallMPI(MPI_Allreduce(&local, withheld, 1, MPI_DOUBLE, MPI_MAX, recon->comm));
  if (recon->isolated) *withheld = AetReconViewsWithheld(recon);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The state at the initial model, or where an earlier run left it; *done: iterations behind it. */
static PetscErrorCode Begin(AetRecon recon, Tv *tv, Numbers *numbers, PetscInt *done)
{
  double withheld;

  PetscFunctionBegin;
  PetscCall(Withheld(recon, tv, &withheld));
  PetscCall(PetscArrayzero(tv->dual_z->data, Voxels(recon)));
  PetscCall(PetscArrayzero(tv->dual_y, Voxels(recon)));
  PetscCall(PetscArrayzero(tv->dual_x, Voxels(recon)));
  PetscCall(PetscArrayzero(tv->box, Voxels(recon)));
  PetscCall(AetReconInitial(recon));
  numbers->withheld = withheld;
  PetscCall(KeepState(recon, tv, numbers));
  PetscCall(AetCourseStart(recon, done));
  if (withheld > 0 && !(numbers->withheld > 0)) PetscCall(UseAll(recon, tv, &numbers->misfit, PETSC_FALSE));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* ½|A x - b|² + μ Σ|D x|, over that of x = 0. */
static double Objective(const Tv *tv, const Numbers *numbers)
{
  const AetMisfit *m = &numbers->misfit;
  const double     data = m->relative > 0 ? m->residual / (m->relative * m->relative) : 0;

  return data > 0 ? (m->residual + 2 * tv->weight * numbers->variation) / data : 0;
}

static PetscErrorCode Iterate(AetRecon recon, Tv *tv)
{
  Numbers   numbers = {0, 0, {0, -1, 0, 0}};
  PetscBool stop = PETSC_FALSE;
  PetscInt  k;
  char      note[80];

  PetscFunctionBegin;
  PetscCall(Begin(recon, tv, &numbers, &k));
  for (; k < recon->iterations && !stop; k++) {
    PetscCall(AetEventBegin(AET_EVENT_RECON_ITERATION));
    if (numbers.withheld > 0 && k >= recon->iterations / 2) PetscCall(Release(recon, tv, &numbers));
    PetscCall(Step(recon, tv, &numbers));
    PetscCall(AetEventEnd(AET_EVENT_RECON_ITERATION));
    snprintf(note, sizeof note, "misfit %.4f, objective %.3e", numbers.misfit.relative, Objective(tv, &numbers));
    PetscCall(AetCourseIterated(recon, k + 1, Objective(tv, &numbers), note, &stop));
    if (stop && numbers.withheld > 0) { /* at rest without the withheld data; now with it */
      PetscCall(Release(recon, tv, &numbers));
      stop = PETSC_FALSE;
    }
  }
  recon->error = -1; /* of the feasible volume, by the caller */
  for (ptrdiff_t z = 0; z < recon->z_count; z++)
    AetTvFeasible(PlaneVoxels(recon), SupportPlane(recon, z), recon->volume->data + z * PlaneVoxels(recon));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Solve(AetRecon recon)
{
  Tv            *tv = recon->data;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(AetTvPrepare(recon, tv));
  PetscCall(AetCourseBegin(recon, "TV"));
  code = Iterate(recon, tv);
  PetscCall(AetCourseEnd(recon));
  PetscCall(code);
  PetscCall(AetTvFree(tv)); /* R1 needs the room for the pair */
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Destroy(AetRecon recon)
{
  Tv *tv = recon->data;

  PetscFunctionBegin;
  if (!tv) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AetTvFree(tv));
  PetscCall(PetscFree(recon->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Eight volumes (by the pair seven) and two with their halos, the filter, and the operator: the convolution, or the pair with its images,
   which is there again beside the volumes in the middle and in the end. */
static void Estimate(const AetReconLayout *l, double *bytes, double *work)
{
  double making, pair = AetProjectorBytes(l), kernel = AetConvolutionBytes(l, &making);
  double volumes = (8 + 2 * (1 + 2.0 / (double)l->planes)) * l->V + AetRampBytes(l, 0, l->recon->isolated);

  *work = (l->recon->isolated ? AetConvolutionWork(l) : 2 * AetProjectorWork(l)) + AetRampWork(l);
  if (l->recon->isolated)
    *bytes = volumes + PetscMax(pair + AetR1Bytes(l), kernel + making);
  else
    *bytes = volumes - l->V + pair + 1.25 * l->P + AetR1Bytes(l);
}

const AetReconMethod AetReconTv = {"tv", 60, Setup, Solve, Destroy, PETSC_TRUE, PETSC_TRUE, Estimate};
