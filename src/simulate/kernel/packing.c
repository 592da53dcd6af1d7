/* Amorphous packing: points pushed apart until none are nearer than a distance. */
#include "simulate/kernel/packing.h"
#include "simulate/kernel/neighbours.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NEAR_MAX = 256 };

/* The push on point i by all that overlap; returns its smallest distance. */
static double Push(const AetNeighbourCells *cells, const double *x, int i, double wanted, double push[3])
{
  int    near[NEAR_MAX], count = AetKernelNeighbours(cells, x, x + 3 * i, i, wanted, NEAR_MAX, near);
  double least = wanted;

  push[0] = push[1] = push[2] = 0;
  for (int n = 0; n < count && n < NEAR_MAX; n++) {
    double d[3], r;
    for (int a = 0; a < 3; a++) d[a] = x[3 * i + a] - x[3 * near[n] + a];
    r = sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
    least = fmin(least, r);
    if (r < 1e-6 * wanted) d[0] = i < near[n] ? r + 1e-6 : -r - 1e-6, r = fabs(d[0]);
    for (int a = 0; a < 3; a++) push[a] += 0.5 * (wanted - r) * d[a] / r;
  }
  return least;
}

/* x + push, or the outermost point inside on the way there from the origin. */
static void Move(double x[3], const double push[3], AetInside inside, const void *context)
{
  double next[3] = {x[0] + push[0], x[1] + push[1], x[2] + push[2]}, least = 0.5, most = 1;

  if (inside(context, next)) {
    memcpy(x, next, sizeof next);
    return;
  }
  for (int step = 0; step < 12; step++) {
    const double middle = (least + most) / 2, at[3] = {middle * next[0], middle * next[1], middle * next[2]};
    if (inside(context, at))
      least = middle, memcpy(x, at, sizeof at);
    else
      most = middle;
  }
}

double AetKernelPack(int count, double *x, double distance, int sweeps, AetInside inside, const void *context)
{
  const double wanted = 1.005 * distance;
  double      *push = malloc(3 * ((size_t)count + 1) * sizeof *push), least = 0;

  for (int sweep = 0; sweep <= sweeps && push; sweep++) {
    AetNeighbourCells cells;
    if (!AetKernelNeighbourCells(count, x, wanted, &cells)) {
      least = -1;
      break;
    }
    least = wanted;
    for (int i = 0; i < count; i++) least = fmin(least, Push(&cells, x, i, wanted, push + 3 * i));
    AetKernelNeighbourCellsFree(&cells);
    if (least >= distance || sweep == sweeps) break;
    for (int i = 0; i < count; i++) Move(x + 3 * i, push + 3 * i, inside, context);
  }
  least = push ? least : -1;
  free(push);
  return least;
}
