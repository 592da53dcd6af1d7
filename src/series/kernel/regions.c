#include "series/kernel/regions.h"
#include "atoms/kernel/cells.h"
#include "structure/kernel/ascent.h"
#include <stdlib.h>
#include <string.h>

enum { NEAR_MOST = 4096 };

int AetNearBuild(AetNear *near, ptrdiff_t count, const double *position, double reach)
{
  AetCells  cells;
  ptrdiff_t found[NEAR_MOST], used = 0, room = 20 * count + 64;

  near->count = count;
  near->first = malloc(sizeof *near->first * ((size_t)count + 1));
  near->near = malloc(sizeof *near->near * (size_t)room);
  if (AetCellsBuild(&cells, count, position, reach)) return 1;
  for (ptrdiff_t i = 0; i < count && near->first && near->near; i++) {
    ptrdiff_t here = AetCellsNear(&cells, position, position + 3 * i, reach, NEAR_MOST, found);

    if (here > NEAR_MOST) here = NEAR_MOST;
    near->first[i] = used;
    if (used + here > room) {
      int *more = realloc(near->near, sizeof *more * (size_t)(room = 2 * (used + here)));
      if (!more) break;
      near->near = more;
    }
    for (ptrdiff_t k = 0; k < here; k++)
      if (found[k] != i) near->near[used++] = (int)found[k];
    near->first[i + 1] = used;
  }
  AetCellsFree(&cells);
  if (near->first && !count) near->first[0] = 0;
  return !near->first || !near->near || near->first[count] != used;
}

void AetNearFree(AetNear *near)
{
  free(near->first);
  free(near->near);
  memset(near, 0, sizeof *near);
}

static ptrdiff_t Step(const AetNear *near, const double *value, const int *group, ptrdiff_t i)
{
  ptrdiff_t best = i;

  for (ptrdiff_t k = near->first[i]; k < near->first[i + 1]; k++) {
    const ptrdiff_t j = near->near[k];
    if (group[j] == group[i] && (value[j] > value[best] || (value[j] == value[best] && j < best))) best = j;
  }
  return best;
}

/* A place where two regions touch: the smaller value of two neighbours. */
typedef struct {
  double    height;
  ptrdiff_t a, b;
} Saddle;

static int Higher(const void *left, const void *right)
{
  const Saddle *a = left, *b = right;

  if (a->height != b->height) return a->height > b->height ? -1 : 1;
  if (a->a != b->a) return a->a < b->a ? -1 : 1;
  return (a->b > b->b) - (a->b < b->b);
}

static ptrdiff_t Root(ptrdiff_t *parent, ptrdiff_t i)
{
  while (parent[i] != i) i = parent[i] = parent[parent[i]];
  return i;
}

static ptrdiff_t ListSaddles(const AetNear *near, const double *value, const int *group, const ptrdiff_t *end, Saddle *saddle)
{
  ptrdiff_t count = 0;

  for (ptrdiff_t i = 0; i < near->count; i++)
    for (ptrdiff_t k = end[i] < 0 ? near->first[i + 1] : near->first[i]; k < near->first[i + 1]; k++) {
      const ptrdiff_t j = near->near[k];
      if (j <= i || end[j] < 0 || end[j] == end[i] || group[j] != group[i]) continue;
      if (saddle) saddle[count] = (Saddle){value[i] < value[j] ? value[i] : value[j], end[i], end[j]};
      count++;
    }
  return count;
}

static int Join(const AetNear *near, const double *value, const int *group, double prominence, ptrdiff_t *end)
{
  const ptrdiff_t count = ListSaddles(near, value, group, end, NULL);
  Saddle         *saddle = malloc(sizeof *saddle * ((size_t)count + 1));
  ptrdiff_t      *parent = malloc(sizeof *parent * ((size_t)near->count + 1));

  if (saddle && parent) {
    ListSaddles(near, value, group, end, saddle);
    qsort(saddle, (size_t)count, sizeof *saddle, Higher);
    for (ptrdiff_t i = 0; i < near->count; i++) parent[i] = i;
    for (ptrdiff_t s = 0; s < count; s++) {
      const ptrdiff_t a = Root(parent, saddle[s].a), b = Root(parent, saddle[s].b),
                      low = value[a] < value[b] || (value[a] == value[b] && a > b) ? a : b;
      if (a != b && value[low] - saddle[s].height < prominence) parent[low] = a + b - low;
    }
    for (ptrdiff_t i = 0; i < near->count; i++)
      if (end[i] >= 0) end[i] = Root(parent, end[i]);
  }
  free(saddle);
  const int failed = !parent;
  free(parent);
  return failed;
}

int AetRegionsFind(const AetNear *near, const double *value, const int *group, double threshold, double prominence, ptrdiff_t *end)
{
  for (ptrdiff_t i = 0; i < near->count; i++) end[i] = group[i] >= 0 && value[i] >= threshold ? Step(near, value, group, i) : -1;
  AetAscentFollow(near->count, end);
  return prominence > 0 ? Join(near, value, group, prominence, end) : 0;
}
