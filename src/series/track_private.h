/* Nuclei through time: what the files of this part share. */
#ifndef AET_SERIES_TRACK_PRIVATE_H
#define AET_SERIES_TRACK_PRIVATE_H

#include "series/kernel/regions.h"
#include <aet4d/series.h>

/* The regions of the maxima at one time. Their sites have an order of at least the threshold less the hysteresis. */
typedef struct {
  int        count;
  int       *label;         /* [sites] of the registration: the region there, -1: none */
  int       *low, *high;    /* [count] sites of at least the threshold less the hysteresis; of at least the threshold */
  int       *phase, *known; /* [count] known: the nucleus of the data that it is, -1: none */
  int       *peak;          /* [count] atom */
  PetscBool *linked;        /* [count] to a region of a time beside */
} AetRegions;

/* What one replica shows: its regions without their sites, and how they are linked. */
typedef struct {
  AetRegions *time;                   /* [times] label NULL */
  int       **from_group, **to_group; /* [times - 1][count] */
  int        *groups;                 /* [times - 1] */
} AetSketch;

typedef struct {
  MPI_Comm                  comm;
  int                       times;
  PetscInt                  sites;
  AetRegistration           registration;
  const AetHistoryOrder    *order;
  const AetHistorySettings *settings;
  AetNear                  *near;        /* [times] within the radius */
  AetNear                  *alike;       /* [times] equivalent sites near by; first NULL: none */
  double                  **probability; /* [times][total][species_count of the registration] of the names */
  double                   *exchange;    /* [times] */
  AetRegions               *data;        /* [times] regions of the data */
  /* room for one time */
  double    *value;
  int       *phase, *species;
  ptrdiff_t *end, *label, *peak, *size;
} AetTracking;

/* ---- regions (track_regions.c) ---- */

/* Regions of a time for these species and threshold (and a replica of the positions; -1: none); value and phase of the atoms stay in
 * w->value, w->phase. Not collective. */
PetscErrorCode AetTrackRegions(AetTracking *w, int time, PetscInt replica, const int *species, double threshold, double prominence,
                               AetRegions *regions);
PetscErrorCode AetTrackRegionsFree(AetRegions *regions);
/* From the rank `root` to all of comm. Collective. */
PetscErrorCode AetTrackRegionsShare(MPI_Comm comm, int root, PetscInt sites, AetRegions *regions);
/* Whether it is large enough to be a nucleus by itself. */
static inline PetscBool AetTrackIsNucleus(const AetTracking *w, const AetRegions *r, int i)
{
  return r->high[i] >= w->settings->min_sites ? PETSC_TRUE : PETSC_FALSE;
}
/* Groups of the linked regions of a time and the next: from_group, to_group (PetscFree); common [from->count][to->count] if not NULL
   (PetscFree). Marks what is linked. Not collective. */
PetscErrorCode AetTrackLink(AetTracking *w, int time, AetRegions *from, AetRegions *to, int **from_group, int **to_group, int *groups,
                            int **common);
/* known[i]: the region of the data with which each has most sites in common, if that is link_overlap of the smaller. Not collective. */
PetscErrorCode AetTrackRecognise(AetTracking *w, int time, AetRegions *regions);

/* ---- species of replicas (track_draw.c) ---- */

/* Names drawn by their probabilities; equivalent sites; places exchanged inside small blocks. species [total of the time]; the same on any
   rank. Not collective. */
void           AetTrackDrawNames(const AetTracking *w, int time, PetscInt replica, int *species);
void           AetTrackDrawAlike(const AetTracking *w, int time, double fraction, PetscInt replica, int *species);
PetscErrorCode AetTrackShuffle(const AetTracking *w, int time, PetscInt shuffle, int *species);
/* Equivalent sites near by: w->alike. Not collective. */
PetscErrorCode AetTrackFindAlike(AetTracking *w);
/* w->exchange from the sites outside nuclei. Not collective. */
PetscErrorCode AetTrackExchange(AetTracking *w);
/* Uniform in [0, 1) of a replica as a whole. */
double AetTrackUniform(const AetTracking *w, int purpose, PetscInt replica);

/* ---- replicas (replicas.c) ---- */

/* What the replicas tell of the regions of the data, complete on every rank. */
typedef struct {
  PetscInt  *first;       /* [times + 1] regions of the data before a time */
  PetscInt   regions;     /* of all times */
  double    *presence;    /* [regions] */
  double    *sigma_sites; /* [regions] */
  double    *fluctuation; /* [regions] of ln(sites) */
  double    *chance;      /* [regions] */
  PetscInt   by_chance;
  PetscInt   mine;   /* replicas whose sketches are here */
  PetscInt  *number; /* [mine] which */
  AetSketch *sketch; /* [mine] */
} AetReplicaTally;
/* Collective on w->comm. */
PetscErrorCode AetTrackReplicas(AetTracking *w, AetReplicaTally *tally);
PetscErrorCode AetTrackTallyFree(AetTracking *w, AetReplicaTally *tally);

/* ---- events (track_events.c) ---- */

/* Nuclei, identities and events, with their probabilities. Collective on w->comm. */
PetscErrorCode AetTrackEvents(AetTracking *w, const AetReplicaTally *tally, AetHistory history);

#endif
