#include "structure/kernel/evidence.h"
#include <math.h>

#define FAR 1e12

double AetSpeciesRatio(double p, double fraction)
{
  const double against = (1 - p) * fraction, with = p * (1 - fraction);

  if (against >= FAR * with) return with > 0 || against > 0 ? FAR : 1;
  return fmax(against / with, 1 / FAR);
}

/* The logarithm of the posterior is concave in the rate: its derivative falls, and is halved in. */
double AetRate(ptrdiff_t count, const double *ratio, double weight, double before)
{
  double low = 0, high = 1;

  for (int step = 0; step < 60; step++) {
    const double r = 0.5 * (low + high);
    double       slope = weight * before / r - weight * (1 - before) / (1 - r);
    for (ptrdiff_t i = 0; i < count; i++) slope += (ratio[i] - 1) / (1 + r * (ratio[i] - 1));
    if (slope > 0)
      low = r;
    else
      high = r;
  }
  return 0.5 * (low + high);
}

double AetPosterior(double rate, double ratio)
{
  return rate * ratio / (1 - rate + rate * ratio);
}
