/* Grains: connected atoms of one kind and nearly one orientation. */
#include "structure/boundaries_private.h"
#include <math.h>

static const double RAD = M_PI / 180;
static const double WINDOW = 2; /* of the tolerance, in the average: the noise of a single atom may be larger than that of the averages */
enum { JOINING_LAYERS = 2 };    /* how deep atoms of no crystal join a grain: the surface, a stacking fault */

/* Orientation of every atom averaged with those neighbours of its kind that differ by less than twice the tolerance: the noise of one atom
   would carry a grain across a boundary of small angle. Shared by nobody: a second per million atoms. */
static void Smooth(const AetBoundaryWork *w, double (*q)[4])
{
  const double window = WINDOW * w->settings->tolerance_deg * RAD;

#pragma omp parallel for schedule(dynamic, 256) num_threads(AetThreads())
  for (PetscInt i = 0; i < w->total; i++) {
    const int               kind = AetBoundaryKindOf(w, i);
    const AetRotationGroup *group = AetBoundaryGroup(w, kind);
    const double           *mine = w->local->quaternion[i];
    double                  sum[16] = {0};

    for (int a = 0; a < 4; a++) q[i][a] = mine[a];
    if (kind == AET_LOCAL_OTHER) continue;
    AetOrientationAdd(group, mine, mine, sum);
    for (int k = 0; k < AET_LOCAL_NEAREST;) {
      const PetscInt j = AetBoundaryNext(w, i, &k);
      if (j < 0 || AetBoundaryKindOf(w, j) != kind) continue;
      if (AetDisorientation(group, mine, w->local->quaternion[j], NULL) < window)
        AetOrientationAdd(group, mine, w->local->quaternion[j], sum);
    }
    AetOrientationMean(group, sum, q[i]);
  }
}

/* steady[i]: atom i is of a crystal, and no neighbour of its kind differs by the tolerance. The atoms at a boundary of small angle have
   orientations between those of the grains, so that without this the grains would hang together through them. */
static void FindSteady(const AetBoundaryWork *w, double (*q)[4], char *steady)
{
  const double tolerance = w->settings->tolerance_deg * RAD;

#pragma omp parallel for schedule(dynamic, 256) num_threads(AetThreads())
  for (PetscInt i = 0; i < w->total; i++) {
    const int kind = AetBoundaryKindOf(w, i);
    steady[i] = kind != AET_LOCAL_OTHER;
    for (int k = 0; steady[i] && k < AET_LOCAL_NEAREST;) {
      const PetscInt j = AetBoundaryNext(w, i, &k);
      if (j < 0 || AetBoundaryKindOf(w, j) != kind) continue;
      steady[i] = AetDisorientation(AetBoundaryGroup(w, kind), q[i], q[j], NULL) < tolerance;
    }
  }
}

/* parent [total]: steady neighbours of one kind together. */
static void Connect(const AetBoundaryWork *w, const char *steady, ptrdiff_t *parent)
{
  AetPartitionStart(w->total, parent);
  for (PetscInt i = 0; i < w->total; i++)
    for (int k = 0; steady[i] && k < AET_LOCAL_NEAREST;) {
      const PetscInt j = AetBoundaryNext(w, i, &k);
      if (j >= 0 && steady[j] && AetBoundaryKindOf(w, i) == AetBoundaryKindOf(w, j)) AetPartitionJoin(parent, i, j);
    }
}

/* Mean orientation of the core atoms of every grain, and their r.m.s. misorientation from it. */
static PetscErrorCode Average(const AetBoundaryWork *w, AetBoundaries b)
{
  double(*sum)[16], *square;
  PetscInt *first, *count;

  PetscFunctionBegin;
  PetscCall(PetscCalloc4((size_t)b->grains + 1, &sum, (size_t)b->grains + 1, &square, (size_t)b->grains + 1, &first, (size_t)b->grains + 1,
                         &count));
  for (PetscInt i = w->total; i-- > 0;)
    if (w->core[i] >= 0) first[w->core[i]] = i;
  for (PetscInt i = 0; i < w->total; i++) {
    const PetscInt g = w->core[i];
    if (g < 0) continue;
    AetOrientationAdd(AetBoundaryGroup(w, b->kind[g]), w->local->quaternion[first[g]], w->local->quaternion[i], sum[g]);
    count[g]++;
  }
  for (PetscInt g = 0; g < b->grains; g++) AetOrientationMean(AetBoundaryGroup(w, b->kind[g]), sum[g], b->quaternion[g]);
  for (PetscInt i = 0; i < w->total; i++)
    if (w->core[i] >= 0)
      square[w->core[i]] += pow(
          AetDisorientation(AetBoundaryGroup(w, b->kind[w->core[i]]), b->quaternion[w->core[i]], w->local->quaternion[i], NULL) / RAD, 2);
  for (PetscInt g = 0; g < b->grains; g++) b->spread_deg[g] = sqrt(square[g] / PetscMax(count[g], 1));
  PetscCall(PetscFree4(sum, square, first, count));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The grain of most neighbours of an atom, of equal ones the lowest; -1: none has one. */
static PetscInt MostAround(const AetBoundaryWork *w, const PetscInt *grain, PetscInt i)
{
  PetscInt best = -1;
  int      most = 0;

  for (int k = 0; k < AET_LOCAL_NEAREST;) {
    const PetscInt j = AetBoundaryNext(w, i, &k);
    int            votes = 0;
    if (j < 0 || grain[j] < 0) continue;
    for (int m = 0; m < AET_LOCAL_NEAREST;) {
      const PetscInt other = AetBoundaryNext(w, i, &m);
      votes += other >= 0 && grain[other] == grain[j];
    }
    if (votes > most || (votes == most && grain[j] < best)) most = votes, best = grain[j];
  }
  return best;
}

/* Atoms of no grain join that of their neighbours, all at once in every round. */
static PetscErrorCode JoinOthers(const AetBoundaryWork *w, PetscInt *grain)
{
  PetscInt *before;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)w->total + 1, &before));
  for (int round = 0; round < JOINING_LAYERS; round++) {
    PetscCall(PetscArraycpy(before, grain, w->total));
    for (PetscInt i = 0; i < w->total; i++)
      if (before[i] < 0) grain[i] = MostAround(w, before, i);
  }
  PetscCall(PetscFree(before));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* into[g]: the lowest grain that g is one with: they touch, are of one kind and differ by less than the tolerance. */
static void FindSame(const AetBoundaryWork *w, AetBoundaries b, ptrdiff_t *into)
{
  AetPartitionStart(b->grains, into);
  for (PetscInt i = 0; i < w->total; i++)
    for (int k = 0; b->grain[i] >= 0 && k < AET_LOCAL_NEAREST;) {
      const PetscInt j = AetBoundaryNext(w, i, &k), g = b->grain[i], h = j < 0 ? -1 : b->grain[j];
      if (h < 0 || g == h || b->kind[g] != b->kind[h] || AetPartitionFind(into, g) == AetPartitionFind(into, h)) continue;
      if (AetDisorientation(AetBoundaryGroup(w, b->kind[g]), b->quaternion[g], b->quaternion[h], NULL) < w->settings->tolerance_deg * RAD)
        AetPartitionJoin(into, g, h);
    }
  for (PetscInt g = 0; g < b->grains; g++) into[g] = AetPartitionFind(into, g);
}

typedef struct {
  PetscInt atoms, name;
} Sized;

static int LargestFirst(const void *left, const void *right)
{
  const Sized *a = left, *b = right;

  if (a->atoms != b->atoms) return a->atoms > b->atoms ? -1 : 1;
  return (a->name > b->name) - (a->name < b->name);
}

/* number[k]: the place of name k < count among those of at least `least` atoms, largest first; -1 of the others. Returns how many. */
static PetscErrorCode Rank(PetscInt count, const PetscInt *atoms, PetscInt least, PetscInt *number, PetscInt *ranked)
{
  Sized *list;

  PetscFunctionBegin;
  *ranked = 0;
  PetscCall(PetscMalloc1((size_t)count + 1, &list));
  for (PetscInt k = 0; k < count; k++) {
    number[k] = -1;
    if (atoms[k] >= least) list[(*ranked)++] = (Sized){atoms[k], k};
  }
  qsort(list, (size_t)*ranked, sizeof *list, LargestFirst);
  for (PetscInt k = 0; k < *ranked; k++) number[list[k].name] = k;
  PetscCall(PetscFree(list));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Grains of at least min_sites connected atoms, in w->core; room in `b` for what is known of them. */
static PetscErrorCode MakeGrains(AetBoundaryWork *w, AetBoundaries b, const char *steady, ptrdiff_t *parent)
{
  PetscInt *size, *number;

  PetscFunctionBegin;
  PetscCall(PetscCalloc2((size_t)w->total + 1, &size, (size_t)w->total + 1, &number));
  for (PetscInt i = 0; i < w->total; i++)
    if (steady[i]) size[AetPartitionFind(parent, i)]++;
  PetscCall(Rank(w->total, size, w->settings->min_sites, number, &b->grains));
  const size_t room = (size_t)b->grains + 1;
  PetscCall(PetscCalloc4(room, &b->kind, room, &b->quaternion, room, &b->spread_deg, room, &b->sites));
  for (PetscInt i = 0; i < w->total; i++) {
    b->grain[i] = w->core[i] = steady[i] ? number[AetPartitionFind(parent, i)] : -1;
    if (w->core[i] >= 0) b->kind[w->core[i]] = AetBoundaryKindOf(w, i);
  }
  PetscCall(PetscFree2(size, number));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Grains that are one get one number, again by size, all their atoms counted. */
static PetscErrorCode Merge(AetBoundaryWork *w, AetBoundaries b)
{
  const size_t room = (size_t)b->grains + 1;
  PetscInt    *size, *number;
  int         *kind;
  ptrdiff_t   *into;

  PetscFunctionBegin;
  PetscCall(PetscCalloc4(room, &size, room, &number, room, &kind, room, &into));
  FindSame(w, b, into);
  for (PetscInt i = 0; i < w->total; i++)
    if (b->grain[i] >= 0) size[into[b->grain[i]]]++;
  for (PetscInt g = 0; g < b->grains; g++) kind[g] = b->kind[g];
  const PetscInt before = b->grains;
  PetscCall(Rank(before, size, 1, number, &b->grains));
  for (PetscInt g = 0; g < before; g++)
    if (into[g] == g) b->kind[number[g]] = kind[g], b->sites[number[g]] = size[g];
  for (PetscInt i = 0; i < w->total; i++) {
    if (b->grain[i] >= 0) b->grain[i] = number[into[b->grain[i]]];
    if (w->core[i] >= 0) w->core[i] = number[into[w->core[i]]];
  }
  PetscCall(PetscFree4(size, number, kind, into));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetBoundaryFindGrains(AetBoundaryWork *w, AetBoundaries b)
{
  const size_t room = (size_t)w->total + 1;
  ptrdiff_t   *parent;
  double(*q)[4];
  char *steady;

  PetscFunctionBegin;
  PetscCall(PetscMalloc3(room, &parent, room, &q, room, &steady));
  Smooth(w, q);
  FindSteady(w, q, steady);
  Connect(w, steady, parent);
  PetscCall(MakeGrains(w, b, steady, parent));
  PetscCall(PetscFree3(parent, q, steady));
  PetscCall(Average(w, b));
  PetscCall(JoinOthers(w, b->grain));
  PetscCall(Merge(w, b));
  PetscCall(Average(w, b));
  PetscFunctionReturn(PETSC_SUCCESS);
}
