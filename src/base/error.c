/* Errors: one message per rank, agreed over a communicator, told in one line where the user can act on them. */
#include "base/error_private.h"
#include <aet4d/base.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define AET_MESSAGE_SIZE 1024

static char aet_message[AET_MESSAGE_SIZE];

PetscErrorCode AetRaise(PetscErrorCode code, const char *format, ...)
{
  va_list arguments;

  if (aet_message[0]) return code;
  va_start(arguments, format);
  vsnprintf(aet_message, sizeof aet_message, format, arguments);
  va_end(arguments);
  for (char *c = aet_message; *c; c++)
    if (*c == '\n') *c = ' ';
  return code;
}

const char *AetErrorMessage(void)
{
  return aet_message;
}

void AetErrorClear(void)
{
  aet_message[0] = 0;
}

PetscBool AetErrorIsUser(PetscErrorCode code)
{
  return (PetscBool)(code == AET_ERR_INPUT || code == AET_ERR_OPEN || code == AET_ERR_READ || code == AET_ERR_WRITE ||
                     code == AET_ERR_DATA || code == AET_ERR_MEMORY || code == AET_ERR_INTERRUPTED);
}

PetscErrorCode AetErrorHandler(MPI_Comm comm, int line, const char *function, const char *file, PetscErrorCode code, PetscErrorType type,
                               const char *message, void *context)
{
  /* PETSc 3.18 gives the caller's line as the code when malloc fails */
  if (type == PETSC_ERROR_INITIAL && function && (!strcmp(function, "PetscMallocAlign") || !strcmp(function, "PetscReallocAlign")))
    return AetRaise(AET_ERR_MEMORY, "out of memory on one of the ranks: more ranks, nodes or a smaller volume are needed");
  if (!AetErrorIsUser(code)) return PetscTraceBackErrorHandler(comm, line, function, file, code, type, message, context);
  if (type == PETSC_ERROR_INITIAL && message) (void)AetRaise(code, "%s", message);
  return code;
}

PetscErrorCode AetAgree(MPI_Comm comm, PetscErrorCode local)
{
  int  rank, size, failing, first;
  long code;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  failing = local ? rank : size;
  PetscCallMPI(MPI_Allreduce(&failing, &first, 1, MPI_INT, MPI_MIN, comm));
  if (first == size) PetscFunctionReturn(PETSC_SUCCESS);
  code = (long)local;
  PetscCallMPI(MPI_Bcast(&code, 1, MPI_LONG, first, comm));
  PetscCallMPI(MPI_Bcast(aet_message, AET_MESSAGE_SIZE, MPI_CHAR, first, comm));
  PetscFunctionReturn((PetscErrorCode)code);
}
