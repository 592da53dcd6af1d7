/* An atom as a distorted, drifting scan shows it. */
#include "simulate/kernel/scan_splat.h"
#include <math.h>

#define STRETCH 1.15 /* of the window of an atom, for what a distortion may magnify */

static double Reach(double sigma)
{
  return 6.1 * sigma + 0.5;
}

size_t AetProfileSize(double sigma)
{
  return (size_t)ceil(Reach(sigma) * AET_PROFILE_STEPS) + 2;
}

void AetProfileFill(double sigma, double *value, AetProfile *profile)
{
  const double scale = 1 / (sigma * sqrt(2));
  const size_t size = AetProfileSize(sigma);

  for (size_t i = 0; i < size; i++) {
    const double d = (double)i / AET_PROFILE_STEPS;

    value[i] = 0.5 * (erf((d + 0.5) * scale) - erf((d - 0.5) * scale));
  }
  profile->reach = Reach(sigma);
  profile->value = value;
}

static double ProfileAt(const AetProfile *profile, double d)
{
  const double at = fabs(d) * AET_PROFILE_STEPS;
  size_t       i;

  if (fabs(d) >= profile->reach) return 0;
  i = (size_t)at;
  return profile->value[i] + (at - (double)i) * (profile->value[i + 1] - profile->value[i]);
}

ptrdiff_t AetScanLines(const AetScan *scan)
{
  return scan->quarter % 2 ? scan->nx : scan->ny;
}

/* first … last of [0, n) between two real numbers; last < first where there is none. */
static void Range(double low, double high, ptrdiff_t n, ptrdiff_t *first, ptrdiff_t *last)
{
  *first = (ptrdiff_t)ceil(fmax(low, 0));
  *last = (ptrdiff_t)floor(fmin(high, (double)(n - 1)));
}

void AetScanSplat(const AetScan *scan, const AetProfile *profile, const double object[2], const double seen[2], double weight,
                  double *image)
{
  const int       slow = scan->quarter % 2 ? 0 : 1, fast = 1 - slow; /* 0: x, 1: y */
  const ptrdiff_t lines = AetScanLines(scan), n[2] = {scan->nx, scan->ny}, stride[2] = {1, scan->nx};
  const double    reach = profile->reach * STRETCH;
  const int       backwards = scan->quarter == 1 || scan->quarter == 2;
  ptrdiff_t       s0, s1, f0, f1;

  Range(seen[slow] + scan->least[slow] - reach, seen[slow] + scan->most[slow] + reach, lines, &s0, &s1);
  Range(seen[fast] + scan->least[fast] - reach, seen[fast] + scan->most[fast] + reach, n[fast], &f0, &f1);
  for (ptrdiff_t s = s0; s <= s1; s++) {
    const double *move = scan->move + 2 * (backwards ? lines - 1 - s : s), at[2] = {object[0] + move[0], object[1] + move[1]};

    for (ptrdiff_t f = f0; f <= f1; f++) {
      const ptrdiff_t p = s * stride[slow] + f * stride[fast];
      const double    dx = scan->place[2 * p] - at[0], dy = scan->place[2 * p + 1] - at[1];

      if (fabs(dx) < profile->reach && fabs(dy) < profile->reach) image[p] += weight * ProfileAt(profile, dx) * ProfileAt(profile, dy);
    }
  }
}
