#include "atoms/kernel/peak.h"
#include <math.h>

AetPeakStatus AetPeakFit(const AetSpline *spline, const AetQuartic *quartic, const ptrdiff_t base[3], double step, double offset[3],
                         double *value)
{
  double samples[AET_QUARTIC_SIDE * AET_QUARTIC_SIDE * AET_QUARTIC_SIDE], c[10], move[3], allowed = fmax(1.5, 3 * step);

  offset[0] = offset[1] = offset[2] = 0;
  for (int round = 0; round < 30; round++) {
    double size = 0, drift = 0;
    AetSplineSample(spline, base, offset, step, AET_QUARTIC_HALF, samples);
    AetQuarticFit(quartic, samples, c);
    *value = c[0];
    if (AetQuarticStep(c, move)) return AET_PEAK_SADDLE;
    for (int a = 0; a < 3; a++) {
      move[a] = fmax(-0.5, fmin(0.5, move[a] * step));
      offset[a] += move[a];
      size += move[a] * move[a];
      drift += offset[a] * offset[a];
    }
    if (drift > allowed * allowed) return AET_PEAK_DRIFT;
    if (size < 1e-8) return AET_PEAK_GOOD;
  }
  return AET_PEAK_RESTLESS;
}
