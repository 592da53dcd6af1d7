/* Who is near whom, of all atoms on every rank. */
#include "atoms/kernel/cells.h"
#include "structure/lattice_private.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM = 96, SIX = 6 };

typedef struct {
  double    far;
  ptrdiff_t atom;
} Near;

static int Compare(const void *a, const void *b)
{
  const Near *x = a, *y = b;

  if (x->far != y->far) return x->far < y->far ? -1 : 1;
  return (x->atom > y->atom) - (x->atom < y->atom);
}

static int CompareReal(const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;

  return (x > y) - (x < y);
}

/* The atoms within reach, nearest first, at most ROOM. */
static int Look(const AetCells *cells, const double *position, ptrdiff_t i, double reach, Near near[ROOM])
{
  ptrdiff_t list[ROOM], found = AetCellsNear(cells, position, position + 3 * i, reach, ROOM, list);
  int       count = 0;

  for (ptrdiff_t k = 0; k < PetscMin(found, ROOM); k++) {
    const double *p = position + 3 * list[k], *x = position + 3 * i;
    if (list[k] == i) continue;
    near[count].atom = list[k];
    near[count++].far = (p[0] - x[0]) * (p[0] - x[0]) + (p[1] - x[1]) * (p[1] - x[1]) + (p[2] - x[2]) * (p[2] - x[2]);
  }
  qsort(near, (size_t)count, sizeof *near, Compare);
  return count;
}

/* Median over the atoms of the mean distance of their six nearest; 0 where none has six. */
static PetscErrorCode NearestDistance(const AetCells *cells, ptrdiff_t total, const double *position, double reach, double *nearest)
{
  double   *mean;
  ptrdiff_t kept = 0;

  PetscFunctionBegin;
  *nearest = 0;
  PetscCall(PetscMalloc1((size_t)total + 1, &mean));
#pragma omp parallel for num_threads(AetThreads()) schedule(static)
  for (ptrdiff_t i = 0; i < total; i++) {
    Near      near[ROOM];
    const int count = Look(cells, position, i, reach, near);
    mean[i] = 0;
    for (int k = 0; k < SIX && count >= SIX; k++) mean[i] += sqrt(near[k].far) / SIX;
  }
  for (ptrdiff_t i = 0; i < total; i++)
    if (mean[i] > 0) mean[kept++] = mean[i];
  qsort(mean, (size_t)kept, sizeof *mean, CompareReal);
  if (kept) *nearest = mean[kept / 2];
  PetscCall(PetscFree(mean));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FillLists(const AetCells *cells, ptrdiff_t total, const double *position, double reach, AetSurroundings *around)
{
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)total + 1, &around->first));
#pragma omp parallel for num_threads(AetThreads()) schedule(static)
  for (ptrdiff_t i = 0; i < total; i++) {
    Near near[ROOM];
    around->first[i + 1] = Look(cells, position, i, reach, near);
  }
  around->first[0] = 0;
  for (ptrdiff_t i = 0; i < total; i++) around->first[i + 1] += around->first[i];
  PetscCall(PetscMalloc1((size_t)around->first[total] + 1, &around->near));
#pragma omp parallel for num_threads(AetThreads()) schedule(static)
  for (ptrdiff_t i = 0; i < total; i++) {
    Near      near[ROOM];
    const int count = Look(cells, position, i, reach, near);
    for (int k = 0; k < count; k++) around->near[around->first[i] + k] = near[k].atom;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetSurroundingsCreate(ptrdiff_t total, const double *position, double cutoff, AetSurroundings *around)
{
  const double   reach = 1.5 * cutoff;
  AetCells       cells;
  PetscErrorCode code;

  PetscFunctionBegin;
  memset(around, 0, sizeof *around);
  AetCheck(!AetCellsBuild(&cells, total, position, reach), AET_ERR_MEMORY, "lattice: no memory for the cells of %td atoms", total);
  code = NearestDistance(&cells, total, position, reach, &around->nearest);
  if (!code) code = FillLists(&cells, total, position, fmin(reach, 1.5 * around->nearest), around);
  AetCellsFree(&cells);
  around->atoms = (AetGrowAtoms){.count = total, .position = position, .first = around->first, .near = around->near};
  PetscFunctionReturn(code);
}

PetscErrorCode AetSurroundingsDestroy(AetSurroundings *around)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(around->first));
  PetscCall(PetscFree(around->near));
  PetscFunctionReturn(PETSC_SUCCESS);
}
