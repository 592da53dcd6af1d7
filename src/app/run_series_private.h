/* Between the parts of a series' run. */
#ifndef AET_APP_RUN_SERIES_PRIVATE_H
#define AET_APP_RUN_SERIES_PRIVATE_H

#include "run_series.h"

/* The standing message, if `code` is one, with the label of its time before it; returns `code`. Not collective. */
PetscErrorCode AetSeriesTell(const char *label, PetscErrorCode code);
/* This rank's group, which the caller frees, and its index. Collective. */
PetscErrorCode AetSeriesSplit(const AetSeriesRun *run, MPI_Comm *group, int *index);

/* Makes every time on its group of ranks, its keys and its label in force, and sees to the ends: of all, of one that fails, on request.
   Collective on all ranks; `make` on those of the group. */
PetscErrorCode AetSeriesInGroups(const AetSeriesRun *run,
                                 PetscErrorCode (*make)(const AetSeriesRun *run, const AetSeriesTime *time, MPI_Comm group));

/* Whether a joint reconstruction is asked for (AET_ERR_INPUT where it cannot be made); makes it of all times, from their volumes and
   `atoms` [times]. Collective. */
PetscErrorCode AetSeriesJointCheck(const AetSeriesRun *run, PetscBool *wanted);
PetscErrorCode AetSeriesJoint(AetSeriesRun *run, AetAtoms *atoms);
/* The file of a time's atoms: those of the joint reconstruction where it was made and chosen. Collective. */
PetscErrorCode AetSeriesAtomsPath(const AetSeriesRun *run, int t, PetscBool joint, char path[PETSC_MAX_PATH_LEN]);
/* The numbers of that file of every time's folder as times.<label>.* of the summary above. Collective. */
PetscErrorCode AetSeriesAdopt(AetSeriesRun *run, const char *file);

/* The nuclei of `atoms` [times] followed; skipped where that was done. Collective. */
PetscErrorCode AetSeriesTrack(AetSeriesRun *run, PetscBool joint, AetAtoms *atoms);

#endif
