/* Connected regions of a graph of nearest neighbours on fcc. */
#ifndef AET_STRUCTURE_KERNEL_COMPONENTS_H
#define AET_STRUCTURE_KERNEL_COMPONENTS_H

#include <stddef.h>

enum { AET_FCC_NEAR = 12, AET_FCC_ABOUT = 18 };
/* The nearest neighbours of fcc in half edges of the cubic cell, then the second ones. */
extern const int AetFccNear[AET_FCC_ABOUT][3];

/* label[i] of points of the same group ≥ 0 that are connected; near[i]: -1 where there is no neighbour. Regions of fewer than `least`
   points and points of group -1 get -1; the rest are numbered by their first point. `queue` has room for `count`. Returns how many there
   are. */
ptrdiff_t AetComponents(ptrdiff_t count, const ptrdiff_t (*near)[AET_FCC_ABOUT], const int *group, ptrdiff_t least, ptrdiff_t *label,
                        ptrdiff_t *queue);

#endif
