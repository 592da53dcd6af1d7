#include "structure/kernel/partition.h"

void AetPartitionStart(ptrdiff_t count, ptrdiff_t *parent)
{
  for (ptrdiff_t i = 0; i < count; i++) parent[i] = i;
}

ptrdiff_t AetPartitionFind(ptrdiff_t *parent, ptrdiff_t i)
{
  while (parent[i] != i) i = parent[i] = parent[parent[i]];
  return i;
}

void AetPartitionJoin(ptrdiff_t *parent, ptrdiff_t i, ptrdiff_t j)
{
  const ptrdiff_t a = AetPartitionFind(parent, i), b = AetPartitionFind(parent, j);

  if (a < b)
    parent[b] = a; /* the least point stays the root: names do not depend on the order of joining */
  else
    parent[a] = b;
}
