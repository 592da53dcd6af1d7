/* Neighbourhoods along one axis. */
#include "recon/kernel/morphology.h"
#include <math.h>

static ptrdiff_t Larger(ptrdiff_t a, ptrdiff_t b)
{
  return a > b ? a : b;
}

static ptrdiff_t Smaller(ptrdiff_t a, ptrdiff_t b)
{
  return a < b ? a : b;
}

void AetGaussWeights(double sigma, ptrdiff_t reach, float *weight)
{
  double total = 0;

  for (ptrdiff_t t = -reach; t <= reach; t++) total += exp(-0.5 * (double)(t * t) / (sigma * sigma));
  for (ptrdiff_t t = -reach; t <= reach; t++) weight[t + reach] = (float)(exp(-0.5 * (double)(t * t) / (sigma * sigma)) / total);
}

void AetGaussAxis(const AetAxis *axis, ptrdiff_t reach, const float *weight, const float *from, float *to)
{
  const ptrdiff_t block = axis->block;

  for (ptrdiff_t k = 0; k < axis->n * block; k++) to[k] = 0;
  for (ptrdiff_t t = -reach; t <= reach; t++) {
    const ptrdiff_t begin = Larger(0, axis->low - t) * block, end = Smaller(axis->n, axis->high - t) * block;
    for (ptrdiff_t k = begin; k < end; k++) to[k] += weight[t + reach] * from[k + t * block];
  }
  for (ptrdiff_t i = 0; i < axis->n; i++) {
    float total = 0;
    if (i - reach >= axis->low && i + reach < axis->high) continue;
    for (ptrdiff_t t = Larger(-reach, axis->low - i); t <= reach && i + t < axis->high; t++) total += weight[t + reach];
    for (ptrdiff_t k = i * block; k < (i + 1) * block; k++) to[k] /= total;
  }
}

void AetNearAxis(const AetAxis *axis, ptrdiff_t reach, const float *from, float *to)
{
  const ptrdiff_t block = axis->block;

  for (ptrdiff_t k = 0; k < axis->n * block; k++) to[k] = 0;
  for (ptrdiff_t t = -reach; t <= reach; t++) {
    const ptrdiff_t begin = Larger(0, axis->low - t) * block, end = Smaller(axis->n, axis->high - t) * block;
    const float     away = (float)(t * t);
    for (ptrdiff_t k = begin; k < end; k++) {
      const float near = from[k + t * block] - away;
      to[k] = near > to[k] ? near : to[k];
    }
  }
}

double AetOtsuThreshold(int bins, const int64_t *count, double low, double high)
{
  double total = 0, moment = 0, below = 0, moment_below = 0, best = -1;
  int    first = 0, last = 0;

  for (int i = 0; i < bins; i++) total += (double)count[i], moment += (double)count[i] * i;
  for (int i = 0; i < bins - 1; i++) {
    double difference, between;
    below += (double)count[i], moment_below += (double)count[i] * i;
    if (below <= 0 || below >= total) continue;
    difference = moment_below / below - (moment - moment_below) / (total - below);
    between = below * (total - below) * difference * difference;
    if (between > best * (1 + 1e-12)) first = i, best = between;
    if (between >= best * (1 - 1e-12)) last = i; /* empty bins between the classes: the middle of them */
  }
  return low + (high - low) * (0.5 * (first + last) + 1) / bins;
}

double AetCosineEdge(double distance, double width)
{
  return distance <= 0 ? 1 : distance < width ? 0.5 * (1 + cos(M_PI * distance / width)) : 0;
}
