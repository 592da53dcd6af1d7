/* Which regions of one time are which of the next. */
#ifndef AET_SERIES_KERNEL_LINKS_H
#define AET_SERIES_KERNEL_LINKS_H

#include <stddef.h>

/* common[a * b_count + b]: the points of label a in the one list and of b in the other; labels below 0 are none. */
void AetLinksOverlap(ptrdiff_t points, const int *a_label, const int *b_label, int a_count, int b_count, int *common);

/* Connected groups of the links strength[a * b_count + b] > 0: a_group[a], b_group[b], numbered from 0 by their first a, then their first
   b; every region has one. A group of several on both sides loses its weakest link (of equal ones the last) until none is left. Returns the
   number of groups. */
int AetLinksGroups(int a_count, int b_count, double *strength, int *a_group, int *b_group);

#endif
