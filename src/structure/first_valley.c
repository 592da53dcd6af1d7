/* The automatic cut-off for neighbours. */
#include "atoms/kernel/cells.h"
#include "structure/kernel/valley.h"
#include "structure/structure_private.h"
#include <math.h>

enum { BINS = 260 }; /* of 1/100 of the median distance to the nearest neighbour */

/* Distance of atom i to the nearest other one that is not in the same place. */
static double Nearest(const AetCells *cells, const double *position, ptrdiff_t i)
{
  const double *x = position + 3 * i;
  const double  widest = cells->size * (double)(cells->n[0] + cells->n[1] + cells->n[2]);

  for (double reach = cells->size;; reach *= 2) {
    ptrdiff_t low[3], high[3];
    double    best = INFINITY;
    AetCellsRange(cells, x, reach, low, high);
    for (ptrdiff_t cz = low[2]; cz <= high[2]; cz++)
      for (ptrdiff_t cy = low[1]; cy <= high[1]; cy++)
        for (ptrdiff_t m = cells->first[(cz * cells->n[1] + cy) * cells->n[0] + low[0]];
             m < cells->first[(cz * cells->n[1] + cy) * cells->n[0] + high[0] + 1]; m++) {
          const double *p = position + 3 * cells->member[m], dx = p[0] - x[0], dy = p[1] - x[1], dz = p[2] - x[2];
          const double  square = dx * dx + dy * dy + dz * dz;
          if (square > 0) best = fmin(best, square);
        }
    if (best <= reach * reach || reach > widest) return sqrt(best);
  }
}

/* A width of cells that hold a few atoms each. */
static double CellSize(PetscInt total, const double *position)
{
  double low[3], high[3], volume = 1;

  for (int a = 0; a < 3; a++) low[a] = INFINITY, high[a] = -INFINITY;
  for (ptrdiff_t i = 0; i < total; i++)
    for (int a = 0; a < 3; a++) low[a] = fmin(low[a], position[3 * i + a]), high[a] = fmax(high[a], position[3 * i + a]);
  for (int a = 0; a < 3; a++) volume *= fmax(high[a] - low[a], 1e-3);
  return fmax(cbrt(2 * volume / total), 1e-3);
}

static int Ascending(const void *left, const void *right)
{
  const double a = *(const double *)left, b = *(const double *)right;

  return (a > b) - (a < b);
}

PetscErrorCode AetNearestMedian(MPI_Comm comm, PetscInt total, const double *position, double *median)
{
  AetCells  cells;
  double   *nearest;
  int       rank, size, bad;
  ptrdiff_t start, count, known = 0;

  PetscFunctionBegin;
  *median = 0;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  AetBlock(total, rank, size, &start, &count);
  bad = AetCellsBuild(&cells, total, position, CellSize(total, position));
  PetscCall(AetAgree(comm, bad ? AetRaise(AET_ERR_MEMORY, "structure: no memory for the cells of %" PetscInt_FMT " atoms", total) : 0));
  PetscCall(PetscMalloc1((size_t)total + 1, &nearest));
#pragma omp parallel for schedule(dynamic, 64) num_threads(AetThreads())
  for (ptrdiff_t i = start; i < start + count; i++) nearest[i] = Nearest(&cells, position, i);
  AetCellsFree(&cells);
  PetscCall(AetBlockGather(comm, total, 1, MPI_DOUBLE, nearest));
  qsort(nearest, (size_t)total, sizeof *nearest, Ascending);
  while (known < total && isfinite(nearest[known])) known++;
  if (known > 0) *median = nearest[known / 2];
  PetscCall(PetscFree(nearest));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Pairs of this rank's atoms by distance. */
static void Histogram(const AetCells *cells, const double *position, ptrdiff_t start, ptrdiff_t count, double width, PetscInt64 *pairs)
{
#pragma omp parallel for schedule(dynamic, 256) reduction(+ : pairs[:BINS]) num_threads(AetThreads())
  for (ptrdiff_t i = start; i < start + count; i++) {
    const double *x = position + 3 * i, reach = BINS * width;
    ptrdiff_t     low[3], high[3];
    AetCellsRange(cells, x, reach, low, high);
    for (ptrdiff_t cz = low[2]; cz <= high[2]; cz++)
      for (ptrdiff_t cy = low[1]; cy <= high[1]; cy++)
        for (ptrdiff_t m = cells->first[(cz * cells->n[1] + cy) * cells->n[0] + low[0]];
             m < cells->first[(cz * cells->n[1] + cy) * cells->n[0] + high[0] + 1]; m++) {
          const double *p = position + 3 * cells->member[m], dx = p[0] - x[0], dy = p[1] - x[1], dz = p[2] - x[2];
          const double  r = sqrt(dx * dx + dy * dy + dz * dz) / width;
          if (cells->member[m] != i && r < BINS) pairs[(int)r]++;
        }
  }
}

static PetscErrorCode Valley(MPI_Comm comm, PetscInt total, const double *position, double nearest, double *cutoff)
{
  AetCells     cells;
  PetscInt64   pairs[BINS] = {0};
  double       g[BINS], peak;
  const double width = nearest / 100;
  int          rank, size, bad;
  ptrdiff_t    start, count;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  AetBlock(total, rank, size, &start, &count);
  bad = AetCellsBuild(&cells, total, position, BINS * width);
  PetscCall(AetAgree(comm, bad ? AetRaise(AET_ERR_MEMORY, "structure: no memory for the cells of %" PetscInt_FMT " atoms", total) : 0));
  Histogram(&cells, position, start, count, width, pairs);
  AetCellsFree(&cells);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, pairs, BINS, MPIU_INT64, MPI_SUM, comm));
  for (int k = 0; k < BINS; k++) g[k] = (double)pairs[k] / ((k + 0.5) * (k + 0.5));
  (void)AetValleyFind(BINS, width, g, nearest, &peak, cutoff);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetFirstValley(AetAtoms atoms, double *cutoff_angstrom)
{
  double        *position, nearest;
  PetscErrorCode code;

  PetscFunctionBegin;
  *cutoff_angstrom = 0;
  AetCheck(atoms->total >= 2, AET_ERR_INPUT, "structure: neighbour cut-off: expected at least 2 atoms, found %" PetscInt_FMT, atoms->total);
  PetscCall(AetPositionsGather(atoms, &position));
  code = AetNearestMedian(atoms->comm, atoms->total, position, &nearest);
  if (!code && !(nearest > 0)) code = AetRaise(AET_ERR_INPUT, "structure: neighbour cut-off: expected atoms apart, found all in one place");
  if (!code) code = Valley(atoms->comm, atoms->total, position, nearest, cutoff_angstrom);
  PetscCall(PetscFree(position));
  PetscFunctionReturn(code);
}
