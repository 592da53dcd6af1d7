/* run, prepare, reconstruct, trace, refine: stretches of one chain. */
#include "app.h"
#include "pipeline.h"

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
  PetscCall(AetPipeline(MPI_COMM_WORLD, AET_STAGE_PREPARE, last, NULL, NULL, pictures));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetCommandPrepare(int count, char **files)
{
  PetscFunctionBegin;
  PetscCall(AetPipeline(MPI_COMM_WORLD, AET_STAGE_PREPARE, AET_STAGE_PREPARE, NULL, NULL, PETSC_FALSE));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetCommandReconstruct(int count, char **files)
{
  PetscFunctionBegin;
  PetscCall(AetPipeline(MPI_COMM_WORLD, AET_STAGE_PREPARE, AET_STAGE_RECONSTRUCT, NULL, NULL, PETSC_FALSE));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* With a VOLUME only that is traced; without, the chain up to the trace is brought up to date. */
PetscErrorCode AetCommandTrace(int count, char **files)
{
  PetscFunctionBegin;
  PetscCall(AetPipeline(MPI_COMM_WORLD, count ? AET_STAGE_TRACE : AET_STAGE_PREPARE, AET_STAGE_TRACE, count ? files[0] : NULL, NULL,
                        PETSC_FALSE));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* With ATOMS these are refined against the tilt series; without, the chain up to the refinement is brought up to date. */
PetscErrorCode AetCommandRefine(int count, char **files)
{
  PetscFunctionBegin;
  PetscCall(AetPipeline(MPI_COMM_WORLD, AET_STAGE_PREPARE, AET_STAGE_REFINE, NULL, count ? files[0] : NULL, PETSC_FALSE));
  PetscFunctionReturn(PETSC_SUCCESS);
}
