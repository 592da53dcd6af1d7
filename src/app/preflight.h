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
/* What the stages of one run would need, and what they would cost. */
typedef struct _p_AetNeeds *AetNeeds;
/* Of a run whose output folder has not been opened; reads sizes and angles. Collective on run->comm. */
PetscErrorCode AetNeedsCreate(AetRun *run, AetNeeds *needs);
PetscErrorCode AetNeedsDestroy(AetNeeds *needs);
/* The most bytes that one of `ranks` ranks needs in stages `first` ... `last`. Not collective. */
PetscErrorCode AetNeedsOf(AetNeeds needs, AetStage first, AetStage last, int ranks, double *bytes);
/* The pixel, and the work in units of AetTransformWork: little where the folder's summary has a key of every stage. Not collective. */
PetscErrorCode AetNeedsWork(AetNeeds needs, AetStage first, AetStage last, double *pixel_angstrom, double *work);

/* Memory of a node as the options know it. Collective. */
PetscErrorCode AetPreflightMemory(MPI_Comm comm, AetNodeMemory *memory);

/* The same of the reconstruction of a series that has been read: prints memory and time, sets recon.estimated_bytes_per_rank and
   recon.estimated_seconds_per_iteration. Collective on tilt->comm. */
PetscErrorCode AetPreflightReconstruct(AetTiltSeries tilt, AetSummary summary);

#endif
