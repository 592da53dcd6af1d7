/* What happens to the nuclei between consecutive times. */
#include "simulate/series_private.h"
#include <math.h>

#define GROWN 1.25 /* ratio of sites: more is growth, less than its inverse dissolution, else a nucleus fluctuates */

const char *AetScriptedEventName(int kind)
{
  static const char *const names[] = {"birth", "growth", "fluctuation", "dissolution", "merge", "division"};

  return kind >= 0 && kind < AET_SCRIPTED_KINDS ? names[kind] : NULL;
}

const char *AetScriptedOrderName(int order)
{
  static const char *const names[] = {"random", "l10", "l12", "l12_ab3", "b2"};

  return order >= 0 && order < 5 ? names[order] : NULL;
}

static const AetScriptedNucleus *Find(const AetSpecimenSeries *series, int time, int nucleus)
{
  for (PetscInt n = 0; n < series->nuclei; n++)
    if (series->nucleus[n].time == time && series->nucleus[n].nucleus == nucleus) return series->nucleus + n;
  return NULL;
}

/* Sites that nucleus a at time t and nucleus b at the next share. Sites of a specimen ascend. */
static int Shared(const AetSpecimenSeries *series, int t, int a, int b)
{
  const AetSpecimen *from = series->specimen + t, *to = series->specimen + t + 1;
  int                count = 0;

  for (PetscInt i = 0, j = 0; i < from->count && j < to->count;) {
    if (from->site[i] == to->site[j]) count += from->nucleus[i] == a && to->nucleus[j] == b;
    if (from->site[i] <= to->site[j])
      i++;
    else
      j++;
  }
  return count;
}

static AetScriptedEvent *Add(AetSpecimenSeries *series, int time, int kind)
{
  AetScriptedEvent *event = series->event + series->events++;

  *event = (AetScriptedEvent){.from_time = time, .to_time = time + 1, .kind = kind};
  return event;
}

/* Nuclei of the other time that are new there (or gone here) and share sites with this one. */
static int Partners(const AetSpecimenSeries *series, int t, const AetScriptedNucleus *nucleus, PetscBool forward, int *partner)
{
  int count = 0;

  for (PetscInt n = 0; n < series->nuclei && count < AET_SCRIPTED_PARTNERS; n++) {
    const AetScriptedNucleus *other = series->nucleus + n;
    const int                 shared = other->time != t + (int)forward ? 0
                                       : forward                       ? Shared(series, t, nucleus->nucleus, other->nucleus)
                                                                       : Shared(series, t, other->nucleus, nucleus->nucleus);

    if (!shared || Find(series, forward ? t : t + 1, other->nucleus)) continue;
    if (shared >= 0.3 * PetscMin(nucleus->sites, other->sites)) partner[count++] = other->nucleus;
  }
  return count;
}

/* A nucleus of time t. */
static void Follow(AetSpecimenSeries *series, int t, const AetScriptedNucleus *nucleus)
{
  const AetScriptedNucleus *next = Find(series, t + 1, nucleus->nucleus);
  int                       partner[AET_SCRIPTED_PARTNERS], count;
  AetScriptedEvent         *event;

  if (next) {
    const double ratio = (double)next->sites / (double)nucleus->sites;
    event = Add(series, t, ratio > GROWN ? AET_SCRIPTED_GROWTH : ratio < 1 / GROWN ? AET_SCRIPTED_DISSOLUTION : AET_SCRIPTED_FLUCTUATION);
    event->from[event->from_count++] = event->to[event->to_count++] = nucleus->nucleus;
    return;
  }
  count = Partners(series, t, nucleus, PETSC_TRUE, partner);
  if (count == 1) { /* one of those that merge: told by the merged one, unless it is alone and only changed its number */
    int back[AET_SCRIPTED_PARTNERS];
    if (Partners(series, t, Find(series, t + 1, partner[0]), PETSC_FALSE, back) > 1) return;
  }
  event = Add(series, t, count > 1 ? AET_SCRIPTED_DIVISION : count ? AET_SCRIPTED_FLUCTUATION : AET_SCRIPTED_DISSOLUTION);
  event->from[event->from_count++] = nucleus->nucleus;
  for (int p = 0; p < count; p++) event->to[event->to_count++] = partner[p];
}

/* A nucleus of time t + 1 that was not there. */
static void Arise(AetSpecimenSeries *series, int t, const AetScriptedNucleus *nucleus)
{
  int               partner[AET_SCRIPTED_PARTNERS], count;
  AetScriptedEvent *event;

  if (Find(series, t, nucleus->nucleus)) return;
  count = Partners(series, t, nucleus, PETSC_FALSE, partner);
  if (count == 1) return; /* told by the one it comes from */
  event = Add(series, t, count > 1 ? AET_SCRIPTED_MERGE : AET_SCRIPTED_BIRTH);
  event->to[event->to_count++] = nucleus->nucleus;
  for (int p = 0; p < count; p++) event->from[event->from_count++] = partner[p];
}

PetscErrorCode AetSeriesEvents(AetSpecimenSeries *series)
{
  PetscFunctionBegin;
  PetscCall(PetscCalloc1(2 * (size_t)series->nuclei + 1, &series->event));
  for (int t = 0; t + 1 < series->times; t++) {
    for (PetscInt n = 0; n < series->nuclei; n++)
      if (series->nucleus[n].time == t) Follow(series, t, series->nucleus + n);
    for (PetscInt n = 0; n < series->nuclei; n++)
      if (series->nucleus[n].time == t + 1) Arise(series, t, series->nucleus + n);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
