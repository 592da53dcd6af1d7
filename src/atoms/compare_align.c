/* Two models in one frame: exchanges of axes, and rotations found by a coarse search and Kabsch's fit to nearest pairs. */
#include "atoms/compare_private.h"
#include "atoms/kernel/cells.h"
#include "atoms/kernel/pair.h"
#include "atoms/kernel/rigid.h"
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ATOMS 80 /* about the centre: their distances from it set how fine rotations must be searched */
#define COARSE_TURNS 30000
#define KEPT_COARSE 600 /* that are improved with these atoms, then with more */
#define INNER_ATOMS 250
#define KEPT_FINE 24 /* that are improved with all atoms */
#define SOFT_ANGSTROM 0.9
#define REACH_ANGSTROM 2.0
#define ROUNDS 60

/* A trial: found atoms map to R x + shift. */
typedef struct {
  double R[9], shift[3], score;
  int    order;
} Turn;

static int Better(const void *left, const void *right)
{
  const Turn *l = left, *r = right;

  if (l->score != r->score) return l->score > r->score ? -1 : 1;
  return (l->order > r->order) - (l->order < r->order);
}

static void Apply(const double R[9], const double x[3], const double shift[3], double y[3])
{
  for (int k = 0; k < 3; k++) y[k] = R[3 * k] * x[0] + R[3 * k + 1] * x[1] + R[3 * k + 2] * x[2] + shift[k];
}

static void Centroid(PetscInt count, const double *x, double centre[3])
{
  for (int k = 0; k < 3; k++) centre[k] = 0;
  for (PetscInt i = 0; i < count; i++)
    for (int k = 0; k < 3; k++) centre[k] += x[3 * i + k] / (double)count;
}

/* The nearest reference atom within the reach; -1 if there is none. */
static ptrdiff_t Nearest(const AetCells *cells, const double *truth, const double x[3], double reach, double *square)
{
  ptrdiff_t near[32], best = -1, found = AetCellsNear(cells, truth, x, reach, 32, near);

  *square = reach * reach;
  for (ptrdiff_t k = 0; k < PetscMin(found, 32); k++) {
    const double *t = truth + 3 * near[k],
                 d = (x[0] - t[0]) * (x[0] - t[0]) + (x[1] - t[1]) * (x[1] - t[1]) + (x[2] - t[2]) * (x[2] - t[2]);
    if (d <= *square) *square = d, best = near[k];
  }
  return best;
}

/* How well points [count] fall on reference atoms; a pair of the same name counts a little more, which tells apart the equivalent turns of
   a crystal. */
static double Score(const AetCompareLists *lists, const AetCells *cells, PetscInt count, const PetscInt *list, const Turn *turn,
                    double soft)
{
  double sum = 0;

  for (PetscInt i = 0; i < count; i++) {
    const PetscInt f = list[i];
    double         x[3], square;
    ptrdiff_t      near;
    Apply(turn->R, lists->found_position + 3 * f, turn->shift, x);
    near = Nearest(cells, lists->truth_position, x, REACH_ANGSTROM, &square);
    if (near < 0) continue;
    sum += exp(-0.5 * square / (soft * soft)) * (lists->found_species[f] == lists->truth_species[near] ? 1 : 0.8);
  }
  return sum;
}

/* Kabsch's fit to the nearest pairs, again and again, until it rests. `mirror` was applied to the found atoms before. */
static void Improve(const AetCompareLists *lists, const AetCells *cells, PetscInt count, const PetscInt *list, const double mirror[9],
                    double reach, int rounds, double *a, double *b, Turn *turn)
{
  const double none[3] = {0};

  for (int round = 0; round < rounds; round++) {
    PetscInt pairs = 0;
    double   R[9], moved = 0;
    Turn     next;
    for (PetscInt i = 0; i < count; i++) {
      double    x[3], square;
      ptrdiff_t near;
      Apply(turn->R, lists->found_position + 3 * list[i], turn->shift, x);
      near = Nearest(cells, lists->truth_position, x, reach, &square);
      if (near < 0) continue;
      Apply(mirror, lists->found_position + 3 * list[i], none, a + 3 * pairs);
      memcpy(b + 3 * pairs, lists->truth_position + 3 * near, 3 * sizeof(double));
      pairs++;
    }
    if (pairs < 3) return;
    AetRigidFit(pairs, a, b, R, next.shift);
    AetRotationTimes(R, mirror, next.R);
    for (int k = 0; k < 9; k++) moved = fmax(moved, fabs(next.R[k] - turn->R[k]));
    for (int k = 0; k < 3; k++) moved = fmax(moved, 0.01 * fabs(next.shift[k] - turn->shift[k]));
    memcpy(turn->R, next.R, sizeof turn->R);
    memcpy(turn->shift, next.shift, sizeof turn->shift);
    if (moved < 1e-9) return;
  }
}

typedef struct {
  double   square;
  PetscInt index;
} Away;

static int Closer(const void *left, const void *right)
{
  const Away *l = left, *r = right;

  if (l->square != r->square) return l->square < r->square ? -1 : 1;
  return (l->index > r->index) - (l->index < r->index);
}

/* Found atoms by their distance from their centroid. */
static PetscErrorCode ByDistance(const AetCompareLists *lists, const double centre[3], PetscInt *list)
{
  Away *away;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)lists->found + 1, &away));
  for (PetscInt i = 0; i < lists->found; i++) {
    const double *x = lists->found_position + 3 * i;
    away[i] = (Away){pow(x[0] - centre[0], 2) + pow(x[1] - centre[1], 2) + pow(x[2] - centre[2], 2), i};
  }
  if (lists->found) qsort(away, (size_t)lists->found, sizeof *away, Closer);
  for (PetscInt i = 0; i < lists->found; i++) list[i] = away[i].index;
  PetscCall(PetscFree(away));
  PetscFunctionReturn(PETSC_SUCCESS);
}

typedef struct {
  const AetCompareLists *lists;
  AetCells               cells;
  PetscInt              *list; /* of the found atoms, the innermost first */
  double                 found_centre[3], truth_centre[3];
} Search;

/* Scores `count` turns of this rank's block and gathers the best of all ranks. `make` gives turn `index`. */
static PetscErrorCode Coarse(MPI_Comm comm, const Search *s, PetscBool mirrors, PetscInt kept, Turn **best)
{
  const PetscInt total = COARSE_TURNS * (mirrors ? 2 : 1), first = PetscMin(FIRST_ATOMS, s->lists->found);
  int            rank, size;
  ptrdiff_t      start, count;
  PetscInt       gathered;
  Turn          *mine;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  AetBlock(total, rank, size, &start, &count);
  PetscCall(PetscMalloc1((size_t)count + 1, &mine));
#pragma omp parallel for schedule(dynamic, 64) num_threads(AetThreads())
  for (ptrdiff_t i = 0; i < count; i++) {
    Turn        *t = mine + i;
    const double none[3] = {0};
    double       turned[3];
    t->order = (int)(start + i);
    AetRotationSpread(t->order % COARSE_TURNS, COARSE_TURNS, t->R);
    for (int k = 0; k < 9 && t->order >= COARSE_TURNS; k++) t->R[k] = -t->R[k];
    Apply(t->R, s->found_centre, none, turned);
    for (int k = 0; k < 3; k++) t->shift[k] = s->truth_centre[k] - turned[k];
    t->score = Score(s->lists, &s->cells, first, s->list, t, SOFT_ANGSTROM);
  }
  if (count) qsort(mine, (size_t)count, sizeof *mine, Better);
  PetscCall(AetRecordsGather(comm, (PetscInt)PetscMin(count, kept), mine, sizeof *mine, &gathered, best));
  qsort(*best, (size_t)gathered, sizeof **best, Better);
  PetscCall(PetscFree(mine));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Improves turn[count] with the `atoms` innermost atoms and puts the best first; every rank does all. */
static PetscErrorCode ImproveAll(const Search *s, PetscInt count, PetscInt atoms, double reach, int rounds, Turn *turn)
{
  PetscErrorCode bad = PETSC_SUCCESS;

  PetscFunctionBegin;
#pragma omp parallel for schedule(dynamic, 1) num_threads(AetThreads())
  for (PetscInt i = 0; i < count; i++) {
    const double determinant = turn[i].R[0] * (turn[i].R[4] * turn[i].R[8] - turn[i].R[5] * turn[i].R[7]) -
                               turn[i].R[1] * (turn[i].R[3] * turn[i].R[8] - turn[i].R[5] * turn[i].R[6]) +
                               turn[i].R[2] * (turn[i].R[3] * turn[i].R[7] - turn[i].R[4] * turn[i].R[6]);
    const double side = determinant < 0 ? -1 : 1, mirror[9] = {side, 0, 0, 0, side, 0, 0, 0, side};
    double      *room = malloc((6 * (size_t)atoms + 1) * sizeof *room);
    if (!room) {
      bad = PETSC_ERR_MEM;
      continue;
    }
    Improve(s->lists, &s->cells, atoms, s->list, mirror, reach, rounds, room, room + 3 * atoms, turn + i);
    turn[i].score = Score(s->lists, &s->cells, atoms, s->list, turn + i, 0.5 * SOFT_ANGSTROM);
    free(room);
  }
  PetscCheck(!bad, PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory to turn %d atoms", (int)atoms);
  qsort(turn, (size_t)count, sizeof *turn, Better);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Drops turns that are nearly one of those before. */
static PetscInt Distinct(PetscInt count, PetscInt most, Turn *turn)
{
  PetscInt kept = 0;

  for (PetscInt i = 0; i < count && kept < most; i++) {
    PetscBool known = PETSC_FALSE;
    for (PetscInt k = 0; k < kept && !known; k++) {
      double apart = 0;
      for (int m = 0; m < 9; m++) apart = fmax(apart, fabs(turn[i].R[m] - turn[k].R[m]));
      for (int m = 0; m < 3; m++) apart = fmax(apart, 0.2 * fabs(turn[i].shift[m] - turn[k].shift[m]));
      known = (PetscBool)(apart < 0.02);
    }
    if (!known) turn[kept++] = turn[i];
  }
  return kept;
}

static PetscErrorCode Rigid(MPI_Comm comm, Search *s, const AetCompareSettings *settings, Turn *best)
{
  const PetscInt found = s->lists->found, inner = PetscMin(INNER_ATOMS, found);
  Turn          *turn;
  PetscInt       kept;

  PetscFunctionBegin;
  PetscCall(Coarse(comm, s, settings->mirror, KEPT_COARSE, &turn));
  PetscCall(ImproveAll(s, KEPT_COARSE, PetscMin(FIRST_ATOMS, found), REACH_ANGSTROM, 6, turn));
  kept = Distinct(KEPT_COARSE, KEPT_COARSE, turn);
  PetscCall(ImproveAll(s, kept, inner, REACH_ANGSTROM, 8, turn));
  kept = Distinct(kept, KEPT_FINE, turn);
  for (double part = 0.1; part < 1; part *= 3) { /* from the inside outwards: a small turn moves the outermost atoms far */
    PetscCall(ImproveAll(s, kept, PetscMax(inner, (PetscInt)(part * found)), REACH_ANGSTROM, 8, turn));
    while (kept > 1 && turn[kept - 1].score < 0.9 * turn[0].score) kept--;
  }
  PetscCall(ImproveAll(s, kept, found, PetscMin(settings->cutoff_angstrom, REACH_ANGSTROM), ROUNDS, turn));
  *best = turn[0];
  PetscCall(PetscFree(turn));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Centroids on each other, improved by the nearest pairs' mean difference. */
static void Axes(const Search *s, const AetCompareSettings *settings, Turn *best)
{
  const double none[3] = {0};

  best->score = -1;
  for (int index = 0; index < (settings->mirror ? 48 : 24); index++) {
    Turn   t;
    double turned[3];
    AetRotationAxes(index, t.R);
    Apply(t.R, s->found_centre, none, turned);
    for (int k = 0; k < 3; k++) t.shift[k] = s->truth_centre[k] - turned[k];
    for (int round = 0; round < 20; round++) {
      double sum[4] = {0};
      for (PetscInt i = 0; i < s->lists->found; i++) {
        double    x[3], square;
        ptrdiff_t near;
        Apply(t.R, s->lists->found_position + 3 * i, t.shift, x);
        near = Nearest(&s->cells, s->lists->truth_position, x, REACH_ANGSTROM, &square);
        if (near < 0) continue;
        for (int k = 0; k < 3; k++) sum[k] += s->lists->truth_position[3 * near + k] - x[k];
        sum[3]++;
      }
      for (int k = 0; k < 3 && sum[3] > 0; k++) t.shift[k] += sum[k] / sum[3];
    }
    t.score = Score(s->lists, &s->cells, s->lists->found, s->list, &t, 0.5 * SOFT_ANGSTROM);
    if (t.score > best->score) *best = t;
  }
}

/* Positions and standard deviations (their axes taken as independent) in the new frame. */
static void Turned(AetCompareLists *lists, const double R[9], const double shift[3])
{
  for (PetscInt i = 0; i < lists->found; i++) {
    double x[3], variance[3] = {0};
    Apply(R, lists->found_position + 3 * i, shift, x);
    for (int k = 0; k < 3; k++)
      for (int l = 0; l < 3; l++) variance[k] += pow(R[3 * k + l] * lists->found_sigma[3 * i + l], 2);
    for (int k = 0; k < 3; k++) lists->found_position[3 * i + k] = x[k], lists->found_sigma[3 * i + k] = sqrt(variance[k]);
  }
}

PetscErrorCode AetCompareAlign(MPI_Comm comm, AetCompareLists *lists, const AetCompareSettings *settings, AetCompareResult *result)
{
  Search         s = {.lists = lists};
  Turn           best;
  PetscErrorCode code = PETSC_SUCCESS;

  PetscFunctionBegin;
  for (int k = 0; k < 9; k++) result->rotation[k] = k % 4 == 0;
  if (settings->align != AET_ALIGN_AXES && settings->align != AET_ALIGN_RIGID) PetscFunctionReturn(PETSC_SUCCESS);
  if (lists->found < 3 || lists->truth < 3) PetscFunctionReturn(PETSC_SUCCESS); /* no frame to find */
  Centroid(lists->found, lists->found_position, s.found_centre);
  Centroid(lists->truth, lists->truth_position, s.truth_centre);
  PetscCall(PetscMalloc1((size_t)lists->found + 1, &s.list));
  PetscCall(ByDistance(lists, s.found_centre, s.list));
  PetscCheck(!AetCellsBuild(&s.cells, lists->truth, lists->truth_position, REACH_ANGSTROM), PETSC_COMM_SELF, PETSC_ERR_MEM,
             "no memory for the cells of %d atoms", (int)lists->truth);
  if (settings->align == AET_ALIGN_AXES)
    Axes(&s, settings, &best);
  else
    code = Rigid(comm, &s, settings, &best);
  AetCellsFree(&s.cells);
  PetscCall(PetscFree(s.list));
  PetscCall(code);
  Turned(lists, best.R, best.shift);
  memcpy(result->rotation, best.R, sizeof best.R);
  memcpy(result->moved_angstrom, best.shift, sizeof best.shift);
  PetscFunctionReturn(PETSC_SUCCESS);
}
