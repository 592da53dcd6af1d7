/* Smoothing and shapes of the volume of a reconstruction. */
#include "recon/morphology.h"
#include "recon/kernel/morphology.h"
#include <float.h>
#include <math.h>

#define SIGMAS 4 /* of a Gaussian that count: the rest is 6e-5 of it */

/* to <- from along one axis. */
typedef void (*AxisWorker)(const AetAxis *axis, ptrdiff_t reach, const float *weight, const float *from, float *to);

static void Near(const AetAxis *axis, ptrdiff_t reach, const float *weight, const float *from, float *to)
{
  (void)weight;
  AetNearAxis(axis, reach, from, to);
}

/* x, then y, of plane z. */
static void InPlane(AetRecon recon, AxisWorker worker, ptrdiff_t reach, const float *weight, float *plane, float *work)
{
  const ptrdiff_t ny = recon->n[1], nx = recon->n[2];
  const AetAxis   x = {nx, 1, 0, nx}, y = {ny, nx, 0, ny};

  for (ptrdiff_t j = 0; j < ny; j++) worker(&x, reach, weight, plane + j * nx, work + j * nx);
  worker(&y, reach, weight, work, plane);
}

/* Along all three axes; planes of other ranks come as a halo. */
static PetscErrorCode AllAxes(AetRecon recon, AxisWorker worker, ptrdiff_t reach, const float *weight, float *data)
{
  const ptrdiff_t     area = recon->n[1] * recon->n[2];
  struct _p_AetVolume lent = {.comm = recon->comm,
                              .n = {recon->n[0], recon->n[1], recon->n[2]},
                              .z_start = recon->z_start,
                              .z_count = recon->z_count,
                              .data = data};
  float              *work, *halo;

  PetscFunctionBegin;
  PetscCall(AetAgree(recon->comm, PetscMalloc1(area * AetThreads(), &work)));
#pragma omp parallel for num_threads(AetThreads()) schedule(static)
  for (int thread = 0; thread < AetThreads(); thread++)
    for (ptrdiff_t z = thread; z < recon->z_count; z += AetThreads())
      InPlane(recon, worker, reach, weight, data + z * area, work + thread * area);
  PetscCall(PetscFree(work));
  PetscCall(AetVolumeHalo(&lent, reach, &halo));
#pragma omp parallel for num_threads(AetThreads())
  for (ptrdiff_t z = 0; z < recon->z_count; z++) {
    const ptrdiff_t at = recon->z_start + z;
    const AetAxis   axis = {1, area, -at, recon->n[0] - at};
    worker(&axis, reach, weight, halo + (z + reach) * area, data + z * area);
  }
  PetscCall(PetscFree(halo));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetReconSmooth(AetRecon recon, double sigma, float *data)
{
  const ptrdiff_t reach = (ptrdiff_t)ceil(SIGMAS * sigma);
  float          *weight;

  PetscFunctionBegin;
  if (!(sigma > 0)) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscMalloc1(2 * reach + 1, &weight));
  AetGaussWeights(sigma, reach, weight);
  PetscCall(AllAxes(recon, AetGaussAxis, reach, weight, data));
  PetscCall(PetscFree(weight));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static ptrdiff_t Voxels(AetRecon recon)
{
  return recon->z_count * recon->n[1] * recon->n[2];
}

PetscErrorCode AetReconGrow(AetRecon recon, ptrdiff_t radius, float *data)
{
  const float set = (float)((radius + 1) * (radius + 1)), least = set - (float)(radius * radius);

  PetscFunctionBegin;
  for (ptrdiff_t i = 0; i < Voxels(recon); i++) data[i] = data[i] > 0 ? set : 0;
  PetscCall(AllAxes(recon, Near, radius, NULL, data));
  for (ptrdiff_t i = 0; i < Voxels(recon); i++) data[i] = data[i] >= least;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetReconClose(AetRecon recon, ptrdiff_t radius, ptrdiff_t margin, float *data)
{
  PetscFunctionBegin;
  PetscCall(AetReconGrow(recon, radius + margin, data));
  for (ptrdiff_t i = 0; i < Voxels(recon); i++) data[i] = 1 - data[i];
  PetscCall(AetReconGrow(recon, radius, data));
  for (ptrdiff_t i = 0; i < Voxels(recon); i++) data[i] = 1 - data[i];
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetReconSoften(AetRecon recon, double width, float *data)
{
  const ptrdiff_t reach = (ptrdiff_t)ceil(width);
  const float     set = (float)((reach + 1) * (reach + 1));
  float          *near;

  PetscFunctionBegin;
  if (!(width > 0)) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AetAgree(recon->comm, PetscMalloc1(Voxels(recon), &near)));
  for (ptrdiff_t i = 0; i < Voxels(recon); i++) near[i] = data[i] >= 0.5f ? set : 0;
  PetscCall(AllAxes(recon, Near, reach, NULL, near));
  for (ptrdiff_t i = 0; i < Voxels(recon); i++) {
    const double edge = near[i] > 0 ? AetCosineEdge(sqrt((double)set - near[i]), width) : 0;
    data[i] = fmaxf(data[i], (float)edge);
  }
  PetscCall(PetscFree(near));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetReconRange(AetRecon recon, const float *data, float range[2])
{
  float local[2] = {-FLT_MAX, -FLT_MAX}; /* minus the least, the largest */

  PetscFunctionBegin;
  for (ptrdiff_t i = 0; i < Voxels(recon); i++) local[0] = fmaxf(local[0], -data[i]), local[1] = fmaxf(local[1], data[i]);
  PetscCallMPI(MPI_Allreduce(local, range, 2, MPI_FLOAT, MPI_MAX, recon->comm));
  range[0] = -range[0];
  PetscFunctionReturn(PETSC_SUCCESS);
}
