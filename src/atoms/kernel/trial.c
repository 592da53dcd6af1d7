/* Places of a grid that are near atoms, but not too near. */
#include "atoms/kernel/trial.h"
#include <math.h>
#include <string.h>

AetTrialGrid AetTrialGridOf(ptrdiff_t count, const double *position, double reach, double pitch)
{
  AetTrialGrid grid = {{0, 0, 0}, pitch, {0, 0, 0}};

  for (int a = 0; count && a < 3; a++) {
    double low = position[a], high = position[a], first;
    for (ptrdiff_t i = 1; i < count; i++) low = fmin(low, position[3 * i + a]), high = fmax(high, position[3 * i + a]);
    first = floor((low - reach) / pitch);
    grid.origin[a] = pitch * first;
    grid.n[a] = (ptrdiff_t)(ceil((high + reach) / pitch) - first) + 1;
  }
  return grid;
}

static ptrdiff_t Clamp(double value, ptrdiff_t low, ptrdiff_t high)
{
  return value < (double)low ? low : value > (double)high ? high : (ptrdiff_t)value;
}

/* Sets the places within `reach` of an atom in the given planes. */
static void Mark(const AetTrialGrid *grid, const double position[3], double reach, unsigned char value, ptrdiff_t z_first,
                 ptrdiff_t z_count, unsigned char *mask)
{
  ptrdiff_t low[3], high[3];

  for (int a = 0; a < 3; a++) {
    const double at = (position[a] - grid->origin[a]) / grid->pitch, r = reach / grid->pitch;
    const double first = a == 2 ? (double)z_first : 0, last = a == 2 ? (double)(z_first + z_count - 1) : (double)(grid->n[a] - 1);
    if (at + r < first || at - r > last) return;
    low[a] = Clamp(ceil(at - r), (ptrdiff_t)first, (ptrdiff_t)last), high[a] = Clamp(floor(at + r), (ptrdiff_t)first, (ptrdiff_t)last);
  }
  for (ptrdiff_t z = low[2]; z <= high[2]; z++)
    for (ptrdiff_t y = low[1]; y <= high[1]; y++)
      for (ptrdiff_t x = low[0]; x <= high[0]; x++) {
        const double dx = grid->origin[0] + grid->pitch * (double)x - position[0],
                     dy = grid->origin[1] + grid->pitch * (double)y - position[1],
                     dz = grid->origin[2] + grid->pitch * (double)z - position[2];
        if (dx * dx + dy * dy + dz * dz <= reach * reach) mask[((z - z_first) * grid->n[1] + y) * grid->n[0] + x] = value;
      }
}

void AetTrialFree(const AetTrialGrid *grid, ptrdiff_t count, const double *position, double nearest, double farthest, ptrdiff_t z_first,
                  ptrdiff_t z_count, unsigned char *mask)
{
  memset(mask, 0, (size_t)(grid->n[0] * grid->n[1] * z_count));
  for (ptrdiff_t i = 0; i < count; i++) Mark(grid, position + 3 * i, farthest, 1, z_first, z_count, mask);
  for (ptrdiff_t i = 0; i < count; i++) Mark(grid, position + 3 * i, nearest, 0, z_first, z_count, mask);
}

/* Where `wanted` is in the ascending list; -1 if it is not. */
static ptrdiff_t Find(ptrdiff_t count, const ptrdiff_t *index, ptrdiff_t wanted)
{
  ptrdiff_t low = 0, high = count;

  while (low < high) {
    const ptrdiff_t middle = low + (high - low) / 2;
    if (index[middle] < wanted)
      low = middle + 1;
    else
      high = middle;
  }
  return low < count && index[low] == wanted ? low : -1;
}

int AetTrialIsPeak(const AetTrialGrid *grid, ptrdiff_t count, const ptrdiff_t *index, const double *value, ptrdiff_t i)
{
  const ptrdiff_t nx = grid->n[0], ny = grid->n[1], x = index[i] % nx, y = index[i] / nx % ny;

  for (ptrdiff_t dz = -1; dz <= 1; dz++)
    for (ptrdiff_t dy = -1; dy <= 1; dy++)
      for (ptrdiff_t dx = -1; dx <= 1; dx++) {
        const ptrdiff_t step = (dz * ny + dy) * nx + dx;
        ptrdiff_t       other;
        if (!step || x + dx < 0 || x + dx >= nx || y + dy < 0 || y + dy >= ny) continue;
        other = Find(count, index, index[i] + step);
        if (other < 0) continue;
        if (value[other] > value[i] || (value[other] == value[i] && other < i)) return 0;
      }
  return 1;
}
