/* The preconditioner of RESIRE and TV (docs/theory/resire.md, tv.md). */
#include "recon/ramp.h"
#include "recon/estimate.h"
#include <math.h>

struct _p_AetRamp {
  AetTransform transform;
  ptrdiff_t    n[3], N[3], z_start, z_count, ky_start;
  float       *filter; /* [ky_count][N_x/2+1][N_z] */
  double       highest;
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

static void TakeSymbol(void *context, int thread, ptrdiff_t ky, ptrdiff_t kx, ptrdiff_t count, ptrdiff_t Nz, float complex *columns)
{
  const AetRamp ramp = context;
  float        *filter = ramp->filter + ((ky - ramp->ky_start) * (ramp->N[2] / 2 + 1) + kx) * Nz;

  for (ptrdiff_t i = 0; i < count * Nz; i++) filter[i] = crealf(columns[i]);
}

/* 1 / (symbol + (floor + slope · minus the Laplacian's symbol) · highest), for one row of k_y and one k_x. */
static void InvertColumn(const AetRamp ramp, double floor, double slope, double sines, float *filter)
{
  for (ptrdiff_t kz = 0; kz < ramp->N[0]; kz++) {
    double z = slope > 0 ? sin(M_PI * (double)kz / (double)ramp->N[0]) : 0;
    filter[kz] = (float)(1 / (fmaxf(filter[kz], 0) + (floor + slope * 4 * (sines + z * z)) * ramp->highest));
  }
}

static void Invert(AetRamp ramp, ptrdiff_t ky_count, double floor, double slope)
{
  const ptrdiff_t row = ramp->N[2] / 2 + 1;

#pragma omp parallel for num_threads(AetThreads())
  for (ptrdiff_t ky = 0; ky < ky_count; ky++)
    for (ptrdiff_t kx = 0; kx < row; kx++) {
      double y = sin(M_PI * (double)(ky + ramp->ky_start) / (double)ramp->N[1]), x = sin(M_PI * (double)kx / (double)ramp->N[2]);
      InvertColumn(ramp, floor, slope, y * y + x * x, ramp->filter + (ky * row + kx) * ramp->N[0]);
    }
}

static PetscErrorCode MakeFilter(AetRamp ramp, MPI_Comm comm, AetNormalOperator normal, void *context, double floor, double slope,
                                 float *volume)
{
  ptrdiff_t size, ky_count;
  float     highest = 0, all;

  PetscFunctionBegin;
  PetscCall(AetTransformGetLayout(ramp->transform, NULL, NULL, &ramp->ky_start, &ky_count, &size));
  PetscCall(PetscMalloc1((size_t)size, &ramp->filter));
  PetscCall(PointResponse(ramp, normal, context, volume));
  HannWindow(ramp->n, ramp->z_start, ramp->z_count, volume);
  PetscCall(AetTransformApply(ramp->transform, volume, TakeSymbol, ramp, volume));
  for (ptrdiff_t i = 0; i < size; i++) highest = fmaxf(highest, ramp->filter[i]);
  PetscCallMPI(MPI_Allreduce(&highest, &all, 1, MPI_FLOAT, MPI_MAX, comm));
  if (!(all > 0)) all = 1; /* a volume that no ray meets: any filter will do */
  ramp->highest = all;
  Invert(ramp, ky_count, floor, slope);
  PetscFunctionReturn(PETSC_SUCCESS);
}

double AetRampBytes(const AetReconLayout *l)
{
  ptrdiff_t N[3], start, rows;

  for (int a = 0; a < 3; a++) N[a] = AetSmoothSize(l->recon->n[a], PETSC_TRUE);
  AetBlock(N[1], 0, l->ranks, &start, &rows);
  return AetTransformBytes(l->recon->n, N, l->ranks, l->threads) + 4.0 * (double)rows * (double)(N[2] / 2 + 1) * (double)N[0];
}

double AetRampWork(const AetReconLayout *l)
{
  ptrdiff_t N[3];

  for (int a = 0; a < 3; a++) N[a] = AetSmoothSize(l->recon->n[a], PETSC_TRUE);
  return 2 * AetTransformWork(l->recon->n, N);
}

PetscErrorCode AetRampCreate(MPI_Comm comm, AetNormalOperator normal, void *context, const ptrdiff_t n[3], double floor, double slope,
                             float *work, AetRamp *out)
{
  AetRamp ramp;
  int     rank, size;

  PetscFunctionBegin;
  PetscCall(PetscNew(&ramp));
  *out = ramp;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  for (int a = 0; a < 3; a++) ramp->n[a] = n[a], ramp->N[a] = AetSmoothSize(n[a], PETSC_TRUE);
  AetBlock(n[0], rank, size, &ramp->z_start, &ramp->z_count);
  PetscCall(AetTransformCreate(comm, n, ramp->N, &ramp->transform));
  PetscCall(MakeFilter(ramp, comm, normal, context, floor, slope, work));
  PetscFunctionReturn(PETSC_SUCCESS);
}

double AetRampHighest(AetRamp ramp)
{
  return ramp->highest;
}

PetscErrorCode AetRampDestroy(AetRamp *ramp)
{
  PetscFunctionBegin;
  if (!*ramp) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AetTransformDestroy(&(*ramp)->transform));
  PetscCall(PetscFree((*ramp)->filter));
  PetscCall(PetscFree(*ramp));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Filter(void *context, int thread, ptrdiff_t ky, ptrdiff_t kx, ptrdiff_t count, ptrdiff_t Nz, float complex *columns)
{
  const AetRamp ramp = context;
  const float  *filter = ramp->filter + ((ky - ramp->ky_start) * (ramp->N[2] / 2 + 1) + kx) * Nz;

  for (ptrdiff_t i = 0; i < count * Nz; i++) columns[i] *= filter[i];
}

PetscErrorCode AetRampApply(AetRamp ramp, const float *volume, float *result)
{
  PetscFunctionBegin;
  PetscCall(AetTransformApply(ramp->transform, volume, Filter, ramp, result));
  PetscFunctionReturn(PETSC_SUCCESS);
}
