/* A factor that makes standard deviations cover what they say. */
#include "atoms/kernel/calibrate.h"
#include <math.h>
#include <stdlib.h>

static int Ascending(const void *left, const void *right)
{
  const double a = *(const double *)left, b = *(const double *)right;

  return (a > b) - (a < b);
}

/* Of the sorted list, between order statistics i at (i + 1/2)/count. */
static double Quantile(ptrdiff_t count, const double *sorted, double part)
{
  const double    place = fmin(fmax(part * (double)count - 0.5, 0), (double)(count - 1));
  const ptrdiff_t i = (ptrdiff_t)place;

  return i + 1 < count ? sorted[i] + (place - (double)i) * (sorted[i + 1] - sorted[i]) : sorted[i];
}

double AetCalibrate(ptrdiff_t count, double *error)
{
  if (count < 1) return 1;
  for (ptrdiff_t i = 0; i < count; i++) error[i] = fabs(error[i]);
  qsort(error, (size_t)count, sizeof *error, Ascending);
  return 0.5 * (Quantile(count, error, 0.6827) + Quantile(count, error, 0.9545) / 2);
}
