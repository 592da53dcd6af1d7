/* One time onto another from nothing: rotations, shifts, then trials that are fitted to more and more atoms from the inside outwards while
   the worse ones fall. */
#include "atoms/kernel/rigid.h"
#include "series/kernel/icp.h"
#include "series/register_icp.h"
#include "series/register_trials.h"
#include <math.h>
#include <stdlib.h>

enum {
  FIRST_ATOMS = 800,
  GROWTH = 4,
  FIRST_TRIALS = 96,
  LATER_TRIALS = 24,
  SPREAD_ATOMS = 4000,
  ROUNDS = 5,
  LAST_ROUNDS = 8,
  SPACING_ATOMS = 2000, /* at which the density is looked at */
  AROUND = 54           /* others, in the sphere for it: four shells of fcc */
};
#define WORTH 0.9         /* of the best trial's score, to go on */
#define SAME_DEG 3.0      /* trials no farther apart than this */
#define SAME_ANGSTROM 0.7 /* and this are one */

typedef struct {
  double    square;
  ptrdiff_t index;
} Away;

static int Closer(const void *left, const void *right)
{
  const Away *l = left, *r = right;

  if (l->square != r->square) return l->square < r->square ? -1 : 1;
  return (l->index > r->index) - (l->index < r->index);
}

static int Ascending(const void *left, const void *right)
{
  const double l = *(const double *)left, r = *(const double *)right;

  return (l > r) - (l < r);
}

/* The radius about atom i that holds `around` others, between the last of them and the next; `near` and `square` [total]. */
static double RadiusAbout(const AetCloud *c, const AetCells *cells, ptrdiff_t i, ptrdiff_t around, double radius, ptrdiff_t *near,
                          double *square)
{
  const double *x = c->position + 3 * i;
  ptrdiff_t     found = AetCellsNear(cells, c->position, x, radius, c->total, near);

  for (; found < around + 2; radius *= 1.3) found = AetCellsNear(cells, c->position, x, 1.3 * radius, c->total, near);
  for (ptrdiff_t k = 0; k < found; k++) {
    const double *p = c->position + 3 * near[k];
    square[k] = pow(p[0] - x[0], 2) + pow(p[1] - x[1], 2) + pow(p[2] - x[2], 2);
  }
  qsort(square, (size_t)found, sizeof *square, Ascending);
  return (sqrt(square[around]) + sqrt(square[around + 1])) / 2;
}

/* The spacing by how densely atoms are surrounded, where a quarter of them is surrounded more closely: deep inside, wherever that is. */
static PetscErrorCode Spacing(AetCloud *c)
{
  const ptrdiff_t around = PetscMin(AROUND, c->total - 2), every = PetscMax(1, c->total / SPACING_ATOMS);
  ptrdiff_t      *near, sampled = 0;
  double         *square, *radius, low[3], high[3], volume = 1, guess;
  AetCells        cells;

  PetscFunctionBegin;
  for (int k = 0; k < 3; k++) low[k] = high[k] = c->position[k];
  for (ptrdiff_t i = 0; i < 3 * c->total; i++)
    low[i % 3] = fmin(low[i % 3], c->position[i]), high[i % 3] = fmax(high[i % 3], c->position[i]);
  for (int k = 0; k < 3; k++) volume *= fmax(high[k] - low[k], 1e-3);
  guess = cbrt(volume / (double)c->total * (double)around * 3 / (4 * M_PI));
  AetCheck(!AetCellsBuild(&cells, c->total, c->position, guess / 2), AET_ERR_MEMORY, "registration: no memory for the cells of %td atoms",
           c->total);
  PetscCall(PetscMalloc3((size_t)c->total, &near, (size_t)c->total, &square, (size_t)c->total, &radius));
  for (ptrdiff_t i = 0; i < c->total; i += every) radius[sampled++] = RadiusAbout(c, &cells, i, around, guess, near, square);
  AetCellsFree(&cells);
  qsort(radius, (size_t)sampled, sizeof *radius, Ascending);
  /* a close packing has d³/√2 for each atom */
  c->spacing = radius[sampled / 4] * cbrt(sqrt(2) * 4 * M_PI / 3 / (double)(around + 1));
  PetscCall(PetscFree3(near, square, radius));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetCloudDescribe(AetCloud *c)
{
  Away *away;

  PetscFunctionBegin;
  for (int k = 0; k < 3; k++) c->centre[k] = 0;
  for (ptrdiff_t i = 0; i < c->total; i++)
    for (int k = 0; k < 3; k++) c->centre[k] += c->position[3 * i + k] / (double)c->total;
  PetscCall(PetscMalloc1((size_t)c->total + 1, &away));
  PetscCall(PetscMalloc1((size_t)c->total + 1, &c->inner));
  for (ptrdiff_t i = 0; i < c->total; i++) {
    const double *x = c->position + 3 * i, d[3] = {x[0] - c->centre[0], x[1] - c->centre[1], x[2] - c->centre[2]};
    away[i] = (Away){d[0] * d[0] + d[1] * d[1] + d[2] * d[2], i};
  }
  qsort(away, (size_t)c->total, sizeof *away, Closer);
  for (ptrdiff_t i = 0; i < c->total; i++) c->inner[i] = away[i].index;
  PetscCall(PetscFree(away));
  PetscCall(Spacing(c));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* How well the atoms list [count] fall on atoms, those of the same species above all: 1 at best. */
static double Score(const AetTrialSpace *s, ptrdiff_t count, const ptrdiff_t *list, const AetIcpRoom *room)
{
  const double reach = s->settings->icp_angstrom;
  double       sum = 0;

  for (ptrdiff_t k = 0; k < count; k++) {
    const ptrdiff_t j = room->partner[k];
    const int       species = s->a->species[list[k]];
    if (j < 0) continue;
    sum += (1 - room->square[k] / (reach * reach)) * (species >= 0 && species == s->b->species[j] ? 1 : s->settings->other_weight);
  }
  return sum / (double)count;
}

static PetscErrorCode Improve(const AetTrialSpace *s, ptrdiff_t count, int rounds, AetTrial *trial)
{
  AetIcpRoom room;
  double     moved = 1;

  PetscFunctionBegin;
  PetscCall(AetIcpRoomCreate(count, &room));
  for (int round = 0; round <= rounds; round++) {
    AetIcpNearest(&s->b_cells, s->b->position, s->a->position, count, s->a->inner, trial->fit.linear, trial->fit.shift,
                  s->settings->icp_angstrom, room.partner, room.square);
    if (round == rounds || moved < 1e-7) break;
    if (AetIcpFit(s->a, s->b, count, s->a->inner, s->settings, AET_FIT_SCALE, &room, &trial->fit, &moved)) break;
  }
  trial->score = Score(s, count, s->a->inner, &room);
  PetscCall(AetIcpRoomDestroy(&room));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* All trials with the innermost `atoms`; the ranks share the trials. */
static PetscErrorCode ImproveAll(const AetTrialSpace *s, ptrdiff_t total, ptrdiff_t atoms, int rounds, AetTrial **trial)
{
  ptrdiff_t      start, count;
  int            rank, size;
  AetTrial      *old = *trial;
  PetscErrorCode code = PETSC_SUCCESS;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(s->comm, &rank));
  PetscCallMPI(MPI_Comm_size(s->comm, &size));
  AetBlock(total, rank, size, &start, &count);
  for (ptrdiff_t i = start; i < start + count && !code; i++) code = Improve(s, atoms, rounds, old + i);
  PetscCall(AetAgree(s->comm, code));
  PetscCall(AetTrialsGather(s->comm, total, 1, old + start, trial));
  PetscCall(PetscFree(old));
  AetTrialsSort(total, *trial);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static int Same(const AetTrialSpace *s, const AetTrial *t, const AetTrial *u)
{
  double x[3], y[3];

  if (AetFitTurnAngle(t->fit.rotation, u->fit.rotation) > SAME_DEG * AET_DEG) return 0;
  AetFitMap(t->fit.linear, t->fit.shift, s->a->centre, x);
  AetFitMap(u->fit.linear, u->fit.shift, s->a->centre, y);
  return pow(x[0] - y[0], 2) + pow(x[1] - y[1], 2) + pow(x[2] - y[2], 2) < SAME_ANGSTROM * SAME_ANGSTROM;
}

/* Keeps the distinct trials that are worth it, `most` at most; remembers how good the best of those that fall was. */
static ptrdiff_t Prune(const AetTrialSpace *s, ptrdiff_t count, ptrdiff_t most, AetTrial *trial, double *second)
{
  ptrdiff_t kept = 0;

  for (ptrdiff_t i = 0; i < count; i++) {
    int known = 0;
    for (ptrdiff_t k = 0; k < kept && !known; k++) known = Same(s, trial + i, trial + k);
    if (known) continue;
    if (kept < most && trial[i].score >= WORTH * trial[0].score)
      trial[kept++] = trial[i];
    else if (trial[0].score > 0)
      *second = fmax(*second, trial[i].score / trial[0].score);
  }
  return kept;
}

/* Scores as they stand, by atoms from all over the particle: where a crystal has one species, or its order repeats, the surface alone tells
   its equivalent places apart. */
static PetscErrorCode ScoreAll(const AetTrialSpace *s, ptrdiff_t total, AetTrial **trial)
{
  const ptrdiff_t every = PetscMax(1, s->a->total / SPREAD_ATOMS), atoms = (s->a->total + every - 1) / every;
  ptrdiff_t       start, count, *list;
  int             rank, size;
  AetTrial       *old = *trial;
  AetIcpRoom      room;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(s->comm, &rank));
  PetscCallMPI(MPI_Comm_size(s->comm, &size));
  AetBlock(total, rank, size, &start, &count);
  PetscCall(AetIcpRoomCreate(atoms, &room));
  PetscCall(PetscMalloc1((size_t)atoms, &list));
  for (ptrdiff_t k = 0; k < atoms; k++) list[k] = s->a->inner[k * every];
  for (ptrdiff_t i = start; i < start + count; i++) {
    AetIcpNearest(&s->b_cells, s->b->position, s->a->position, atoms, list, old[i].fit.linear, old[i].fit.shift, s->settings->icp_angstrom,
                  room.partner, room.square);
    old[i].score = Score(s, atoms, list, &room);
  }
  PetscCall(PetscFree(list));
  PetscCall(AetIcpRoomDestroy(&room));
  PetscCall(AetTrialsGather(s->comm, total, 1, old + start, trial));
  PetscCall(PetscFree(old));
  AetTrialsSort(total, *trial);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Stages(const AetTrialSpace *s, ptrdiff_t count, AetTrial **trial, AetPairFit *pair)
{
  ptrdiff_t atoms = PetscMin(FIRST_ATOMS, s->a->total);
  double    second = 0;

  PetscFunctionBegin;
  count = PetscMin(count, FIRST_TRIALS);
  for (ptrdiff_t i = 0; i < count; i++) (*trial)[i].near = 0;
  PetscCall(ImproveAll(s, count, atoms, ROUNDS, trial));
  count = Prune(s, count, count, *trial, &second);
  PetscCall(ScoreAll(s, count, trial));
  for (ptrdiff_t most = LATER_TRIALS; atoms < s->a->total; most = PetscMax(6, most / 2)) {
    count = Prune(s, count, most, *trial, &second);
    atoms = PetscMin(GROWTH * atoms, s->a->total);
    PetscCall(ImproveAll(s, count, atoms, ROUNDS, trial));
  }
  PetscCall(ImproveAll(s, count, atoms, LAST_ROUNDS, trial));
  count = Prune(s, count, count, *trial, &second);
  if (count > 1) second = fmax(second, (*trial)[1].score / (*trial)[0].score);
  pair->fit = (*trial)[0].fit;
  pair->margin = fmax(0, 1 - second);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetRegisterCoarse(MPI_Comm comm, const AetCloud *a, const AetCloud *b, const AetRegistrationSettings *settings,
                                 AetPairFit *pair)
{
  AetTrialSpace s = {.comm = comm, .a = a, .b = b, .settings = settings};
  AetTrial     *trial;
  ptrdiff_t     count;
  int           failed;

  PetscFunctionBegin;
  failed = AetCellsBuild(&s.a_cells, a->total, a->position, settings->icp_angstrom);
  failed = AetCellsBuild(&s.b_cells, b->total, b->position, settings->icp_angstrom) || failed;
  PetscCall(
      AetAgree(comm, failed ? AetRaise(AET_ERR_MEMORY, "registration: no memory for the cells of %td atoms", a->total) : PETSC_SUCCESS));
  PetscCall(AetTrialTurns(&s, &count, &trial));
  PetscCall(AetTrialShifts(&s, &count, &trial));
  PetscCall(Stages(&s, count, &trial, pair));
  PetscCall(PetscFree(trial));
  AetCellsFree(&s.a_cells);
  AetCellsFree(&s.b_cells);
  PetscFunctionReturn(PETSC_SUCCESS);
}
