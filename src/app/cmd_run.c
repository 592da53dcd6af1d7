/* run, prepare, reconstruct, trace: stretches of one chain. */
#include "app.h"
#include "pipeline.h"

PetscErrorCode AetCommandRun(int count, char **files)
{
  PetscBool pictures;

  PetscFunctionBegin;
  PetscCall(AetOptionGetBool("pictures", &pictures));
  PetscCall(AetPipeline(MPI_COMM_WORLD, AET_STAGE_PREPARE, AET_STAGE_TRACE, NULL, pictures));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetCommandPrepare(int count, char **files)
{
  PetscFunctionBegin;
  PetscCall(AetPipeline(MPI_COMM_WORLD, AET_STAGE_PREPARE, AET_STAGE_PREPARE, NULL, PETSC_FALSE));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetCommandReconstruct(int count, char **files)
{
  PetscFunctionBegin;
  PetscCall(AetPipeline(MPI_COMM_WORLD, AET_STAGE_PREPARE, AET_STAGE_RECONSTRUCT, NULL, PETSC_FALSE));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* With a VOLUME only that is traced; without, the chain up to the trace is brought up to date. */
PetscErrorCode AetCommandTrace(int count, char **files)
{
  PetscFunctionBegin;
  PetscCall(
      AetPipeline(MPI_COMM_WORLD, count ? AET_STAGE_TRACE : AET_STAGE_PREPARE, AET_STAGE_TRACE, count ? files[0] : NULL, PETSC_FALSE));
  PetscFunctionReturn(PETSC_SUCCESS);
}
