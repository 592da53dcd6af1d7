/* Points on a periodic grid by the taps of the Kaiser–Bessel kernel, and the adjoint with derivatives. */
#include "atoms/kernel/splat.h"
#include <math.h>

/* Where the taps of a point lie, and what they are. */
typedef struct {
  ptrdiff_t m[2]; /* first grid point, y and x, in [0, n) */
  AetTaps   tap[2], slope[2];
  int       wraps; /* the row of taps runs past the end of the grid */
} Place;

static ptrdiff_t First(double c, int width, ptrdiff_t n, double *s)
{
  const double first = ceil(c - 0.5 * width);
  ptrdiff_t    m = (ptrdiff_t)first;

  *s = first - c + 0.5 * width;
  if (m < 0 || m >= n) m -= n * (ptrdiff_t)floor((double)m / (double)n);
  return m;
}

static inline Place Locate(const AetSplat *splat, double u, double v, int slopes)
{
  Place  place;
  double s[2];

  place.m[0] = First(v, splat->kernel->width, splat->ny, &s[0]);
  place.m[1] = First(u, splat->kernel->width, splat->nx, &s[1]);
  for (int a = 0; a < 2; a++)
    if (slopes)
      AetKaiserBesselSlopes(splat->kernel, s[a], &place.tap[a], &place.slope[a]);
    else
      AetKaiserBesselTaps(splat->kernel, s[a], (float *)&place.tap[a]);
  place.wraps = place.m[1] + AET_SLICE_LANES > splat->nx;
  return place;
}

static inline AetTaps Load(const AetSplat *splat, const Place *place, ptrdiff_t y)
{
  const float *row = splat->grid + y * splat->stride;
  AetTaps      value;

  if (!place->wraps) {
    memcpy(&value, row + place->m[1], sizeof value);
    return value;
  }
  for (ptrdiff_t i = 0; i < AET_SLICE_LANES; i++) value[i] = row[(place->m[1] + i) % splat->nx];
  return value;
}

static inline void Store(const AetSplat *splat, const Place *place, ptrdiff_t y, AetTaps value)
{
  float *row = splat->grid + y * splat->stride;

  if (!place->wraps)
    memcpy(row + place->m[1], &value, sizeof value);
  else
    for (ptrdiff_t i = 0; i < AET_SLICE_LANES; i++) row[(place->m[1] + i) % splat->nx] = value[i];
}

static inline ptrdiff_t Row(const AetSplat *splat, const Place *place, int tap)
{
  const ptrdiff_t y = place->m[0] + tap;

  return y >= splat->ny ? y - splat->ny : y;
}

void AetSplatAdd(const AetSplat *splat, double u, double v, float weight)
{
  const Place   place = Locate(splat, u, v, 0);
  const AetTaps row = place.tap[1] * weight;

  for (int t = 0; t < splat->kernel->width; t++) {
    const ptrdiff_t y = Row(splat, &place, t);
    Store(splat, &place, y, Load(splat, &place, y) + row * place.tap[0][t]);
  }
}

void AetSplatAddMoved(const AetSplat *splat, double u, double v, float du, float dv)
{
  const Place   place = Locate(splat, u, v, 1);
  const AetTaps along = place.slope[1] * du, across = place.tap[1] * dv;

  for (int t = 0; t < splat->kernel->width; t++) {
    const ptrdiff_t y = Row(splat, &place, t);
    Store(splat, &place, y, Load(splat, &place, y) + along * place.tap[0][t] + across * place.slope[0][t]);
  }
}

void AetSplatGather(const AetSplat *splat, double u, double v, float out[3])
{
  const Place place = Locate(splat, u, v, 1);
  AetTaps     value = place.tap[1] * 0, down = value;

  for (int t = 0; t < splat->kernel->width; t++) { /* columns first: their sums meet the row's taps once */
    const AetTaps row = Load(splat, &place, Row(splat, &place, t));
    value += row * place.tap[0][t], down += row * place.slope[0][t];
  }
  out[0] = out[1] = out[2] = 0;
  for (int i = 0; i < AET_SLICE_LANES; i++) {
    out[0] += value[i] * place.tap[1][i];
    out[1] += value[i] * place.slope[1][i];
    out[2] += down[i] * place.tap[1][i];
  }
}
