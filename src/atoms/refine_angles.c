/* Small turns of the views. */
#include "atoms/refine_private.h"
#include "recon/kernel/rigid.h"
#include <math.h>
#include <string.h>

#define PROBE 1e-3 /* radian, of the differences that the curvature is taken from; the gradient is exact */
#define MOST 0.01  /* radian, in one step */
#define STEPS 3

/* rotation <- exp([w]×) rotation. */
static void Turn(const double w[3], double rotation[9])
{
  double Q[9], R[9];

  AetRotationExp(w, Q);
  AetRotationMultiply(Q, rotation, R);
  memcpy(rotation, R, sizeof R);
}

/* slope[k] <- change of the images by a turn about axis k of the microscope, per radian. */
static PetscErrorCode Slopes(AetRefinery *r, float *slope[3])
{
  AetTiltSeries tilt = r->tilt;
  const size_t  size = (size_t)(tilt->v_count * r->pixels);
  double(*kept)[9];

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)tilt->views, &kept));
  memcpy(kept, tilt->rotation, (size_t)tilt->views * sizeof *kept);
  for (int k = 0; k < 3; k++) {
    const double w[3] = {k == 0 ? PROBE : 0, k == 1 ? PROBE : 0, k == 2 ? PROBE : 0};
    for (ptrdiff_t j = 0; j < tilt->views; j++) Turn(w, tilt->rotation[j]);
    PetscCall(AetImagingProject(r->imaging, &r->optics, &r->atoms, slope[k]));
    for (size_t p = 0; p < size; p++) slope[k][p] = (slope[k][p] - r->images[p]) / (float)PROBE;
    memcpy(tilt->rotation, kept, (size_t)tilt->views * sizeof *kept);
  }
  PetscCall(PetscFree(kept));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* curvature [views][6] (xx, xy, xz, yy, yz, zz): Σ w slope slopeᵀ of every view, on every rank. */
static PetscErrorCode Curvatures(AetRefinery *r, double *curvature)
{
  const size_t size = (size_t)(r->tilt->v_count * r->pixels);
  float       *slope[3];

  PetscFunctionBegin;
  PetscCall(AetAgree(r->comm, PetscMalloc3(size + 1, &slope[0], size + 1, &slope[1], size + 1, &slope[2])));
  PetscCall(Slopes(r, slope));
#pragma omp parallel for num_threads(AetThreads())
  for (ptrdiff_t j = 0; j < r->tilt->v_count; j++) {
    double *c = curvature + 6 * (r->tilt->v_start + j);
    for (ptrdiff_t p = j * r->pixels; p < (j + 1) * r->pixels; p++) {
      const double w = r->weight[p], s[3] = {slope[0][p], slope[1][p], slope[2][p]};
      c[0] += w * s[0] * s[0], c[1] += w * s[0] * s[1], c[2] += w * s[0] * s[2];
      c[3] += w * s[1] * s[1], c[4] += w * s[1] * s[2], c[5] += w * s[2] * s[2];
    }
  }
  PetscCall(PetscFree3(slope[0], slope[1], slope[2]));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, curvature, (int)(6 * r->tilt->views), MPI_DOUBLE, MPI_SUM, r->comm)); /* one term is not 0 */
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* turn [views][3] <- the Newton step, less what a common rotation of all atoms does: θ = mean of Rᵀ turn. */
static void Steps(const AetRefinery *r, const double *curvature, double (*turn)[3])
{
  double common[3] = {0};

  for (ptrdiff_t j = 0; j < r->tilt->views; j++) {
    const double *R = r->tilt->rotation[j];
    double        inverse[6], step[3], length = 0;
    AetBlockInvert(curvature + 6 * j, inverse);
    AetBlockApply(inverse, turn[j], step);
    for (int a = 0; a < 3; a++) length += step[a] * step[a];
    length = sqrt(length);
    for (int a = 0; a < 3; a++) turn[j][a] = -step[a] * (length > MOST ? MOST / length : 1);
    for (int a = 0; a < 3; a++)
      for (int c = 0; c < 3; c++) common[a] += R[3 * c + a] * turn[j][c] / (double)r->tilt->views;
  }
  for (ptrdiff_t j = 0; j < r->tilt->views; j++) {
    double same[3];
    AetRotate(r->tilt->rotation[j], common, same);
    for (int a = 0; a < 3; a++) turn[j][a] -= same[a];
  }
}

/* One step; *better: the misfit fell. Else the views are as before. */
static PetscErrorCode Step(AetRefinery *r, double *curvature, double (*turn)[3], double (*kept)[9], PetscBool *better)
{
  AetImagingGradient g = {0};
  double             energy;

  PetscFunctionBegin;
  PetscCall(AetRefineryEvaluate(r));
  energy = r->energy;
  g.turn = turn;
  PetscCall(AetImagingAdjoint(r->imaging, &r->optics, &r->atoms, r->residual, PETSC_FALSE, &g));
  memset(curvature, 0, sizeof(double) * 6 * (size_t)r->tilt->views);
  PetscCall(Curvatures(r, curvature));
  Steps(r, curvature, turn);
  memcpy(kept, r->tilt->rotation, (size_t)r->tilt->views * sizeof *kept);
  for (ptrdiff_t j = 0; j < r->tilt->views; j++) Turn(turn[j], r->tilt->rotation[j]);
  PetscCall(AetRefineryEvaluate(r));
  *better = (PetscBool)(r->energy < energy);
  if (!*better) memcpy(r->tilt->rotation, kept, (size_t)r->tilt->views * sizeof *kept);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetRefineryAngles(AetRefinery *r)
{
  const size_t views = (size_t)r->tilt->views;
  double      *curvature, (*turn)[3], (*kept)[9];
  PetscBool    better = PETSC_TRUE;

  PetscFunctionBegin;
  PetscCall(PetscMalloc3(6 * views, &curvature, views, &turn, views, &kept));
  for (int step = 0; step < STEPS && better; step++) PetscCall(Step(r, curvature, turn, kept, &better));
  for (size_t j = 0; j < views; j++) AetAnglesFromRotation(r->tilt->rotation[j], r->tilt->angles_deg[j]);
  PetscCall(PetscFree3(curvature, turn, kept));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void AetRefineryTurned(const AetRefinery *r, const double (*from)[9], double *rms_deg)
{
  double square = 0;

  for (ptrdiff_t j = 0; j < r->tilt->views; j++) {
    double Q[9], angle;
    AetRotationDivide(r->tilt->rotation[j], from[j], Q);
    angle = AetRotationAngle(Q) / AET_DEG;
    square += angle * angle / (double)r->tilt->views;
  }
  *rms_deg = sqrt(square);
}
