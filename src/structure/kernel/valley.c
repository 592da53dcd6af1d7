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

/* From bin k on to one side, whether the curve falls that far before it rises above where it was. */
static int Falls(ptrdiff_t bins, double width, const double *g, ptrdiff_t k, int step, double top)
{
  const double far = fmin(0.9 * top, top - 0.05);

  for (ptrdiff_t j = k + step; j >= 0 && j < bins; j += step) {
    const double here = Smoothed(bins, width, g, ((double)j + 0.5) * width, 1.5 * width);
    if (here > top) return 0;
    if (here <= far) return 1;
  }
  return 0;
}

ptrdiff_t AetPeaksFind(ptrdiff_t bins, double width, const double *g, double from, ptrdiff_t room, double *peak, double *height)
{
  ptrdiff_t found = 0;

  for (ptrdiff_t k = (ptrdiff_t)fmax(from / width, 1); k + 1 < bins && found < room; k++) {
    double s[3], bend;
    for (int i = 0; i < 3; i++) s[i] = Smoothed(bins, width, g, ((double)(k + i) - 0.5) * width, 1.5 * width);
    if (!(s[1] > s[0] && s[1] >= s[2]) || !Falls(bins, width, g, k, -1, s[1]) || !Falls(bins, width, g, k, 1, s[1])) continue;
    bend = s[0] - 2 * s[1] + s[2];
    peak[found] = ((double)k + 0.5 + (bend < 0 ? 0.5 * (s[0] - s[2]) / bend : 0)) * width;
    height[found++] = s[1];
  }
  return found;
}
