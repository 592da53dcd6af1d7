/* Growth of a set of voxels by a radius: squared distances to the nearest of them, one axis after the other. */
#ifndef AET_RECON_KERNEL_GROW_H
#define AET_RECON_KERNEL_GROW_H

#include <stddef.h>

enum { AET_GROW_FAR = 255, AET_GROW_REACH_MAX = 15 }; /* 15² + 15² is beyond a byte, and then counts as far */

/* One axis of a squared Euclidean distance transform cut off at `reach`: to[i] = min over |j| ≤ reach of from[i + j] + j², where from[i +
   j] are runs of `count` bytes: from points to 2·reach + 1 pointers. `to` may be the first of the runs, never another. */
void aet_grow_runs(int reach, ptrdiff_t count, const unsigned char *const *from, unsigned char *to);
/* The same along a periodic line, in place; work[count + 2·reach]. */
void aet_grow_line(int reach, ptrdiff_t count, unsigned char *line, unsigned char *work);
/* Weight of a voxel at that squared distance: 1 within `radius`, falling like a raised cosine over `edge` to 0. */
float aet_grow_weight(double squared, double radius, double edge);

#endif
