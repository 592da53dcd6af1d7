/* From linked regions and their replicas to nuclei with identities and events with probabilities. */
#include "series/track_private.h"
#include <math.h>
#include <stdlib.h>

/* A group of linked regions of the data at a time and the next. */
typedef struct {
  int    time, group;
  int    from_count, to_count, from, to; /* how many of the data's regions; the first of each, -1: none */
  int    kind;
  double probability, change, sigma;
} Draft;

typedef struct {
  AetTracking           *w;
  const AetReplicaTally *tally;
  int                  **from_group, **to_group, **common, *groups; /* [times - 1] of the data */
  double                *chance;                                    /* [regions] that it and all it is linked with are by chance */
  PetscInt               count;
  Draft                 *draft;
  int                   *holds;  /* [replicas][count] */
  double                *change; /* [replicas][count] ln of the ratio of sites, of one to one */
} Story;

/* ---------------------------------------------------------------- groups of the data */

static PetscBool Kept(const AetTracking *w, int time, int region)
{
  const AetRegions *r = &w->data[time];

  return (PetscBool)(region >= 0 && r->phase[region] >= 0 && (r->linked[region] || AetTrackIsNucleus(w, r, region)));
}

static PetscErrorCode Unlink(Story *s)
{
  PetscFunctionBegin;
  for (int t = 0; t + 1 < s->w->times; t++) {
    PetscCall(PetscFree(s->from_group[t]));
    PetscCall(PetscFree(s->to_group[t]));
    PetscCall(PetscFree(s->common[t]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Drops regions that too few replicas show and, if linked already, that a random alloy might have: they get phase -1 and take no part any
   more. Then links the others. */
static PetscErrorCode Link(Story *s, PetscInt *dropped)
{
  AetTracking *w = s->w;

  PetscFunctionBegin;
  for (int t = 0; t < w->times; t++)
    for (int i = 0; i < w->data[t].count; i++) {
      const PetscInt at = s->tally->first[t] + i;
      if (w->data[t].phase[i] >= 0 && (s->tally->presence[at] < w->settings->presence || s->chance[at] > w->settings->chance)) {
        *dropped += AetTrackIsNucleus(w, &w->data[t], i);
        w->data[t].phase[i] = -1;
      }
      w->data[t].linked[i] = PETSC_FALSE;
    }
  PetscCall(Unlink(s));
  for (int t = 0; t + 1 < w->times; t++)
    PetscCall(AetTrackLink(w, t, &w->data[t], &w->data[t + 1], &s->from_group[t], &s->to_group[t], &s->groups[t], &s->common[t]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What a nucleus is at its largest tells whether it is by chance: the least chance of all that are linked, over all times. */
static void ShareChance(Story *s)
{
  const PetscInt *first = s->tally->first;

  for (PetscInt r = 0; r < s->tally->regions; r++) s->chance[r] = s->tally->chance[r];
  for (int sweep = 0; sweep < 2 * s->w->times; sweep++)
    for (int t = 0; t + 1 < s->w->times; t++)
      for (int a = 0; a < s->w->data[t].count; a++)
        for (int b = 0; b < s->w->data[t + 1].count; b++) {
          double *x = &s->chance[first[t] + a], *y = &s->chance[first[t + 1] + b];
          if (s->from_group[t][a] == s->to_group[t][b]) *x = *y = PetscMin(*x, *y);
        }
}

static PetscErrorCode LinkLikely(Story *s, PetscInt *dropped)
{
  const size_t n = (size_t)s->w->times;

  PetscFunctionBegin;
  PetscCall(PetscCalloc4(n, &s->from_group, n, &s->to_group, n, &s->common, n, &s->groups));
  PetscCall(PetscCalloc1((size_t)s->tally->regions + 1, &s->chance));
  *dropped = 0;
  PetscCall(Link(s, dropped)); /* by the replicas alone */
  ShareChance(s);
  PetscCall(Link(s, dropped));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static int KindOf(int from, int to)
{
  if (!from) return AET_HISTORY_BIRTH;
  if (!to) return AET_HISTORY_DISSOLUTION;
  return from > 1 ? AET_HISTORY_MERGE : to > 1 ? AET_HISTORY_DIVISION : AET_HISTORY_FLUCTUATION;
}

static PetscErrorCode ListDrafts(Story *s)
{
  PetscInt room = 1;

  PetscFunctionBegin;
  for (int t = 0; t + 1 < s->w->times; t++) room += s->groups[t];
  PetscCall(PetscCalloc1((size_t)room, &s->draft));
  for (int t = 0; t + 1 < s->w->times; t++)
    for (int g = 0; g < s->groups[t]; g++) {
      Draft d = {.time = t, .group = g, .from = -1, .to = -1};

      for (int i = s->w->data[t].count - 1; i >= 0; i--)
        if (s->from_group[t][i] == g && Kept(s->w, t, i)) d.from = i, d.from_count++;
      for (int i = s->w->data[t + 1].count - 1; i >= 0; i--)
        if (s->to_group[t][i] == g && Kept(s->w, t + 1, i)) d.to = i, d.to_count++;
      if (!d.from_count && !d.to_count) continue;
      d.kind = KindOf(d.from_count, d.to_count);
      s->draft[s->count++] = d;
    }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* ---------------------------------------------------------------- what a replica says of a group */

/* The data's region that region i of a replica is; -1: none that takes part. */
static int KnownAs(const Story *s, int time, const AetRegions *r, int i)
{
  if (!r->linked[i] && !AetTrackIsNucleus(s->w, r, i)) return -1;
  return Kept(s->w, time, r->known[i]) ? r->known[i] : -1;
}

/* Of a group of a replica at one end: how many different regions of the draft it has, and whether it has one of another draft. */
static int Members(const Story *s, int time, const AetRegions *r, const int *group, int q, const int *data_group, int own,
                   PetscBool *foreign)
{
  int count = 0;

  for (int i = 0; i < r->count; i++) {
    const int k = group[i] == q ? KnownAs(s, time, r, i) : -1;
    PetscBool again = PETSC_FALSE;

    if (k < 0) continue;
    if (data_group[k] != own) *foreign = PETSC_TRUE;
    for (int j = 0; j < i && !again; j++) again = (PetscBool)(group[j] == q && KnownAs(s, time, r, j) == k);
    count += data_group[k] == own && !again;
  }
  return count;
}

/* A region that has no partner at the other end in the replica either. */
static PetscBool Alone(const Story *s, int time, const AetRegions *r, const int *group, int k, const int *other_group, int others)
{
  PetscBool found = PETSC_FALSE;

  for (int i = 0; i < r->count; i++) {
    if (KnownAs(s, time, r, i) != k) continue;
    if (AetTrackIsNucleus(s->w, r, i)) found = PETSC_TRUE;
    for (int j = 0; j < others; j++)
      if (other_group[j] == group[i]) return PETSC_FALSE;
  }
  return found;
}

static PetscBool Holds(const Story *s, const Draft *d, const AetSketch *k)
{
  const int         t = d->time;
  const AetRegions *from = &k->time[t], *to = &k->time[t + 1];

  if (!d->from_count) return Alone(s, t + 1, to, k->to_group[t], d->to, k->from_group[t], from->count);
  if (!d->to_count) return Alone(s, t, from, k->from_group[t], d->from, k->to_group[t], to->count);
  for (int q = 0; q < k->groups[t]; q++) {
    PetscBool foreign = PETSC_FALSE;
    const int n = Members(s, t, from, k->from_group[t], q, s->from_group[t], d->group, &foreign),
              m = Members(s, t + 1, to, k->to_group[t], q, s->to_group[t], d->group, &foreign);
    if (n && m && !foreign && (n > 1) == (d->from_count > 1) && (m > 1) == (d->to_count > 1)) return PETSC_TRUE;
  }
  return PETSC_FALSE;
}

static double LogSites(const Story *s, int time, const AetRegions *r, int k)
{
  int sites = 0;

  for (int i = 0; i < r->count; i++)
    if (KnownAs(s, time, r, i) == k) sites += r->high[i];
  return log1p(sites);
}

static PetscErrorCode AskReplicas(Story *s)
{
  const PetscInt replicas = s->w->settings->replicas;
  const size_t   room = (size_t)replicas * (size_t)s->count;

  PetscFunctionBegin;
  PetscCall(PetscCalloc2(room + 1, &s->holds, room + 1, &s->change));
  for (PetscInt m = 0; m < s->tally->mine; m++)
    for (PetscInt e = 0; e < s->count; e++) {
      const Draft     *d = &s->draft[e];
      const AetSketch *k = &s->tally->sketch[m];
      const size_t     at = (size_t)s->tally->number[m] * (size_t)s->count + (size_t)e;

      s->holds[at] = Holds(s, d, k);
      if (s->holds[at] && d->from_count == 1 && d->to_count == 1)
        s->change[at] = LogSites(s, d->time + 1, &k->time[d->time + 1], d->to) - LogSites(s, d->time, &k->time[d->time], d->from);
    }
  for (PetscInt k = 0; k < replicas; k++) { /* one rank has each: the sums are exact */
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, s->holds + (size_t)k * (size_t)s->count, (int)s->count, MPI_INT, MPI_SUM, s->w->comm));
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, s->change + (size_t)k * (size_t)s->count, (int)s->count, MPI_DOUBLE, MPI_SUM, s->w->comm));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* ---------------------------------------------------------------- probabilities */

/* Standard deviation of the change over the replicas in which one becomes one. */
static double SpreadOfChange(const Story *s, PetscInt e, PetscInt *count)
{
  double sum = 0, square = 0;

  *count = 0;
  for (PetscInt k = 0; k < s->w->settings->replicas; k++) {
    const size_t at = (size_t)k * (size_t)s->count + (size_t)e;
    if (!s->holds[at]) continue;
    sum += s->change[at], square += s->change[at] * s->change[at], ++*count;
  }
  return *count > 1 ? sqrt(PetscMax(0, (square - sum * sum / (double)*count) / (double)(*count - 1))) : 0;
}

/* Growth, fluctuation or dissolution: what most replicas show. A change must exceed what measurement and a nucleus that stays as it is make
   of themselves. */
static void JudgeChange(const Story *s, PetscInt e)
{
  const AetHistorySettings *settings = s->w->settings;
  Draft                    *d = &s->draft[e];
  const PetscInt            from = s->tally->first[d->time] + d->from, to = s->tally->first[d->time + 1] + d->to;
  const double              f = s->tally->fluctuation[from], g = s->tally->fluctuation[to], real = sqrt((f * f + g * g) / 2);
  PetscInt                  up = 0, down = 0, count, steady;
  double                    limit;

  d->sigma = hypot(SpreadOfChange(s, e, &count), real);
  d->change = log1p(s->w->data[d->time + 1].high[d->to]) - log1p(s->w->data[d->time].high[d->from]);
  limit = fmax(log(settings->change), settings->sigmas * d->sigma);
  for (PetscInt k = 0; k < settings->replicas; k++) {
    const size_t at = (size_t)k * (size_t)s->count + (size_t)e;
    up += s->holds[at] && s->change[at] > limit, down += s->holds[at] && s->change[at] < -limit;
  }
  steady = count - up - down;
  d->kind = steady >= up && steady >= down ? AET_HISTORY_FLUCTUATION : up >= down ? AET_HISTORY_GROWTH : AET_HISTORY_DISSOLUTION;
  d->probability = (double)(d->kind == AET_HISTORY_FLUCTUATION ? steady : PetscMax(up, down)) / (double)settings->replicas;
}

static void Judge(const Story *s)
{
  for (PetscInt e = 0; e < s->count; e++) {
    Draft   *d = &s->draft[e];
    PetscInt count = 0;

    if (d->from_count == 1 && d->to_count == 1) {
      JudgeChange(s, e);
      continue;
    }
    for (PetscInt k = 0; k < s->w->settings->replicas; k++) count += s->holds[(size_t)k * (size_t)s->count + (size_t)e];
    d->probability = (double)count / (double)s->w->settings->replicas;
    if (!d->from_count) d->probability *= 1 - s->chance[s->tally->first[d->time + 1] + d->to];
    if (!d->to_count) d->probability *= 1 - s->chance[s->tally->first[d->time] + d->from];
  }
}

/* ---------------------------------------------------------------- chains over several times */

/* The draft of one and one that region `region` of a time has with the next; -1: none. */
static PetscInt Next(const Story *s, int time, int region)
{
  for (PetscInt e = 0; e < s->count; e++)
    if (s->draft[e].time == time && s->draft[e].from == region && s->draft[e].from_count == 1 && s->draft[e].to_count == 1) return e;
  return -1;
}

static PetscBool Follows(const Story *s, int time, int region)
{
  for (PetscInt e = 0; e < s->count; e++)
    if (s->draft[e].time == time - 1 && s->draft[e].to == region && s->draft[e].from_count == 1 && s->draft[e].to_count == 1)
      return PETSC_TRUE;
  return PETSC_FALSE;
}

/* Change of the sites over the steps of a chain in a replica; false where a step does not hold. */
static PetscBool Whole(const Story *s, PetscInt replica, int steps, const PetscInt *step, double *change)
{
  *change = 0;
  for (int k = 0; k < steps; k++) {
    const size_t at = (size_t)replica * (size_t)s->count + (size_t)step[k];
    if (!s->holds[at]) return PETSC_FALSE;
    *change += s->change[at];
  }
  return PETSC_TRUE;
}

static void JudgeChain(const Story *s, int steps, const PetscInt *step, AetHistoryChain *c)
{
  const AetHistorySettings *settings = s->w->settings;
  const Draft              *first = &s->draft[step[0]], *last = &s->draft[step[steps - 1]];
  const double              f = s->tally->fluctuation[s->tally->first[first->time] + first->from],
               g = s->tally->fluctuation[s->tally->first[last->time + 1] + last->to];
  double    x, sum = 0, square = 0, limit;
  PetscInt  up = 0, down = 0, count = 0;
  PetscBool rises = PETSC_FALSE, falls = PETSC_FALSE;

  for (int k = 0; k < steps; k++) {
    c->change += s->draft[step[k]].change;
    rises = (PetscBool)(rises || s->draft[step[k]].kind == AET_HISTORY_GROWTH);
    falls = (PetscBool)(falls || s->draft[step[k]].kind == AET_HISTORY_DISSOLUTION);
  }
  for (PetscInt r = 0; r < settings->replicas; r++)
    if (Whole(s, r, steps, step, &x)) sum += x, square += x * x, count++;
  c->sigma =
      hypot(count > 1 ? sqrt(PetscMax(0, (square - sum * sum / (double)count) / (double)(count - 1))) : 0, sqrt((f * f + g * g) / 2));
  limit = fmax(log(settings->change), settings->sigmas * c->sigma);
  for (PetscInt r = 0; r < settings->replicas; r++)
    if (Whole(s, r, steps, step, &x)) up += !falls && x > limit, down += !rises && x < -limit;
  c->kind = count - up - down >= PetscMax(up, down) ? AET_HISTORY_FLUCTUATION : up >= down ? AET_HISTORY_GROWTH : AET_HISTORY_DISSOLUTION;
  c->probability = (double)(c->kind == AET_HISTORY_FLUCTUATION ? count - up - down : PetscMax(up, down)) / (double)settings->replicas;
}

static PetscErrorCode TellChains(const Story *s, const PetscInt *id, AetHistory h)
{
  PetscInt *step;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1((size_t)s->tally->regions + 1, &h->chain));
  PetscCall(PetscMalloc1((size_t)s->w->times, &step));
  for (int t = 0; t + 2 < s->w->times; t++)
    for (int i = 0; i < s->w->data[t].count; i++) {
      int steps = 0, region = i;

      if (!Kept(s->w, t, i) || Follows(s, t, i)) continue;
      for (PetscInt e = Next(s, t, i); e >= 0; e = Next(s, t + steps, region)) step[steps++] = e, region = s->draft[e].to;
      if (steps < 2) continue;
      h->chain[h->chains] = (AetHistoryChain){.id = id[s->tally->first[t] + i], .from_time = t, .to_time = t + steps};
      JudgeChain(s, steps, step, &h->chain[h->chains++]);
    }
  PetscCall(PetscFree(step));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* ---------------------------------------------------------------- identities */

/* The region of the time before that this one goes on from, -1: none. One that merges or divides goes on where most of the larger is
 * common. */
static int Continues(const Story *s, int time, int region)
{
  const AetRegions *from = &s->w->data[time - 1], *to = &s->w->data[time];
  const int         group = s->to_group[time - 1][region];
  int               best = -1, count = 0, others = 0;
  const int        *common = s->common[time - 1];

  for (int i = 0; i < to->count; i++) others += s->to_group[time - 1][i] == group && Kept(s->w, time, i);
  for (int i = 0; i < from->count; i++) {
    if (s->from_group[time - 1][i] != group || !Kept(s->w, time - 1, i)) continue;
    count++;
    if (best < 0 || common[i * to->count + region] > common[best * to->count + region]) best = i;
  }
  if (count == 1 && others == 1) return best;
  return best >= 0 && 2 * common[best * to->count + region] > PetscMax(from->low[best], to->low[region]) ? best : -1;
}

/* id [regions], 0: none. */
static PetscInt Identify(const Story *s, PetscInt *id)
{
  const PetscInt *first = s->tally->first;
  PetscInt        ids = 0;

  for (int t = 0; t < s->w->times; t++)
    for (int i = 0; i < s->w->data[t].count; i++) {
      const int before = Kept(s->w, t, i) && t ? Continues(s, t, i) : -1;
      if (!Kept(s->w, t, i)) continue;
      id[first[t] + i] = before >= 0 ? id[first[t - 1] + before] : ++ids;
    }
  return ids;
}

/* ---------------------------------------------------------------- tables */

static int ByTimeAndId(const void *a, const void *b)
{
  const AetHistoryNucleus *x = a, *y = b;

  return x->time != y->time ? (x->time > y->time) - (x->time < y->time) : (x->id > y->id) - (x->id < y->id);
}

static int ByFirstNucleus(const void *a, const void *b)
{
  const AetHistoryEvent *x = a, *y = b;

  if (x->from_time != y->from_time) return x->from_time < y->from_time ? -1 : 1;
  if (!x->from_count != !y->from_count) return x->from_count ? -1 : 1;
  const PetscInt i = x->from_count ? x->from[0] : x->to[0], j = y->from_count ? y->from[0] : y->to[0];
  return (i > j) - (i < j);
}

static int ById(const void *a, const void *b)
{
  const PetscInt x = *(const PetscInt *)a, y = *(const PetscInt *)b;

  return (x > y) - (x < y);
}

/* Ids of the kept regions of a group, the largest ones, ascending. */
static int Partners(const Story *s, int time, const int *group, int own, const PetscInt *id, PetscInt *partner)
{
  const AetRegions *r = &s->w->data[time];
  int               count = 0, taken[AET_HISTORY_PARTNERS];

  while (count < AET_HISTORY_PARTNERS) {
    int best = -1;
    for (int i = 0; i < r->count; i++) {
      PetscBool known = PETSC_FALSE;
      for (int k = 0; k < count; k++) known = (PetscBool)(known || taken[k] == i);
      if (group[i] == own && Kept(s->w, time, i) && !known && (best < 0 || r->low[i] > r->low[best])) best = i;
    }
    if (best < 0) break;
    partner[count] = id[s->tally->first[time] + best], taken[count++] = best;
  }
  qsort(partner, (size_t)count, sizeof *partner, ById);
  return count;
}

static PetscErrorCode TellEvents(const Story *s, const PetscInt *id, AetHistory h)
{
  PetscFunctionBegin;
  PetscCall(PetscCalloc1((size_t)s->count + 1, &h->event));
  for (PetscInt e = 0; e < s->count; e++) {
    const Draft     *d = &s->draft[e];
    AetHistoryEvent *v = &h->event[h->events++];

    *v = (AetHistoryEvent){d->time, d->time + 1, d->kind, 0, 0, {0}, {0}, d->probability, d->change, d->sigma};
    v->from_count = Partners(s, d->time, s->from_group[d->time], d->group, id, v->from);
    v->to_count = Partners(s, d->time + 1, s->to_group[d->time], d->group, id, v->to);
  }
  qsort(h->event, (size_t)h->events, sizeof *h->event, ByFirstNucleus);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TellNuclei(const Story *s, const PetscInt *id, AetHistory h)
{
  const AetReplicaTally *tally = s->tally;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1((size_t)tally->regions + 1, &h->nucleus));
  for (int t = 0; t < s->w->times; t++)
    for (int i = 0; i < s->w->data[t].count; i++) {
      const AetRegions  *r = &s->w->data[t];
      const PetscInt     at = tally->first[t] + i;
      AetHistoryNucleus *n = &h->nucleus[h->count];

      if (!id[at]) continue;
      h->count++;
      *n = (AetHistoryNucleus){.time = t, .id = id[at], .phase = r->phase[i], .sites = r->high[i], .peak = r->peak[i]};
      n->max_order = h->order[t][r->peak[i]];
      n->sigma_sites = tally->sigma_sites[at], n->fluctuation = tally->fluctuation[at];
      n->presence = tally->presence[at], n->chance = s->chance[at];
    }
  qsort(h->nucleus, (size_t)h->count, sizeof *h->nucleus, ByTimeAndId);
  for (int t = 0; t < s->w->times; t++)
    for (PetscInt k = 0; k < s->w->registration->total[t]; k++) {
      const int region = s->w->data[t].label[s->w->registration->site[t][k]];
      h->label[t][k] = region >= 0 && h->order[t][k] >= s->w->settings->threshold ? id[tally->first[t] + region] : 0;
    }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetTrackEvents(AetTracking *w, const AetReplicaTally *tally, AetHistory h)
{
  Story     s = {.w = w, .tally = tally};
  PetscInt *id;

  PetscFunctionBegin;
  PetscCall(LinkLikely(&s, &h->dropped));
  PetscCall(ListDrafts(&s));
  PetscCall(AskReplicas(&s));
  Judge(&s);
  PetscCall(PetscCalloc1((size_t)tally->regions + 1, &id));
  h->ids = Identify(&s, id);
  PetscCall(TellNuclei(&s, id, h));
  PetscCall(TellEvents(&s, id, h));
  PetscCall(TellChains(&s, id, h));
  PetscCall(PetscFree(id));
  PetscCall(PetscFree2(s.holds, s.change));
  PetscCall(Unlink(&s));
  PetscCall(PetscFree(s.chance));
  PetscCall(PetscFree4(s.from_group, s.to_group, s.common, s.groups));
  PetscCall(PetscFree(s.draft));
  PetscFunctionReturn(PETSC_SUCCESS);
}
