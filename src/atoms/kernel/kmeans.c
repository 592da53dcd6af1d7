#include "atoms/kernel/kmeans.h"
#include <math.h>

enum { BINS = AET_KMEANS_BINS, CLASSES = 16 };

/* Prefix sums of number, value and square over bins. */
typedef struct {
  double n[BINS + 1], s[BINS + 1], q[BINS + 1];
} Prefix;

static double Cost(const Prefix *p, int from, int to)
{
  double n = p->n[to] - p->n[from], s = p->s[to] - p->s[from];

  return n > 0 ? p->q[to] - p->q[from] - s * s / n : 0;
}

static void Fill(Prefix *prefix, ptrdiff_t count, const double *value, double low, double scale)
{
  for (int b = 0; b <= BINS; b++) prefix->n[b] = prefix->s[b] = prefix->q[b] = 0;
  for (ptrdiff_t i = 0; i < count; i++) {
    double v = (value[i] - low) * scale; /* 0 … BINS: no cancellation in the squares */
    int    b = v < BINS ? (int)v : BINS - 1;
    prefix->n[b + 1] += 1;
    prefix->s[b + 1] += v;
    prefix->q[b + 1] += v * v;
  }
  for (int b = 0; b < BINS; b++) {
    prefix->n[b + 1] += prefix->n[b];
    prefix->s[b + 1] += prefix->s[b];
    prefix->q[b + 1] += prefix->q[b];
  }
}

void AetKMeansBounds(ptrdiff_t count, const double *value, int classes, double *bound)
{
  Prefix prefix;
  double best[CLASSES][BINS + 1], low = INFINITY, high = -INFINITY, scale;
  int    cut[CLASSES][BINS + 1], end = BINS;

  for (ptrdiff_t i = 0; i < count; i++) {
    low = fmin(low, value[i]);
    high = fmax(high, value[i]);
  }
  scale = high > low ? BINS / (high - low) : 0;
  Fill(&prefix, count, value, low, scale);
  for (int b = 0; b <= BINS; b++) best[0][b] = Cost(&prefix, 0, b);
  for (int c = 1; c < classes; c++)
    for (int b = 0; b <= BINS; b++) {
      best[c][b] = INFINITY;
      for (int a = 0; a <= b; a++) {
        double cost = best[c - 1][a] + Cost(&prefix, a, b);
        if (cost < best[c][b]) best[c][b] = cost, cut[c][b] = a;
      }
    }
  for (int c = classes - 1; c >= 1; c--) {
    end = cut[c][end];
    bound[c - 1] = scale > 0 ? low + end / scale : low;
  }
}
