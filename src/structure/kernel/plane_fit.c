#include "structure/kernel/plane_fit.h"
#include "structure/kernel/quaternion.h"
#include <math.h>

void AetPlaneAdd(AetPlaneSums *s, const double x[3])
{
  s->count++;
  for (int i = 0; i < 3; i++) {
    s->x[i] += x[i];
    for (int j = 0; j < 3; j++) s->xx[3 * i + j] += x[i] * x[j];
  }
}

void AetPlaneMean(const AetPlaneSums *s, double mean[3])
{
  for (int i = 0; i < 3; i++) mean[i] = s->x[i] / s->count;
}

double AetPlaneFit(int groups, const AetPlaneSums *s, double normal[3])
{
  double m[9] = {0}, count = 0, least;
  int    sign = 2;

  for (int g = 0; g < groups; g++) {
    if (s[g].count == 0) continue;
    count += s[g].count;
    for (int i = 0; i < 3; i++)
      for (int j = 0; j < 3; j++) m[3 * i + j] -= s[g].xx[3 * i + j] - s[g].x[i] * s[g].x[j] / s[g].count;
  }
  least = -AetEigenLargest(3, m, normal);
  while (sign > 0 && fabs(normal[sign]) < 1e-6) sign--;
  if (normal[sign] < 0)
    for (int i = 0; i < 3; i++) normal[i] = -normal[i];
  return sqrt(fmax(0, least / count));
}
