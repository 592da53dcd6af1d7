/* Points sorted into cubic cells, to find neighbours within one cell size in constant time per point. */
#ifndef AET_ATOMS_KERNEL_CELLS_H
#define AET_ATOMS_KERNEL_CELLS_H
#include <stddef.h>

typedef struct {
  double     origin[3], size; /* of the cells, in the unit of the points */
  ptrdiff_t  n[3];            /* cells along x, y, z */
  ptrdiff_t *first;           /* [cells + 1] */
  ptrdiff_t *member;          /* [count] point indices, ascending inside a cell */
} AetCells;

/* Cells at least `reach` wide over `position` [count][3]. Returns nonzero when memory is short. */
int  AetCellsBuild(AetCells *cells, ptrdiff_t count, const double *position, double reach);
void AetCellsFree(AetCells *cells);
/* Cell range low … high (inclusive, per axis) that holds every point within `reach` (≤ the reach of Build) of x; empty (high < low) if
 * none. */
void AetCellsRange(const AetCells *cells, const double x[3], double reach, ptrdiff_t low[3], ptrdiff_t high[3]);
/* The points within `reach` of x: writes up to `room` indices and returns how many there are. The order is fixed by the positions. */
ptrdiff_t AetCellsNear(const AetCells *cells, const double *position, const double x[3], double reach, ptrdiff_t room, ptrdiff_t *index);

#endif
