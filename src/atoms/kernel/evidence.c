/* Robust numbers of a population, and likelihood ratios of an atom's height. */
#include "atoms/kernel/evidence.h"
#include <stdlib.h>

#define MEDIAN_OF_SQUARE 0.454936 /* of a standard normal variable */

static int Ascending(const void *left, const void *right)
{
  const double a = *(const double *)left, b = *(const double *)right;

  return (a > b) - (a < b);
}

double AetMedianInPlace(size_t count, double *values)
{
  if (!count) return 0;
  qsort(values, count, sizeof *values, Ascending);
  return values[(count - 1) / 2];
}

double AetHeightLogRatio(double height, double expected, double other, double variance)
{
  return ((height - other) * (height - other) - (height - expected) * (height - expected)) / (2 * variance);
}

void AetPopulationOf(size_t count, const double *value, const double *variance, double *scratch, double *centre, double *spread)
{
  for (size_t i = 0; i < count; i++) scratch[i] = value[i];
  *centre = AetMedianInPlace(count, scratch);
  for (size_t i = 0; i < count; i++) scratch[i] = (value[i] - *centre) * (value[i] - *centre) / variance[i];
  *spread = AetMedianInPlace(count, scratch) / MEDIAN_OF_SQUARE;
}
