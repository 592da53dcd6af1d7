/* RESIRE (Pham et al., Sci. Rep. 13 (2023) 5624): least squares of the projections under positivity and support, by projected gradient
   steps, plain as published or accelerated with adaptive restart (docs/theory/resire.md). */
#include "recon/course.h"
#include "recon/estimate.h"
#include "recon/kernel/resire_step.h"
#include "recon/morphology.h"
#include "recon/projector_private.h"
#include "recon/resire_private.h"
#include "recon/support.h"
#include <math.h>

#define RAMP_FLOOR 0.05 /* of the preconditioner, over the symbol's maximum: lower, and noise comes up before the structure does */
#define POWER_ROUNDS 3
#define ROUNDING 1e-6 /* a rise of the misfit by less than this part of it */

typedef enum { ACCELERATION_RAMP, ACCELERATION_FISTA, ACCELERATION_NONE } Acceleration; /* order of recon_acceleration's choices */

static ptrdiff_t Pixels(AetRecon recon)
{
  return recon->tilt->ny * recon->tilt->nx;
}

static ptrdiff_t PlaneVoxels(AetRecon recon)
{
  return recon->n[1] * recon->n[2];
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
  PetscCall(AetReconSumPlanes(recon, 1, rows, &square));
  PetscCall(PetscFree(rows));
  *norm = sqrt(square);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* volume <- AᵀA volume, on used pixels or views. */
static PetscErrorCode Normal(void *context, float *volume)
{
  const AetRecon recon = context;
  AetResire     *resire = recon->data;

  PetscFunctionBegin;
  if (resire->convolution) {
    PetscCall(AetConvolutionApply(resire->convolution, volume, volume));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(AetProjectorForward(resire->projector, volume, resire->residual));
  for (ptrdiff_t i = 0; i < recon->tilt->v_count * Pixels(recon); i++)
    if (resire->use[i] != AET_PIXEL_USED) resire->residual[i] = 0;
  PetscCall(AetProjectorAdjoint(resire->projector, resire->residual, volume));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Largest eigenvalue of AᵀA, or of its product with the filter, by the power method from a constant volume: A hardly has negative entries,
   so the leading vector is smooth and positive and few rounds are within a per cent. */
static PetscErrorCode EstimateNorm(AetRecon recon, AetResire *resire)
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
    PetscCall(Normal(recon, vector));
    if (resire->ramp) PetscCall(AetRampApply(resire->ramp, vector, vector));
    PetscCall(Norm(recon, vector, &after));
  }
  resire->norm = after > 0 ? 1.01 * after : 1; /* zero: nothing was measured, and any step will do */
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode PairPrepare(AetRecon recon, AetResire *resire)
{
  PetscFunctionBegin;
  PetscCall(AetReconProjector(recon, &resire->projector));
  PetscCall(PetscArrayzero(resire->state, recon->tilt->v_count * Pixels(recon)));
  PetscCall(PetscArrayzero(resire->state_before, recon->tilt->v_count * Pixels(recon)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Everything that iterations need, at x = 0. */
static PetscErrorCode Prepare(AetRecon recon)
{
  AetResire *resire = recon->data;

  PetscFunctionBegin;
  if (resire->prepared) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(recon->isolated ? AetResireNormalPrepare(recon, resire) : PairPrepare(recon, resire));
  if (resire->acceleration == ACCELERATION_RAMP)
    PetscCall(AetRampCreateWith(recon->comm, Normal, recon, recon->n, AetSeriesIsAxial(recon->tilt) ? PETSC_TRUE : PETSC_FALSE, RAMP_FLOOR,
                                0, resire->gradient, AetConvolutionMultiplier(resire->convolution), &resire->ramp));
  PetscCall(EstimateNorm(recon, resire));
  resire->prepared = PETSC_TRUE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The pair's arrays; the convolution's come and go with its kernel. */
static PetscErrorCode Allocate(AetRecon recon, AetResire *resire)
{
  const size_t voxels = (size_t)(recon->z_count * PlaneVoxels(recon)), pixels = (size_t)(recon->tilt->v_count * Pixels(recon));

  PetscFunctionBegin;
  if (recon->isolated) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscMalloc3(voxels, &resire->gradient, pixels, &resire->use, pixels, &resire->residual));
  PetscCall(PetscMalloc1(voxels, &resire->previous)); /* changes places with the volume's data */
  PetscCall(PetscMalloc1(pixels, &resire->state));    /* and these two with each other */
  PetscCall(PetscMalloc1(pixels, &resire->state_before));
  resire->direction = resire->gradient;
  if (resire->acceleration == ACCELERATION_RAMP) PetscCall(PetscMalloc1(voxels, &resire->direction));
  AetReconPixels(recon, recon->rfree_fraction, resire->use);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Setup(AetRecon recon)
{
  AetResire *resire;

  PetscFunctionBegin;
  PetscCall(PetscNew(&resire));
  recon->data = resire;
  PetscCall(AetOptionGetReal("recon_step", &resire->step));
  PetscCall(AetOptionGetEnum("recon_acceleration", &resire->acceleration));
  PetscCall(AetReconChooseOperator(recon));
  PetscCall(AetAgree(recon->comm, Allocate(recon, resire)));
  PetscCall(Prepare(recon));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The gradient at x + momentum (x - previous); A is linear, so its projections are known without another one. The filter acts among the
   free voxels only (two-metric projection: Bertsekas, SIAM J. Control Optim. 20 (1982) 221): filtered as a whole, a step cut at 0 need not
   descend. */
static PetscErrorCode Gradient(AetRecon recon, AetResire *resire, double momentum)
{
  const ptrdiff_t pixels = Pixels(recon), plane = PlaneVoxels(recon);

  PetscFunctionBegin;
  if (resire->convolution) {
    PetscCall(AetResireNormalGradient(recon, resire, momentum));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
#pragma omp parallel for num_threads(AetThreads())
  for (ptrdiff_t j = 0; j < recon->tilt->v_count; j++)
    AetResireResidual(pixels, momentum, resire->state + j * pixels, resire->state_before + j * pixels, recon->tilt->image + j * pixels,
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

PetscErrorCode AetResireSmooth(AetRecon recon, float *next)
{
  PetscFunctionBegin;
  if (recon->smooth > 0) {
    PetscCall(AetReconSmooth(recon, recon->smooth, next));
    for (ptrdiff_t i = 0; recon->support && i < recon->z_count * PlaneVoxels(recon); i++) next[i] *= recon->support->data[i];
  }
  AetReconPriorPull(recon, next);
  PetscFunctionReturn(PETSC_SUCCESS);
}

void AetResireSwap(AetRecon recon, AetResire *resire)
{
  Swap(&recon->volume->data, &resire->previous);
  Swap(&resire->state, &resire->state_before);
  if (resire->convolution) resire->gradient = resire->direction = resire->state_before;
}

/* x <- the next iterate, previous <- x, and their projections; `uphill` as in AetResireUpdate. */
static PetscErrorCode PairStep(AetRecon recon, AetResire *resire, double momentum, double *uphill)
{
  const ptrdiff_t plane = PlaneVoxels(recon);
  double         *rows, sums[2], step = resire->step / resire->norm;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(2 * (size_t)recon->z_count, &rows));
#pragma omp parallel for num_threads(AetThreads())
  for (ptrdiff_t z = 0; z < recon->z_count; z++)
    AetResireUpdate(plane, step, momentum, recon->volume->data + z * plane, resire->gradient + z * plane, resire->direction + z * plane,
                    recon->support ? recon->support->data + z * plane : NULL, resire->previous + z * plane, rows + 2 * z);
  PetscCall(AetReconSumPlanes(recon, 2, rows, sums));
  PetscCall(PetscFree(rows));
  PetscCall(AetResireSmooth(recon, resire->previous));
  AetResireSwap(recon, resire);
  PetscCall(AetProjectorForward(resire->projector, recon->volume->data, resire->state));
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
static double Judge(AetRecon recon, AetResire *resire, double used, double uphill, double rise, double *t)
{
  if (rise > 0 && used == 0) {
    AetResireSwap(recon, resire);
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

static PetscErrorCode Release(AetRecon recon, AetResire *resire, AetMisfit *misfit)
{
  PetscFunctionBegin;
  if (resire->convolution) {
    PetscCall(AetResireNormalRelease(recon, resire, &misfit->residual));
    PetscCall(EstimateNorm(recon, resire)); /* more views, a larger operator */
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  AetNormalReleasePixels(recon, misfit, resire->use);
  PetscCall(AetNormalMeasure(recon, resire->state, resire->use, misfit));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One step, and the misfit it led to. */
static PetscErrorCode Step(AetRecon recon, AetResire *resire, double momentum, const AetMisfit *before, double *uphill, AetMisfit *misfit)
{
  double rise;

  PetscFunctionBegin;
  PetscCall(Gradient(recon, resire, momentum));
  if (!resire->convolution) {
    PetscCall(PairStep(recon, resire, momentum, uphill));
    PetscCall(AetNormalMeasure(recon, resire->state, resire->use, misfit));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(AetResireNormalStep(recon, resire, momentum, uphill, &rise));
  misfit->residual = before->residual + rise;
  misfit->relative = resire->data > 0 ? sqrt(fmax(misfit->residual, 0) / resire->data) : 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Note(const AetResire *resire, const AetMisfit *misfit, char *note, size_t size)
{
  if (resire->convolution)
    snprintf(note, size, "misfit %.4f", misfit->relative);
  else if (misfit->rfree < 0)
    snprintf(note, size, "R1 %.4f", misfit->r1);
  else
    snprintf(note, size, "R1 %.4f, R_free %.4f", misfit->r1, misfit->rfree);
}

/* Numbers of an iteration under way; all of them are kept. */
typedef struct {
  double    momentum, t, withheld; /* withheld: 1 while data is kept for R_free */
  AetMisfit before;
} Course;

static PetscErrorCode LetGo(AetRecon recon, AetResire *resire, Course *c)
{
  PetscFunctionBegin;
  PetscCall(Release(recon, resire, &c->before));
  c->withheld = 0;
  if (resire->convolution) c->momentum = 0, c->t = 1; /* the gradient of the iterate before is not that of all views */
  AetCourseRenew(recon);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Advance(AetRecon recon, AetResire *resire, Course *c)
{
  const double used = c->momentum;
  AetMisfit    misfit = c->before;
  double       uphill = 0, rise;

  PetscFunctionBegin;
  PetscCall(Step(recon, resire, used, &c->before, &uphill, &misfit));
  rise = misfit.residual - c->before.residual - ROUNDING * fabs(c->before.residual);
  if (recon->smooth > 0 || recon->prior) rise = 0; /* they may raise it: no reason to take a step back */
  c->momentum = Judge(recon, resire, used, uphill, rise, &c->t);
  if (!(rise > 0 && used == 0)) c->before = misfit;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A new support, where it is due: the iterate is cut by it, and momentum begins again. */
static PetscErrorCode Wrap(AetRecon recon, AetResire *resire, PetscInt k, Course *c)
{
  const ptrdiff_t voxels = recon->z_count * PlaneVoxels(recon);
  PetscBool       changed;
  double          rise;

  PetscFunctionBegin;
  PetscCall(AetWrapSupport(recon, k, recon->volume->data, &changed));
  if (!changed) PetscFunctionReturn(PETSC_SUCCESS);
  for (ptrdiff_t i = 0; i < voxels; i++) {
    resire->previous[i] = recon->volume->data[i] * recon->support->data[i];
    if (resire->convolution) resire->direction[i] = resire->previous[i] - recon->volume->data[i];
  }
  if (resire->convolution) {
    PetscCall(AetResireNormalMove(recon, resire, &rise));
    c->before.residual = fmax(c->before.residual + rise, 0);
  } else {
    AetResireSwap(recon, resire);
    PetscCall(AetProjectorForward(resire->projector, recon->volume->data, resire->state));
    PetscCall(AetNormalMeasure(recon, resire->state, resire->use, &c->before));
  }
  c->momentum = 0, c->t = 1;
  AetCourseRenew(recon);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KeepState(AetRecon recon, AetResire *resire, Course *c)
{
  const AetKeptKind kind = resire->convolution ? AET_KEPT_VOLUME : AET_KEPT_IMAGES;

  PetscFunctionBegin;
  PetscCall(AetCourseKeep(recon, AET_KEPT_VOLUME, "previous", &resire->previous, 1));
  PetscCall(AetCourseKeep(recon, kind, "state", &resire->state, 1));
  PetscCall(AetCourseKeep(recon, kind, "state_before", &resire->state_before, 1));
  PetscCall(AetCourseKeep(recon, AET_KEPT_NUMBERS, "norm", &resire->norm, 1));
  PetscCall(AetCourseKeep(recon, AET_KEPT_NUMBERS, "data", &resire->data, 1));
  PetscCall(AetCourseKeep(recon, AET_KEPT_NUMBERS, "numbers", c, sizeof *c / sizeof(double)));
  PetscCall(AetWrapKeep(recon));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The first iterate: the initial model where it is not negative, and what is linear in it. */
static PetscErrorCode Begin(AetRecon recon, AetResire *resire, AetMisfit *misfit)
{
  const ptrdiff_t pixels = recon->tilt->v_count * Pixels(recon), voxels = recon->z_count * PlaneVoxels(recon);
  float          *x = recon->volume->data;

  PetscFunctionBegin;
  PetscCall(AetReconInitial(recon));
  for (ptrdiff_t i = 0; i < voxels; i++) x[i] = x[i] > 0 ? x[i] : 0;
  PetscCall(PetscArraycpy(resire->previous, x, voxels));
  if (resire->convolution) {
    misfit->residual = resire->data;
    if (AetReconInitialGiven(recon)) PetscCall(AetResireNormalBegin(recon, resire, &misfit->residual));
    misfit->relative = resire->data > 0 ? sqrt(misfit->residual / resire->data) : 0;
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  if (AetReconInitialGiven(recon)) {
    PetscCall(AetProjectorForward(resire->projector, x, resire->state));
    PetscCall(PetscArraycpy(resire->state_before, resire->state, pixels));
  }
  PetscCall(AetNormalMeasure(recon, resire->state, resire->use, misfit));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* After the state of an iteration with all data has been restored: what is made of data uses all of it. */
static PetscErrorCode UseAll(AetRecon recon, AetResire *resire)
{
  PetscFunctionBegin;
  if (resire->convolution) PetscCall(AetResireNormalUseAll(recon, resire));
  for (ptrdiff_t i = 0; !resire->convolution && i < recon->tilt->v_count * Pixels(recon); i++)
    if (resire->use[i] == AET_PIXEL_WITHHELD) resire->use[i] = AET_PIXEL_USED;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Iterate(AetRecon recon, AetResire *resire)
{
  Course    c = {0, 1, 0, {0, -1, 0, 1}};
  PetscBool stop = PETSC_FALSE;
  PetscInt  k;
  char      note[80];

  PetscFunctionBegin;
  PetscCall(Begin(recon, resire, &c.before));
  c.withheld = resire->convolution ? AetReconViewsWithheld(recon) : c.before.rfree >= 0;
  PetscCall(KeepState(recon, resire, &c));
  PetscCall(AetCourseStart(recon, &k));
  if (k > 0 && !(c.withheld > 0)) PetscCall(UseAll(recon, resire));
  for (; k < recon->iterations && !stop; k++) {
    PetscCall(AetEventBegin(AET_EVENT_RECON_ITERATION));
    if (c.withheld > 0 && k >= Released(recon)) PetscCall(LetGo(recon, resire, &c));
    PetscCall(Wrap(recon, resire, k, &c));
    PetscCall(Advance(recon, resire, &c));
    PetscCall(AetEventEnd(AET_EVENT_RECON_ITERATION));
    Note(resire, &c.before, note, sizeof note);
    PetscCall(AetCourseIterated(recon, k + 1, c.before.relative, note, &stop));
    if (stop && c.withheld > 0) { /* at rest without the withheld data; now with it */
      PetscCall(LetGo(recon, resire, &c));
      stop = PETSC_FALSE;
    }
  }
  recon->error = c.before.relative;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Grids and filters; the next Solve makes them again. */
static PetscErrorCode FreeGrids(AetRecon recon, AetResire *resire)
{
  PetscFunctionBegin;
  PetscCall(AetRampDestroy(&resire->ramp));
  if (recon->isolated) PetscCall(AetResireNormalFree(resire));
  resire->prepared = PETSC_FALSE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Solve(AetRecon recon)
{
  AetResire     *resire = recon->data;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(Prepare(recon));
  PetscCall(AetCourseBegin(recon, "RESIRE"));
  code = Iterate(recon, resire);
  PetscCall(AetCourseEnd(recon));
  PetscCall(code);
  PetscCall(FreeGrids(recon, resire)); /* R1 needs the room for the pair */
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Destroy(AetRecon recon)
{
  AetResire *resire = recon->data;

  PetscFunctionBegin;
  if (!resire) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(FreeGrids(recon, resire));
  if (resire->direction != resire->gradient) PetscCall(PetscFree(resire->direction));
  PetscCall(PetscFree3(resire->gradient, resire->use, resire->residual));
  PetscCall(PetscFree(resire->previous));
  PetscCall(PetscFree(resire->state));
  PetscCall(PetscFree(resire->state_before));
  PetscCall(PetscFree(recon->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static int FilterWanted(void)
{
  int acceleration = ACCELERATION_RAMP;

  return AetOptionGetEnum("recon_acceleration", &acceleration) || acceleration == ACCELERATION_RAMP;
}

/* By the convolution: the pair with Aᵀb and the images, then the kernel being made, beside the gradient and, in the middle, volume and
   filter; iterations with the filter and four volumes; in the end the pair and R1's images beside the volume. By the pair: everything at
   once. */
static void Estimate(const AetReconLayout *l, double *bytes, double *work)
{
  const int filtered = FilterWanted(), axial = AetSeriesIsAxial(l->recon->tilt), isolated = l->recon->isolated;
  double    making, pair = AetProjectorBytes(l), kernel = AetConvolutionBytes(l, &making);
  double    ramp = filtered ? AetRampBytes(l, axial, isolated) : 0;

  if (isolated) {
    const double iterations = kernel + ramp + 4 * l->V, before = ramp + 2 * l->V + PetscMax(pair + l->P, kernel + making);
    *bytes = PetscMax(PetscMax(iterations, before), l->V + pair + AetR1Bytes(l));
    *work = AetConvolutionWork(l);
  } else {
    *bytes = pair + ramp + (filtered ? 4 : 3) * l->V + 3.25 * l->P + AetR1Bytes(l);
    *work = 2 * AetProjectorWork(l);
  }
  if (AetReconPriorGiven(l->recon)) *bytes += 2 * l->V;
  if (filtered) *work += AetRampWork(l);
}

const AetReconMethod AetReconResire = {"resire", 20, Setup, Solve, Destroy, PETSC_TRUE, PETSC_TRUE, Estimate};
