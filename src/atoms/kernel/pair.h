/* One-to-one pairs of two lists of points, nearest pairs first. */
#ifndef AET_ATOMS_KERNEL_PAIR_H
#define AET_ATOMS_KERNEL_PAIR_H
#include <stddef.h>

/* Takes all pairs within `cutoff` (a shifted by -shift) in the order of their distance (ties by index of a, then b) and keeps each whose
   two ends are both free. partner [a_count] receives the index in b, or -1. Returns nonzero when memory is short. */
int AetPairPoints(ptrdiff_t a_count, const double *a, const double shift[3], ptrdiff_t b_count, const double *b, double cutoff,
                  ptrdiff_t *partner);

#endif
