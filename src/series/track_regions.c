/* Regions of ordered sites at a time, and which of them are which of the next time. */
#include "series/kernel/links.h"
#include "series/track_private.h"
#include "structure/kernel/ascent.h"
#include <math.h>

static PetscErrorCode Room(PetscInt sites, int count, AetRegions *r)
{
  const size_t n = (size_t)count + 1;

  PetscFunctionBegin;
  r->count = count;
  PetscCall(PetscMalloc1((size_t)sites + 1, &r->label));
  PetscCall(PetscCalloc6(n, &r->low, n, &r->high, n, &r->phase, n, &r->known, n, &r->peak, n, &r->linked));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetTrackRegionsFree(AetRegions *r)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(r->label));
  PetscCall(PetscFree6(r->low, r->high, r->phase, r->known, r->peak, r->linked));
  r->count = 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetTrackRegions(AetTracking *w, int time, PetscInt replica, const int *species, double threshold, double prominence,
                               AetRegions *r)
{
  const ptrdiff_t n = w->registration->total[time];
  ptrdiff_t       count, dropped;

  PetscFunctionBegin;
  PetscCall(w->order->evaluate(w->order->context, time, replica, species, w->value, w->phase));
  AetAscentFold(n, w->value);
  AetCheck(!AetRegionsFind(&w->near[time], w->value, w->phase, threshold - w->settings->hysteresis, prominence, w->end), AET_ERR_MEMORY,
           "track: no memory for the maxima of %td atoms", n);
  /* half of what a nucleus needs: one that is almost too small at this time is still seen */
  count = AetAscentLabel(n, w->end, (w->settings->min_sites + 1) / 2, w->label, w->peak, w->size, &dropped);
  PetscCall(Room(w->sites, (int)count, r));
  for (PetscInt s = 0; s < w->sites; s++) r->label[s] = -1;
  for (ptrdiff_t i = 0; i < n; i++) {
    const ptrdiff_t k = w->label[i];
    if (k < 0) continue;
    r->label[w->registration->site[time][i]] = (int)k;
    r->high[k] += w->value[i] >= threshold;
  }
  for (ptrdiff_t k = 0; k < count; k++) {
    r->low[k] = (int)w->size[k], r->peak[k] = (int)w->peak[k];
    r->phase[k] = w->phase[w->peak[k]], r->known[k] = -1;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetTrackRegionsShare(MPI_Comm comm, int root, PetscInt sites, AetRegions *r)
{
  int rank, count = r->count;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Bcast(&count, 1, MPI_INT, root, comm));
  if (rank != root) PetscCall(Room(sites, count, r));
  PetscCallMPI(MPI_Bcast(r->label, (int)sites, MPI_INT, root, comm));
  PetscCallMPI(MPI_Bcast(r->low, count, MPI_INT, root, comm));
  PetscCallMPI(MPI_Bcast(r->high, count, MPI_INT, root, comm));
  PetscCallMPI(MPI_Bcast(r->phase, count, MPI_INT, root, comm));
  PetscCallMPI(MPI_Bcast(r->known, count, MPI_INT, root, comm));
  PetscCallMPI(MPI_Bcast(r->peak, count, MPI_INT, root, comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static double PeakDistance(const AetTracking *w, int time, int a, int b)
{
  const double *x = w->registration->position[time] + 3 * (ptrdiff_t)a, *y = w->registration->position[time + 1] + 3 * (ptrdiff_t)b;

  return sqrt((x[0] - y[0]) * (x[0] - y[0]) + (x[1] - y[1]) * (x[1] - y[1]) + (x[2] - y[2]) * (x[2] - y[2]));
}

/* Whether a region that is too small to be a nucleus is one of the data: then a replica has it still. */
static PetscBool Established(const AetTracking *w, int time, const AetRegions *r, int i)
{
  return (PetscBool)(r->known[i] >= 0 && AetTrackIsNucleus(w, &w->data[time], r->known[i]));
}

/* 0: no link. One too small to be a nucleus counts only beside a nucleus, and one that is not much larger: else that one was not there
   before. */
static double Strength(const AetTracking *w, int time, const AetRegions *from, int a, const AetRegions *to, int b, int common)
{
  const AetHistorySettings *s = w->settings;
  const PetscBool           large[2] = {AetTrackIsNucleus(w, from, a), AetTrackIsNucleus(w, to, b)};
  const double              share = common / (double)PetscMin(from->low[a], to->low[b]);

  if (from->phase[a] < 0 || from->phase[a] != to->phase[b] || (!large[0] && !large[1])) return 0;
  if (!large[0] && 2 * from->low[a] < to->low[b] && !Established(w, time, from, a)) return 0;
  if (!large[1] && 2 * to->low[b] < from->low[a] && !Established(w, time + 1, to, b)) return 0;
  if (common && share >= s->link_overlap) return share;
  return PeakDistance(w, time, from->peak[a], to->peak[b]) < s->link_angstrom ? PetscMax(share, 1e-3) : 0;
}

PetscErrorCode AetTrackLink(AetTracking *w, int time, AetRegions *from, AetRegions *to, int **from_group, int **to_group, int *groups,
                            int **common)
{
  const size_t links = (size_t)from->count * (size_t)to->count;
  double      *strength;
  int         *shared;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(links + 1, &strength));
  PetscCall(PetscMalloc1(links + 1, &shared));
  PetscCall(PetscMalloc1((size_t)from->count + 1, from_group));
  PetscCall(PetscMalloc1((size_t)to->count + 1, to_group));
  AetLinksOverlap(w->sites, from->label, to->label, from->count, to->count, shared);
  for (int a = 0; a < from->count; a++)
    for (int b = 0; b < to->count; b++) {
      const size_t link = (size_t)a * (size_t)to->count + (size_t)b;
      strength[link] = Strength(w, time, from, a, to, b, shared[link]);
    }
  *groups = AetLinksGroups(from->count, to->count, strength, *from_group, *to_group);
  for (int a = 0; a < from->count; a++)
    for (int b = 0; b < to->count; b++)
      if ((*from_group)[a] == (*to_group)[b]) from->linked[a] = to->linked[b] = PETSC_TRUE;
  PetscCall(PetscFree(strength));
  if (common)
    *common = shared;
  else
    PetscCall(PetscFree(shared));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetTrackRecognise(AetTracking *w, int time, AetRegions *r)
{
  const AetRegions *data = &w->data[time];
  int              *common;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)r->count * (size_t)data->count + 1, &common));
  AetLinksOverlap(w->sites, r->label, data->label, r->count, data->count, common);
  for (int i = 0; i < r->count; i++) {
    int best = -1;

    for (int k = 0; k < data->count; k++)
      if (common[i * data->count + k] > (best < 0 ? 0 : common[i * data->count + best])) best = k;
    if (best >= 0 && common[i * data->count + best] >= w->settings->link_overlap * PetscMin(r->low[i], data->low[best])) r->known[i] = best;
  }
  PetscCall(PetscFree(common));
  PetscFunctionReturn(PETSC_SUCCESS);
}
