/* Connected sets of points. Plain C. */
#ifndef AET_SERIES_KERNEL_CONNECTED_H
#define AET_SERIES_KERNEL_CONNECTED_H

#include "atoms/kernel/cells.h"
#include <stddef.h>

/* in [count] nonzero: the point takes part. inside [count] <- 1 for those of the largest set that is connected by steps of at most `reach`
   (ties: the set of the lowest index), else 0. Returns its size, or -1 when memory is short. */
ptrdiff_t AetLargestConnected(const AetCells *cells, ptrdiff_t count, const double *position, const char *in, double reach, char *inside);

#endif
