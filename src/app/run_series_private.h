/* Between the parts of a series' run. */
#ifndef AET_APP_RUN_SERIES_PRIVATE_H
#define AET_APP_RUN_SERIES_PRIVATE_H

#include "run_series.h"

/* The standing message, if `code` is one, with the label of its time before it; returns `code`. Not collective. */
PetscErrorCode AetSeriesTell(const char *label, PetscErrorCode code);
/* This rank's group, its index, and the part of a node's ranks that it has where it has least. The caller frees `group`. Collective. */
PetscErrorCode AetSeriesSplit(const AetSeriesRun *run, MPI_Comm *group, int *index, double *share);

#endif
