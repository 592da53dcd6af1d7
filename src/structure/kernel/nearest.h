/* The nearest points of a point. */
#ifndef AET_STRUCTURE_KERNEL_NEAREST_H
#define AET_STRUCTURE_KERNEL_NEAREST_H

#include "atoms/kernel/cells.h"

/* Up to `want` points nearest to point i within `reach` (≤ that of the cells), i itself excepted: nearest first, ties by index; returns how
   many. `list` has room for `room` points, as many as lie within the reach. */
int AetNearest(const AetCells *cells, const double *position, ptrdiff_t i, double reach, int want, ptrdiff_t room, ptrdiff_t *list,
               ptrdiff_t *index);

#endif
