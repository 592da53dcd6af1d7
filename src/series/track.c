/* Nuclei of one particle through the times of its registration. */
#include "series/track_private.h"
#include <math.h>
#include <string.h>

const char *AetHistoryKindName(int kind)
{
  static const char *const names[] = {"birth", "growth", "fluctuation", "dissolution", "merge", "division"};

  return kind >= 0 && kind < AET_HISTORY_KINDS ? names[kind] : NULL;
}

static PetscErrorCode CheckSettings(const AetHistorySettings *s)
{
  PetscFunctionBegin;
  AetCheck(isfinite(s->threshold) && s->threshold > 0, AET_ERR_INPUT, "nuclei: threshold: expected a number above 0, found %g",
           s->threshold);
  AetCheck(s->threshold_spread >= 0 && s->hysteresis >= 0 && s->threshold_spread + s->hysteresis < s->threshold, AET_ERR_INPUT,
           "track_threshold_spread, track_hysteresis: expected a sum below the threshold of %g, found %g and %g", s->threshold,
           s->threshold_spread, s->hysteresis);
  AetCheck(isfinite(s->radius_angstrom) && s->radius_angstrom > 0, AET_ERR_INPUT, "nuclei: radius: expected a length > 0 Å, found %g",
           s->radius_angstrom);
  AetCheck(s->min_sites >= 1, AET_ERR_INPUT, "nuclei: least number of sites: expected 1 or more, found %d", (int)s->min_sites);
  AetCheck(s->link_overlap > 0 && s->link_overlap <= 1, AET_ERR_INPUT, "track_link_overlap: expected more than 0, at most 1, found %g",
           s->link_overlap);
  AetCheck(s->change >= 1, AET_ERR_INPUT, "track_change: expected at least 1, found %g", s->change);
  AetCheck(s->replicas >= 2, AET_ERR_INPUT, "track_replicas: expected at least 2, found %d", (int)s->replicas);
  AetCheck(s->groups >= 0, AET_ERR_INPUT, "groups: expected 0 or more, found %d", (int)s->groups);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Rows of `width` doubles of all ranks, in the order of the atoms, on every rank. Collective. */
static PetscErrorCode GatherRows(AetAtoms atoms, int width, const double *local, double **all)
{
  PetscMPIInt size, *counts, *starts;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(atoms->comm, &size));
  PetscCall(PetscMalloc1((size_t)width * (size_t)atoms->total + 1, all));
  PetscCall(PetscMalloc2((size_t)size, &counts, (size_t)size, &starts));
  for (int r = 0; r < size; r++) {
    ptrdiff_t start, count;
    AetBlock(atoms->total, r, size, &start, &count);
    counts[r] = (PetscMPIInt)(count * width), starts[r] = (PetscMPIInt)(start * width);
  }
  PetscCallMPI(MPI_Allgatherv(local, (int)atoms->count * width, MPI_DOUBLE, *all, counts, starts, MPI_DOUBLE, atoms->comm));
  PetscCall(PetscFree2(counts, starts));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Probabilities of the registration's species: the named one is wrong with at least `least`, which the others share. */
static PetscErrorCode TakeProbabilities(AetTracking *w, int time, AetAtoms atoms)
{
  AetRegistration reg = w->registration;
  const int       kinds = reg->species_count;
  int             place[AET_SPECIES_MAX];
  double         *row;

  PetscFunctionBegin;
  for (int k = 0; k < atoms->species_count; k++)
    for (place[k] = kinds - 1; place[k] > 0 && strcmp(atoms->symbol[k], reg->symbol[place[k]]);) place[k]--;
  PetscCall(GatherRows(atoms, atoms->species_count, atoms->probability, &row));
  PetscCall(PetscCalloc1((size_t)kinds * (size_t)atoms->total + 1, &w->probability[time]));
  for (PetscInt i = 0; i < atoms->total; i++) {
    double   *p = w->probability[time] + (ptrdiff_t)kinds * i, sum = 0, others;
    const int mine = reg->species[time][i];

    if (mine < 0) continue;
    for (int k = 0; k < atoms->species_count; k++) p[place[k]] = PetscMax(0, row[(ptrdiff_t)atoms->species_count * i + k]);
    for (int k = 0; k < kinds; k++) sum += p[k];
    if (!(sum > 0)) p[mine] = sum = 1;
    for (int k = 0; k < kinds; k++) p[k] /= sum;
    others = 1 - p[mine];
    if (others >= w->settings->species_error || kinds < 2) continue;
    for (int k = 0; k < kinds; k++)
      if (k != mine) p[k] = others > 0 ? p[k] / others * w->settings->species_error : w->settings->species_error / (kinds - 1);
    p[mine] = 1 - w->settings->species_error;
  }
  PetscCall(PetscFree(row));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Begin(AetTracking *w, AetAtoms *atoms)
{
  AetRegistration reg = w->registration;
  const size_t    times = (size_t)w->times;
  size_t          most = 1;

  PetscFunctionBegin;
  PetscCall(PetscCalloc5(times, &w->near, times, &w->alike, times, &w->probability, times, &w->exchange, times, &w->data));
  for (int t = 0; t < w->times; t++) {
    most = PetscMax(most, (size_t)reg->total[t] + 1);
    AetCheck(!AetNearBuild(&w->near[t], reg->total[t], reg->position[t], w->settings->radius_angstrom), AET_ERR_MEMORY,
             "track: no memory for the neighbours of %d atoms", (int)reg->total[t]);
    PetscCall(TakeProbabilities(w, t, atoms[t]));
  }
  PetscCall(
      PetscMalloc7(most, &w->value, most, &w->phase, most, &w->species, most, &w->end, most, &w->label, most, &w->peak, most, &w->size));
  if (w->order->by_species && w->order->index) PetscCall(AetTrackFindAlike(w));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode End(AetTracking *w)
{
  PetscFunctionBegin;
  for (int t = 0; t < w->times; t++) {
    AetNearFree(&w->near[t]);
    AetNearFree(&w->alike[t]);
    PetscCall(PetscFree(w->probability[t]));
    PetscCall(AetTrackRegionsFree(&w->data[t]));
  }
  PetscCall(PetscFree7(w->value, w->phase, w->species, w->end, w->label, w->peak, w->size));
  PetscCall(PetscFree5(w->near, w->alike, w->probability, w->exchange, w->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Regions of the data and their links; keeps what the order parameter was. */
static PetscErrorCode Look(AetTracking *w, AetHistory h)
{
  PetscFunctionBegin;
  for (int t = 0; t < w->times; t++) {
    const size_t n = (size_t)w->registration->total[t];

    PetscCall(AetTrackRegions(w, t, -1, w->registration->species[t], w->settings->threshold, w->settings->prominence, &w->data[t]));
    PetscCall(PetscMalloc3(n + 1, &h->order[t], n + 1, &h->phase[t], n + 1, &h->label[t]));
    PetscCall(PetscArraycpy(h->order[t], w->value, n));
    PetscCall(PetscArraycpy(h->phase[t], w->phase, n));
  }
  for (int t = 0; t + 1 < w->times; t++) {
    int *from, *to, groups;
    PetscCall(AetTrackLink(w, t, &w->data[t], &w->data[t + 1], &from, &to, &groups, NULL));
    PetscCall(PetscFree(from));
    PetscCall(PetscFree(to));
  }
  if (w->alike[0].first) PetscCall(AetTrackExchange(w));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Mean places of the sites of the nuclei, in the frame of their time and in the common one; one without sites is where its maximum is. */
static PetscErrorCode Place(AetHistory h, int time, AetAtoms atoms, AetRegistration reg)
{
  double *position;
  int    *species;

  PetscFunctionBegin;
  PetscCall(AetAtomsGather(atoms, &position, &species));
  for (PetscInt k = 0; k < h->count; k++) {
    AetHistoryNucleus *n = &h->nucleus[k];
    PetscInt           sites = 0;

    if (n->time != time) continue;
    for (PetscInt i = 0; i < atoms->total; i++) {
      if (h->label[time][i] != n->id && (n->sites || i != n->peak)) continue;
      sites++;
      for (int a = 0; a < 3; a++) n->centre[a] += position[3 * (ptrdiff_t)i + a], n->common[a] += reg->position[time][3 * (ptrdiff_t)i + a];
    }
    for (int a = 0; a < 3; a++) n->centre[a] /= sites, n->common[a] /= sites;
  }
  PetscCall(PetscFree(position));
  PetscCall(PetscFree(species));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Follow(AetTracking *w, AetAtoms *atoms, AetHistory h)
{
  AetReplicaTally tally;

  PetscFunctionBegin;
  PetscCall(Begin(w, atoms));
  PetscCall(Look(w, h));
  PetscCall(AetTrackReplicas(w, &tally));
  PetscCall(AetTrackEvents(w, &tally, h));
  h->by_chance = tally.by_chance;
  for (int t = 0; t < w->times; t++) {
    h->exchange[t] = w->exchange[t];
    PetscCall(Place(h, t, atoms[t], w->registration));
  }
  PetscCall(AetTrackTallyFree(w, &tally));
  PetscCall(End(w));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetHistoryCreate(int times, AetAtoms *atoms, AetRegistration registration, const AetHistoryOrder *order,
                                const AetHistorySettings *settings, AetHistory *history)
{
  AetTracking  w = {.comm = atoms[0]->comm, .times = times, .registration = registration, .order = order, .settings = settings};
  const size_t n = (size_t)times;
  AetHistory   h;

  PetscFunctionBegin;
  *history = NULL;
  PetscCall(CheckSettings(settings));
  AetCheck(times >= 2 && registration->times == times, AET_ERR_INPUT, "track: expected the registration of %d times, at least 2, found %d",
           times, registration->times);
  w.sites = registration->sites;
  PetscCall(PetscNew(&h));
  h->times = times;
  PetscCall(PetscCalloc4(n, &h->order, n, &h->phase, n, &h->label, n, &h->exchange));
  PetscCall(Follow(&w, atoms, h));
  *history = h;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetHistoryDestroy(AetHistory *history)
{
  AetHistory h = *history;

  PetscFunctionBegin;
  if (!h) PetscFunctionReturn(PETSC_SUCCESS);
  for (int t = 0; t < h->times; t++) PetscCall(PetscFree3(h->order[t], h->phase[t], h->label[t]));
  PetscCall(PetscFree4(h->order, h->phase, h->label, h->exchange));
  PetscCall(PetscFree(h->nucleus));
  PetscCall(PetscFree(h->event));
  PetscCall(PetscFree(h->chain));
  PetscCall(PetscFree(*history));
  PetscFunctionReturn(PETSC_SUCCESS);
}
