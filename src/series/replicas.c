/* Replicas of the names and the threshold on groups of ranks. A replica is the same on any group. */
#include "series/track_private.h"
#include <math.h>

enum { THRESHOLD, PROMINENCE };

typedef struct {
  AetTracking *w;
  MPI_Comm     comm; /* of the group */
  int          rank, size, index, groups;
  AetRegions  *now; /* [times] of the replica at hand, complete on every rank of the group */
  int         *species;
  AetProgress  progress;
  PetscInt     done, all;
} Group;

typedef enum { NAMES, ALIKE, SHUFFLED } Kind;

/* One time of a replica on this rank. */
static PetscErrorCode Show(Group *g, Kind kind, PetscInt replica, int time)
{
  const AetHistorySettings *s = g->w->settings;
  double                    threshold = s->threshold, prominence = s->prominence;

  PetscFunctionBegin;
  if (kind == NAMES) {
    AetTrackDrawNames(g->w, time, replica, g->species);
    threshold += s->threshold_spread * (2 * AetTrackUniform(g->w, THRESHOLD, replica) - 1);
    prominence *= 0.5 + AetTrackUniform(g->w, PROMINENCE, replica);
  } else if (kind == ALIKE)
    AetTrackDrawAlike(g->w, time, PetscMax(g->w->exchange[time], g->w->exchange[PetscMin(time + 1, g->w->times - 1)]), replica, g->species);
  else
    PetscCall(AetTrackShuffle(g->w, time, replica, g->species));
  PetscCall(AetTrackRegions(g->w, time, kind == NAMES ? replica : -1, g->species, threshold, prominence, &g->now[time]));
  if (kind != SHUFFLED) PetscCall(AetTrackRecognise(g->w, time, &g->now[time]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ShowAll(Group *g, Kind kind, PetscInt replica)
{
  PetscErrorCode code = PETSC_SUCCESS;

  PetscFunctionBegin;
  for (int t = g->rank; t < g->w->times && !code; t += g->size) code = Show(g, kind, replica, t);
  PetscCall(AetAgree(g->comm, code));
  for (int t = 0; t < g->w->times; t++) PetscCall(AetTrackRegionsShare(g->comm, t % g->size, g->w->sites, &g->now[t]));
  g->done += g->groups;
  PetscCall(AetProgressStep(g->progress, PetscMin(g->done, g->all), NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Forget(Group *g)
{
  PetscFunctionBegin;
  for (int t = 0; t < g->w->times; t++) PetscCall(AetTrackRegionsFree(&g->now[t]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The links of the regions at hand; the sketch takes the regions over, without their sites. */
static PetscErrorCode Sketch(Group *g, AetSketch *sketch)
{
  const int times = g->w->times;

  PetscFunctionBegin;
  PetscCall(PetscCalloc4((size_t)times, &sketch->time, (size_t)times, &sketch->from_group, (size_t)times, &sketch->to_group, (size_t)times,
                         &sketch->groups));
  for (int t = 0; t + 1 < times; t++)
    PetscCall(AetTrackLink(g->w, t, &g->now[t], &g->now[t + 1], &sketch->from_group[t], &sketch->to_group[t], &sketch->groups[t], NULL));
  for (int t = 0; t < times; t++) {
    PetscCall(PetscFree(g->now[t].label));
    sketch->time[t] = g->now[t];
    g->now[t] = (AetRegions){0};
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Sites of the regions of the data in the regions of a replica: sites[region] and whether it is there. */
static void Count(const AetTracking *w, const AetReplicaTally *tally, const AetRegions *time, int *sites, int *there)
{
  for (int t = 0; t < w->times; t++)
    for (int i = 0; i < time[t].count; i++) {
      const AetRegions *r = &time[t];
      if (r->known[i] < 0 || (!r->linked[i] && !AetTrackIsNucleus(w, r, i))) continue;
      sites[tally->first[t] + r->known[i]] += r->high[i];
      there[tally->first[t] + r->known[i]] = 1;
    }
}

static PetscErrorCode SumOver(MPI_Comm comm, size_t count, int *value)
{
  PetscFunctionBegin;
  for (size_t at = 0; at < count; at += 1 << 20)
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, value + at, (int)PetscMin(count - at, (size_t)1 << 20), MPI_INT, MPI_SUM, comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Standard deviation of the sites (or of ln(1 + sites), of the replicas that have the region) and the part that has it. */
static void Spread(PetscInt replicas, PetscInt regions, PetscInt region, const int *sites, const int *there, PetscBool log, double *sigma,
                   double *present)
{
  double   sum = 0, square = 0;
  PetscInt count = 0, with = 0;

  for (PetscInt k = 0; k < replicas; k++) {
    const size_t at = (size_t)k * (size_t)regions + (size_t)region;
    const double x = log ? log1p(sites[at]) : sites[at];
    with += there[at];
    if (log && !there[at]) continue;
    sum += x, square += x * x, count++;
  }
  *present = replicas ? (double)with / (double)replicas : 0;
  *sigma = count > 1 ? sqrt(PetscMax(0, (square - sum * sum / count) / (count - 1))) : 0;
}

/* Replicas of one kind; sums of what each shows of the regions of the data into sites, there [replicas][regions]. */
static PetscErrorCode Make(Group *g, Kind kind, PetscInt replicas, AetReplicaTally *tally, int *sites, int *there)
{
  PetscErrorCode code = PETSC_SUCCESS;

  PetscFunctionBegin;
  for (PetscInt k = g->index; k < replicas && !code; k += g->groups) {
    const size_t at = (size_t)k * (size_t)tally->regions;

    code = ShowAll(g, kind, k);
    if (code) break;
    if (kind == NAMES && !g->rank) {
      AetSketch *sketch = &tally->sketch[tally->mine];
      code = Sketch(g, sketch);
      if (!code) Count(g->w, tally, sketch->time, sites + at, there + at);
      tally->number[tally->mine++] = k;
    } else if (!g->rank)
      Count(g->w, tally, g->now, sites + at, there + at);
    PetscCall(Forget(g));
  }
  PetscCall(AetAgree(g->w->comm, code));
  PetscCall(SumOver(g->w->comm, (size_t)replicas * (size_t)tally->regions, sites));
  PetscCall(SumOver(g->w->comm, (size_t)replicas * (size_t)tally->regions, there));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Names(Group *g, AetReplicaTally *tally)
{
  const PetscInt replicas = g->w->settings->replicas;
  const size_t   room = (size_t)replicas * (size_t)tally->regions + 1;
  int           *sites, *there;

  PetscFunctionBegin;
  PetscCall(PetscCalloc2(room, &sites, room, &there));
  PetscCall(Make(g, NAMES, replicas, tally, sites, there));
  for (PetscInt r = 0; r < tally->regions; r++)
    Spread(replicas, tally->regions, r, sites, there, PETSC_FALSE, &tally->sigma_sites[r], &tally->presence[r]);
  PetscCall(PetscFree2(sites, there));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* How much a nucleus that stays fluctuates: sites draw their species anew, as often as sites outside nuclei did, from their equivalents. */
static PetscErrorCode Fluctuations(Group *g, PetscInt replicas, AetReplicaTally *tally)
{
  const size_t room = (size_t)replicas * (size_t)tally->regions + 1;
  double       present;
  int         *sites, *there;

  PetscFunctionBegin;
  PetscCall(PetscCalloc2(room, &sites, room, &there));
  PetscCall(Make(g, ALIKE, replicas, tally, sites, there));
  for (PetscInt r = 0; r < tally->regions; r++)
    Spread(replicas, tally->regions, r, sites, there, PETSC_TRUE, &tally->fluctuation[r], &present);
  PetscCall(PetscFree2(sites, there));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* How often a random alloy has, somewhere, a nucleus as large as those of the data at that time. */
static PetscErrorCode Chance(Group *g, AetReplicaTally *tally)
{
  const PetscInt shuffles = g->w->settings->shuffles;
  PetscErrorCode code = PETSC_SUCCESS;
  int           *count;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1((size_t)tally->regions + 1, &count)); /* the last: all of them */
  for (PetscInt k = g->index; k < shuffles && !code; k += g->groups) {
    code = ShowAll(g, SHUFFLED, k);
    for (int t = 0; t < g->w->times && !code && !g->rank; t++)
      for (int i = 0; i < g->now[t].count; i++) {
        if (!AetTrackIsNucleus(g->w, &g->now[t], i)) continue;
        count[tally->regions]++;
        for (int r = 0; r < g->w->data[t].count; r++) count[tally->first[t] + r] += g->now[t].high[i] >= g->w->data[t].high[r];
      }
    PetscCall(Forget(g));
  }
  PetscCall(AetAgree(g->w->comm, code));
  PetscCall(SumOver(g->w->comm, (size_t)tally->regions + 1, count));
  for (PetscInt r = 0; r < tally->regions && shuffles; r++) tally->chance[r] = 1 - exp(-count[r] / (double)shuffles);
  tally->by_chance = count[tally->regions];
  PetscCall(PetscFree(count));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Allocate(AetTracking *w, AetReplicaTally *tally)
{
  size_t room;

  PetscFunctionBegin;
  *tally = (AetReplicaTally){0};
  PetscCall(PetscCalloc1((size_t)w->times + 1, &tally->first));
  for (int t = 0; t < w->times; t++) tally->first[t + 1] = tally->first[t] + w->data[t].count;
  tally->regions = tally->first[w->times];
  room = (size_t)tally->regions + 1;
  PetscCall(PetscCalloc4(room, &tally->presence, room, &tally->sigma_sites, room, &tally->fluctuation, room, &tally->chance));
  PetscCall(PetscCalloc2((size_t)w->settings->replicas, &tally->number, (size_t)w->settings->replicas, &tally->sketch));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(Group *g, AetReplicaTally *tally)
{
  AetTracking              *w = g->w;
  const AetHistorySettings *s = w->settings;
  const PetscBool           draws = (PetscBool)(w->order->by_species && w->alike[0].first && s->fluctuation < 0);
  const PetscInt            redrawn = draws ? PetscMax(40, s->replicas / 4) : 0, shuffles = w->order->by_species ? s->shuffles : 0;

  PetscFunctionBegin;
  g->all = s->replicas + redrawn + shuffles;
  PetscCall(AetProgressCreate(w->comm, "track", g->all, &g->progress));
  PetscCall(Names(g, tally));
  if (redrawn) PetscCall(Fluctuations(g, redrawn, tally));
  for (PetscInt r = 0; r < tally->regions && s->fluctuation >= 0; r++) tally->fluctuation[r] = s->fluctuation;
  if (shuffles) PetscCall(Chance(g, tally));
  PetscCall(AetProgressDestroy(&g->progress));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetTrackReplicas(AetTracking *w, AetReplicaTally *tally)
{
  Group    g = {.w = w};
  PetscInt most = 0;
  int      size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(w->comm, &size));
  AetCheck(w->settings->groups <= size, AET_ERR_INPUT, "groups: expected 1 to %d (the number of ranks), or 0, found %d", size,
           (int)w->settings->groups);
  g.groups = w->settings->groups ? (int)w->settings->groups : size;
  PetscCall(AetCommSplit(w->comm, g.groups, &g.comm, &g.index));
  PetscCallMPI(MPI_Comm_rank(g.comm, &g.rank));
  PetscCallMPI(MPI_Comm_size(g.comm, &g.size));
  for (int t = 0; t < w->times; t++) most = PetscMax(most, w->registration->total[t]);
  PetscCall(PetscMalloc1((size_t)most + 1, &g.species));
  PetscCall(PetscCalloc1((size_t)w->times, &g.now));
  PetscCall(Allocate(w, tally));
  PetscCall(Run(&g, tally));
  PetscCall(PetscFree(g.now));
  PetscCall(PetscFree(g.species));
  PetscCallMPI(MPI_Comm_free(&g.comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetTrackTallyFree(AetTracking *w, AetReplicaTally *tally)
{
  PetscFunctionBegin;
  for (PetscInt k = 0; k < tally->mine; k++) {
    AetSketch *s = &tally->sketch[k];
    for (int t = 0; t < w->times; t++) {
      PetscCall(AetTrackRegionsFree(&s->time[t]));
      PetscCall(PetscFree(s->from_group[t]));
      PetscCall(PetscFree(s->to_group[t]));
    }
    PetscCall(PetscFree4(s->time, s->from_group, s->to_group, s->groups));
  }
  PetscCall(PetscFree2(tally->number, tally->sketch));
  PetscCall(PetscFree4(tally->presence, tally->sigma_sites, tally->fluctuation, tally->chance));
  PetscCall(PetscFree(tally->first));
  PetscFunctionReturn(PETSC_SUCCESS);
}
