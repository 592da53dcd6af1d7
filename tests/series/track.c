/* The events of nuclei whose order is planted: every kind by name, nuclei at the threshold, identities, and the same on any ranks and
 * groups. */
#include "mpi_test.h"
#include <aet4d/series.h>

enum { NX = 26, NY = 13, NZ = 13, SITES = NX * NY * NZ, TIMES = 3, BUMPS = 16 };
#define STEP 2.75

/* A maximum of order `height` with a plateau: height · (1 - (d / (reach + 3 Å))⁴), d from the centre in steps. */
typedef struct {
  int    time, phase;
  double height, x, y, z, reach;
} Bump;
typedef struct {
  int  count;
  Bump bump[BUMPS];
} Planted;

static void Site(int s, double x[3])
{
  x[0] = s % NX, x[1] = s / NX % NY, x[2] = s / (NX * NY);
}

static PetscErrorCode Evaluate(void *context, int time, PetscInt replica, const int *species, double *order, int *phase)
{
  const Planted *p = context;

  PetscFunctionBegin;
  (void)species, (void)replica;
  for (int s = 0; s < SITES; s++) {
    double x[3];
    Site(s, x);
    order[s] = 0.05, phase[s] = 0;
    for (int b = 0; b < p->count; b++) {
      const Bump  *u = &p->bump[b];
      const double d = sqrt((x[0] - u->x) * (x[0] - u->x) + (x[1] - u->y) * (x[1] - u->y) + (x[2] - u->z) * (x[2] - u->z)) / u->reach;
      const double value = u->height * (1 - d * d * d * d / 4);
      if (u->time == time && value > order[s]) order[s] = value, phase[s] = u->phase;
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

typedef struct {
  AetAtoms                  atoms[TIMES];
  struct _p_AetRegistration reg;
  PetscInt                  total[TIMES];
  double                   *position[TIMES];
  int                      *species[TIMES];
  PetscInt                 *site[TIMES];
} Case;

/* Every time the same sites, without error. */
static void MakeOn(MPI_Comm comm, Case *c)
{
  const char *symbols[1] = {"Fe"};
  int         rank, size;
  ptrdiff_t   start, count;

  memset(c, 0, sizeof *c);
  MPI_Comm_rank(comm, &rank);
  MPI_Comm_size(comm, &size);
  AetBlock(SITES, rank, size, &start, &count);
  c->reg.times = TIMES, c->reg.sites = SITES, c->reg.species_count = 1, c->reg.neighbour_angstrom = STEP;
  strcpy(c->reg.symbol[0], "Fe");
  c->reg.total = c->total, c->reg.position = c->position, c->reg.species = c->species, c->reg.site = c->site;
  c->reg.atom = malloc(sizeof(PetscInt) * SITES * TIMES);
  for (int t = 0; t < TIMES; t++) {
    c->total[t] = SITES;
    c->position[t] = malloc(sizeof(double) * 3 * SITES), c->species[t] = calloc(SITES, sizeof(int));
    c->site[t] = malloc(sizeof(PetscInt) * SITES);
    for (int s = 0; s < SITES; s++) {
      Site(s, c->position[t] + 3 * s);
      for (int a = 0; a < 3; a++) c->position[t][3 * s + a] *= STEP;
      c->site[t][s] = s, c->reg.atom[s * TIMES + t] = s;
    }
    AET_TEST_CALL(AetAtomsCreate(comm, (PetscInt)count, 1, symbols, &c->atoms[t]));
    for (ptrdiff_t i = 0; i < count; i++)
      for (int a = 0; a < 3; a++)
        c->atoms[t]->position[3 * i + a] = c->position[t][3 * (start + i) + a] + 100 * t; /* frames of their own */
  }
}

static void Make(Case *c)
{
  MakeOn(MPI_COMM_WORLD, c);
}

static void Free(Case *c)
{
  for (int t = 0; t < TIMES; t++) {
    AET_TEST_CALL(AetAtomsDestroy(&c->atoms[t]));
    free(c->position[t]), free(c->species[t]), free(c->site[t]);
  }
  free(c->reg.atom);
}

static AetHistory Follow(Case *c, Planted *p, PetscInt groups)
{
  const AetHistoryOrder order = {.context = p, .phases = 2, .evaluate = Evaluate};
  AetHistorySettings    settings;
  AetHistory            h = NULL;

  AetHistoryDefaults(&settings);
  settings.replicas = 60, settings.groups = groups;
  AET_TEST_CALL(AetHistoryCreate(TIMES, c->atoms, &c->reg, &order, &settings, &h));
  return h;
}

static PetscInt IdAt(AetHistory h, int time, int x, int y, int z)
{
  return h->label[time][(z * NY + y) * NX + x];
}

/* Probability of an event of that kind that leads from and to these nuclei (0: none). */
static double Probability(AetHistory h, int from_time, AetHistoryKind kind, PetscInt from, PetscInt to)
{
  for (PetscInt e = 0; e < h->events; e++) {
    const AetHistoryEvent *v = &h->event[e];
    PetscBool              left = (PetscBool)(!from && !v->from_count), right = (PetscBool)(!to && !v->to_count);
    for (int k = 0; k < v->from_count; k++) left = (PetscBool)(left || v->from[k] == from);
    for (int k = 0; k < v->to_count; k++) right = (PetscBool)(right || v->to[k] == to);
    if (v->from_time == from_time && v->kind == (int)kind && left && right) return v->probability;
  }
  return 0;
}

static const Planted all = {15,
                            {{0, 0, 0.8, 4, 3, 3, 2}, /* grows, then stays */
                             {1, 0, 0.8, 4, 3, 3, 3},
                             {2, 0, 0.8, 4, 3, 3, 3},
                             {1, 0, 0.8, 12, 3, 3, 2.5}, /* born, then dissolves altogether */
                             {0, 1, 0.8, 20, 3, 3, 3},   /* shrinks, then is gone */
                             {1, 1, 0.8, 20, 3, 3, 2},
                             {0, 0, 0.8, 3, 9, 9, 2.2}, /* two merge, and divide again */
                             {0, 0, 0.8, 9, 9, 9, 2.2},
                             {1, 0, 0.8, 5, 9, 9, 3},
                             {1, 0, 0.8, 7, 9, 9, 3},
                             {2, 0, 0.8, 3, 9, 9, 2.2},
                             {2, 0, 0.8, 9, 9, 9, 2.2},
                             {0, 0, 0.8, 20, 9, 9, 2.5}, /* another phase in the same place */
                             {1, 1, 0.8, 20, 9, 9, 2.5},
                             {2, 1, 0.8, 20, 9, 9, 2.5}}};

static void TestKinds(void)
{
  Case       c;
  Planted    p = all;
  AetHistory h;
  PetscInt   a, b, d;

  Make(&c);
  h = Follow(&c, &p, 0);
  a = IdAt(h, 0, 4, 3, 3);
  AET_TEST(a > 0 && IdAt(h, 1, 4, 3, 3) == a && IdAt(h, 2, 4, 3, 3) == a);
  AET_TEST(Probability(h, 0, AET_HISTORY_GROWTH, a, a) > 0.95);
  AET_TEST(Probability(h, 1, AET_HISTORY_FLUCTUATION, a, a) > 0.95);
  b = IdAt(h, 1, 12, 3, 3);
  AET_TEST(b > 0 && IdAt(h, 0, 12, 3, 3) == 0 && IdAt(h, 2, 12, 3, 3) == 0);
  AET_TEST(Probability(h, 0, AET_HISTORY_BIRTH, 0, b) > 0.95 && Probability(h, 1, AET_HISTORY_DISSOLUTION, b, 0) > 0.95);
  d = IdAt(h, 0, 20, 3, 3);
  AET_TEST(Probability(h, 0, AET_HISTORY_DISSOLUTION, d, d) > 0.95 && Probability(h, 1, AET_HISTORY_DISSOLUTION, d, 0) > 0.95);
  AET_TEST(h->chains == 1 && h->chain[0].id == a && h->chain[0].kind == AET_HISTORY_GROWTH && h->chain[0].probability > 0.95);
  AET_TEST(h->chain[0].from_time == 0 && h->chain[0].to_time == 2 && h->chain[0].change > log(1.25));
  AET_TEST(h->events == 11); /* six at the first step, five at the second */
  AET_TEST_CALL(AetHistoryDestroy(&h));
  Free(&c);
}

static void TestMergers(void)
{
  Case       c;
  Planted    p = all;
  AetHistory h;

  Make(&c);
  h = Follow(&c, &p, 0);
  const PetscInt one = IdAt(h, 0, 3, 9, 9), two = IdAt(h, 0, 9, 9, 9), merged = IdAt(h, 1, 6, 9, 9), left = IdAt(h, 2, 3, 9, 9),
                 right = IdAt(h, 2, 9, 9, 9);
  AET_TEST(one > 0 && two > 0 && one != two && merged > 0 && left > 0 && right > 0 && left != right);
  AET_TEST(merged != one && merged != two && left != merged && right != merged); /* neither is most of it */
  AET_TEST(Probability(h, 0, AET_HISTORY_MERGE, one, merged) > 0.95 && Probability(h, 0, AET_HISTORY_MERGE, two, merged) > 0.95);
  AET_TEST(Probability(h, 1, AET_HISTORY_DIVISION, merged, left) > 0.95 && Probability(h, 1, AET_HISTORY_DIVISION, merged, right) > 0.95);
  const PetscInt before = IdAt(h, 0, 20, 9, 9), after = IdAt(h, 1, 20, 9, 9);
  AET_TEST(before != after && Probability(h, 0, AET_HISTORY_DISSOLUTION, before, 0) > 0.95);
  AET_TEST(Probability(h, 0, AET_HISTORY_BIRTH, 0, after) > 0.95 && IdAt(h, 2, 20, 9, 9) == after);
  AET_TEST_CALL(AetHistoryDestroy(&h));
  Free(&c);
}

/* Order just above, just below and just above the threshold: one nucleus that fluctuates, not one that dissolves and another that is born.
 */
static void TestThreshold(void)
{
  Case       c;
  Planted    p = {6,
                  {{0, 0, 0.335, 6, 6, 6, 3},
                   {1, 0, 0.295, 6, 6, 6, 3},
                   {2, 0, 0.335, 6, 6, 6, 3},
                   {0, 0, 0.8, 18, 6, 6, 3},
                   {1, 0, 0.8, 18, 6, 6, 3},
                   {2, 0, 0.8, 18, 6, 6, 3}}};
  AetHistory h;
  PetscInt   id;

  Make(&c);
  h = Follow(&c, &p, 0);
  id = IdAt(h, 0, 6, 6, 6);
  AET_TEST(id > 0 && IdAt(h, 2, 6, 6, 6) == id);
  for (PetscInt e = 0; e < h->events; e++)
    AET_TEST(h->event[e].kind == AET_HISTORY_FLUCTUATION || (h->event[e].probability < 0.5 && h->event[e].from_count == 1));
  AET_TEST(h->events == 4 && h->ids == 2);
  for (PetscInt n = 0; n < h->count; n++) AET_TEST(h->nucleus[n].id == id ? h->nucleus[n].presence < 0.95 : h->nucleus[n].presence == 1);
  AET_TEST_CALL(AetHistoryDestroy(&h));
  Free(&c);
}

/* Where a nucleus is, in the frame of its time and in the common one, and how large. */
static void TestPlaces(void)
{
  Case       c;
  Planted    p = {3, {{0, 0, 0.8, 6, 6, 6, 3}, {1, 0, 0.8, 6, 6, 6, 3}, {2, 0, 0.8, 6, 6, 6, 3}}};
  AetHistory h;

  Make(&c);
  h = Follow(&c, &p, 1);
  AET_TEST(h->count == TIMES && h->events == 2 && h->ids == 1 && h->dropped == 0);
  for (PetscInt n = 0; n < h->count; n++) {
    const AetHistoryNucleus *u = &h->nucleus[n];
    PetscInt                 sites = 0;
    for (int s = 0; s < SITES; s++) sites += h->order[n][s] >= 0.3;
    AET_TEST(u->time == n && u->sites == sites && sites > 100 && u->sigma_sites > 0);
    for (int a = 0; a < 3; a++) {
      AET_TEST_CLOSE(u->common[a], 6 * STEP, 1e-9);
      AET_TEST_CLOSE(u->centre[a], 6 * STEP + 100 * (double)n, 1e-9);
    }
    AET_TEST_CLOSE(u->max_order, 0.8, 1e-12);
  }
  AET_TEST_CALL(AetHistoryDestroy(&h));
  Free(&c);
}

static int SameHistory(AetHistory a, AetHistory b)
{
  int same = a->count == b->count && a->events == b->events && a->ids == b->ids;

  for (PetscInt n = 0; same && n < a->count; n++) {
    const AetHistoryNucleus *u = &a->nucleus[n], *v = &b->nucleus[n];
    same = u->time == v->time && u->id == v->id && u->phase == v->phase && u->sites == v->sites && u->peak == v->peak &&
           u->sigma_sites == v->sigma_sites && u->presence == v->presence && !memcmp(u->centre, v->centre, sizeof u->centre);
  }
  for (PetscInt e = 0; same && e < a->events; e++) {
    const AetHistoryEvent *u = &a->event[e], *v = &b->event[e];
    same = u->from_time == v->from_time && u->kind == v->kind && u->from_count == v->from_count && u->to_count == v->to_count &&
           !memcmp(u->from, v->from, sizeof u->from) && !memcmp(u->to, v->to, sizeof u->to) && u->probability == v->probability &&
           u->change == v->change && u->sigma == v->sigma;
  }
  for (int t = 0; same && t < TIMES; t++) same = !memcmp(a->label[t], b->label[t], sizeof(PetscInt) * SITES);
  return same;
}

/* Any number of groups says the same, to the last bit, and so does a rank alone. */
static void TestGroups(void)
{
  Case       c, alone;
  Planted    p = all;
  AetHistory first, other;
  int        size;

  MPI_Comm_size(MPI_COMM_WORLD, &size);
  Make(&c);
  first = Follow(&c, &p, 1);
  for (int groups = 2; groups <= size; groups++) {
    other = Follow(&c, &p, groups);
    AET_TEST(SameHistory(first, other));
    AET_TEST_CALL(AetHistoryDestroy(&other));
  }
  MakeOn(MPI_COMM_SELF, &alone);
  other = Follow(&alone, &p, 0);
  AET_TEST(SameHistory(first, other));
  AET_TEST_CALL(AetHistoryDestroy(&other));
  Free(&alone);
  AET_TEST_CALL(AetHistoryDestroy(&first));
  Free(&c);
}

static void TestSettings(void)
{
  Case                  c;
  Planted               p = all;
  const AetHistoryOrder order = {.context = &p, .phases = 2, .evaluate = Evaluate};
  AetHistorySettings    settings;
  AetHistory            h = NULL;
  int                   size;

  MPI_Comm_size(MPI_COMM_WORLD, &size);
  Make(&c);
  AetHistoryDefaults(&settings);
  settings.groups = size + 1;
  AET_TEST(AetHistoryCreate(TIMES, c.atoms, &c.reg, &order, &settings, &h) == AET_ERR_INPUT && strstr(AetErrorMessage(), "groups"));
  AetErrorClear();
  AetHistoryDefaults(&settings);
  settings.hysteresis = 0.3;
  AET_TEST(AetHistoryCreate(TIMES, c.atoms, &c.reg, &order, &settings, &h) == AET_ERR_INPUT &&
           strstr(AetErrorMessage(), "track_hysteresis"));
  AetErrorClear();
  Free(&c);
}

int main(int argc, char **argv)
{
  static const AetTestCase cases[] = {{"birth, growth, fluctuation, dissolution", TestKinds},
                                      {"merge, division, another phase", TestMergers},
                                      {"a nucleus at the threshold", TestThreshold},
                                      {"places and sizes", TestPlaces},
                                      {"groups of ranks", TestGroups},
                                      {"settings", TestSettings}};

  return AetTestMain(argc, argv, "series track", cases, 6);
}
