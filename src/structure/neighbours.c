/* Neighbours within a cut-off. All positions are on every rank (24 bytes per atom); the search is shared by blocks of atoms. */
#include "atoms/kernel/cells.h"
#include "structure/structure_private.h"
#include <math.h>

PetscErrorCode AetBlockGather(MPI_Comm comm, PetscInt total, int width, MPI_Datatype type, void *rows)
{
  int          size, *counts, *offsets;
  MPI_Datatype row;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(comm, &size));
  PetscCall(PetscMalloc2(size, &counts, size, &offsets));
  for (int r = 0; r < size; r++) {
    ptrdiff_t start, count;
    AetBlock(total, r, size, &start, &count);
    counts[r] = (int)count;
    offsets[r] = (int)start;
  }
  PetscCallMPI(MPI_Type_contiguous(width, type, &row));
  PetscCallMPI(MPI_Type_commit(&row));
  PetscCallMPI(MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, rows, counts, offsets, row, comm));
  PetscCallMPI(MPI_Type_free(&row));
  PetscCall(PetscFree2(counts, offsets));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetPositionsGather(AetAtoms atoms, double **position)
{
  int *species;

  PetscFunctionBegin;
  PetscCall(AetAtomsGather(atoms, position, &species));
  PetscCall(PetscFree(species));
  for (PetscInt i = 0; i < atoms->total; i++) {
    const double *x = *position + 3 * (ptrdiff_t)i;
    if (isfinite(x[0]) && isfinite(x[1]) && isfinite(x[2])) continue;
    PetscErrorCode code =
        AetRaise(AET_ERR_INPUT, "structure: atom %" PetscInt_FMT ": expected a finite position, found %g %g %g", i + 1, x[0], x[1], x[2]);
    PetscCall(PetscFree(*position));
    PetscFunctionReturn(code);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The neighbours of atom i go to `list`, which has room for all that lie within the cut-off, i itself among them. */
static PetscErrorCode OfAtom(AetNeighbours n, const AetCells *cells, ptrdiff_t i, ptrdiff_t room, ptrdiff_t *list)
{
  const double   *x = n->position + 3 * i;
  const ptrdiff_t found = AetCellsNear(cells, n->position, x, n->cutoff_angstrom, room, list);
  ptrdiff_t       kept = 0;

  PetscFunctionBegin;
  for (ptrdiff_t k = 0; k < found; k++) {
    const double *p = n->position + 3 * list[k];
    if (list[k] == i) continue;
    AetCheck(p[0] != x[0] || p[1] != x[1] || p[2] != x[2], AET_ERR_INPUT,
             "structure: expected one atom in one place, found atoms %td and %td at %g %g %g", i + 1, list[k] + 1, x[0], x[1], x[2]);
    list[kept++] = list[k];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The lists of this rank's block. Not collective. */
static PetscErrorCode Search(AetNeighbours n, const AetCells *cells)
{
  ptrdiff_t *list, most = 0, all = 0;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)n->count + 1, &n->first));
  for (PetscInt i = 0; i < n->count; i++) {
    const ptrdiff_t found = AetCellsNear(cells, n->position, n->position + 3 * (ptrdiff_t)(n->start + i), n->cutoff_angstrom, 0, NULL);
    n->first[i] = all;
    all += found - 1; /* without itself */
    most = PetscMax(most, found);
  }
  n->first[n->count] = all;
  PetscCall(PetscMalloc1((size_t)all + 1, &n->index));
  PetscCall(PetscMalloc1((size_t)most + 1, &list));
  for (PetscInt i = 0; i < n->count; i++) {
    PetscErrorCode code = OfAtom(n, cells, n->start + i, most, list);
    if (code) PetscCall(PetscFree(list));
    PetscCall(code);
    PetscCall(PetscArraycpy(n->index + n->first[i], list, n->first[i + 1] - n->first[i]));
  }
  PetscCall(PetscFree(list));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SearchCells(AetNeighbours n)
{
  AetCells       cells;
  PetscErrorCode code;

  PetscFunctionBegin;
  AetCheck(!AetCellsBuild(&cells, n->total, n->position, n->cutoff_angstrom), AET_ERR_MEMORY,
           "structure: no memory for the cells of %" PetscInt_FMT " atoms", n->total);
  code = Search(n, &cells);
  AetCellsFree(&cells);
  PetscFunctionReturn(code);
}

PetscErrorCode AetNeighboursCreate(AetAtoms atoms, double cutoff_angstrom, AetNeighbours *neighbours)
{
  AetNeighbours  n;
  double        *position;
  ptrdiff_t      start, count;
  int            rank, size;
  PetscErrorCode code;

  PetscFunctionBegin;
  *neighbours = NULL;
  AetCheck(isfinite(cutoff_angstrom) && cutoff_angstrom > 0, AET_ERR_INPUT,
           "structure: neighbour cut-off: expected a length > 0 Å, found %g", cutoff_angstrom);
  PetscCall(AetPositionsGather(atoms, &position));
  PetscCall(PetscNew(&n));
  PetscCallMPI(MPI_Comm_dup(atoms->comm, &n->comm));
  PetscCallMPI(MPI_Comm_rank(n->comm, &rank));
  PetscCallMPI(MPI_Comm_size(n->comm, &size));
  AetBlock(atoms->total, rank, size, &start, &count);
  n->total = atoms->total;
  n->start = (PetscInt)start;
  n->count = (PetscInt)count;
  n->cutoff_angstrom = cutoff_angstrom;
  n->position = position;
  code = AetAgree(n->comm, SearchCells(n));
  if (code) PetscCall(AetNeighboursDestroy(&n));
  PetscCall(code);
  *neighbours = n;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetNeighboursDestroy(AetNeighbours *neighbours)
{
  PetscFunctionBegin;
  if (!*neighbours) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscFree((*neighbours)->position));
  PetscCall(PetscFree((*neighbours)->first));
  PetscCall(PetscFree((*neighbours)->index));
  PetscCallMPI(MPI_Comm_free(&(*neighbours)->comm));
  PetscCall(PetscFree(*neighbours));
  PetscFunctionReturn(PETSC_SUCCESS);
}
