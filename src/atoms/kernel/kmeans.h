/* The best partition of numbers on a line into classes. */
#ifndef AET_ATOMS_KERNEL_KMEANS_H
#define AET_ATOMS_KERNEL_KMEANS_H
#include <stddef.h>

/* Boundaries bound[classes - 1], ascending, of the partition of value[count] that has the least sum of squares within classes: 1-D k-means,
   its global optimum by dynamic programming over `AET_KMEANS_BINS` bins of the range (so there is no start to depend on). */
#define AET_KMEANS_BINS 512
void AetKMeansBounds(ptrdiff_t count, const double *value, int classes, double *bound);

#endif
