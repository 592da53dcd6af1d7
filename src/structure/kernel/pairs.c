#include "structure/kernel/pairs.h"
#include <math.h>

void AetPairsCount(const AetCells *cells, const double *position, const int *species, const signed char *kind, int species_count,
                   ptrdiff_t i, ptrdiff_t bins, double width, int64_t *pairs)
{
  const double *x = position + 3 * i, reach = (double)bins * width;
  ptrdiff_t     low[3], high[3];
  int64_t      *of = pairs + 2 * bins * species_count * species[i];

  AetCellsRange(cells, x, reach, low, high);
  for (ptrdiff_t cz = low[2]; cz <= high[2]; cz++)
    for (ptrdiff_t cy = low[1]; cy <= high[1]; cy++) {
      const ptrdiff_t row = (cz * cells->n[1] + cy) * cells->n[0];
      for (ptrdiff_t m = cells->first[row + low[0]]; m < cells->first[row + high[0] + 1]; m++) {
        const ptrdiff_t j = cells->member[m];
        const double   *p = position + 3 * j, dx = p[0] - x[0], dy = p[1] - x[1], dz = p[2] - x[2];
        const double    square = dx * dx + dy * dy + dz * dz;
        ptrdiff_t       bin;
        if (square >= reach * reach || square == 0 || kind[j] == AET_PAIRS_OUT) continue;
        bin = (ptrdiff_t)(sqrt(square) / width);
        if (bin < bins) of[(2 * species[j] + (kind[j] == AET_PAIRS_RIM)) * bins + bin]++;
      }
    }
}

void AetPairsInside(int count, const double *t, ptrdiff_t bins, double width, int64_t *inside)
{
  ptrdiff_t k = 0;

  for (int c = 0; c <= count; c++) { /* up to the next crossing, which the last stretch has none of */
    const ptrdiff_t end = c < count ? (ptrdiff_t)fmin(ceil(t[c] / width - 0.5), (double)bins) : bins;
    for (; k < end; k++) inside[k] += c % 2 == 0;
  }
}

void AetPairsDirection(ptrdiff_t k, ptrdiff_t count, const double turn[3], double direction[3])
{
  const double z = 1 - (2 * (double)k + 1) / (double)count, across = sqrt(1 - z * z), angle = M_PI * (3 - sqrt(5)) * (double)k;
  const double v[3] = {across * cos(angle), across * sin(angle), z};
  /* an even rotation as a quaternion (Shoemake, Graphics Gems III (1992) 124) */
  const double a = sqrt(1 - turn[0]), b = sqrt(turn[0]),
               q[4] = {a * sin(2 * M_PI * turn[1]), a * cos(2 * M_PI * turn[1]), b * sin(2 * M_PI * turn[2]), b * cos(2 * M_PI * turn[2])};
  double c[3], d[3];

  for (int i = 0; i < 3; i++) c[i] = 2 * (q[(i + 1) % 3] * v[(i + 2) % 3] - q[(i + 2) % 3] * v[(i + 1) % 3]);
  for (int i = 0; i < 3; i++) d[i] = q[(i + 1) % 3] * c[(i + 2) % 3] - q[(i + 2) % 3] * c[(i + 1) % 3];
  for (int i = 0; i < 3; i++) direction[i] = v[i] + q[3] * c[i] + d[i];
}

void AetPairsHalton(ptrdiff_t i, double x[3])
{
  static const ptrdiff_t base[3] = {2, 3, 5};

  for (int a = 0; a < 3; a++) {
    double part = 1;
    x[a] = 0;
    for (ptrdiff_t rest = i + 1; rest > 0; rest /= base[a]) {
      part /= (double)base[a];
      x[a] += part * (double)(rest % base[a]);
    }
  }
}
