/* reference: configs/reference.yaml, written from the tables. */
#include "app.h"

PetscErrorCode AetCommandReference(int count, char **files)
{
  int rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(MPI_COMM_WORLD, &rank));
  if (!rank) PetscCall(AetOptionsReference(stdout));
  PetscFunctionReturn(PETSC_SUCCESS);
}
