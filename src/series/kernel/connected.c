#include "series/kernel/connected.h"
#include <stdlib.h>

static ptrdiff_t Root(ptrdiff_t *parent, ptrdiff_t i)
{
  while (parent[i] != i) i = parent[i] = parent[parent[i]];
  return i;
}

/* Joins i with all that take part within the reach; the lower index becomes the root. */
static void Join(const AetCells *cells, const double *position, const char *in, double reach, ptrdiff_t i, ptrdiff_t *parent)
{
  const double *x = position + 3 * i;
  ptrdiff_t     low[3], high[3];

  AetCellsRange(cells, x, reach, low, high);
  for (ptrdiff_t cz = low[2]; cz <= high[2]; cz++)
    for (ptrdiff_t cy = low[1]; cy <= high[1]; cy++) {
      const ptrdiff_t row = (cz * cells->n[1] + cy) * cells->n[0];
      if (high[0] < low[0]) continue;
      for (ptrdiff_t m = cells->first[row + low[0]]; m < cells->first[row + high[0] + 1]; m++) {
        const ptrdiff_t j = cells->member[m];
        const double    d[3] = {position[3 * j] - x[0], position[3 * j + 1] - x[1], position[3 * j + 2] - x[2]};
        ptrdiff_t       r, s;
        if (j >= i || !in[j] || d[0] * d[0] + d[1] * d[1] + d[2] * d[2] > reach * reach) continue;
        r = Root(parent, i), s = Root(parent, j);
        if (r < s)
          parent[s] = r;
        else
          parent[r] = s;
      }
    }
}

ptrdiff_t AetLargestConnected(const AetCells *cells, ptrdiff_t count, const double *position, const char *in, double reach, char *inside)
{
  ptrdiff_t *parent = malloc(((size_t)count + 1) * sizeof *parent), *size = calloc((size_t)count + 1, sizeof *size), best = -1;

  if (!parent || !size) {
    free(parent);
    free(size);
    return -1;
  }
  for (ptrdiff_t i = 0; i < count; i++) parent[i] = i;
  for (ptrdiff_t i = 0; i < count; i++)
    if (in[i]) Join(cells, position, in, reach, i, parent);
  for (ptrdiff_t i = 0; i < count; i++)
    if (in[i]) size[Root(parent, i)]++;
  for (ptrdiff_t i = 0; i < count; i++)
    if (size[i] > 0 && (best < 0 || size[i] > size[best])) best = i;
  for (ptrdiff_t i = 0; i < count; i++) inside[i] = in[i] && Root(parent, i) == best;
  count = best < 0 ? 0 : size[best];
  free(parent);
  free(size);
  return count;
}
