/* How fast transforms are here and now. */
#include <aet4d/dist.h>
#include <math.h>

#define LEAST_SECONDS 0.03
enum { ROUNDS_MOST = 64, SIZE = 64 };

double AetTransformWork(const ptrdiff_t n[3], const ptrdiff_t N[3])
{
  const double nz = (double)n[0], ny = (double)n[1], Nz = (double)N[0], Ny = (double)N[1], Nx = (double)N[2], Kx = floor(Nx / 2) + 1;

  return nz * ny * Kx * log2(Nx) + nz * Kx * Ny * log2(Ny) + Ny * Kx * Nz * log2(Nz);
}

static void Leave(void *context, int thread, ptrdiff_t ky, ptrdiff_t kx, ptrdiff_t count, ptrdiff_t Nz, float complex *columns)
{
}

PetscErrorCode AetTransformCalibrate(MPI_Comm comm, double *seconds)
{
  AetVolume    volume;
  AetTransform transform;
  ptrdiff_t    n[3] = {SIZE, SIZE, SIZE}, N[3];
  double       begin, spent = 0;
  int          size, rounds;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(comm, &size));
  n[0] = AetSmoothSize(PetscMax(SIZE, size), PETSC_TRUE); /* a plane for every rank, and a row of k_y */
  n[1] = AetSmoothSize(PetscMax(SIZE, (size + 1) / 2), PETSC_TRUE);
  for (int a = 0; a < 3; a++) N[a] = 2 * n[a];
  PetscCall(AetVolumeCreate(comm, n, 1, &volume));
  PetscCall(AetTransformCreate(comm, n, N, &transform));
  PetscCall(AetTransformApply(transform, volume->data, Leave, NULL, volume->data)); /* pages and paths are new the first time */
  PetscCallMPI(MPI_Barrier(comm));
  begin = MPI_Wtime();
  for (rounds = 0; rounds < ROUNDS_MOST && spent < LEAST_SECONDS; rounds++) {
    PetscCall(AetTransformApply(transform, volume->data, Leave, NULL, volume->data));
    spent = MPI_Wtime() - begin;
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &spent, 1, MPI_DOUBLE, MPI_MAX, comm));
  }
  *seconds = spent / rounds / (2 * AetTransformWork(n, N));
  PetscCall(AetTransformDestroy(&transform));
  PetscCall(AetVolumeDestroy(&volume));
  PetscFunctionReturn(PETSC_SUCCESS);
}
