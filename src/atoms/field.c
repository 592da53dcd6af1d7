/* A slab with its halo: filters along the axes and the histogram of its values. */
#include "atoms/kernel/filter.h"
#include "atoms/trace_private.h"
#include <math.h>
#include <omp.h>

PetscErrorCode AetFieldCreate(AetVolume volume, ptrdiff_t halo, AetField *field)
{
  ptrdiff_t below, above;

  PetscFunctionBegin;
  PetscCall(AetVolumeHalo(volume, halo, &field->allocated));
  field->comm = volume->comm;
  for (int a = 0; a < 3; a++) field->n[a] = volume->n[a];
  below = PetscMin(halo, volume->z_start);
  above = PetscMin(halo, volume->n[0] - volume->z_start - volume->z_count);
  field->core_count = volume->z_count;
  field->core = volume->z_count ? below : 0;
  field->planes = volume->z_count ? below + volume->z_count + above : 0;
  field->first = volume->z_start - field->core;
  field->data = volume->z_count ? field->allocated + (halo - below) * volume->n[1] * volume->n[2] : NULL;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetFieldDestroy(AetField *field)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(field->allocated));
  field->data = NULL;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetFieldFilter(AetField *field, int taps, const float *weight)
{
  const ptrdiff_t ny = field->n[1], nx = field->n[2], plane = ny * nx;
  size_t          room = (size_t)PetscMax(PetscMax(ny, field->planes) * nx, nx + 2 * taps);
  int             threads = AetThreads();
  float          *buffers;

  PetscFunctionBegin;
  if (!taps || !field->planes) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscMalloc1(room * (size_t)threads, &buffers));
#pragma omp parallel num_threads(threads)
  {
    float *buffer = buffers + room * (size_t)omp_get_thread_num();
#pragma omp for schedule(static)
    for (ptrdiff_t y = 0; y < ny; y++) AetFilterRows(field->data + y * nx, field->planes, plane, nx, taps, weight, buffer);
#pragma omp for schedule(static)
    for (ptrdiff_t z = 0; z < field->planes; z++) {
      AetFilterRows(field->data + z * plane, ny, nx, nx, taps, weight, buffer);
      for (ptrdiff_t y = 0; y < ny; y++) AetFilterRow(field->data + z * plane + y * nx, nx, taps, weight, buffer);
    }
  }
  PetscCall(PetscFree(buffers));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetFieldMedian(const AetField *field, double *median, double *largest)
{
  enum { BINS = 65536 };
  const float *core = field->data + (field->data ? field->core * field->n[1] * field->n[2] : 0);
  ptrdiff_t    count = field->core_count * field->n[1] * field->n[2];
  double       range[2] = {INFINITY, INFINITY}, low, scale; /* least, and minus the largest */
  int64_t     *bins, below = 0, total = (int64_t)field->n[0] * field->n[1] * field->n[2];
  int          b = 0, finite = 1;

  PetscFunctionBegin;
  for (ptrdiff_t i = 0; i < count; i++) {
    range[0] = PetscMin(range[0], core[i]);
    range[1] = PetscMin(range[1], -core[i]);
    finite = finite && isfinite(core[i]);
  }
  PetscCall(AetAgree(field->comm, finite ? PETSC_SUCCESS
                                         : AetRaise(AET_ERR_DATA, "the volume to trace: expected finite values, found one that is not")));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, range, 2, MPI_DOUBLE, MPI_MIN, field->comm));
  low = range[0];
  *largest = -range[1];
  scale = *largest > low ? BINS / (*largest - low) : 0;
  PetscCall(PetscCalloc1(BINS, &bins));
  for (ptrdiff_t i = 0; i < count; i++) {
    int bin = (int)((core[i] - low) * scale);
    bins[bin < BINS ? bin : BINS - 1]++;
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, bins, BINS, MPI_INT64_T, MPI_SUM, field->comm));
  while (b < BINS - 1 && 2 * (below + bins[b]) < total) below += bins[b++];
  *median = scale > 0 ? low + b / scale : low;
  PetscCall(PetscFree(bins));
  PetscFunctionReturn(PETSC_SUCCESS);
}
