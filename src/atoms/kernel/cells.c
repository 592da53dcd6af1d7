#include "atoms/kernel/cells.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void Bounds(ptrdiff_t count, const double *position, double low[3], double high[3])
{
  for (int a = 0; a < 3; a++) low[a] = high[a] = count ? position[a] : 0;
  for (ptrdiff_t i = 0; i < count; i++)
    for (int a = 0; a < 3; a++) {
      low[a] = fmin(low[a], position[3 * i + a]);
      high[a] = fmax(high[a], position[3 * i + a]);
    }
}

static ptrdiff_t CellOf(const AetCells *cells, const double x[3])
{
  ptrdiff_t c[3];

  for (int a = 0; a < 3; a++) {
    c[a] = (ptrdiff_t)((x[a] - cells->origin[a]) / cells->size);
    if (c[a] < 0) c[a] = 0;
    if (c[a] >= cells->n[a]) c[a] = cells->n[a] - 1;
  }
  return (c[2] * cells->n[1] + c[1]) * cells->n[0] + c[0];
}

int AetCellsBuild(AetCells *cells, ptrdiff_t count, const double *position, double reach)
{
  double    high[3], total;
  ptrdiff_t cell_count;

  memset(cells, 0, sizeof *cells);
  Bounds(count, position, cells->origin, high);
  /* a few far outliers must not ask for more cells than there are points to fill them */
  for (cells->size = reach > 0 ? reach : 1;; cells->size *= 1.5) {
    total = 1;
    for (int a = 0; a < 3; a++) total *= floor((high[a] - cells->origin[a]) / cells->size) + 1;
    if (total <= 4.0 * (double)count + 64) break;
  }
  for (int a = 0; a < 3; a++) cells->n[a] = (ptrdiff_t)((high[a] - cells->origin[a]) / cells->size) + 1;
  cell_count = cells->n[0] * cells->n[1] * cells->n[2];
  cells->first = calloc((size_t)cell_count + 2, sizeof *cells->first);
  cells->member = malloc(((size_t)count + 1) * sizeof *cells->member);
  if (!cells->first || !cells->member) {
    AetCellsFree(cells);
    return 1;
  }
  /* counting sort: first[c + 2] counts, becomes the running write position first[c + 1], and ends as the start of cell c + 1 */
  for (ptrdiff_t i = 0; i < count; i++) cells->first[CellOf(cells, position + 3 * i) + 2]++;
  for (ptrdiff_t c = 1; c <= cell_count; c++) cells->first[c + 1] += cells->first[c];
  for (ptrdiff_t i = 0; i < count; i++) cells->member[cells->first[CellOf(cells, position + 3 * i) + 1]++] = i;
  return 0;
}

void AetCellsFree(AetCells *cells)
{
  free(cells->first);
  free(cells->member);
  cells->first = cells->member = NULL;
}

void AetCellsRange(const AetCells *cells, const double x[3], double reach, ptrdiff_t low[3], ptrdiff_t high[3])
{
  for (int a = 0; a < 3; a++) {
    double l = floor((x[a] - reach - cells->origin[a]) / cells->size), h = floor((x[a] + reach - cells->origin[a]) / cells->size);
    double last = (double)(cells->n[a] - 1);
    if (h < 0 || l > last) { /* outside by more than the reach */
      low[a] = 0, high[a] = -1;
      continue;
    }
    low[a] = (ptrdiff_t)fmax(l, 0);
    high[a] = (ptrdiff_t)fmin(h, last);
  }
}

ptrdiff_t AetCellsNear(const AetCells *cells, const double *position, const double x[3], double reach, ptrdiff_t room, ptrdiff_t *index)
{
  ptrdiff_t low[3], high[3], found = 0;

  AetCellsRange(cells, x, reach, low, high);
  for (ptrdiff_t cz = low[2]; cz <= high[2]; cz++)
    for (ptrdiff_t cy = low[1]; cy <= high[1]; cy++) {
      ptrdiff_t row = (cz * cells->n[1] + cy) * cells->n[0];
      if (high[0] < low[0]) continue;
      for (ptrdiff_t m = cells->first[row + low[0]]; m < cells->first[row + high[0] + 1]; m++) {
        const double *p = position + 3 * cells->member[m];
        double        dx = p[0] - x[0], dy = p[1] - x[1], dz = p[2] - x[2];
        if (dx * dx + dy * dy + dz * dz > reach * reach) continue;
        if (found < room) index[found] = cells->member[m];
        found++;
      }
    }
  return found;
}
