/* The arithmetic of one RESIRE step on the normal equations. */
#include "recon/kernel/normal_step.h"
#include <stdint.h>

/* A number and a mark in its last bit. */
typedef union {
  float    value;
  uint32_t bits;
} Marked;

void AetNormalHold(ptrdiff_t count, double momentum, const AetNormalPlane *plane)
{
  const float *restrict x = plane->x, *restrict G = plane->G, *support = plane->support;
  float *restrict previous = plane->previous, *restrict before = plane->G_before;
  const float m = (float)momentum;

  for (ptrdiff_t i = 0; i < count; i++) {
    Marked         y = {x[i] + m * (x[i] - previous[i])};
    const float    g = G[i] + m * (G[i] - before[i]);
    const uint32_t held = (y.value <= 0 && g > 0) || (support && support[i] == 0);
    y.bits = (y.bits & ~1u) | held;
    previous[i] = y.value;
    before[i] = held ? 0 : g;
  }
}

/* The step from y, and where it leads from x. */
static inline double Gain(const float *support, ptrdiff_t i, float y, int held, float along, float *previous, float *gained, float x)
{
  float next = y - along;

  next = next > 0 && !held ? next : 0;
  next = support ? next * support[i] : next;
  *previous = next;
  *gained = next - x;
  return ((double)y - next) * ((double)next - x);
}

void AetNormalUpdate(ptrdiff_t count, double step, double momentum, int filtered, const AetNormalPlane *plane, double *uphill)
{
  const float *restrict x = plane->x, *restrict G = plane->G, *support = plane->support;
  float *restrict previous = plane->previous, *restrict before = plane->G_before;
  const float m = (float)momentum, t = (float)step;
  double      sum = 0;

  if (filtered) {
#pragma omp simd reduction(+ : sum)
    for (ptrdiff_t i = 0; i < count; i++) {
      const Marked y = {previous[i]};
      sum += Gain(support, i, y.value, y.bits & 1, t * before[i], &previous[i], &before[i], x[i]);
    }
  } else {
#pragma omp simd reduction(+ : sum)
    for (ptrdiff_t i = 0; i < count; i++) {
      const float y = x[i] + m * (x[i] - previous[i]), g = G[i] + m * (G[i] - before[i]);
      sum += Gain(support, i, y, y <= 0 && g > 0, t * g, &previous[i], &before[i], x[i]);
    }
  }
  *uphill += sum;
}

void AetNormalAdvance(ptrdiff_t count, const AetNormalPlane *plane, const float *change, double *rise)
{
  const float *restrict x = plane->x, *restrict previous = plane->previous, *restrict G = plane->G;
  float *before = plane->G_before;
  double sum = 0;

#pragma omp simd reduction(+ : sum)
  for (ptrdiff_t i = 0; i < count; i++) {
    const float added = change[i];
    sum += 0.5 * ((double)x[i] - previous[i]) * (2 * (double)G[i] + added);
    before[i] = G[i] + added;
  }
  *rise += sum;
}
