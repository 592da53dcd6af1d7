/* What the stages of the chain make: each reads what it needs from the run or its folder, and writes its result to `path`. */
#ifndef AET_APP_PIPELINE_MAKE_H
#define AET_APP_PIPELINE_MAKE_H

#include "pipeline.h"

#define AET_TILT_FILE "tilt.h5"
#define AET_VOLUME_FILE "volume.h5"
#define AET_ATOMS_FILE "atoms.h5"
#define AET_TRACED_FILE "traced.h5"   /* in place of atoms.h5, where refined atoms take that name */
#define AET_REFINED_FILE "refined.h5" /* in place of atoms.h5, where replicas add to the refined atoms */
#define AET_CHECKPOINT_FILE "checkpoint.h5"

/* The tilt series, aligned, with the angles that the options ask for. Collective. */
PetscErrorCode AetRunMakeTilt(AetRun *run, const char *path);
/* The volume, with its curve of resolution and, where a filter is asked for, the unfiltered one beside it. Collective. */
PetscErrorCode AetRunMakeVolume(AetRun *run, const char *path);
/* The traced atoms. Collective. */
PetscErrorCode AetRunMakeAtoms(AetRun *run, const char *path);
/* The traced atoms, or those given, refined. Collective. */
PetscErrorCode AetRunMakeRefined(AetRun *run, const char *path);
/* The analysis of the final atoms. Collective. */
PetscErrorCode AetRunMakeAnalysis(AetRun *run, const char *path);

#endif
