/* Regions of the maxima of a value on the points of a graph. */
#ifndef AET_SERIES_KERNEL_REGIONS_H
#define AET_SERIES_KERNEL_REGIONS_H

#include <stddef.h>

/* The points near each point: near[first[i]] … near[first[i + 1] - 1], i itself not among them. */
typedef struct {
  ptrdiff_t  count;
  ptrdiff_t *first; /* [count + 1] */
  int       *near;
} AetNear;

/* Points nearer than `reach` to each other. Returns nonzero when memory is short. */
int  AetNearBuild(AetNear *near, ptrdiff_t count, const double *position, double reach);
void AetNearFree(AetNear *near);

/* Steepest ascent inside each group: end[i] becomes the point of the maximum that the i-th of at least `threshold` leads to (of equal
   neighbours the lowest index), else -1. Maxima of one group that touch are joined, the higher one stays, where the value between them (the
   smaller one of two neighbours) is less than `prominence` below the lower. Groups below 0 have no points. Returns nonzero when memory is
   short. */
int AetRegionsFind(const AetNear *near, const double *value, const int *group, double threshold, double prominence, ptrdiff_t *end);

#endif
