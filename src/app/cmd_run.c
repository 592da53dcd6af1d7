/* run, prepare, reconstruct, trace, refine: stretches of one chain, of one time or of several. */
#include "app.h"
#include "pipeline.h"
#include "run_series.h"

/* The stretch, of every time where the options have several; files of one result belong to no series. */
static PetscErrorCode Chain(AetStage first, AetStage last, const char *volume_file, const char *atoms_file, PetscBool pictures,
                            PetscBool track)
{
  const char *file = volume_file ? volume_file : atoms_file;
  PetscBool   series;

  PetscFunctionBegin;
  PetscCall(AetSeriesIsGiven(&series));
  AetCheck(!series || !file, AET_ERR_INPUT, "%s: expected no file with series_time_1_...: whose it is does not show", file);
  PetscCall(series ? AetSeriesChain(MPI_COMM_WORLD, first, last, pictures, track)
                   : AetPipeline(MPI_COMM_WORLD, first, last, volume_file, atoms_file, pictures));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetCommandRun(int count, char **files)
{
  PetscBool pictures, refine, analyse;
  PetscInt  replicas;
  AetStage  last;

  PetscFunctionBegin;
  PetscCall(AetOptionGetBool("pictures", &pictures));
  PetscCall(AetOptionGetBool("refine_enabled", &refine));
  PetscCall(AetOptionGetInt("bootstrap_replicas", &replicas));
  PetscCall(AetOptionGetBool("analyse_enabled", &analyse));
  AetCheck(refine || !replicas, AET_ERR_INPUT, "bootstrap_replicas: expected a run that refines its atoms, found one that does not");
  last = analyse ? AET_STAGE_ANALYSE : replicas ? AET_STAGE_BOOTSTRAP : refine ? AET_STAGE_REFINE : AET_STAGE_TRACE;
  PetscCall(Chain(AET_STAGE_PREPARE, last, NULL, NULL, pictures, PETSC_TRUE));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetCommandPrepare(int count, char **files)
{
  PetscFunctionBegin;
  PetscCall(Chain(AET_STAGE_PREPARE, AET_STAGE_PREPARE, NULL, NULL, PETSC_FALSE, PETSC_FALSE));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetCommandReconstruct(int count, char **files)
{
  PetscFunctionBegin;
  PetscCall(Chain(AET_STAGE_PREPARE, AET_STAGE_RECONSTRUCT, NULL, NULL, PETSC_FALSE, PETSC_FALSE));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* With a VOLUME only that is traced; without, the chain up to the trace is brought up to date. */
PetscErrorCode AetCommandTrace(int count, char **files)
{
  PetscFunctionBegin;
  PetscCall(Chain(count ? AET_STAGE_TRACE : AET_STAGE_PREPARE, AET_STAGE_TRACE, count ? files[0] : NULL, NULL, PETSC_FALSE, PETSC_FALSE));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* With ATOMS these are refined against the tilt series; without, the chain up to the refinement is brought up to date. */
PetscErrorCode AetCommandRefine(int count, char **files)
{
  PetscFunctionBegin;
  PetscCall(Chain(AET_STAGE_PREPARE, AET_STAGE_REFINE, NULL, count ? files[0] : NULL, PETSC_FALSE, PETSC_FALSE));
  PetscFunctionReturn(PETSC_SUCCESS);
}
