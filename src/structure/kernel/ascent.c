#include "structure/kernel/ascent.h"
#include <math.h>

void AetAscentFold(ptrdiff_t count, double *value)
{
  double lowest = INFINITY;

  for (ptrdiff_t i = 0; i < count; i++) {
    if (!isfinite(value[i])) continue;
    if (value[i] > 1) value[i] = 2 - value[i];
    lowest = fmin(lowest, value[i]);
  }
  for (ptrdiff_t i = 0; i < count; i++)
    if (!isfinite(value[i])) value[i] = isfinite(lowest) ? lowest : 0;
}

ptrdiff_t AetAscentStep(const AetCells *cells, const double *position, const double *value, const int *group, double reach, ptrdiff_t i)
{
  const double *x = position + 3 * i;
  ptrdiff_t     low[3], high[3], best = i;

  AetCellsRange(cells, x, reach, low, high);
  for (ptrdiff_t cz = low[2]; cz <= high[2]; cz++)
    for (ptrdiff_t cy = low[1]; cy <= high[1]; cy++) {
      const ptrdiff_t row = (cz * cells->n[1] + cy) * cells->n[0];
      for (ptrdiff_t k = cells->first[row + low[0]]; k < cells->first[row + high[0] + 1]; k++) {
        const ptrdiff_t j = cells->member[k];
        const double   *p = position + 3 * j, dx = p[0] - x[0], dy = p[1] - x[1], dz = p[2] - x[2];
        if (dx * dx + dy * dy + dz * dz > reach * reach || (group && group[j] != group[i])) continue;
        if (value[j] > value[best] || (value[j] == value[best] && j < best)) best = j;
      }
    }
  return best;
}

void AetAscentFollow(ptrdiff_t count, ptrdiff_t *next)
{
  for (int moved = 1; moved;) { /* each round doubles the length of the paths that are done */
    moved = 0;
    for (ptrdiff_t i = 0; i < count; i++) {
      if (next[i] < 0 || next[next[i]] == next[i]) continue;
      next[i] = next[next[i]];
      moved = 1;
    }
  }
}

ptrdiff_t AetAscentLabel(ptrdiff_t count, const ptrdiff_t *end, ptrdiff_t least, ptrdiff_t *label, ptrdiff_t *peak, ptrdiff_t *sites,
                         ptrdiff_t *dropped)
{
  ptrdiff_t found = 0;

  *dropped = 0;
  for (ptrdiff_t i = 0; i < count; i++) sites[i] = 0;
  for (ptrdiff_t i = 0; i < count; i++)
    if (end[i] >= 0) sites[end[i]]++;
  for (ptrdiff_t i = 0; i < count; i++) { /* found ≤ i: what is overwritten has been read */
    const ptrdiff_t size = sites[i];
    label[i] = -1;
    if (size > 0 && size < least) ++*dropped;
    if (size == 0 || size < least) continue;
    peak[found] = i;
    sites[found] = size;
    label[i] = found++;
  }
  for (ptrdiff_t i = 0; i < count; i++)
    if (end[i] >= 0) label[i] = label[end[i]];
  return found;
}
