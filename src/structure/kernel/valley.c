#include "structure/kernel/valley.h"
#include <math.h>

static double Smoothed(ptrdiff_t bins, double width, const double *g, double r, double sigma)
{
  const double centre = r / width - 0.5, reach = 4 * sigma / width;
  ptrdiff_t    first = (ptrdiff_t)fmax(ceil(centre - reach), 0), last = (ptrdiff_t)fmin(floor(centre + reach), (double)bins - 1);
  double       sum = 0, weight = 0;

  for (ptrdiff_t k = first; k <= last; k++) {
    const double d = ((double)k - centre) * width / sigma, w = exp(-0.5 * d * d);
    sum += w * g[k];
    weight += w;
  }
  return weight > 0 ? sum / weight : 0;
}

int AetValleyFind(ptrdiff_t bins, double width, const double *g, double nearest, double *peak, double *valley)
{
  enum { STEPS = 340 }; /* of nearest / 200: from 0.7 to 2.4 nearest */
  const double sigma = AET_VALLEY_SMOOTHING * nearest, step = nearest / 200;
  double       s[STEPS + 1];
  int          top = -1, low, flat;

  for (int i = 0; i <= STEPS; i++) s[i] = Smoothed(bins, width, g, 0.7 * nearest + i * step, sigma);
  *peak = nearest;
  *valley = AET_VALLEY_GUESS * nearest;
  for (int i = 1; i < 160; i++) /* the highest up to 1.5: more than the shoulder of false or doubled atoms before it */
    if (s[i] >= s[i - 1] && s[i] > s[i + 1] && (top < 0 || s[i] > s[top])) top = i;
  if (top < 0) return 0;
  *peak = 0.7 * nearest + top * step;
  for (low = top; low < STEPS && s[low + 1] <= s[low];) low++;
  if (low >= STEPS || s[low] > AET_VALLEY_DEPTH * s[top]) return 0;
  for (flat = low; flat > top && s[flat - 1] <= s[low];) flat--; /* the middle of it where nothing is */
  *valley = 0.7 * nearest + 0.5 * (low + flat) * step;
  return 1;
}
