#include "series/kernel/icp.h"
#include <math.h>
#include <stdlib.h>

void AetIcpNearest(const AetCells *cells, const double *b, const double *a, ptrdiff_t count, const ptrdiff_t *list, const double linear[9],
                   const double shift[3], double reach, ptrdiff_t *partner, double *square)
{
  for (ptrdiff_t k = 0; k < count; k++) {
    const double *from = a + 3 * (list ? list[k] : k);
    ptrdiff_t     low[3], high[3];
    double        x[3];
    for (int c = 0; c < 3; c++) x[c] = linear[3 * c] * from[0] + linear[3 * c + 1] * from[1] + linear[3 * c + 2] * from[2] + shift[c];
    partner[k] = -1;
    square[k] = reach * reach;
    AetCellsRange(cells, x, reach, low, high);
    for (ptrdiff_t cz = low[2]; cz <= high[2]; cz++)
      for (ptrdiff_t cy = low[1]; cy <= high[1]; cy++) {
        const ptrdiff_t row = (cz * cells->n[1] + cy) * cells->n[0];
        if (high[0] < low[0]) continue;
        for (ptrdiff_t m = cells->first[row + low[0]]; m < cells->first[row + high[0] + 1]; m++) {
          const ptrdiff_t j = cells->member[m];
          const double    d[3] = {b[3 * j] - x[0], b[3 * j + 1] - x[1], b[3 * j + 2] - x[2]}, s = d[0] * d[0] + d[1] * d[1] + d[2] * d[2];
          if (s < square[k] || (s == square[k] && (partner[k] < 0 || j < partner[k]))) square[k] = s, partner[k] = j;
        }
      }
  }
}

static int Less(const void *left, const void *right)
{
  const double l = *(const double *)left, r = *(const double *)right;

  return (l > r) - (l < r);
}

double AetIcpTrim(ptrdiff_t count, const ptrdiff_t *partner, const double *square, double keep, double *room)
{
  ptrdiff_t pairs = 0, last;

  for (ptrdiff_t k = 0; k < count; k++)
    if (partner[k] >= 0) room[pairs++] = square[k];
  if (!pairs) return 0;
  qsort(room, (size_t)pairs, sizeof *room, Less);
  last = (ptrdiff_t)ceil(keep * (double)pairs) - 1;
  return room[last < 0 ? 0 : last];
}
