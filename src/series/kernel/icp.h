/* Nearest points of one list in another, and which of these pairs to fit. Plain C. */
#ifndef AET_SERIES_KERNEL_ICP_H
#define AET_SERIES_KERNEL_ICP_H

#include "atoms/kernel/cells.h"
#include <stddef.h>

/* partner [count], square [count] <- of the atoms list[k] (NULL: k) of a, mapped by linear and shift: the nearest of b within `reach`
   (ties: the lowest), -1 without one, and the squared distance. */
void AetIcpNearest(const AetCells *cells, const double *b, const double *a, ptrdiff_t count, const ptrdiff_t *list, const double linear[9],
                   const double shift[3], double reach, ptrdiff_t *partner, double *square);
/* The square of the distance within which the fraction `keep` of the pairs lies; `room` [count]. */
double AetIcpTrim(ptrdiff_t count, const ptrdiff_t *partner, const double *square, double keep, double *room);

#endif
