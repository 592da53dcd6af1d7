/* Sums in the order of the global index: the same bits for every partition of the rows. */
#include <aet4d/base.h>

#define PIECE 1048576 /* doubles that every rank holds at a time, or one row: counts of MPI are ints, and all rows need not fit */

/* Parts of rows first … first+count-1, as counts and offsets in doubles; rank r holds rows begin[r] … begin[r+1]-1. */
static void Parts(int size, const PetscInt *begin, PetscInt first, PetscInt count, PetscInt width, int *counts, int *offsets)
{
  for (int r = 0; r < size; r++) {
    const PetscInt from = PetscMin(PetscMax(begin[r], first), first + count), to = PetscMin(PetscMax(begin[r + 1], first), first + count);

    counts[r] = (int)((to - from) * width);
    offsets[r] = (int)((from - first) * width);
  }
}

PetscErrorCode AetSumOrdered(MPI_Comm comm, PetscInt start, PetscInt count, PetscInt total, PetscInt width, const double *rows,
                             double *sums)
{
  const PetscInt most = PetscMax(1, PetscMin(total, PIECE / PetscMax(width, 1)));
  int            rank, size, *counts, *offsets;
  PetscInt      *begin;
  double        *piece;

  PetscFunctionBegin;
  (void)start; /* which ranks without rows may not know */
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  PetscCall(PetscMalloc4(size, &counts, size, &offsets, size + 1, &begin, (size_t)most * (size_t)width + 1, &piece));
  begin[0] = 0;
  PetscCallMPI(MPI_Allgather(&count, 1, MPIU_INT, begin + 1, 1, MPIU_INT, comm));
  for (int r = 0; r < size; r++) begin[r + 1] += begin[r];
  if (begin[size] != total) { /* on all ranks alike */
    PetscCall(PetscFree4(counts, offsets, begin, piece));
    PetscFunctionReturn(PETSC_ERR_ARG_SIZ);
  }
  for (PetscInt c = 0; c < width; c++) sums[c] = 0;
  for (PetscInt first = 0; first < total; first += most) {
    const PetscInt here = PetscMin(most, total - first);
    const double  *mine = rows;

    Parts(size, begin, first, here, width, counts, offsets);
    if (counts[rank]) mine = rows + (size_t)(PetscMax(begin[rank], first) - begin[rank]) * (size_t)width;
    PetscCallMPI(MPI_Allgatherv(mine, counts[rank], MPI_DOUBLE, piece, counts, offsets, MPI_DOUBLE, comm));
    for (PetscInt r = 0; r < here; r++)
      for (PetscInt c = 0; c < width; c++) sums[c] += piece[(size_t)r * (size_t)width + (size_t)c];
  }
  PetscCall(PetscFree4(counts, offsets, begin, piece));
  PetscFunctionReturn(PETSC_SUCCESS);
}
