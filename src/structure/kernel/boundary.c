#include "structure/kernel/boundary.h"
#include <math.h>

static double Dot(const double *a, const double *b)
{
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

AetBoundaryShape AetBoundaryMeasure(ptrdiff_t count, const double (*vector)[3], const double (*around)[3], double crossing)
{
  AetBoundaryShape shape = {.area = 0};
  double           sum[3] = {0, 0, 0}, length = 0;

  for (ptrdiff_t i = 0; i < count; i++) {
    const double local = sqrt(Dot(around[i], around[i]));
    if (local > 0) length += Dot(vector[i], around[i]) / local;
    for (int a = 0; a < 3; a++) sum[a] += vector[i][a];
  }
  shape.area = crossing > 0 ? length / crossing : 0;
  shape.flatness = length > 0 ? fmin(1, sqrt(Dot(sum, sum)) / length) : 0;
  for (int a = 0; a < 3 && Dot(sum, sum) > 0; a++) shape.normal[a] = sum[a] / sqrt(Dot(sum, sum));
  return shape;
}
