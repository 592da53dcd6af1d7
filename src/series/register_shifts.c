/* Shifts of one list of atoms against another at given rotations: the histogram of the differences between all atoms of the two. In a
   crystal it peaks at every vector of the lattice; species, and the surface where there is one species alone, tell these apart. */
#include "atoms/kernel/rigid.h"
#include "series/kernel/vectors.h"
#include "series/register_trials.h"
#include <math.h>
#include <stdlib.h>

enum { SHIFT_ATOMS = 800, PER_TURN = 8, HALF = 22, EDGE = 2 * HALF + 1 };
#define VOXEL 0.18        /* spacings */
#define SIGMA_VOXELS 1.2  /* 0.6 Å: noise of both and what the rotation is off */
#define NEAR_SPACINGS 1.5 /* the shift that puts the middles on each other is preferred softly for one of the trials */

typedef struct {
  double    value;
  ptrdiff_t place;
} Peak;

static int Higher(const void *left, const void *right)
{
  const Peak *l = left, *r = right;

  if (l->value != r->value) return l->value > r->value ? -1 : 1;
  return (l->place > r->place) - (l->place < r->place);
}

static int IsPeak(const double *value, ptrdiff_t z, ptrdiff_t y, ptrdiff_t x)
{
  const double v = value[(z * EDGE + y) * EDGE + x];

  for (ptrdiff_t k = z - 1; k <= z + 1; k++)
    for (ptrdiff_t j = y - 1; j <= y + 1; j++)
      for (ptrdiff_t i = x - 1; i <= x + 1; i++)
        if (value[(k * EDGE + j) * EDGE + i] > v) return 0;
  return v > 0;
}

/* Squared distance of a place from the middle, voxels. */
static double Off(ptrdiff_t place)
{
  const double x = (double)(place % EDGE - HALF), y = (double)(place / EDGE % EDGE - HALF), z = (double)(place / EDGE / EDGE - HALF);

  return x * x + y * y + z * z;
}

/* The highest peaks, best first, and the best that is near the middle, whose place among them is `middle`; returns how many. */
static int Peaks(const double *value, Peak *room, Peak peak[PER_TURN], int *middle)
{
  ptrdiff_t found = 0, near = 0;
  int       kept;
  double    best = -1;

  for (ptrdiff_t z = 1; z < EDGE - 1; z++)
    for (ptrdiff_t y = 1; y < EDGE - 1; y++)
      for (ptrdiff_t x = 1; x < EDGE - 1; x++) {
        const ptrdiff_t place = (z * EDGE + y) * EDGE + x;
        if (IsPeak(value, z, y, x)) room[found++] = (Peak){value[place], place};
      }
  *middle = -1;
  if (!found) return 0;
  qsort(room, (size_t)found, sizeof *room, Higher);
  kept = (int)PetscMin(found, PER_TURN - 1);
  for (int k = 0; k < kept; k++) peak[k] = room[k];
  for (ptrdiff_t k = 0; k < found; k++) {
    const double soft = room[k].value * exp(-0.5 * Off(room[k].place) * VOXEL * VOXEL / (NEAR_SPACINGS * NEAR_SPACINGS));
    if (soft > best) best = soft, near = k;
  }
  *middle = (int)PetscMin(near, kept);
  if (near >= kept) peak[kept++] = room[near];
  return kept;
}

/* Shifts for one rotation: fills PER_TURN trials, those that are not there with a score below all. */
static int OfTurn(const AetTrialSpace *s, const AetTrial *turn, AetTrial *made)
{
  const AetCloud *a = s->a, *b = s->b;
  const double    pixel = VOXEL * b->spacing;
  double         *value = malloc(EDGE * EDGE * EDGE * sizeof *value), line[EDGE], zero[3] = {0}, turned[3], middle[3];
  Peak           *room = malloc(EDGE * EDGE * EDGE * sizeof *room), peak[PER_TURN];
  int             peaks, near = -1;

  if (!value || !room) {
    free(value);
    free(room);
    return 1;
  }
  AetFitMap(turn->fit.linear, zero, a->centre, turned);
  for (int k = 0; k < 3; k++) middle[k] = b->centre[k] - turned[k];
  AetShiftHistogram(&s->b_cells, b->position, b->species, a->position, a->species, PetscMin(a->total, SHIFT_ATOMS), a->inner,
                    turn->fit.linear, middle, HALF, pixel, s->settings->other_weight, value);
  AetSmoothCube(EDGE, SIGMA_VOXELS, value, line);
  peaks = Peaks(value, room, peak, &near);
  for (int p = 0; p < PER_TURN; p++) {
    const ptrdiff_t place = p < peaks ? peak[p].place : 0, at[3] = {place % EDGE, place / EDGE % EDGE, place / EDGE / EDGE};
    made[p] = *turn;
    made[p].order = turn->order * PER_TURN + p;
    made[p].score = p < peaks ? peak[p].value : -1;
    made[p].near = p == near;
    for (int k = 0; k < 3; k++) made[p].fit.shift[k] = middle[k] + (double)(at[k] - HALF) * pixel;
  }
  free(value);
  free(room);
  return 0;
}

PetscErrorCode AetTrialShifts(const AetTrialSpace *space, ptrdiff_t *count, AetTrial **trial)
{
  const ptrdiff_t turns = *count;
  ptrdiff_t       start, mine_count, kept = 0;
  int             rank, size, failed = 0;
  AetTrial       *mine;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(space->comm, &rank));
  PetscCallMPI(MPI_Comm_size(space->comm, &size));
  AetBlock(turns, rank, size, &start, &mine_count);
  PetscCall(PetscMalloc1((size_t)mine_count * PER_TURN + 1, &mine));
#pragma omp parallel for schedule(dynamic, 1) num_threads(AetThreads()) reduction(| : failed)
  for (ptrdiff_t i = 0; i < mine_count; i++) failed |= OfTurn(space, *trial + start + i, mine + i * PER_TURN);
  PetscCall(AetAgree(space->comm, failed ? AetRaise(AET_ERR_MEMORY, "registration: no memory for a histogram of shifts") : PETSC_SUCCESS));
  PetscCall(PetscFree(*trial));
  PetscCall(AetTrialsGather(space->comm, turns, PER_TURN, mine, trial));
  PetscCall(PetscFree(mine));
  for (ptrdiff_t i = 0; i < turns * PER_TURN; i++)
    if ((*trial)[i].score >= 0) (*trial)[kept++] = (*trial)[i];
  AetTrialsSort(kept, *trial);
  *count = kept;
  PetscFunctionReturn(PETSC_SUCCESS);
}
