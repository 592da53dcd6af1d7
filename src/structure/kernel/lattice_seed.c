/* A template of neighbours in the orientation that two of them give, then the best turn for all. */
#include "structure/kernel/lattice_seed.h"
#include "atoms/kernel/rigid.h"
#include <math.h>
#include <string.h>

#define APART 0.3  /* of the cosines of the angles of two pairs that may be the same */
#define GOOD 0.03  /* mean squared misfit from which on no other orientation is tried */
#define WORST 0.08 /* mean squared misfit of an assignment worth a look, before the best turn is found */

static double Dot(const double a[3], const double b[3])
{
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static double Unit(const double a[3], double unit[3])
{
  const double size = sqrt(Dot(a, a));

  for (int k = 0; k < 3; k++) unit[k] = a[k] / size;
  return size;
}

/* Whether a neighbour of the same length and number of close neighbours is already first of a pair. */
static int Known(const AetSeedTemplate *t, int s)
{
  for (int p = 0; p < t->pairs; p++) {
    const int other = t->pair[p][0];
    if (other == s) return 0;
    if (fabs(Dot(t->vector[other], t->vector[other]) - Dot(t->vector[s], t->vector[s])) > 1e-6) continue;
    if (t->kind != AET_SITES_HCP || (fabs(t->vector[other][2]) < 1e-6) == (fabs(t->vector[s][2]) < 1e-6)) return 1;
  }
  return 0;
}

void AetSeedTemplateMake(int kind, AetSeedTemplate *t)
{
  int    offset[AET_SITES_NEAR][3];
  double cell[9];

  memset(t, 0, sizeof *t);
  t->kind = kind;
  t->count = AetSitesNeighbours(kind, 0, offset);
  AetSitesCell(kind, cell);
  for (int i = 0; i < t->count; i++) {
    double f[3];
    AetSitesFraction(kind, offset[i], f);
    AetSitesVector(cell, f, t->vector[i]);
    t->mean += Unit(t->vector[i], t->unit[i]) / t->count;
  }
  for (int s = 0; s < t->count; s++) {
    double most = -1;
    if (Known(t, s)) continue;
    for (int j = 0; j < t->count; j++)
      if (j != s) most = fmax(most, Dot(t->unit[s], t->unit[j]));
    for (int j = 0; j < t->count && t->pairs < 16; j++)
      if (j != s && Dot(t->unit[s], t->unit[j]) > most - 1e-6) {
        t->pair[t->pairs][0] = s, t->pair[t->pairs][1] = j;
        t->cosine[t->pairs++] = most;
      }
  }
}

/* Rows: along a, across it in the plane of a and b, across both. */
static void Frame(const double a[3], const double b[3], double F[9])
{
  const double along = Dot(a, b);

  memcpy(F, a, 3 * sizeof *a);
  for (int k = 0; k < 3; k++) F[3 + k] = b[k] - along * a[k];
  Unit(F + 3, F + 3);
  for (int k = 0; k < 3; k++) F[6 + k] = F[(k + 1) % 3] * F[3 + (k + 2) % 3] - F[(k + 2) % 3] * F[3 + (k + 1) % 3];
}

/* Gives every neighbour, turned by R, the vector nearest to it; returns the sum of squared distances, or infinity where it exceeds `best`
   or two want the same. `v`: the vectors in nearest distances. */
static double Assign(const AetSeedTemplate *t, double (*v)[3], const double R[9], double best, int to[AET_SITES_NEAR])
{
  unsigned taken = 0;
  double   sum = 0;

  for (int i = 0; i < t->count; i++) {
    const double x[3] = {Dot(R, t->vector[i]), Dot(R + 3, t->vector[i]), Dot(R + 6, t->vector[i])};
    double       near = INFINITY;
    int          which = 0;
    for (int k = 0; k < t->count; k++) {
      const double d[3] = {v[k][0] - x[0], v[k][1] - x[1], v[k][2] - x[2]}, far = Dot(d, d);
      if (far < near) near = far, which = k;
    }
    sum += near;
    if (sum >= best || (taken >> which & 1)) return INFINITY;
    taken |= 1u << which;
    to[i] = which;
  }
  return sum;
}

/* The best turn and size of the assigned vectors; returns the r.m.s. misfit in nearest distances. */
static double Turn(const AetSeedTemplate *t, double (*vector)[3], const int to[AET_SITES_NEAR], double cell[9])
{
  double target[AET_SITES_NEAR][3], R[9], shift[3], ideal[9], along = 0, square = 0, size, sum = 0;

  for (int i = 0; i < t->count; i++) memcpy(target[i], vector[to[i]], sizeof target[i]);
  AetRigidFit(t->count, t->vector[0], target[0], R, shift);
  for (int i = 0; i < t->count; i++)
    for (int a = 0; a < 3; a++) {
      along += Dot(R + 3 * a, t->vector[i]) * (target[i][a] - shift[a]);
      square += t->vector[i][a] * t->vector[i][a];
    }
  size = along / square;
  for (int i = 0; i < t->count; i++)
    for (int a = 0; a < 3; a++) {
      const double d = size * Dot(R + 3 * a, t->vector[i]) + shift[a] - target[i][a];
      sum += d * d;
    }
  AetSitesCell(t->kind, ideal);
  for (int i = 0; i < 3; i++)
    for (int a = 0; a < 3; a++) cell[3 * i + a] = size * Dot(R + 3 * a, ideal + 3 * i);
  return size > 0 ? sqrt(sum / t->count) / size : INFINITY;
}

double AetSeedFit(const AetSeedTemplate *t, int count, double (*vector)[3], double cell[9])
{
  double v[AET_SITES_NEAR][3], unit[AET_SITES_NEAR][3], size = 0, best = WORST * t->count;
  int    to[AET_SITES_NEAR], kept[AET_SITES_NEAR], found = 0;

  if (count < t->count) return INFINITY;
  for (int k = 0; k < t->count; k++) size += Unit(vector[k], unit[k]) / (t->count * t->mean);
  for (int k = 0; k < t->count; k++)
    for (int a = 0; a < 3; a++) v[k][a] = vector[k][a] / size;
  for (int q = 1; q < t->count && best > GOOD * t->count; q++)
    for (int p = 0; p < t->pairs; p++) {
      double observed[9], ideal[9], R[9], sum;
      if (fabs(Dot(unit[0], unit[q]) - t->cosine[p]) > APART) continue;
      Frame(unit[0], unit[q], observed);
      Frame(t->unit[t->pair[p][0]], t->unit[t->pair[p][1]], ideal);
      for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++) R[3 * a + b] = observed[a] * ideal[b] + observed[3 + a] * ideal[3 + b] + observed[6 + a] * ideal[6 + b];
      sum = Assign(t, v, R, best, to);
      if (sum >= best) continue;
      best = sum, found = 1;
      memcpy(kept, to, sizeof kept);
    }
  return found ? Turn(t, vector, kept, cell) : INFINITY;
}
