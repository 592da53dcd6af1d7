/* Before the work: what the stages of a command need, and whether the nodes of the job have it. */
#ifndef AET_APP_PREFLIGHT_H
#define AET_APP_PREFLIGHT_H

#include "pipeline.h"

/* The options memory_limit and preflight. */
extern const AetOptionTable AetPreflightOptions;

/* Estimates stages `first` ... `last` of a run whose output folder has not been opened; nothing is written, no image is read, no array
   made. Stages of which the folder's summary has a key may be skipped later: they are told, but refused only when their turn comes. With
   `preflight` the estimates are printed, and *stop is set. AET_ERR_MEMORY, one line, where a stage cannot fit. Collective. */
PetscErrorCode AetPreflight(AetRun *run, AetStage first, AetStage last, PetscBool *stop);
/* The same of the reconstruction of a series that has been read: prints memory and time, sets recon.estimated_bytes_per_rank and
   recon.estimated_seconds_per_iteration. Collective on tilt->comm. */
PetscErrorCode AetPreflightReconstruct(AetTiltSeries tilt, AetSummary summary);

#endif
