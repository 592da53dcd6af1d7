/* Sums in the order of the global index: the same bits for every partition of the rows. */
#include <aet4d/base.h>

PetscErrorCode AetSumOrdered(MPI_Comm comm, PetscInt start, PetscInt count, PetscInt total, PetscInt width, const double *rows,
                             double *sums)
{
  int     size, mine = (int)(count * width), *counts, *offsets;
  double *all;

  PetscFunctionBegin;
  (void)start;
  PetscCallMPI(MPI_Comm_size(comm, &size));
  PetscCall(PetscMalloc3(size, &counts, size, &offsets, (size_t)total * (size_t)width + 1, &all));
  PetscCallMPI(MPI_Allgather(&mine, 1, MPI_INT, counts, 1, MPI_INT, comm));
  offsets[0] = 0;
  for (int r = 1; r < size; r++) offsets[r] = offsets[r - 1] + counts[r - 1];
  PetscCall(AetAgree(comm, offsets[size - 1] + counts[size - 1] == total * width ? PETSC_SUCCESS : PETSC_ERR_ARG_SIZ));
  PetscCallMPI(MPI_Allgatherv(rows, mine, MPI_DOUBLE, all, counts, offsets, MPI_DOUBLE, comm));
  for (PetscInt c = 0; c < width; c++) sums[c] = 0;
  for (PetscInt r = 0; r < total; r++)
    for (PetscInt c = 0; c < width; c++) sums[c] += all[(size_t)r * (size_t)width + (size_t)c];
  PetscCall(PetscFree3(counts, offsets, all));
  PetscFunctionReturn(PETSC_SUCCESS);
}
