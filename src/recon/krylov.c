/* CGLS and LSQR: least squares of the used pixels over any volume inside the support, by PETSc's KSP on A as a matrix without entries. The
   number of iterations is the regularisation (docs/theory/linear.md). */
#include "recon/estimate.h"
#include "recon/kernel/pixels.h"
#include "recon/recon_private.h"
#include <petscksp.h>

#define ENOUGH 1e-7 /* residual of the normal equations over the first: single precision knows no better */

typedef struct {
  AetProjector   projector; /* borrowed */
  unsigned char *use;       /* [v_count][ny][nx] */
  float         *volume, *images;
  Mat            A; /* pixels × voxels */
  Vec            b, x;
  KSP            solver;
} Krylov;

typedef struct {
  AetRecon    recon;
  AetProgress progress;
  double      first; /* norm before the first step */
} Watch;

static ptrdiff_t Pixels(AetRecon recon)
{
  return recon->tilt->v_count * recon->tilt->ny * recon->tilt->nx;
}

static ptrdiff_t Voxels(AetRecon recon)
{
  return recon->z_count * recon->n[1] * recon->n[2];
}

static double Support(AetRecon recon, ptrdiff_t i)
{
  return recon->support ? (double)recon->support->data[i] : 1;
}

/* y = W A S x: W keeps used pixels, S is the support. */
static PetscErrorCode Forward(Mat A, Vec x, Vec y)
{
  AetRecon           recon;
  Krylov            *k;
  const PetscScalar *in;
  PetscScalar       *out;

  PetscFunctionBegin;
  PetscCall(MatShellGetContext(A, &recon));
  k = recon->data;
  PetscCall(VecGetArrayRead(x, &in));
  for (ptrdiff_t i = 0; i < Voxels(recon); i++) k->volume[i] = (float)(Support(recon, i) * in[i]);
  PetscCall(VecRestoreArrayRead(x, &in));
  PetscCall(AetProjectorForward(k->projector, k->volume, k->images));
  PetscCall(VecGetArrayWrite(y, &out));
  for (ptrdiff_t i = 0; i < Pixels(recon); i++) out[i] = k->use[i] == AET_PIXEL_USED ? (double)k->images[i] : 0;
  PetscCall(VecRestoreArrayWrite(y, &out));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Adjoint(Mat A, Vec y, Vec x)
{
  AetRecon           recon;
  Krylov            *k;
  const PetscScalar *in;
  PetscScalar       *out;

  PetscFunctionBegin;
  PetscCall(MatShellGetContext(A, &recon));
  k = recon->data;
  PetscCall(VecGetArrayRead(y, &in));
  for (ptrdiff_t i = 0; i < Pixels(recon); i++) k->images[i] = k->use[i] == AET_PIXEL_USED ? (float)in[i] : 0;
  PetscCall(VecRestoreArrayRead(y, &in));
  PetscCall(AetProjectorAdjoint(k->projector, k->images, k->volume));
  PetscCall(VecGetArrayWrite(x, &out));
  for (ptrdiff_t i = 0; i < Voxels(recon); i++) out[i] = Support(recon, i) * (double)k->volume[i];
  PetscCall(VecRestoreArrayWrite(x, &out));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode MakeMatrix(AetRecon recon, Krylov *k)
{
  const double rows = (double)recon->tilt->views * (double)recon->tilt->ny * (double)recon->tilt->nx,
               columns = (double)recon->n[0] * (double)recon->n[1] * (double)recon->n[2];

  PetscFunctionBegin;
  AetCheck(rows <= PETSC_MAX_INT && columns <= PETSC_MAX_INT, AET_ERR_INPUT,
           "recon_method %s: expected at most %d pixels and voxels each, found %.0f and %.0f; resire has no such limit",
           recon->method->name, PETSC_MAX_INT, rows, columns);
  PetscCall(MatCreateShell(recon->comm, (PetscInt)Pixels(recon), (PetscInt)Voxels(recon), (PetscInt)rows, (PetscInt)columns, recon, &k->A));
  PetscCall(MatShellSetOperation(k->A, MATOP_MULT, (void (*)(void))Forward));
  PetscCall(MatShellSetOperation(k->A, MATOP_MULT_TRANSPOSE, (void (*)(void))Adjoint));
  PetscCall(MatCreateVecs(k->A, &k->x, &k->b));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Setup(AetRecon recon, KSPType type)
{
  PC      none;
  Krylov *k;

  PetscFunctionBegin;
  PetscCall(PetscNew(&k));
  recon->data = k;
  PetscCall(AetReconProjector(recon, &k->projector));
  PetscCall(AetAgree(recon->comm,
                     PetscMalloc3((size_t)Pixels(recon), &k->use, (size_t)Pixels(recon), &k->images, (size_t)Voxels(recon), &k->volume)));
  AetReconPixels(recon, 0, k->use);
  PetscCall(MakeMatrix(recon, k));
  PetscCall(KSPCreate(recon->comm, &k->solver));
  PetscCall(KSPSetType(k->solver, type));
  PetscCall(KSPSetOperators(k->solver, k->A, k->A));
  PetscCall(KSPGetPC(k->solver, &none));
  PetscCall(PCSetType(none, PCNONE));
  PetscCall(KSPSetTolerances(k->solver, ENOUGH, 0, PETSC_DEFAULT, recon->iterations));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CglsSetup(AetRecon recon)
{
  PetscFunctionBegin;
  PetscCall(Setup(recon, KSPCGLS));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode LsqrSetup(AetRecon recon)
{
  PetscFunctionBegin;
  PetscCall(Setup(recon, KSPLSQR));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* volume += S x */
static PetscErrorCode Add(AetRecon recon, Vec x, float *volume)
{
  const PetscScalar *found;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(x, &found));
  for (ptrdiff_t i = 0; i < Voxels(recon); i++) volume[i] += (float)(Support(recon, i) * found[i]);
  PetscCall(VecRestoreArrayRead(x, &found));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Shows the iterate to who watches; KSP makes all of its iterations whatever they say. */
static PetscErrorCode Show(AetRecon recon, PetscInt iteration)
{
  Krylov   *k = recon->data;
  float    *initial = recon->volume->data;
  PetscBool stop = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(PetscArraycpy(k->volume, initial, Voxels(recon)));
  PetscCall(Add(recon, k->x, k->volume));
  recon->volume->data = k->volume;
  PetscCall(recon->watch(recon, iteration, recon->watch_context, &stop));
  recon->volume->data = initial;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Monitor(KSP solver, PetscInt iteration, PetscReal norm, void *context)
{
  Watch *watch = context;
  char   note[80];

  PetscFunctionBegin;
  if (iteration == 0) watch->first = norm;
  snprintf(note, sizeof note, "residual %.2e", watch->first > 0 ? norm / watch->first : 0);
  if (iteration > 0 && watch->recon->watch) PetscCall(Show(watch->recon, iteration));
  if (iteration > 0 && watch->progress) PetscCall(AetProgressStep(watch->progress, iteration, note));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* b less the projections of the initial model, and whether there is anything in it: Krylov spaces of nothing divide by nothing. */
static PetscErrorCode RightSide(AetRecon recon, Krylov *k, PetscReal *norm)
{
  PetscScalar *out;

  PetscFunctionBegin;
  PetscCall(AetReconInitial(recon));
  PetscCall(PetscArrayzero(k->images, Pixels(recon)));
  if (AetReconInitialGiven(recon)) PetscCall(AetProjectorForward(k->projector, recon->volume->data, k->images));
  PetscCall(VecGetArrayWrite(k->b, &out));
  for (ptrdiff_t i = 0; i < Pixels(recon); i++)
    out[i] = k->use[i] == AET_PIXEL_USED ? (double)recon->tilt->image[i] - (double)k->images[i] : 0;
  PetscCall(VecRestoreArrayWrite(k->b, &out));
  PetscCall(VecNorm(k->b, NORM_2, norm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Solve(AetRecon recon)
{
  Krylov        *k = recon->data;
  Watch          watch = {recon, NULL, 0};
  PetscReal      norm;
  PetscErrorCode code = 0;

  PetscFunctionBegin;
  PetscCall(RightSide(recon, k, &norm));
  PetscCall(VecSet(k->x, 0));
  if (!recon->inner) PetscCall(AetProgressCreate(recon->comm, recon->method->name, recon->iterations, &watch.progress));
  PetscCall(KSPMonitorCancel(k->solver));
  PetscCall(KSPMonitorSet(k->solver, Monitor, &watch, NULL));
  if (norm > 0) code = KSPSolve(k->solver, k->b, k->x);
  PetscCall(AetProgressDestroy(&watch.progress));
  PetscCall(code);
  PetscCall(KSPGetIterationNumber(k->solver, &recon->iterations_done));
  PetscCall(Add(recon, k->x, recon->volume->data));
  recon->error = -1; /* R1's projections tell it */
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Destroy(AetRecon recon)
{
  Krylov *k = recon->data;

  PetscFunctionBegin;
  if (!k) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KSPDestroy(&k->solver));
  PetscCall(MatDestroy(&k->A));
  PetscCall(VecDestroy(&k->x));
  PetscCall(VecDestroy(&k->b));
  PetscCall(PetscFree3(k->use, k->images, k->volume));
  PetscCall(PetscFree(recon->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The pair, the volume and a float copy, images and their use, R1's; `vectors` of the volume in KSP, three of the images, all in double. */
static void Estimate(const AetReconLayout *l, int vectors, double *bytes, double *work)
{
  *bytes = AetProjectorBytes(l) + (2 + 2 * vectors) * l->V + (1.25 + 3 * 2) * l->P + AetR1Bytes(l);
  *work = 2 * AetProjectorWork(l);
}

static void CglsEstimate(const AetReconLayout *l, double *bytes, double *work)
{
  Estimate(l, 3, bytes, work);
}

static void LsqrEstimate(const AetReconLayout *l, double *bytes, double *work)
{
  Estimate(l, 5, bytes, work);
}

const AetReconMethod AetReconCgls = {"cgls", 20, CglsSetup, Solve, Destroy, PETSC_FALSE, PETSC_FALSE, CglsEstimate};
const AetReconMethod AetReconLsqr = {"lsqr", 20, LsqrSetup, Solve, Destroy, PETSC_FALSE, PETSC_FALSE, LsqrEstimate};
