/* Steepest ascent on a value given at points. */
#ifndef AET_STRUCTURE_KERNEL_ASCENT_H
#define AET_STRUCTURE_KERNEL_ASCENT_H

#include "atoms/kernel/cells.h"

/* Order parameters made comparable, in place: above 1 as far below it, not finite as the smallest of the others (0 if there are none). */
void AetAscentFold(ptrdiff_t count, double *value);
/* The point of largest value within `reach` (≤ that of the cells) of point i, itself included; of equal ones that of the lowest index. Only
   points of the group of i count; `group` NULL: all are of one. */
ptrdiff_t AetAscentStep(const AetCells *cells, const double *position, const double *value, const int *group, double reach, ptrdiff_t i);
/* next[i] becomes the point where the pointers from i end; -1 stays. Pointers of AetAscentStep have no cycles but of one point. */
void AetAscentFollow(ptrdiff_t count, ptrdiff_t *next);
/* Numbers the ends that at least `least` points share, in the order of their index: label[i] of the end[i], or -1. peak[k]: the end of
   number k; sites[k]: its points; both have room for `count`. Returns how many there are; *dropped: how many have fewer points. */
ptrdiff_t AetAscentLabel(ptrdiff_t count, const ptrdiff_t *end, ptrdiff_t least, ptrdiff_t *label, ptrdiff_t *peak, ptrdiff_t *sites,
                         ptrdiff_t *dropped);

#endif
