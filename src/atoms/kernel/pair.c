#include "atoms/kernel/pair.h"
#include "atoms/kernel/cells.h"
#include <stdlib.h>

typedef struct {
  double    square;
  ptrdiff_t a, b;
} Pair;

static int NearerPair(const void *left, const void *right)
{
  const Pair *l = left, *r = right;

  if (l->square != r->square) return l->square < r->square ? -1 : 1;
  if (l->a != r->a) return l->a < r->a ? -1 : 1;
  return (l->b > r->b) - (l->b < r->b);
}

/* Appends the pairs of point `i` of a; returns nonzero when memory is short. */
static int Collect(const AetCells *cells, const double x[3], ptrdiff_t i, const double *b, double cutoff, Pair **pairs, ptrdiff_t *count,
                   ptrdiff_t *room)
{
  ptrdiff_t near[64], *list = near, found = AetCellsNear(cells, b, x, cutoff, 64, near);

  if (found > 64) {
    list = malloc((size_t)found * sizeof *list);
    if (!list) return 1;
    AetCellsNear(cells, b, x, cutoff, found, list);
  }
  if (*count + found > *room) {
    ptrdiff_t more = 2 * (*count + found) + 1024;
    Pair     *bigger = realloc(*pairs, (size_t)more * sizeof **pairs);
    if (!bigger) {
      if (list != near) free(list);
      return 1;
    }
    *pairs = bigger, *room = more;
  }
  for (ptrdiff_t k = 0; k < found; k++) {
    const double *p = b + 3 * list[k];
    double        dx = p[0] - x[0], dy = p[1] - x[1], dz = p[2] - x[2];
    (*pairs)[(*count)++] = (Pair){dx * dx + dy * dy + dz * dz, i, list[k]};
  }
  if (list != near) free(list);
  return 0;
}

int AetPairPoints(ptrdiff_t a_count, const double *a, const double shift[3], ptrdiff_t b_count, const double *b, double cutoff,
                  ptrdiff_t *partner)
{
  AetCells  cells;
  Pair     *pairs = NULL;
  ptrdiff_t count = 0, room = 0;
  char     *taken = calloc((size_t)b_count + 1, 1);
  int       status = !taken;

  if (status || AetCellsBuild(&cells, b_count, b, cutoff)) {
    free(taken);
    return 1;
  }
  for (ptrdiff_t i = 0; i < a_count && !status; i++) {
    double x[3] = {a[3 * i] - shift[0], a[3 * i + 1] - shift[1], a[3 * i + 2] - shift[2]};
    partner[i] = -1;
    status = Collect(&cells, x, i, b, cutoff, &pairs, &count, &room);
  }
  if (!status) {
    if (count) qsort(pairs, (size_t)count, sizeof *pairs, NearerPair);
    for (ptrdiff_t k = 0; k < count; k++)
      if (partner[pairs[k].a] < 0 && !taken[pairs[k].b]) {
        partner[pairs[k].a] = pairs[k].b;
        taken[pairs[k].b] = 1;
      }
  }
  free(pairs);
  free(taken);
  AetCellsFree(&cells);
  return status;
}
