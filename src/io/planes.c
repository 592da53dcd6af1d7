/* The planes of a distributed array, in order, on rank 0: how formats are written that one rank writes. */
#include "io/io_private.h"

#define AET_TAG_PLANE 13

static PetscErrorCode SendPlanes(MPI_Comm comm, ptrdiff_t plane, ptrdiff_t count, const float *data)
{
  PetscFunctionBegin;
  for (ptrdiff_t p = 0; p < count; p++) PetscCallMPI(MPI_Send(data + p * plane, (int)plane, MPI_FLOAT, 0, AET_TAG_PLANE, comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* After a failure the other ranks' planes are still taken, so that none of them waits. */
static PetscErrorCode VisitAll(MPI_Comm comm, const ptrdiff_t n[3], const float *data, float *buffer, AetPlaneVisitor visit, void *context)
{
  PetscMPIInt    size;
  PetscErrorCode code = PETSC_SUCCESS;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(comm, &size));
  for (ptrdiff_t p = 0; p < n[0]; p++) {
    const int    owner = AetBlockOwner(n[0], size, p);
    const float *plane = owner == 0 ? data + p * n[1] * n[2] : buffer;
    if (owner) PetscCallMPI(MPI_Recv(buffer, (int)(n[1] * n[2]), MPI_FLOAT, owner, AET_TAG_PLANE, comm, MPI_STATUS_IGNORE));
    if (!code) code = visit(context, p, plane);
  }
  PetscFunctionReturn(code);
}

PetscErrorCode AetPlanesVisit(MPI_Comm comm, const ptrdiff_t n[3], const float *data, AetPlaneVisitor visit, void *context)
{
  PetscMPIInt    rank, size;
  ptrdiff_t      start, count;
  float         *buffer = NULL;
  PetscErrorCode code = PETSC_SUCCESS;

  PetscFunctionBegin;
  AetCheck(n[1] <= PETSC_MPI_INT_MAX / n[2], AET_ERR_INPUT, "expected planes of at most 2^31 elements, found %td×%td", n[1], n[2]);
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  AetBlock(n[0], rank, size, &start, &count);
  if (rank == 0 && size > 1) code = PetscMalloc1((size_t)(n[1] * n[2]), &buffer);
  PetscCall(AetAgree(comm, code));
  code = rank ? SendPlanes(comm, n[1] * n[2], count, data) : VisitAll(comm, n, data, buffer, visit, context);
  PetscCall(PetscFree(buffer));
  PetscCall(AetAgree(comm, code));
  PetscFunctionReturn(PETSC_SUCCESS);
}
