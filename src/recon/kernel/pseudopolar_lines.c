#include "recon/kernel/pseudopolar_lines.h"
#include <math.h>

AetEqualSlopeLine AetEqualSlopeNearest(ptrdiff_t L, double fx, double fz)
{
  const ptrdiff_t   half = L / 2;
  int               sector = fabs(fz) > fabs(fx);
  double            main = sector ? fz : fx, slope = (sector ? fx : fz) / main;
  ptrdiff_t         l = (ptrdiff_t)lround(slope * (double)half);
  double            line = 2 * (double)l / (double)L;
  AetEqualSlopeLine found = {.error_deg = fabs(atan(slope) - atan(line)) * 180 / M_PI, .stretch = sqrt(1 + line * line)};

  /* each diagonal belongs to one sector: l = -L/2 to sector 0, l = L/2 to sector 1 */
  if (!sector && l == half) sector = 1, main = fz;
  if (sector && l == -half) sector = 0, main = fx;
  found.sector = sector;
  found.row = sector ? l + half - 1 : l + half;
  found.turned = main < 0;
  return found;
}

static int AllFit(ptrdiff_t count, const double (*direction)[2], double tolerance_deg, ptrdiff_t L, ptrdiff_t *misfit)
{
  for (ptrdiff_t i = 0; i < count; i++)
    if (AetEqualSlopeNearest(L, direction[i][0], direction[i][1]).error_deg > tolerance_deg) {
      *misfit = i;
      return 0;
    }
  return 1;
}

ptrdiff_t AetEqualSlopeLines(ptrdiff_t count, const double (*direction)[2], double tolerance_deg, ptrdiff_t first, ptrdiff_t last,
                             ptrdiff_t *worst)
{
  *worst = 0;
  for (ptrdiff_t L = first + first % 2; L <= last; L += 2)
    if (AllFit(count, direction, tolerance_deg, L, worst)) return L;
  return 0;
}
