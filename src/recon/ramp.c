/* The preconditioner of RESIRE and TV (docs/theory/resire.md, tv.md). */
#include "recon/ramp.h"
#include "recon/estimate.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct _p_AetRamp {
  AetMultiplier multiplier;
  ptrdiff_t     n[3], z_start, z_count;
  PetscBool     planar; /* planes of y do not mix */
  double        highest;
};

static void HannWindow(const ptrdiff_t n[3], ptrdiff_t z_start, ptrdiff_t z_count, float *volume)
{
  for (ptrdiff_t z = 0; z < z_count; z++)
    for (ptrdiff_t y = 0; y < n[1]; y++)
      for (ptrdiff_t x = 0; x < n[2]; x++) {
        const ptrdiff_t place[3] = {z + z_start, y, x};
        double          window = 1;
        for (int a = 0; a < 3; a++) window *= 0.5 * (1 + cos(2 * M_PI * (double)(place[a] - n[a] / 2) / (double)(n[a] + 2)));
        volume[(z * n[1] + y) * n[2] + x] *= (float)window;
      }
}

/* volume <- AᵀA of a point at the origin. */
static PetscErrorCode PointResponse(AetRamp ramp, AetNormalOperator normal, void *context, float *volume)
{
  const ptrdiff_t *n = ramp->n, middle = n[0] / 2 - ramp->z_start;

  PetscFunctionBegin;
  PetscCall(PetscArrayzero(volume, ramp->z_count * n[1] * n[2]));
  if (middle >= 0 && middle < ramp->z_count) volume[(middle * n[1] + n[1] / 2) * n[2] + n[2] / 2] = 1;
  PetscCall(normal(context, volume));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Where planes of y do not mix, the one with the point holds all of the response. */
static void TakePlane(AetRamp ramp, float *volume)
{
  const ptrdiff_t ny = ramp->n[1], nx = ramp->n[2];

  for (ptrdiff_t z = 0; z < ramp->z_count; z++) memmove(volume + z * nx, volume + (z * ny + ny / 2) * nx, sizeof(float) * (size_t)nx);
}

/* volume <- minus the Laplacian of a point at the origin, by forward differences, on the grid that goes round. */
static void LaplacianOfPoint(AetRamp ramp, double scale, float *volume)
{
  const ptrdiff_t *n = ramp->n, middle[3] = {n[0] / 2, n[1] / 2, n[2] / 2};

  for (ptrdiff_t i = 0; i < ramp->z_count * n[1] * n[2]; i++) volume[i] = 0;
  for (int side = -3; side <= 3; side++) {
    ptrdiff_t place[3] = {middle[0], middle[1], middle[2]}, a = labs(side) - 1;
    if (side) place[a] = (place[a] + (side > 0 ? 1 : n[a] - 1)) % n[a];
    place[0] -= ramp->z_start;
    if (place[0] >= 0 && place[0] < ramp->z_count)
      volume[(place[0] * n[1] + place[1]) * n[2] + place[2]] += (float)(side ? -scale : 6 * scale);
  }
}

static PetscErrorCode MakeFilter(AetRamp ramp, MPI_Comm comm, AetNormalOperator normal, void *context, double floor, double slope,
                                 float *volume)
{
  const ptrdiff_t middle[3] = {0, 0, 0};
  ptrdiff_t       size;
  float           highest = 0, all, *filter;

  PetscFunctionBegin;
  PetscCall(PointResponse(ramp, normal, context, volume));
  HannWindow(ramp->n, ramp->z_start, ramp->z_count, volume);
  if (ramp->planar) TakePlane(ramp, volume);
  PetscCall(AetMultiplierAdd(ramp->multiplier, volume, middle));
  PetscCall(AetMultiplierGetFactor(ramp->multiplier, &filter, &size));
  for (ptrdiff_t i = 0; i < size; i++) highest = fmaxf(highest, filter[i]);
  PetscCallMPI(MPI_Allreduce(&highest, &all, 1, MPI_FLOAT, MPI_MAX, comm));
  if (!(all > 0)) all = 1; /* a volume that no ray meets: any filter will do */
  ramp->highest = all;
  for (ptrdiff_t i = 0; i < size; i++) filter[i] = fmaxf(filter[i], 0) + (float)(floor * ramp->highest);
  if (slope > 0) {
    LaplacianOfPoint(ramp, slope * ramp->highest, volume);
    PetscCall(AetMultiplierAdd(ramp->multiplier, volume, middle));
  }
  for (ptrdiff_t i = 0; i < size; i++) filter[i] = 1 / filter[i];
  PetscFunctionReturn(PETSC_SUCCESS);
}

double AetRampBytes(const AetReconLayout *l, int planar, int borrows)
{
  ptrdiff_t N[3];
  double    room, factor;

  for (int a = 0; a < 3; a++) N[a] = AetSmoothSize(l->recon->n[a], PETSC_TRUE);
  factor = AetMultiplierBytes(l->recon->n, N, planar ? PETSC_TRUE : PETSC_FALSE, l->ranks, l->threads, &room);
  return borrows ? factor : factor + room;
}

double AetRampWork(const AetReconLayout *l)
{
  ptrdiff_t N[3];

  for (int a = 0; a < 3; a++) N[a] = AetSmoothSize(l->recon->n[a], PETSC_TRUE);
  return 2 * AetTransformWork(l->recon->n, N);
}

PetscErrorCode AetRampCreateWith(MPI_Comm comm, AetNormalOperator normal, void *context, const ptrdiff_t n[3], PetscBool planar,
                                 double floor, double slope, float *work, AetMultiplier lender, AetRamp *out)
{
  AetRamp   ramp;
  ptrdiff_t N[3];
  int       rank, size;

  PetscFunctionBegin;
  PetscCall(PetscNew(&ramp));
  *out = ramp;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  ramp->planar = planar && !(slope > 0) ? PETSC_TRUE : PETSC_FALSE; /* the Laplacian mixes them */
  for (int a = 0; a < 3; a++) ramp->n[a] = n[a], N[a] = AetSmoothSize(n[a], PETSC_TRUE);
  AetBlock(n[0], rank, size, &ramp->z_start, &ramp->z_count);
  PetscCall(AetMultiplierCreate(comm, n, N, ramp->planar, lender, &ramp->multiplier));
  PetscCall(MakeFilter(ramp, comm, normal, context, floor, slope, work));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetRampCreate(MPI_Comm comm, AetNormalOperator normal, void *context, const ptrdiff_t n[3], double floor, double slope,
                             float *work, AetRamp *ramp)
{
  PetscFunctionBegin;
  PetscCall(AetRampCreateWith(comm, normal, context, n, PETSC_FALSE, floor, slope, work, NULL, ramp));
  PetscFunctionReturn(PETSC_SUCCESS);
}

double AetRampHighest(AetRamp ramp)
{
  return ramp->highest;
}

AetMultiplier AetRampMultiplier(AetRamp ramp)
{
  return ramp ? ramp->multiplier : NULL;
}

PetscErrorCode AetRampDestroy(AetRamp *ramp)
{
  PetscFunctionBegin;
  if (!*ramp) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AetMultiplierDestroy(&(*ramp)->multiplier));
  PetscCall(PetscFree(*ramp));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetRampApply(AetRamp ramp, const float *volume, float *result)
{
  PetscFunctionBegin;
  PetscCall(AetMultiplierApply(ramp->multiplier, volume, result));
  PetscFunctionReturn(PETSC_SUCCESS);
}
