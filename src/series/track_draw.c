/* Species of replicas: names drawn by their probabilities, from equivalent sites, and exchanged between places. All keyed by replica, time
   and atom. */
#include "series/track_private.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
  STREAM_NAMES = 0x7A100000,
  STREAM_PICK = 0x7A200000,
  STREAM_ALIKE = 0x7A300000,
  STREAM_SHUFFLE = 0x7A400000,
  STREAM_WHOLE = 0x7A500000,

};
#define BLOCK_ANGSTROM 12.0 /* edge of the blocks inside which a random alloy exchanges places: the composition varies slowly */
#define ALIKE_NEAREST 2.1   /* equivalent sites in nearest distances: the second and the fourth shell of fcc */

static uint64_t Index(PetscInt replica, PetscInt i)
{
  return ((uint64_t)replica << 32) + (uint64_t)i;
}

double AetTrackUniform(const AetTracking *w, int purpose, PetscInt replica)
{
  return AetRandomUniform(w->settings->seed, (uint64_t)(STREAM_WHOLE + purpose), (uint64_t)replica);
}

void AetTrackDrawNames(const AetTracking *w, int time, PetscInt replica, int *species)
{
  const int kinds = w->registration->species_count;

  for (PetscInt i = 0; i < w->registration->total[time]; i++) {
    const double *p = w->probability[time] + (ptrdiff_t)kinds * i;
    double        u = AetRandomUniform(w->settings->seed, (uint64_t)(STREAM_NAMES + time), Index(replica, i));
    int           k = 0;

    for (; k < kinds - 1 && u >= p[k]; k++) u -= p[k];
    species[i] = w->registration->species[time][i] < 0 ? -1 : k;
  }
}

void AetTrackDrawAlike(const AetTracking *w, int time, double fraction, PetscInt replica, int *species)
{
  const AetNear *alike = &w->alike[time];
  const uint64_t seed = w->settings->seed;

  for (PetscInt i = 0; i < w->registration->total[time]; i++) {
    const ptrdiff_t first = alike->first[i], count = alike->first[i + 1] - first;
    double          u;

    species[i] = w->registration->species[time][i];
    if (!count || AetRandomUniform(seed, (uint64_t)(STREAM_PICK + time), Index(replica, i)) >= fraction) continue;
    u = AetRandomUniform(seed, (uint64_t)(STREAM_ALIKE + time), Index(replica, i));
    species[i] = w->registration->species[time][alike->near[first + (ptrdiff_t)(u * (double)count)]];
  }
}

/* ---------------------------------------------------------------- random alloys */

typedef struct {
  int64_t  block;
  double   draw;
  PetscInt atom;
} Place;

static int ByDraw(const void *a, const void *b)
{
  const Place *x = a, *y = b;

  if (x->block != y->block) return x->block < y->block ? -1 : 1;
  if (x->draw != y->draw) return x->draw < y->draw ? -1 : 1;
  return (x->atom > y->atom) - (x->atom < y->atom);
}

static int ByAtom(const void *a, const void *b)
{
  const Place *x = a, *y = b;

  if (x->block != y->block) return x->block < y->block ? -1 : 1;
  return (x->atom > y->atom) - (x->atom < y->atom);
}

PetscErrorCode AetTrackShuffle(const AetTracking *w, int time, PetscInt shuffle, int *species)
{
  const PetscInt n = w->registration->total[time];
  Place         *from, *to;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2((size_t)n + 1, &from, (size_t)n + 1, &to));
  for (PetscInt i = 0; i < n; i++) {
    const double *x = w->registration->position[time] + 3 * (ptrdiff_t)i;
    int64_t       block = 0;

    for (int a = 0; a < 3; a++) block = block * 0x100000 + (int64_t)floor(x[a] / BLOCK_ANGSTROM) + 0x80000;
    from[i] = (Place){block, AetRandomUniform(w->settings->seed, (uint64_t)(STREAM_SHUFFLE + time), Index(shuffle, i)), i};
  }
  memcpy(to, from, sizeof *to * (size_t)n);
  qsort(from, (size_t)n, sizeof *from, ByDraw);
  qsort(to, (size_t)n, sizeof *to, ByAtom);
  for (PetscInt i = 0; i < n; i++) species[to[i].atom] = w->registration->species[time][from[i].atom];
  PetscCall(PetscFree2(from, to));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* ---------------------------------------------------------------- equivalent sites */

static PetscBool Alike(const AetHistoryOrder *order, int time, PetscInt i, PetscInt j)
{
  if (order->grain[time][i] < 0 || order->grain[time][i] != order->grain[time][j]) return PETSC_FALSE;
  for (int a = 0; a < 3; a++)
    if ((order->index[time][i][a] - order->index[time][j][a]) & 1) return PETSC_FALSE;
  return PETSC_TRUE;
}

PetscErrorCode AetTrackFindAlike(AetTracking *w)
{
  PetscFunctionBegin;
  for (int t = 0; t < w->times && w->order->index; t++) {
    AetNear  *near = &w->alike[t];
    ptrdiff_t used = 0;

    AetCheck(
        !AetNearBuild(near, w->registration->total[t], w->registration->position[t], ALIKE_NEAREST * w->registration->neighbour_angstrom),
        AET_ERR_MEMORY, "track: no memory for the neighbours of %td atoms", near->count);
    for (ptrdiff_t i = 0, begin = 0; i < near->count; i++) {
      const ptrdiff_t end = near->first[i + 1];
      for (ptrdiff_t k = begin; k < end; k++)
        if (Alike(w->order, t, (PetscInt)i, near->near[k])) near->near[used++] = near->near[k];
      begin = end, near->first[i + 1] = used;
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The probability that an atom's name changes when the site draws from its equivalents, and that it is wrong. */
static void Changes(const AetTracking *w, int time, PetscInt i, double *drawn, double *wrong)
{
  const AetNear  *alike = &w->alike[time];
  const int       mine = w->registration->species[time][i];
  const ptrdiff_t first = alike->first[i], count = alike->first[i + 1] - first;

  *drawn = 0;
  for (ptrdiff_t k = first; k < first + count; k++) *drawn += w->registration->species[time][alike->near[k]] != mine;
  if (count) *drawn /= (double)count;
  *wrong = 1 - w->probability[time][(ptrdiff_t)w->registration->species_count * i + mine];
}

PetscErrorCode AetTrackExchange(AetTracking *w)
{
  PetscFunctionBegin;
  for (int t = 1; t < w->times && w->alike[0].first; t++) {
    double changed = 0, by_error = 0, by_draw = 0;

    for (PetscInt s = 0; s < w->sites; s++) {
      const PetscInt *atom = w->registration->atom + (ptrdiff_t)w->times * s;
      const int       before = atom[t - 1] < 0 ? -1 : w->registration->species[t - 1][atom[t - 1]],
                now = atom[t] < 0 ? -1 : w->registration->species[t][atom[t]];
      double drawn, wrong[2];

      if (before < 0 || now < 0 || w->data[t - 1].label[s] >= 0 || w->data[t].label[s] >= 0) continue;
      Changes(w, t, atom[t], &drawn, &wrong[1]);
      Changes(w, t - 1, atom[t - 1], &drawn, &wrong[0]);
      changed += before != now, by_draw += drawn;
      by_error += wrong[0] + wrong[1] - 2 * wrong[0] * wrong[1];
    }
    w->exchange[t] = by_draw > 0 ? PetscMin(1, PetscMax(0, (changed - by_error) / by_draw)) : 0;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
