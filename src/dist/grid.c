/* The FFTW grid: real slabs of z, transformed in place to slabs of k_y and left transposed. */
#include "dist/transform_private.h"
#include <fftw3-mpi.h>
#include <stdlib.h>
#include <string.h>

struct _p_AetGrid {
  MPI_Comm   comm;
  ptrdiff_t  n[3], row; /* floats of a padded row */
  ptrdiff_t  z_start, z_count, ky_start, ky_count, floats;
  fftwf_plan forward, backward;
};

/* FFTW reports start 0 where a rank owns nothing; everybody else here says the end. */
static void GridLayout(AetGrid g)
{
  ptrdiff_t complexes =
      fftwf_mpi_local_size_3d_transposed(g->n[0], g->n[1], g->n[2] / 2 + 1, g->comm, &g->z_count, &g->z_start, &g->ky_count, &g->ky_start);

  g->row = 2 * (g->n[2] / 2 + 1);
  g->floats = PetscMax(2 * complexes, 2);
  if (!g->z_count) g->z_start = g->n[0];
  if (!g->ky_count) g->ky_start = g->n[1];
}

static PetscErrorCode GridPlan(AetGrid g)
{
  const unsigned flag = AetPlanFlag();
  float         *data;

  PetscFunctionBegin;
  PetscCall(AetGridAllocate(g, &data));
  if (flag != FFTW_ESTIMATE) PetscCall(AetWisdomLoad(g->comm));
  fftwf_plan_with_nthreads(AetThreads());
  g->forward = fftwf_mpi_plan_dft_r2c_3d(g->n[0], g->n[1], g->n[2], data, (fftwf_complex *)data, g->comm, flag | FFTW_MPI_TRANSPOSED_OUT);
  g->backward = fftwf_mpi_plan_dft_c2r_3d(g->n[0], g->n[1], g->n[2], (fftwf_complex *)data, data, g->comm, flag | FFTW_MPI_TRANSPOSED_IN);
  if (flag != FFTW_ESTIMATE) PetscCall(AetWisdomSave(g->comm));
  PetscCall(AetGridFree(g, &data));
  AetCheckFFTW(g->forward);
  AetCheckFFTW(g->backward);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetGridCreate(MPI_Comm comm, const ptrdiff_t n[3], AetGrid *grid)
{
  static const char axis[] = "zyx";
  AetGrid           g;
  PetscErrorCode    code;

  PetscFunctionBegin;
  for (int i = 0; i < 3; i++) AetCheck(n[i] >= 1, AET_ERR_INPUT, "grid size along %c: expected at least 1, found %td", axis[i], n[i]);
  PetscCall(PetscNew(&g));
  PetscCallMPI(MPI_Comm_dup(comm, &g->comm));
  for (int i = 0; i < 3; i++) g->n[i] = n[i];
  GridLayout(g);
  code = GridPlan(g);
  if (code)
    PetscCall(AetGridDestroy(&g));
  else
    *grid = g;
  PetscFunctionReturn(code);
}

PetscErrorCode AetGridDestroy(AetGrid *grid)
{
  PetscFunctionBegin;
  if (!*grid) PetscFunctionReturn(PETSC_SUCCESS);
  if ((*grid)->forward) fftwf_destroy_plan((*grid)->forward);
  if ((*grid)->backward) fftwf_destroy_plan((*grid)->backward);
  PetscCallMPI(MPI_Comm_free(&(*grid)->comm));
  PetscCall(PetscFree(*grid));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetGridGetLayout(AetGrid grid, ptrdiff_t n[3], ptrdiff_t *z_start, ptrdiff_t *z_count, ptrdiff_t *ky_start,
                                ptrdiff_t *ky_count, ptrdiff_t *floats)
{
  PetscFunctionBegin;
  for (int i = 0; i < 3 && n; i++) n[i] = grid->n[i];
  if (z_start) *z_start = grid->z_start;
  if (z_count) *z_count = grid->z_count;
  if (ky_start) *ky_start = grid->ky_start;
  if (ky_count) *ky_count = grid->ky_count;
  if (floats) *floats = grid->floats;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetGridAllocate(AetGrid grid, float **data)
{
  PetscErrorCode code = PETSC_SUCCESS;

  PetscFunctionBegin;
  *data = AetWorkAllocate((size_t)grid->floats);
  if (!*data) code = AetRaise(AET_ERR_MEMORY, "grid: expected %.3g bytes of memory, found less", 4.0 * (double)grid->floats);
  code = AetAgree(grid->comm, code);
  if (code) PetscCall(AetGridFree(grid, data));
  PetscFunctionReturn(code);
}

PetscErrorCode AetGridFree(AetGrid grid, float **data)
{
  PetscFunctionBegin;
  free(*data);
  *data = NULL;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetGridForward(AetGrid grid, float *data)
{
  PetscFunctionBegin;
  PetscCall(AetEventBegin(AET_EVENT_TRANSFORM_FORWARD));
  fftwf_mpi_execute_dft_r2c(grid->forward, data, (fftwf_complex *)data);
  PetscCall(AetEventEnd(AET_EVENT_TRANSFORM_FORWARD));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetGridBackward(AetGrid grid, float *data)
{
  const ptrdiff_t rows = grid->z_count * grid->n[1];

  PetscFunctionBegin;
  PetscCall(AetEventBegin(AET_EVENT_TRANSFORM_BACKWARD));
  fftwf_mpi_execute_dft_c2r(grid->backward, (fftwf_complex *)data, data);
  for (ptrdiff_t i = 0; i < rows; i++)
    for (ptrdiff_t x = grid->n[2]; x < grid->row; x++) data[i * grid->row + x] = 0;
  PetscCall(AetEventEnd(AET_EVENT_TRANSFORM_BACKWARD));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckSizes(AetGrid grid, AetVolume volume)
{
  PetscFunctionBegin;
  for (int i = 0; i < 3; i++)
    AetCheck(grid->n[i] == volume->n[i], AET_ERR_INPUT, "grid and volume: expected equal sizes, found %td and %td along axis %d (0 is z)",
             grid->n[i], volume->n[i], i);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetGridFromVolume(AetGrid grid, AetVolume volume, float *data)
{
  const ptrdiff_t rows = grid->z_count * grid->n[1], nx = grid->n[2];

  PetscFunctionBegin;
  PetscCall(CheckSizes(grid, volume));
  for (ptrdiff_t i = 0; i < rows; i++) {
    memcpy(data + i * grid->row, volume->data + i * nx, sizeof(float) * (size_t)nx);
    for (ptrdiff_t x = nx; x < grid->row; x++) data[i * grid->row + x] = 0;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetGridToVolume(AetGrid grid, const float *data, AetVolume volume)
{
  const ptrdiff_t rows = grid->z_count * grid->n[1], nx = grid->n[2];

  PetscFunctionBegin;
  PetscCall(CheckSizes(grid, volume));
  for (ptrdiff_t i = 0; i < rows; i++) memcpy(volume->data + i * nx, data + i * grid->row, sizeof(float) * (size_t)nx);
  PetscFunctionReturn(PETSC_SUCCESS);
}
