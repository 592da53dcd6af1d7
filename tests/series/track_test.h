/* What the tests of tracking share: the simulated annealing series as if registered without error, and its scripted events as a score. */
#ifndef AET_TESTS_TRACK_TEST_H
#define AET_TESTS_TRACK_TEST_H

#include "mpi_test.h"
#include <aet4d/series.h>
#include <aet4d/simulate.h>

/* A series measured: atoms lost and misnamed, its registration by the truth, its order parameters on the true lattice. */
typedef struct {
  AetSpecimenSeries series;
  int               times;
  AetAtoms         *atoms;
  AetRegistration   registration;
  AetHistoryOrder   order;
  AetOrderPlan     *plan;
  int             **true_nucleus; /* [times][total] */
  int (**index)[3];
  PetscInt **grain;
} TrackCase;

static inline void TrackOptions(const char *list)
{
  char copy[1024], *state = NULL;

  AET_TEST_CALL(PetscOptionsClear(NULL));
  AET_TEST_CALL(AetOptionsRegister(&AetSimulateOptions));
  AET_TEST_CALL(AetOptionsRegister(&AetSimulateSeriesOptions));
  AET_TEST_CALL(AetOptionsRegister(&AetBaseOptions));
  snprintf(copy, sizeof copy, "%s", list);
  for (char *key = strtok_r(copy, " ", &state); key; key = strtok_r(NULL, " ", &state)) {
    char name[96], *value = strtok_r(NULL, " ", &state);
    snprintf(name, sizeof name, "-%s", key);
    AET_TEST_CALL(PetscOptionsSetValue(NULL, name, value));
  }
}

static inline PetscErrorCode TrackEvaluate(void *context, int time, PetscInt replica, const int *species, double *order, int *phase)
{
  TrackCase *c = context;

  PetscFunctionBegin;
  (void)replica;
  PetscCall(AetOrderBest(c->plan[time], species, AET_PHASES_ORDERED, AetPhases, order, phase));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One time, in the frame of the particle: the registration's arrays, the atoms, the order. */
static inline void TrackTime(TrackCase *c, int t, double wrong, double lost, uint64_t seed)
{
  const AetSpecimen *s = &c->series.specimen[t];
  AetRegistration    reg = c->registration;
  const double       half = 3.87 / 2, cell[1][9] = {{3.87, 0, 0, 0, 3.87, 0, 0, 0, 3.87}}, *R = c->series.rotation[t];
  const char        *symbols[AET_SPECIES_MAX];
  const size_t       room = (size_t)s->count + 1;
  PetscInt           n = 0;
  int                rank, size;
  ptrdiff_t          start, count;

  reg->position[t] = malloc(sizeof(double) * 3 * room), reg->species[t] = malloc(sizeof(int) * room);
  reg->site[t] = malloc(sizeof(PetscInt) * room), c->true_nucleus[t] = malloc(sizeof(int) * room);
  c->index[t] = malloc(sizeof(int[3]) * room), c->grain[t] = calloc(room, sizeof(PetscInt));
  for (PetscInt i = 0; i < s->count; i++) {
    const uint64_t key = (uint64_t)s->site[i];
    if (AetRandomUniform(seed, (uint64_t)(9000 + t), key) < lost) continue;
    for (int a = 0; a < 3; a++) {
      double x = 0;
      for (int b = 0; b < 3; b++) x += R[3 * b + a] * (s->position[3 * i + b] - c->series.shift[t][b]);
      c->index[t][n][a] = (int)lround(x / half);
      reg->position[t][3 * n + a] = x + 0.2 * AetRandomNormal(seed, (uint64_t)(9200 + 3 * t + a), key);
    }
    reg->species[t][n] = (s->species[i] + (AetRandomUniform(seed, (uint64_t)(9100 + t), key) < wrong)) % 2;
    reg->site[t][n] = s->site[i] - 1;
    reg->atom[(ptrdiff_t)(s->site[i] - 1) * c->times + t] = n;
    c->true_nucleus[t][n++] = s->nucleus[i];
  }
  reg->total[t] = n;
  AET_TEST_CALL(AetOrderPlanCreateSites(n, 1, c->grain[t], (const int(*)[3])c->index[t], cell, 3.87, &c->plan[t]));
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  AetBlock(n, rank, size, &start, &count);
  for (int k = 0; k < 2; k++) symbols[k] = s->symbol[k];
  AET_TEST_CALL(AetAtomsCreate(MPI_COMM_WORLD, (PetscInt)count, 2, symbols, &c->atoms[t]));
  for (ptrdiff_t i = 0; i < count; i++) {
    for (int a = 0; a < 3; a++) c->atoms[t]->position[3 * i + a] = reg->position[t][3 * (start + i) + a];
    c->atoms[t]->species[i] = reg->species[t][start + i];
    for (int k = 0; k < 2; k++) c->atoms[t]->probability[2 * i + k] = k == c->atoms[t]->species[i] ? 1 - wrong : wrong;
  }
}

static inline TrackCase TrackCaseMake(const char *options, double wrong, double lost, uint64_t seed)
{
  TrackCase c = {0};
  PetscInt  sites = 0;

  TrackOptions(options);
  AET_TEST_CALL(AetSpecimenSeriesFromOptions(&c.series));
  c.times = c.series.times;
  c.registration = calloc(1, sizeof *c.registration);
  c.atoms = calloc((size_t)c.times, sizeof *c.atoms), c.plan = calloc((size_t)c.times, sizeof *c.plan);
  c.true_nucleus = calloc((size_t)c.times, sizeof *c.true_nucleus);
  c.index = calloc((size_t)c.times, sizeof *c.index), c.grain = calloc((size_t)c.times, sizeof *c.grain);
  for (int t = 0; t < c.times; t++)
    for (PetscInt i = 0; i < c.series.specimen[t].count; i++) sites = PetscMax(sites, c.series.specimen[t].site[i]);
  AetRegistration reg = c.registration;
  reg->times = c.times, reg->sites = sites, reg->species_count = 2, reg->neighbour_angstrom = 3.87 / sqrt(2);
  for (int k = 0; k < 2; k++) memcpy(reg->symbol[k], c.series.specimen[0].symbol[k], sizeof reg->symbol[k]);
  reg->position = calloc((size_t)c.times, sizeof *reg->position), reg->species = calloc((size_t)c.times, sizeof *reg->species);
  reg->site = calloc((size_t)c.times, sizeof *reg->site), reg->total = calloc((size_t)c.times, sizeof *reg->total);
  reg->atom = malloc(sizeof *reg->atom * (size_t)(sites * c.times));
  for (PetscInt i = 0; i < sites * c.times; i++) reg->atom[i] = -1;
  for (int t = 0; t < c.times; t++) TrackTime(&c, t, wrong, lost, seed);
  c.order = (AetHistoryOrder){
      NULL, AET_PHASES_ORDERED, TrackEvaluate, PETSC_TRUE, (const int(*const *)[3])c.index, (const PetscInt *const *)c.grain};
  return c;
}

static inline void TrackCaseFree(TrackCase *c)
{
  AetRegistration reg = c->registration;

  for (int t = 0; t < c->times; t++) {
    AET_TEST_CALL(AetAtomsDestroy(&c->atoms[t]));
    AET_TEST_CALL(AetOrderPlanDestroy(&c->plan[t]));
    free(reg->position[t]), free(reg->species[t]), free(reg->site[t]), free(c->true_nucleus[t]), free(c->index[t]), free(c->grain[t]);
  }
  free(reg->position), free(reg->species), free(reg->site), free(reg->total), free(reg->atom), free(reg);
  free(c->atoms), free(c->plan), free(c->true_nucleus), free(c->index), free(c->grain);
  AetSpecimenSeriesDestroy(&c->series);
}

/* The scripted nucleus that most sites of a nucleus belong to. */
static inline int TrackTrueNucleus(const TrackCase *c, AetHistory h, int t, PetscInt id)
{
  int votes[64] = {0}, best = 0;

  for (PetscInt i = 0; i < c->registration->total[t]; i++)
    if (h->label[t][i] == id) votes[PetscMin(63, c->true_nucleus[t][i])]++;
  for (int k = 1; k < 64; k++)
    if (votes[k] > votes[best] || (!best && votes[k])) best = k;
  return best;
}

static inline PetscBool TrackSame(const TrackCase *c, AetHistory h, const AetHistoryEvent *e, const AetScriptedEvent *s)
{
  if (e->kind != s->kind || e->from_time != s->from_time || e->from_count != s->from_count || e->to_count != s->to_count)
    return PETSC_FALSE;
  for (int side = 0; side < 2; side++)
    for (int k = 0; k < (side ? e->to_count : e->from_count); k++) {
      const int own = TrackTrueNucleus(c, h, e->from_time + side, side ? e->to[k] : e->from[k]);
      PetscBool there = PETSC_FALSE;
      for (int j = 0; j < (side ? s->to_count : s->from_count); j++) there = (PetscBool)(there || own == (side ? s->to[j] : s->from[j]));
      if (!there) return PETSC_FALSE;
    }
  return PETSC_TRUE;
}

/* Scripted events found with at least the probability; events beside them. */
typedef struct {
  int    scripted, found, events, spurious, claimed_spurious; /* claimed: with at least the probability */
  double least;                                               /* smallest probability of a scripted event, 0 where one is missing */
  double worst; /* largest probability of an event of another kind than fluctuation that is not in the script */
} TrackScore;

static inline TrackScore TrackScoreOf(const TrackCase *c, AetHistory h, double probability)
{
  TrackScore score = {.scripted = (int)c->series.events, .events = (int)h->events, .least = 1};

  for (PetscInt s = 0; s < c->series.events; s++) {
    double best = 0;
    for (PetscInt e = 0; e < h->events; e++)
      if (TrackSame(c, h, &h->event[e], &c->series.event[s])) best = PetscMax(best, h->event[e].probability);
    score.found += best >= probability;
    score.least = PetscMin(score.least, best);
  }
  for (PetscInt e = 0; e < h->events; e++) {
    PetscBool there = PETSC_FALSE;
    for (PetscInt s = 0; s < c->series.events; s++) there = (PetscBool)(there || TrackSame(c, h, &h->event[e], &c->series.event[s]));
    if (there) continue;
    score.spurious++, score.claimed_spurious += h->event[e].probability >= probability;
    if (h->event[e].kind != AET_HISTORY_FLUCTUATION) score.worst = PetscMax(score.worst, h->event[e].probability);
  }
  return score;
}

#endif
