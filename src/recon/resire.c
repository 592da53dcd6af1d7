/* RESIRE (Pham et al., Sci. Rep. 13 (2023) 5624): least squares of the projections under positivity and support, by projected gradient
   steps, plain as published or accelerated with adaptive restart (docs/theory/resire.md). */
#include "recon/kernel/resire_step.h"
#include "recon/ramp.h"
#include "recon/recon_private.h"
#include <math.h>

#define RAMP_FLOOR 0.05 /* of the preconditioner, over the symbol's maximum: lower, and noise comes up before the structure does */
#define POWER_ROUNDS 3
#define ROUNDING 1e-6 /* a rise of the misfit by less than this part of it */

typedef enum { ACCELERATION_RAMP, ACCELERATION_FISTA, ACCELERATION_NONE } Acceleration; /* order of recon_acceleration's choices */

/* Sums over all views of AetResireMisfit. */
typedef struct {
  double r1, rfree, residual, relative; /* Σ|Ax-b|/Σ|b|; withheld; Σ(Ax-b)²; its root over that of Σb² */
} Misfit;

typedef struct {
  AetProjector   projector;  /* borrowed */
  AetRamp        ramp;       /* NULL: the gradient itself is the direction */
  double         step, norm; /* step in units of 1/norm; norm: largest eigenvalue of AᵀA, or of its product with the filter */
  int            acceleration;
  unsigned char *use;                       /* [v_count][ny][nx] */
  float         *Ax, *Aprevious, *residual; /* [v_count][ny][nx] */
  float         *previous, *gradient;       /* [z_count][n1][n2] */
  float         *direction;                 /* the same; `gradient` where nothing filters it */
} Resire;

static ptrdiff_t Pixels(AetRecon recon)
{
  return recon->tilt->ny * recon->tilt->nx;
}

static ptrdiff_t PlaneVoxels(AetRecon recon)
{
  return recon->n[1] * recon->n[2];
}

/* Sums over rows of this rank, in global order: planes of z, or views. */
static PetscErrorCode SumPlanes(AetRecon recon, PetscInt width, const double *rows, double *sums)
{
  PetscFunctionBegin;
  PetscCall(AetSumOrdered(recon->comm, (PetscInt)recon->z_start, (PetscInt)recon->z_count, (PetscInt)recon->n[0], width, rows, sums));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SumViews(AetRecon recon, PetscInt width, const double *rows, double *sums)
{
  AetTiltSeries tilt = recon->tilt;

  PetscFunctionBegin;
  PetscCall(AetSumOrdered(recon->comm, (PetscInt)tilt->v_start, (PetscInt)tilt->v_count, (PetscInt)tilt->views, width, rows, sums));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Norm(AetRecon recon, const float *volume, double *norm)
{
  double *rows, square;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1((size_t)recon->z_count, &rows));
#pragma omp parallel for num_threads(AetThreads())
  for (ptrdiff_t z = 0; z < recon->z_count; z++)
    for (ptrdiff_t i = 0; i < PlaneVoxels(recon); i++)
      rows[z] += (double)volume[z * PlaneVoxels(recon) + i] * volume[z * PlaneVoxels(recon) + i];
  PetscCall(SumPlanes(recon, 1, rows, &square));
  PetscCall(PetscFree(rows));
  *norm = sqrt(square);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Largest eigenvalue of AᵀA, or of its product with the filter, by the power method from a constant volume: A hardly has negative entries,
   so the leading vector is smooth and positive and few rounds are within a per cent. */
static PetscErrorCode EstimateNorm(AetRecon recon, Resire *resire)
{
  const ptrdiff_t voxels = recon->z_count * PlaneVoxels(recon);
  float          *vector = resire->gradient;
  double          before, after = 0;

  PetscFunctionBegin;
  for (ptrdiff_t i = 0; i < voxels; i++) vector[i] = 1;
  for (int round = 0; round < POWER_ROUNDS; round++) {
    PetscCall(Norm(recon, vector, &before));
    if (!(before > 0)) break;
    for (ptrdiff_t i = 0; i < voxels; i++) vector[i] = (float)(vector[i] / before);
    PetscCall(AetProjectorForward(resire->projector, vector, resire->residual));
    for (ptrdiff_t i = 0; i < recon->tilt->v_count * Pixels(recon); i++)
      if (resire->use[i] != AET_PIXEL_USED) resire->residual[i] = 0;
    PetscCall(AetProjectorAdjoint(resire->projector, resire->residual, vector));
    if (resire->ramp) PetscCall(AetRampApply(resire->ramp, vector, vector));
    PetscCall(Norm(recon, vector, &after));
  }
  resire->norm = after > 0 ? 1.01 * after : 1; /* zero: nothing was measured, and any step will do */
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode MakeRamp(AetRecon recon, Resire *resire)
{
  const size_t voxels = (size_t)(recon->z_count * PlaneVoxels(recon)), pixels = (size_t)(recon->tilt->v_count * Pixels(recon));

  PetscFunctionBegin;
  PetscCall(AetRampCreate(recon->comm, resire->projector, (ptrdiff_t)pixels, recon->n, RAMP_FLOOR, &resire->ramp));
  PetscCall(PetscMalloc1(voxels, &resire->direction));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Setup(AetRecon recon)
{
  const size_t voxels = (size_t)(recon->z_count * PlaneVoxels(recon)), pixels = (size_t)(recon->tilt->v_count * Pixels(recon));
  Resire      *resire;

  PetscFunctionBegin;
  PetscCall(PetscNew(&resire));
  recon->data = resire;
  PetscCall(AetOptionGetReal("recon_step", &resire->step));
  PetscCall(AetOptionGetEnum("recon_acceleration", &resire->acceleration));
  PetscCall(AetReconProjector(recon, &resire->projector));
  PetscCall(PetscMalloc3(pixels, &resire->use, voxels, &resire->gradient, pixels, &resire->residual));
  PetscCall(PetscMalloc1(voxels, &resire->previous)); /* changes places with the volume's data */
  PetscCall(PetscMalloc1(pixels, &resire->Ax));       /* and these two with each other */
  PetscCall(PetscMalloc1(pixels, &resire->Aprevious));
  AetReconPixels(recon, recon->rfree_fraction, resire->use);
  resire->direction = resire->gradient;
  if (resire->acceleration == ACCELERATION_RAMP) PetscCall(MakeRamp(recon, resire));
  PetscCall(EstimateNorm(recon, resire));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Measure(AetRecon recon, const Resire *resire, const float *Ax, Misfit *misfit)
{
  const ptrdiff_t pixels = Pixels(recon);
  double         *rows, sums[6];

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(6 * (size_t)recon->tilt->v_count, &rows));
#pragma omp parallel for num_threads(AetThreads())
  for (ptrdiff_t j = 0; j < recon->tilt->v_count; j++)
    AetResireMisfit(pixels, Ax + j * pixels, recon->tilt->image + j * pixels, resire->use + j * pixels, rows + 6 * j);
  PetscCall(SumViews(recon, 6, rows, sums));
  PetscCall(PetscFree(rows));
  misfit->r1 = sums[1] + sums[4] > 0 ? (sums[0] + sums[3]) / (sums[1] + sums[4]) : 0;
  misfit->rfree = sums[4] > 0 ? sums[3] / sums[4] : -1;
  misfit->residual = sums[2];
  misfit->relative = sums[5] > 0 ? sqrt(sums[2] / sums[5]) : 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The gradient at x + momentum (x - previous); A is linear, so its projections are known without another one. The filter acts among the
   free voxels only (two-metric projection: Bertsekas, SIAM J. Control Optim. 20 (1982) 221): filtered as a whole, a step cut at 0 need not
   descend. */
static PetscErrorCode Gradient(AetRecon recon, Resire *resire, double momentum)
{
  const ptrdiff_t pixels = Pixels(recon), plane = PlaneVoxels(recon);

  PetscFunctionBegin;
#pragma omp parallel for num_threads(AetThreads())
  for (ptrdiff_t j = 0; j < recon->tilt->v_count; j++)
    AetResireResidual(pixels, momentum, resire->Ax + j * pixels, resire->Aprevious + j * pixels, recon->tilt->image + j * pixels,
                      resire->use + j * pixels, resire->residual + j * pixels);
  PetscCall(AetProjectorAdjoint(resire->projector, resire->residual, resire->gradient));
  if (!resire->ramp) PetscFunctionReturn(PETSC_SUCCESS);
#pragma omp parallel for num_threads(AetThreads())
  for (ptrdiff_t z = 0; z < recon->z_count; z++)
    AetResireHold(plane, momentum, recon->volume->data + z * plane, resire->previous + z * plane,
                  recon->support ? recon->support->data + z * plane : NULL, resire->gradient + z * plane);
  PetscCall(AetRampApply(resire->ramp, resire->gradient, resire->direction));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Swap(float **a, float **b)
{
  float *c = *a;

  *a = *b, *b = c;
}

static void SwapIterates(AetRecon recon, Resire *resire)
{
  Swap(&recon->volume->data, &resire->previous);
  Swap(&resire->Ax, &resire->Aprevious);
}

/* x <- the next iterate, previous <- x, and their projections; `uphill` as in AetResireUpdate. */
static PetscErrorCode Step(AetRecon recon, Resire *resire, double momentum, double *uphill)
{
  const ptrdiff_t plane = PlaneVoxels(recon);
  double         *rows, sums[2], step = resire->step / resire->norm;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(2 * (size_t)recon->z_count, &rows));
#pragma omp parallel for num_threads(AetThreads())
  for (ptrdiff_t z = 0; z < recon->z_count; z++)
    AetResireUpdate(plane, step, momentum, recon->volume->data + z * plane, resire->gradient + z * plane, resire->direction + z * plane,
                    recon->support ? recon->support->data + z * plane : NULL, resire->previous + z * plane, rows + 2 * z);
  PetscCall(SumPlanes(recon, 2, rows, sums));
  PetscCall(PetscFree(rows));
  SwapIterates(recon, resire);
  PetscCall(AetProjectorForward(resire->projector, recon->volume->data, resire->Ax));
  *uphill = sums[0];
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Momentum of FISTA (Beck and Teboulle 2009), begun again where it points uphill (O'Donoghue and Candès 2015). */
static double NextMomentum(double *t)
{
  double before = *t;

  *t = 0.5 * (1 + sqrt(1 + 4 * before * before));
  return (before - 1) / *t;
}

/* After a step: the momentum of the next. A step with momentum that raised the misfit, or points uphill, ends the momentum; one without it
   was too long: it is taken back, and steps are shorter from now on. */
static double Judge(AetRecon recon, Resire *resire, double used, double uphill, double rise, double *t)
{
  if (rise > 0 && used == 0) {
    SwapIterates(recon, resire);
    resire->norm *= 1.5;
  }
  if (rise > 0 || uphill > 0) *t = 1;
  return resire->acceleration == ACCELERATION_NONE || (rise > 0 && used == 0) ? 0 : NextMomentum(t);
}

/* The second half of the iterations uses every measured pixel: R_free has been taken by then, and holes in the images cost the atoms
   precision. */
static PetscInt Released(AetRecon recon)
{
  return recon->iterations / 2;
}

static PetscErrorCode Release(AetRecon recon, Resire *resire, Misfit *misfit)
{
  const ptrdiff_t pixels = recon->tilt->v_count * Pixels(recon);

  PetscFunctionBegin;
  recon->rfree = misfit->rfree;
  for (ptrdiff_t i = 0; i < pixels; i++)
    if (resire->use[i] == AET_PIXEL_WITHHELD) resire->use[i] = AET_PIXEL_USED;
  PetscCall(Measure(recon, resire, resire->Ax, misfit));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Iterate(AetRecon recon, Resire *resire, AetProgress progress)
{
  double momentum = 0, t = 1, uphill = 0;
  Misfit misfit, before;
  char   note[80];

  PetscFunctionBegin;
  PetscCall(Measure(recon, resire, resire->Ax, &before));
  misfit = before;
  for (PetscInt k = 0; k < recon->iterations; k++) {
    PetscCall(AetEventBegin(AET_EVENT_RECON_ITERATION));
    if (misfit.rfree >= 0 && k >= Released(recon)) {
      PetscCall(Release(recon, resire, &before));
      misfit = before;
    }
    PetscCall(Gradient(recon, resire, momentum));
    PetscCall(Step(recon, resire, momentum, &uphill));
    PetscCall(Measure(recon, resire, resire->Ax, &misfit));
    double used = momentum, rise = misfit.residual - (1 + ROUNDING) * before.residual;
    momentum = Judge(recon, resire, used, uphill, rise, &t);
    if (rise > 0 && used == 0) misfit = before;
    before = misfit;
    PetscCall(AetEventEnd(AET_EVENT_RECON_ITERATION));
    recon->iterations_done = k + 1;
    if (misfit.rfree < 0)
      snprintf(note, sizeof note, "R1 %.4f", misfit.r1);
    else
      snprintf(note, sizeof note, "R1 %.4f, R_free %.4f", misfit.r1, misfit.rfree);
    PetscCall(AetProgressStep(progress, k + 1, note));
  }
  recon->error = misfit.relative;
  if (misfit.rfree >= 0) recon->rfree = misfit.rfree;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Solve(AetRecon recon)
{
  Resire        *resire = recon->data;
  AetProgress    progress;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(PetscArrayzero(resire->previous, recon->z_count * PlaneVoxels(recon))); /* as the volume is */
  PetscCall(PetscArrayzero(resire->Ax, recon->tilt->v_count * Pixels(recon)));
  PetscCall(PetscArrayzero(resire->Aprevious, recon->tilt->v_count * Pixels(recon)));
  PetscCall(AetProgressCreate(recon->comm, "RESIRE", recon->iterations, &progress));
  code = Iterate(recon, resire, progress);
  PetscCall(AetProgressDestroy(&progress));
  PetscCall(code);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Destroy(AetRecon recon)
{
  Resire *resire = recon->data;

  PetscFunctionBegin;
  if (!resire) PetscFunctionReturn(PETSC_SUCCESS);
  if (resire->ramp) PetscCall(PetscFree(resire->direction));
  PetscCall(AetRampDestroy(&resire->ramp));
  PetscCall(PetscFree3(resire->use, resire->gradient, resire->residual));
  PetscCall(PetscFree(resire->previous));
  PetscCall(PetscFree(resire->Ax));
  PetscCall(PetscFree(resire->Aprevious));
  PetscCall(PetscFree(recon->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const AetReconMethod AetReconResire = {"resire", 20, Setup, Solve, Destroy};
