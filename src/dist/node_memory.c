/* The memory of the nodes that a job has. */
#include "dist/kernel/memory_limit.h"
#include <aet4d/dist.h>
#include <string.h>

/* What all ranks of a node may still take together. */
static PetscErrorCode OfThisNode(MPI_Comm node, double limit, double *bytes, const char **source)
{
  double resident = aet_memory_resident(), slurm = aet_memory_slurm(), available = aet_memory_available("", source);

  PetscFunctionBegin;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &resident, 1, MPI_DOUBLE, MPI_SUM, node));
  if (limit > 0) {
    *source = "memory_limit";
    available = limit;
  } else if (slurm > 0 && (available < 0 || slurm - resident < available)) {
    *source = "SLURM";
    available = PetscMax(slurm - resident, 0);
  } else if (available < 0) {
    *source = "unknown";
    available = PETSC_MAX_REAL;
  }
  PetscCallMPI(MPI_Allreduce(&available, bytes, 1, MPI_DOUBLE, MPI_MIN, node));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetNodeMemoryGet(MPI_Comm comm, double limit_bytes, AetNodeMemory *memory)
{
  MPI_Comm    node;
  const char *source = "";
  int         rank, size, node_rank, first;
  struct {
    double share;
    int    rank;
  } mine, least;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  PetscCallMPI(MPI_Comm_split_type(comm, MPI_COMM_TYPE_SHARED, rank, MPI_INFO_NULL, &node));
  PetscCallMPI(MPI_Comm_rank(node, &node_rank));
  PetscCallMPI(MPI_Comm_size(node, &memory->ranks));
  PetscCall(OfThisNode(node, limit_bytes, &memory->bytes, &source));
  PetscCallMPI(MPI_Comm_free(&node));
  snprintf(memory->source, sizeof memory->source, "%s", source);
  first = node_rank == 0;
  PetscCallMPI(MPI_Allreduce(&first, &memory->nodes, 1, MPI_INT, MPI_SUM, comm));
  mine.share = memory->bytes / memory->ranks;
  mine.rank = rank;
  PetscCallMPI(MPI_Allreduce(&mine, &least, 1, MPI_DOUBLE_INT, MPI_MINLOC, comm));
  PetscCallMPI(MPI_Bcast(memory, (int)sizeof *memory, MPI_BYTE, least.rank, comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}
