/* Pairs of points by distance, and the part of a shell that lies between crossings. */
#ifndef AET_STRUCTURE_KERNEL_PAIRS_H
#define AET_STRUCTURE_KERNEL_PAIRS_H

#include "atoms/kernel/cells.h"
#include <stdint.h>

enum { AET_PAIRS_INNER, AET_PAIRS_RIM, AET_PAIRS_OUT }; /* kind of a point: counted as first and second; as second only; not at all */

/* Adds to pairs [species][species][2][bins] (of the first, of the second, whether that is of the rim, distance in bins) the pairs whose
   first point is i. Not those in one place. */
void AetPairsCount(const AetCells *cells, const double *position, const int *species, const signed char *kind, int species_count,
                   ptrdiff_t i, ptrdiff_t bins, double width, int64_t *pairs);
/* Adds 1 to inside [bins] for each bin whose middle lies inside, along a ray that starts inside and leaves or enters at t [count],
 * ascending. */
void AetPairsInside(int count, const double *t, ptrdiff_t bins, double width, int64_t *inside);
/* Number k of `count` directions evenly spread, all turned by the rotation that the three numbers from 0 to 1 name. */
void AetPairsDirection(ptrdiff_t k, ptrdiff_t count, const double turn[3], double direction[3]);
/* Number i of a sequence of points that fills the unit cube evenly (Halton, bases 2, 3, 5). */
void AetPairsHalton(ptrdiff_t i, double x[3]);

#endif
