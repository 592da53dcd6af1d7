#include "atoms/kernel/filter.h"
#include <math.h>
#include <string.h>

int AetFilterGaussian(double sigma, float *weight)
{
  double value[AET_FILTER_TAPS + 1], sum = 0;
  int    taps = (int)ceil(4 * sigma);

  if (taps > AET_FILTER_TAPS) taps = AET_FILTER_TAPS;
  for (int k = 0; k <= taps; k++) {
    value[k] = sigma > 0 ? exp(-0.5 * k * k / (sigma * sigma)) : 1;
    sum += k ? 2 * value[k] : value[k];
  }
  for (int k = 0; k <= taps; k++) weight[k] = (float)(value[k] / sum);
  return taps;
}

int AetFilterSpline(float *weight)
{
  const double pole = sqrt(3.0) - 2;
  double       value = sqrt(3.0);
  int          taps = 0;

  for (; fabs(value) > 3e-8; taps++, value *= pole) weight[taps] = (float)value;
  return taps - 1;
}

ptrdiff_t AetMirror(ptrdiff_t i, ptrdiff_t n)
{
  ptrdiff_t period = 2 * (n - 1);

  if (i >= 0 && i < n) return i;
  if (n == 1) return 0;
  i = ((i % period) + period) % period;
  return i < n ? i : period - i;
}

void AetFilterRows(float *data, ptrdiff_t count, ptrdiff_t stride, ptrdiff_t nx, int taps, const float *weight, float *buffer)
{
  if (!taps) return;
  for (ptrdiff_t r = 0; r < count; r++) memcpy(buffer + r * nx, data + r * stride, (size_t)nx * sizeof *data);
  for (ptrdiff_t r = 0; r < count; r++) {
    float       *out = data + r * stride;
    const float *centre = buffer + r * nx;
    for (ptrdiff_t x = 0; x < nx; x++) out[x] = weight[0] * centre[x];
    for (int k = 1; k <= taps; k++) {
      const float *above = buffer + AetMirror(r + k, count) * nx, *below = buffer + AetMirror(r - k, count) * nx;
      const float  w = weight[k];
      for (ptrdiff_t x = 0; x < nx; x++) out[x] += w * (above[x] + below[x]);
    }
  }
}

void AetFilterRow(float *data, ptrdiff_t nx, int taps, const float *weight, float *buffer)
{
  const float *centre = buffer + taps;

  if (!taps) return;
  for (ptrdiff_t i = 0; i < nx + 2 * taps; i++) buffer[i] = data[AetMirror(i - taps, nx)];
  for (ptrdiff_t x = 0; x < nx; x++) data[x] = weight[0] * centre[x];
  for (int k = 1; k <= taps; k++) {
    const float w = weight[k];
    for (ptrdiff_t x = 0; x < nx; x++) data[x] += w * (centre[x + k] + centre[x - k]);
  }
}
