#include "tilt/kernel/pair_shifts.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DEVIATIONS 3.0
#define LEAST_PX 0.02
#define ROUNDS 4
#define DISTANCE_STEPS 30

static int Compare(const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;

  return (x > y) - (x < y);
}

double AetMedian(ptrdiff_t n, double *values)
{
  if (n < 1) return 0;
  qsort(values, (size_t)n, sizeof *values, Compare);
  return values[(n - 1) / 2];
}

/* Normal equations of the graph of pairs by Gaussian elimination; the mean is fixed by adding the same to every element. */
static void Solve(int count, int pairs, const AetPairShift *pair, const double *factor, double (*shift)[2], int *linked)
{
  static const double loose = 1e-9;
  double              H[AET_PAIR_FRAMES][AET_PAIR_FRAMES], g[AET_PAIR_FRAMES][2] = {{0}}, total = loose;

  memset(linked, 0, sizeof *linked * (size_t)count);
  for (int p = 0; p < pairs; p++) total += pair[p].weight;
  for (int i = 0; i < count; i++)
    for (int j = 0; j < count; j++) H[i][j] = total / count + (i == j ? loose * total : 0);
  for (int p = 0; p < pairs; p++) {
    const int    f = pair[p].from, t = pair[p].to;
    const double w = pair[p].rejected ? 0 : pair[p].weight * factor[p];
    if (!(w > 0)) continue;
    linked[f] = linked[t] = 1;
    H[f][f] += w, H[t][t] += w, H[f][t] -= w, H[t][f] -= w;
    for (int a = 0; a < 2; a++) g[t][a] += w * pair[p].shift[a], g[f][a] -= w * pair[p].shift[a];
  }
  for (int k = 0; k < count; k++) /* positive definite: no pivots */
    for (int i = k + 1; i < count; i++) {
      const double part = H[i][k] / H[k][k];
      for (int j = k; j < count; j++) H[i][j] -= part * H[k][j];
      for (int a = 0; a < 2; a++) g[i][a] -= part * g[k][a];
    }
  for (int i = count - 1; i >= 0; i--)
    for (int a = 0; a < 2; a++) {
      shift[i][a] = g[i][a];
      for (int j = i + 1; j < count; j++) shift[i][a] -= H[i][j] * shift[j][a];
      shift[i][a] /= H[i][i];
    }
}

static double Deviation(const AetPairShift *pair, const double (*shift)[2])
{
  return hypot(shift[pair->to][0] - shift[pair->from][0] - pair->shift[0], shift[pair->to][1] - shift[pair->from][1] - pair->shift[1]);
}

/* Least sum of distances, which one wrong pair does not move, by least squares with weights 1/distance. */
static void SolveLeastDistances(int count, int pairs, const AetPairShift *pair, double *factor, double (*shift)[2], int *linked)
{
  for (int p = 0; p < pairs; p++) factor[p] = 1;
  for (int i = 0; i < DISTANCE_STEPS; i++) {
    Solve(count, pairs, pair, factor, shift, linked);
    for (int p = 0; p < pairs; p++) factor[p] = 1 / fmax(Deviation(&pair[p], (const double(*)[2])shift), 0.1 * LEAST_PX);
  }
  for (int p = 0; p < pairs; p++) factor[p] = 1;
}

/* The mean over the images that pairs hold is 0. */
static void Centre(int count, const int *linked, double (*shift)[2])
{
  for (int a = 0; a < 2; a++) {
    double sum = 0, n = 0;
    for (int i = 0; i < count; i++)
      if (linked[i]) sum += shift[i][a], n++;
    for (int i = 0; i < count; i++) shift[i][a] = linked[i] ? shift[i][a] - sum / n : 0;
  }
}

/* Rejects what is off; returns how many. */
static int Reject(int pairs, AetPairShift *pair, const double (*shift)[2], double *deviation)
{
  ptrdiff_t used = 0;
  double    limit;
  int       rejected = 0;

  for (int p = 0; p < pairs; p++)
    if (!pair[p].rejected && pair[p].weight > 0) deviation[used++] = Deviation(&pair[p], shift);
  limit = DEVIATIONS * fmax(LEAST_PX, 1.4826 * AetMedian(used, deviation));
  for (int p = 0; p < pairs; p++)
    if (!pair[p].rejected && pair[p].weight > 0 && Deviation(&pair[p], shift) > limit) pair[p].rejected = 1, rejected++;
  return rejected;
}

int AetPairShiftsSolve(int count, int pairs, AetPairShift *pair, double (*shift)[2], int *linked)
{
  double *factor = calloc((size_t)(2 * pairs + 1), sizeof *factor), *deviation = factor + pairs;
  int     rejected = 0;

  memset(linked, 0, sizeof *linked * (size_t)count);
  memset(shift, 0, sizeof *shift * (size_t)count);
  if (!factor) return 0;
  for (int p = 0; p < pairs; p++) pair[p].rejected = 0;
  SolveLeastDistances(count, pairs, pair, factor, shift, linked);
  for (int round = 0; round < ROUNDS; round++) {
    const int now = Reject(pairs, pair, (const double(*)[2])shift, deviation);
    Solve(count, pairs, pair, factor, shift, linked);
    rejected += now;
    if (!now && round > 0) break;
  }
  free(factor);
  Centre(count, linked, shift);
  return rejected;
}
