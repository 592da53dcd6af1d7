#include "structure/kernel/nearest.h"

static double Distance2(const double *a, const double *b)
{
  const double x = a[0] - b[0], y = a[1] - b[1], z = a[2] - b[2];

  return x * x + y * y + z * z;
}

int AetNearest(const AetCells *cells, const double *position, ptrdiff_t i, double reach, int want, ptrdiff_t room, ptrdiff_t *list,
               ptrdiff_t *index)
{
  const double   *x = position + 3 * i;
  const ptrdiff_t found = AetCellsNear(cells, position, x, reach, room, list);
  int             kept = 0;

  for (ptrdiff_t k = 0; k < found; k++) {
    const double d = Distance2(x, position + 3 * list[k]);
    int          at = kept;
    if (list[k] == i) continue;
    while (at > 0) {
      const double other = Distance2(x, position + 3 * index[at - 1]);
      if (other < d || (other == d && index[at - 1] < list[k])) break;
      at--;
    }
    if (at == want) continue;
    if (kept < want) kept++;
    for (int m = kept - 1; m > at; m--) index[m] = index[m - 1];
    index[at] = list[k];
  }
  return kept;
}
