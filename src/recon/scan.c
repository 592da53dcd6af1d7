/* `recon_auto`: settings chosen by how they predict views left out. docs/theory/choosing.md. */
#include "recon/scan_private.h"
#include "recon/subseries.h"
#include <math.h>
#include <string.h>

#define LEFT_OUT 0.1 /* of the views, two at least */
#define VIEWS_LEAST 5
#define STREAM_LEFT_OUT 0x7265736972650003ull
#define FEW 8       /* candidates of a method that are all tried to the end, in the first round */
#define KEEP 3      /* candidates of a larger crowd that go on from round to round; of more, a quarter */
#define BEHIND 1.25 /* times the best R_free found to the end: more after half of the iterations, and a candidate will not get there */

/* One view in every stretch of the series is left out: all directions are asked about alike. */
static PetscErrorCode ChooseViews(AetTiltSeries tilt, unsigned char **used, ptrdiff_t *left_out)
{
  PetscInt seed = 0;

  PetscFunctionBegin;
  PetscCall(PetscOptionsGetInt(NULL, NULL, "-seed", &seed, NULL));
  *left_out = PetscMax(2, (ptrdiff_t)lround(LEFT_OUT * (double)tilt->views));
  PetscCall(PetscMalloc1(tilt->views, used));
  for (ptrdiff_t j = 0; j < tilt->views; j++) (*used)[j] = 1;
  for (ptrdiff_t s = 0; s < *left_out; s++) {
    const double place = (double)s + AetRandomUniform((uint64_t)seed, STREAM_LEFT_OUT, (uint64_t)s);
    (*used)[(ptrdiff_t)(place * (double)tilt->views / (double)*left_out)] = 0;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SeriesCreate(AetTiltSeries tilt, MPI_Comm group, unsigned char *used, AetScanSeries *s)
{
  ptrdiff_t *view;

  PetscFunctionBegin;
  *s = (AetScanSeries){.group = group, .view_used = used};
  PetscCall(PetscMalloc1(tilt->views, &view));
  for (ptrdiff_t j = 0; j < tilt->views; j++) view[j] = j;
  PetscCall(AetSubseries(tilt, group, tilt->views, view, &s->all));
  PetscCall(AetSubseriesWhere(tilt, group, used, 1, &s->used));
  PetscCall(PetscFree(view));
  PetscCall(AetReconCreate(s->all, &s->judge));
  PetscCall(AetReconSetFromOptions(s->judge));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SeriesDestroy(AetScanSeries *s)
{
  PetscFunctionBegin;
  PetscCall(AetProjectorDestroy(&s->projector));
  PetscCall(AetReconDestroy(&s->judge));
  PetscCall(AetTiltSeriesDestroy(&s->used));
  PetscCall(AetTiltSeriesDestroy(&s->all));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* How far a candidate goes in a round, as the round of a crowd that goes as far; -1: it is not tried. */
static int Reach(const AetScanCandidate *c, int round, int rounds)
{
  return c->peers > FEW ? round : round == 0 ? rounds - 1 : -1;
}

/* Which group tries which candidate of a round: the costliest first, each to the group with the least to do. -1: not in this round. */
static void Assign(int count, const AetScanCandidate *candidates, int round, int rounds, const unsigned char *alive, int groups,
                   double *load, int *group)
{
  for (int g = 0; g < groups; g++) load[g] = 0;
  for (int i = 0; i < count; i++) group[i] = -1;
  for (;;) {
    PetscInt ladder[AET_SCAN_POINTS];
    double   cost = -1;
    int      next = -1, least = 0;
    for (int i = 0; i < count; i++) {
      const int reach = Reach(&candidates[i], round, rounds);
      if (!alive[i] || group[i] >= 0 || reach < 0) continue;
      const int    steps = AetScanLadder(&candidates[i], reach, rounds, ladder);
      const double own = candidates[i].weight * (double)(ladder[steps - 1] + 2);
      if (own > cost) cost = own, next = i;
    }
    if (next < 0) break;
    for (int g = 1; g < groups; g++)
      if (load[g] < load[least]) least = g;
    group[next] = least;
    load[least] += cost;
  }
}

/* What the groups have found, to all ranks: every candidate was in one group, whose first rank speaks. */
static PetscErrorCode Share(AetTiltSeries tilt, const AetScanSeries *s, int mine, int count, AetScanCandidate *candidates, const int *group)
{
  const int width = 4 * AET_SCAN_POINTS + 1;
  double   *own, *all;
  int       rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(s->group, &rank));
  PetscCall(PetscCalloc2(width * count, &own, width * count, &all));
  for (int i = 0; i < count; i++) {
    if (group[i] != mine || rank) continue;
    own[width * i] = candidates[i].points;
    memcpy(own + width * i + 1, candidates[i].point, sizeof candidates[i].point);
  }
  PetscCallMPI(MPI_Allreduce(own, all, width * count, MPI_DOUBLE, MPI_SUM, tilt->comm)); /* one term is not zero */
  for (int i = 0; i < count; i++) {
    if (group[i] < 0) continue;
    candidates[i].points = (int)all[width * i];
    memcpy(candidates[i].point, all + width * i + 1, sizeof candidates[i].point);
  }
  PetscCall(PetscFree2(own, all));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TryMine(AetScanSeries *s, int mine, int count, AetScanCandidate *candidates, int round, int rounds, const int *group)
{
  PetscInt ladder[AET_SCAN_POINTS];

  PetscFunctionBegin;
  for (int i = 0; i < count; i++) {
    if (group[i] != mine) continue;
    memset(candidates[i].point, 0, sizeof candidates[i].point);
    PetscCall(AetScanTry(s, &candidates[i], AetScanLadder(&candidates[i], Reach(&candidates[i], round, rounds), rounds, ladder), ladder));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Candidates of the same method that are better; `peers` counts all that were tried. */
static int Better(int count, const AetScanCandidate *candidates, const unsigned char *tried, int i, int *peers)
{
  const double own = AetScanBest(&candidates[i], NULL);
  int          better = 0;

  *peers = 0;
  for (int j = 0; j < count; j++) {
    const double other = AetScanBest(&candidates[j], NULL);
    if (!tried[j] || candidates[j].method != candidates[i].method) continue;
    better += other < own || (other == own && j < i);
    ++*peers;
  }
  return better;
}

/* The best quarter of a crowd goes on, as far as it may still reach the best that is found. */
static void Halve(int count, const AetScanCandidate *candidates, int round, int rounds, unsigned char *alive)
{
  unsigned char tried[AET_SCAN_CANDIDATES];
  double        best = HUGE_VAL;

  memcpy(tried, alive, (size_t)count);
  for (int i = 0; i < count; i++)
    if (candidates[i].peers <= FEW) best = PetscMin(best, AetScanBest(&candidates[i], NULL));
  for (int i = 0; i < count; i++) {
    int       peers;
    const int better = Better(count, candidates, tried, i, &peers);
    if (candidates[i].peers <= FEW) continue;
    alive[i] = tried[i] && better < PetscMax(KEEP, peers / 4);
    if (round == rounds - 2 && AetScanBest(&candidates[i], NULL) > BEHIND * best) alive[i] = 0;
  }
}

/* Short courses of all, longer ones of those that are left: as many rounds as the largest crowd of one method needs. */
static int Rounds(int count, AetScanCandidate *candidates)
{
  int crowd = 0;

  for (int i = 0; i < count; i++) {
    for (int j = 0; j < count; j++) candidates[i].peers += candidates[j].method == candidates[i].method;
    crowd = PetscMax(crowd, candidates[i].peers);
  }
  return crowd > 3 * FEW ? 3 : crowd > FEW ? 2 : 1;
}

static PetscErrorCode Scan(AetTiltSeries tilt, AetScanSeries *s, int mine, int count, AetScanCandidate *candidates, AetScan *scan)
{
  unsigned char *alive;
  double        *load;
  int           *group;

  PetscFunctionBegin;
  PetscCall(PetscMalloc3(count, &alive, count, &group, scan->groups, &load));
  for (int i = 0; i < count; i++) alive[i] = 1;
  for (int round = 0; round < scan->rounds; round++) {
    int tried = 0;
    Assign(count, candidates, round, scan->rounds, alive, scan->groups, load, group);
    PetscCall(AetAgree(tilt->comm, TryMine(s, mine, count, candidates, round, scan->rounds, group)));
    PetscCall(Share(tilt, s, mine, count, candidates, group));
    for (int i = 0; i < count; i++)
      if (group[i] >= 0) candidates[i].round = Reach(&candidates[i], round, scan->rounds), tried++;
    if (tried) PetscCall(AetReport(tilt->comm, "  scan: round %d of %d, %d candidates tried\n", round + 1, scan->rounds, tried));
    if (round + 1 < scan->rounds) Halve(count, candidates, round, scan->rounds, alive);
  }
  PetscCall(PetscFree3(alive, group, load));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The keys of a candidate without recon_, and their values; a candidate with nothing to scan but iterations is named by its method. */
static void Settings(const AetScanCandidate *c, char *text, size_t size)
{
  size_t used = 0;

  text[0] = 0;
  if (!c->keys || strcmp(c->key[0], "recon_method")) used = (size_t)snprintf(text, size, "method=%s", c->method->name);
  for (int k = 0; k < c->keys && used < size; k++)
    used += (size_t)snprintf(text + used, size - used, "%s%s=%s", used ? " " : "", c->key[k] + strlen("recon_"), c->value[k]);
}

static PetscErrorCode FillRows(int count, const AetScanCandidate *candidates, AetScan *scan)
{
  double best = HUGE_VAL;

  PetscFunctionBegin;
  for (int i = 0; i < count; i++) scan->count += candidates[i].points;
  PetscCall(PetscCalloc1(scan->count, &scan->rows));
  scan->count = 0;
  for (int i = 0; i < count; i++)
    for (int p = 0; p < candidates[i].points; p++) {
      const AetScanPoint *point = &candidates[i].point[p];
      AetScanRow         *row = &scan->rows[scan->count++];
      *row = (AetScanRow){.candidate = i, .r1 = point->r1, .rfree = point->rfree, .seconds = point->seconds};
      Settings(&candidates[i], row->settings, sizeof row->settings);
      row->iterations = (PetscInt)point->iterations;
      row->final = (PetscBool)(candidates[i].round == scan->rounds - 1);
      if (row->final && row->rfree >= 0 && row->rfree < best) best = row->rfree, scan->chosen = scan->count - 1;
    }
  AetCheck(isfinite(best), AET_ERR_DATA, "recon_auto: expected images that predict each other, found no finite R_free");
  scan->rows[scan->chosen].chosen = PETSC_TRUE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KeepChoice(const AetScanCandidate *candidates, AetScan *scan)
{
  const AetScanRow       *row = &scan->rows[scan->chosen];
  const AetScanCandidate *c = &candidates[row->candidate];

  PetscFunctionBegin;
  PetscCall(PetscCalloc2(AET_SCAN_KEYS + 1, &scan->key, AET_SCAN_KEYS + 1, &scan->value));
  for (int k = 0; k < c->keys; k++) {
    snprintf(scan->key[k], sizeof scan->key[k], "%s", c->key[k]);
    snprintf(scan->value[k], sizeof scan->value[k], "%s", c->value[k]);
  }
  scan->keys = c->keys;
  if (c->fixed) PetscFunctionReturn(PETSC_SUCCESS);
  snprintf(scan->key[scan->keys], sizeof scan->key[0], "recon_iterations");
  snprintf(scan->value[scan->keys++], sizeof scan->value[0], "%d", (int)row->iterations);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetReconScan(AetTiltSeries tilt, AetScan *scan)
{
  AetScanCandidate *candidates;
  AetScanSeries     series;
  MPI_Comm          group;
  unsigned char    *used;
  int               mine;

  PetscFunctionBegin;
  *scan = (AetScan){0};
  PetscCall(AetOptionsRegister(&AetReconOptions));
  AetCheck(tilt->views >= VIEWS_LEAST, AET_ERR_INPUT, "recon_auto: expected %d views or more, found %td", VIEWS_LEAST, tilt->views);
  PetscCall(AetScanCandidates(&scan->candidates, &candidates));
  scan->rounds = Rounds(scan->candidates, candidates);
  PetscCall(AetScanGroups(tilt, scan->candidates, candidates, &scan->groups));
  PetscCall(ChooseViews(tilt, &used, &scan->left_out));
  PetscCall(AetReport(tilt->comm, "  scan of %d candidates on %d group%s of ranks, %td of %td views left out\n", scan->candidates,
                      scan->groups, scan->groups > 1 ? "s" : "", scan->left_out, tilt->views));
  PetscCall(AetCommSplit(tilt->comm, scan->groups, &group, &mine));
  PetscCall(SeriesCreate(tilt, group, used, &series));
  PetscCall(Scan(tilt, &series, mine, scan->candidates, candidates, scan));
  PetscCall(SeriesDestroy(&series));
  PetscCallMPI(MPI_Comm_free(&group));
  PetscCall(FillRows(scan->candidates, candidates, scan));
  PetscCall(KeepChoice(candidates, scan));
  PetscCall(PetscFree(used));
  PetscCall(PetscFree(candidates));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetReconScanUse(const AetScan *scan, PetscBool use)
{
  char name[80];

  PetscFunctionBegin;
  for (int k = 0; k < scan->keys; k++) {
    snprintf(name, sizeof name, "-%s", scan->key[k]);
    if (use)
      PetscCall(PetscOptionsSetValue(NULL, name, scan->value[k]));
    else
      PetscCall(PetscOptionsClearValue(NULL, name));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetReconScanFree(AetScan *scan)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(scan->rows));
  PetscCall(PetscFree2(scan->key, scan->value));
  scan->count = scan->keys = 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}
