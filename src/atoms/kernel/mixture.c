#include "atoms/kernel/mixture.h"
#include <math.h>

enum { CLASSES = 16, ROUNDS = 60 };

typedef struct {
  double weight, mean, sigma;
} Component;

static void Share(const Component *component, int classes, double v, double *share)
{
  double exponent[CLASSES], largest = -INFINITY, sum = 0;

  for (int c = 0; c < classes; c++) {
    double z = (v - component[c].mean) / component[c].sigma;
    exponent[c] = component[c].weight > 0 ? log(component[c].weight / component[c].sigma) - 0.5 * z * z : -INFINITY;
    largest = fmax(largest, exponent[c]);
  }
  for (int c = 0; c < classes; c++) sum += share[c] = exp(exponent[c] - largest);
  for (int c = 0; c < classes; c++) share[c] /= sum;
}

/* New components from the shares of the old ones, or from the labels where `old` is NULL. */
static void Update(ptrdiff_t count, const double *value, int classes, const int *label, const Component *old, double origin, double least,
                   Component *component)
{
  double n[CLASSES] = {0}, s[CLASSES] = {0}, q[CLASSES] = {0}, share[CLASSES];

  for (ptrdiff_t i = 0; i < count; i++) {
    double v = value[i] - origin;
    for (int c = 0; c < classes; c++) share[c] = c == label[i];
    if (old) Share(old, classes, value[i], share);
    for (int c = 0; c < classes; c++) {
      n[c] += share[c];
      s[c] += share[c] * v;
      q[c] += share[c] * v * v;
    }
  }
  for (int c = 0; c < classes; c++) {
    double mean = n[c] > 0 ? s[c] / n[c] : 0;
    component[c].weight = n[c] / (double)count;
    component[c].mean = origin + mean;
    component[c].sigma = sqrt(fmax(least * least, n[c] > 0 ? q[c] / n[c] - mean * mean : 0));
  }
}

void AetMixturePosterior(ptrdiff_t count, const double *value, int classes, const int *label, double *posterior)
{
  Component now[CLASSES], next[CLASSES];
  double    low = INFINITY, high = -INFINITY, least, moved = INFINITY;

  for (ptrdiff_t i = 0; i < count; i++) {
    low = fmin(low, value[i]);
    high = fmax(high, value[i]);
  }
  least = high > low ? (high - low) / 1000 : 1;
  Update(count, value, classes, label, NULL, low, least, now);
  for (int round = 0; round < ROUNDS && moved > 1e-6 * least; round++) {
    Update(count, value, classes, label, now, low, least, next);
    moved = 0;
    for (int c = 0; c < classes; c++) {
      moved = fmax(moved, fabs(next[c].mean - now[c].mean));
      now[c] = next[c];
    }
  }
  for (ptrdiff_t i = 0; i < count; i++) Share(now, classes, value[i], posterior + i * classes);
}
