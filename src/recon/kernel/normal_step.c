/* The arithmetic of one RESIRE step on the normal equations. */
#include "recon/kernel/normal_step.h"

void AetNormalHold(ptrdiff_t count, double momentum, const AetNormalPlane *plane, float *restrict direction)
{
  const float *restrict x = plane->x, *restrict previous = plane->previous, *restrict G = plane->G, *restrict before = plane->G_before;
  const float m = (float)momentum;

  for (ptrdiff_t i = 0; i < count; i++) {
    float y = x[i] + m * (x[i] - previous[i]), g = G[i] + m * (G[i] - before[i]);
    direction[i] = y <= 0 && g > 0 ? 0 : g;
  }
  if (plane->support)
    for (ptrdiff_t i = 0; i < count; i++) direction[i] = plane->support[i] == 0 ? 0 : direction[i];
}

void AetNormalUpdate(ptrdiff_t count, double step, double momentum, int filtered, const AetNormalPlane *plane, float *restrict direction,
                     double *uphill)
{
  const float *restrict x = plane->x, *restrict G = plane->G, *restrict before = plane->G_before, *support = plane->support;
  float *restrict previous = plane->previous;
  const float m = (float)momentum, t = (float)step;
  double      sum = 0;

#pragma omp simd reduction(+ : sum)
  for (ptrdiff_t i = 0; i < count; i++) {
    float y = x[i] + m * (x[i] - previous[i]), g = G[i] + m * (G[i] - before[i]), next = y - t * (filtered ? direction[i] : g);
    next = next > 0 && !(y <= 0 && g > 0) ? next : 0;
    next = support ? next * support[i] : next;
    sum += ((double)y - next) * ((double)next - x[i]);
    previous[i] = next;
    direction[i] = next - x[i];
  }
  *uphill += sum;
}

void AetNormalAdvance(ptrdiff_t count, const AetNormalPlane *plane, const float *restrict change, double *rise)
{
  const float *restrict x = plane->x, *restrict previous = plane->previous, *restrict G = plane->G;
  float *restrict before = plane->G_before;
  double sum = 0;

#pragma omp simd reduction(+ : sum)
  for (ptrdiff_t i = 0; i < count; i++) {
    sum += 0.5 * ((double)x[i] - previous[i]) * (2 * (double)G[i] + change[i]);
    before[i] = G[i] + change[i];
  }
  *rise += sum;
}
