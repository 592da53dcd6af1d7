#ifndef AET_BASE_ERROR_PRIVATE_H
#define AET_BASE_ERROR_PRIVATE_H

#include <aet4d/base.h>

/* PETSc error handler: silent for the errors that are told in one line, a trace for the rest. */
PetscErrorCode AetErrorHandler(MPI_Comm comm, int line, const char *function, const char *file, PetscErrorCode code, PetscErrorType type,
                               const char *message, void *context);

#endif
