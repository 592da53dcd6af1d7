/* Single-axis series: nothing mixes along the tilt axis. */
#include "recon/projector_private.h"
#include <math.h>

int AetSeriesIsAxial(AetTiltSeries tilt)
{
  for (ptrdiff_t j = 0; j < tilt->views; j++)
    if (fabs(tilt->rotation[j][1]) + fabs(tilt->rotation[j][3]) + fabs(tilt->rotation[j][5]) > 1e-12 || tilt->rotation[j][4] < 0) return 0;
  return 1;
}
