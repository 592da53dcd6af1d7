/* Damped Gauss–Newton (Levenberg 1944) on the pose of every view against one volume. */
#include "recon/angles_private.h"
#include "recon/kernel/rigid.h"
#include "recon/kernel/view_fit.h"
#include <math.h>
#include <string.h>

enum { U = AET_VIEW_UNKNOWNS };

/* What a step needs of every local view: the projection, its first moment along the beam, and the misfit. */
typedef struct {
  float   *model, *moment, *trial; /* [v_count][pixels] */
  float   *part;                   /* [z_count][ny][nx] a coordinate times the volume */
  float   *derivative;             /* [threads][4][pixels] */
  float   *image;                  /* [threads][pixels] */
  double  *misfit, *scale;         /* [v_count] */
  AetPoses poses;                  /* the trial's */
} Work;

static PetscErrorCode WorkCreate(AetAngleLevel *level, Work *work)
{
  const size_t images = (size_t)(level->tilt->v_count * level->pixels), threads = (size_t)AetThreads(),
               views = (size_t)level->tilt->v_count;
  const size_t voxels = (size_t)(level->volume->z_count * level->volume->n[1] * level->volume->n[2]);

  PetscFunctionBegin;
  PetscCall(PetscMalloc4(images, &work->model, images, &work->moment, images, &work->trial, voxels, &work->part));
  PetscCall(PetscMalloc4(threads * 4 * (size_t)level->pixels, &work->derivative, threads * (size_t)level->pixels, &work->image, views,
                         &work->misfit, views, &work->scale));
  PetscCall(AetPosesCreate(level->tilt->views, &work->poses));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WorkDestroy(Work *work)
{
  PetscFunctionBegin;
  PetscCall(PetscFree4(work->model, work->moment, work->trial, work->part));
  PetscCall(PetscFree4(work->derivative, work->image, work->misfit, work->scale));
  PetscCall(AetPosesDestroy(&work->poses));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* part = volume times its coordinate along axis 0, 1, 2 = x, y, z, in voxels. */
static void TimesCoordinate(AetVolume volume, int axis, float *part)
{
  const ptrdiff_t *n = volume->n;

  for (ptrdiff_t z = 0; z < volume->z_count; z++)
    for (ptrdiff_t y = 0; y < n[1]; y++)
      for (ptrdiff_t x = 0; x < n[2]; x++) {
        const ptrdiff_t i = (z * n[1] + y) * n[2] + x;
        const ptrdiff_t place[3] = {x - n[2] / 2, y - n[1] / 2, z + volume->z_start - n[0] / 2};
        part[i] = volume->data[i] * (float)place[axis];
      }
}

/* The projections at the poses so far, and those of the volume times the depth, R_2 · r. */
static PetscErrorCode Linearise(AetAngleLevel *level, Work *work)
{
  AetTiltSeries tilt = level->tilt;
  const double(*now)[9] = (const double(*)[9])level->angles->now.rotation;

  PetscFunctionBegin;
  PetscCall(AetAngleLevelProject(level, now, level->volume->data, work->model));
  PetscCall(PetscArrayzero(work->moment, tilt->v_count * level->pixels));
  for (int axis = 0; axis < 3; axis++) {
    TimesCoordinate(level->volume, axis, work->part);
    PetscCall(AetAngleLevelProject(level, now, work->part, work->trial));
    for (ptrdiff_t v = 0; v < tilt->v_count; v++)
      for (ptrdiff_t i = v * level->pixels; i < (v + 1) * level->pixels; i++)
        work->moment[i] += (float)now[tilt->v_start + v][6 + axis] * work->trial[i];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Proposes the pose of one local view. */
static void Propose(AetAngleLevel *level, Work *work, ptrdiff_t v, int thread)
{
  const ptrdiff_t pixels = level->pixels, M = level->M, global = level->tilt->v_start + v;
  const AetPoses *now = &level->angles->now;
  float          *image = work->image + thread * pixels, *derivative = work->derivative + thread * 4 * pixels;
  const float    *parts[4] = {derivative, derivative + pixels, derivative + 2 * pixels, derivative + 3 * pixels};
  float          *spectrum = AetAngleLevelPlane(level, thread, 1), *plane = AetAngleLevelPlane(level, thread, 2);
  double          H[U * U], g[U], x[U], Q[9];

  AetAngleLevelImage(level, v, now->shift[global], thread, image);
  work->misfit[v] = AetViewMisfit(pixels, image, work->model + v * pixels, &work->scale[v]);
  for (int part = 0; part < 4; part++) {
    if (part % 2 == 0) AetAngleLevelToSpectrum(level, (part < 2 ? work->model : work->moment) + v * pixels, spectrum);
    AetViewDerivative(M, part % 2, (float)(1 / (double)(M * M)), (float complex *)spectrum, (float complex *)plane);
    AetAngleLevelToImage(level, plane, derivative + part * pixels);
  }
  AetViewNormal(level->tilt->ny, level->tilt->nx, image, work->model + v * pixels, parts, work->scale[v], H, g);
  for (int a = 0; a < U; a++) H[a * U + a] *= 1 + level->damping[v];
  AetSolvePositive(U, H, g, x);
  AetRotationExp(x, Q);
  AetRotationMultiply(Q, now->rotation[global], work->poses.rotation[global]);
  for (int a = 0; a < 2; a++) work->poses.shift[global][a] = now->shift[global][a] + x[3 + a] * level->ratio;
  AetAnglesClip(level->angles, global, work->poses.rotation[global], work->poses.shift[global]);
}

/* Keeps the proposal where the misfit falls; where it does not, the next step is damped more. */
static void Judge(AetAngleLevel *level, Work *work, ptrdiff_t v, int thread)
{
  const ptrdiff_t pixels = level->pixels, global = level->tilt->v_start + v;
  AetPoses       *now = &level->angles->now;
  float          *image = work->image + thread * pixels;
  double          scale;

  AetAngleLevelImage(level, v, work->poses.shift[global], thread, image);
  if (AetViewMisfit(pixels, image, work->trial + v * pixels, &scale) < work->misfit[v]) {
    memcpy(now->rotation[global], work->poses.rotation[global], sizeof now->rotation[global]);
    memcpy(now->shift[global], work->poses.shift[global], sizeof now->shift[global]);
    level->damping[v] = fmax(1e-6, level->damping[v] / 5);
  } else
    level->damping[v] = fmin(1e3, level->damping[v] * 8);
}

PetscErrorCode AetAnglesNewton(AetAngleLevel *level, PetscInt steps)
{
  const int     threads = AetThreads();
  AetTiltSeries tilt = level->tilt;
  Work          work;

  PetscFunctionBegin;
  PetscCall(WorkCreate(level, &work));
  for (PetscInt k = 0; k < steps; k++) {
    PetscCall(Linearise(level, &work));
#pragma omp parallel for num_threads(threads) schedule(static, 1)
    for (int t = 0; t < threads; t++)
      for (ptrdiff_t v = t; v < tilt->v_count; v += threads) Propose(level, &work, v, t);
    PetscCall(AetPosesShare(tilt, &work.poses));
    PetscCall(AetAngleLevelProject(level, (const double(*)[9])work.poses.rotation, level->volume->data, work.trial));
#pragma omp parallel for num_threads(threads) schedule(static, 1)
    for (int t = 0; t < threads; t++)
      for (ptrdiff_t v = t; v < tilt->v_count; v += threads) Judge(level, &work, v, t);
    PetscCall(AetPosesShare(tilt, &level->angles->now));
  }
  PetscCall(WorkDestroy(&work));
  PetscFunctionReturn(PETSC_SUCCESS);
}
