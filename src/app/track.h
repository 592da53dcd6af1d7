/* Nuclei through the times of a series: what was computed, and the files that tell it. Method: docs/theory/tracking.md. */
#ifndef AET_APP_TRACK_H
#define AET_APP_TRACK_H

#include "output.h"
#include <aet4d/aet4d.h>

typedef struct {
  MPI_Comm           comm;
  int                times;
  AetAtoms          *atoms;   /* [times] lent */
  const char *const *labels;  /* [times] lent */
  const double      *minutes; /* [times] lent */
  AetHistorySettings settings;
  AetHistoryOrder    order;
  AetRegistration    registration;
  AetHistory         history;
} AetTracked;

/* Registers the times, follows their nuclei, and writes series.h5, nuclei.csv, events.csv, diffusion.csv, moves.csv, series.png and the
   keys series.* of the summary: what `track` does, and `run` with a series at its end. `atoms` [times], on the ranks of comm. `minutes`
   NULL: 0, 1, 2 … AET_ERR_INPUT: fewer than two times, times that do not grow, a time without atoms, species that differ. Collective on
   comm. */
PetscErrorCode AetStageTrack(MPI_Comm comm, int times, AetAtoms *atoms, const char *const *labels, const double *minutes,
                             AetOutput *output);

/* series.h5, nuclei.csv, events.csv. Collective. */
PetscErrorCode AetTrackedWrite(const AetTracked *tracked, const AetOutput *output);
/* diffusion.csv and moves.csv: what moved from each time to the next; series.displacement_*, vacancies_moved, margin of the summary.
 * Collective. */
PetscErrorCode AetTrackedDiffusion(const AetTracked *tracked, AetOutput *output);
/* Sites of the nuclei through time over pictures of the nuclei at every time. Collective. */
PetscErrorCode AetPictureSeries(const AetTracked *tracked, const char *path);

#endif
