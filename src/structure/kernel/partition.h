/* Disjoint sets of points. */
#ifndef AET_STRUCTURE_KERNEL_PARTITION_H
#define AET_STRUCTURE_KERNEL_PARTITION_H
#include <stddef.h>

/* parent[i] = i: every point a set of its own. */
void AetPartitionStart(ptrdiff_t count, ptrdiff_t *parent);
/* The least point of the set of i. */
ptrdiff_t AetPartitionFind(ptrdiff_t *parent, ptrdiff_t i);
/* Makes the sets of i and j one. */
void AetPartitionJoin(ptrdiff_t *parent, ptrdiff_t i, ptrdiff_t j);

#endif
