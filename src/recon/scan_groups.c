/* Groups of ranks that try candidates side by side. */
#include "recon/scan_private.h"
#include <unistd.h>

#define GRIDS 3.0  /* padded grids that a method and its judge need at the worst moment (docs/theory/memory.md) */
#define IMAGES 5.0 /* copies of the images: all, those used, and what methods make of them */
#define SPARE 0.7  /* of the memory that is free: the rest is the system's */

/* Bytes that a group needs for the largest of its candidates. */
static double Need(AetTiltSeries tilt, int count, const AetScanCandidate *candidates)
{
  const double image = (double)tilt->ny * (double)tilt->nx;
  double       weight = 8;
  PetscInt     thickness = 0, width = 0;

  (void)AetOptionGetInt("recon_thickness", &thickness);
  (void)AetOptionGetInt("recon_width", &width);
  for (int i = 0; i < count; i++) weight = PetscMax(weight, candidates[i].weight);
  return 4 * (GRIDS * weight * (double)(thickness ? thickness : tilt->nx) * (double)tilt->ny * (double)(width ? width : tilt->nx) +
              IMAGES * (double)tilt->views * image);
}

/* Free bytes for each rank, the least over the nodes. */
static PetscErrorCode FreePerRank(MPI_Comm comm, double *bytes)
{
  MPI_Comm     node;
  int          ranks;
  const double pages = (double)sysconf(_SC_AVPHYS_PAGES), page = (double)sysconf(_SC_PAGESIZE);
  double       mine;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_split_type(comm, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node));
  PetscCallMPI(MPI_Comm_size(node, &ranks));
  PetscCallMPI(MPI_Comm_free(&node));
  mine = SPARE * pages * page / ranks;
  PetscCallMPI(MPI_Allreduce(&mine, bytes, 1, MPI_DOUBLE, MPI_MIN, comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetScanGroups(AetTiltSeries tilt, int count, const AetScanCandidate *candidates, int *groups)
{
  const double need = Need(tilt, count, candidates);
  PetscInt     wanted;
  double       bytes;
  int          size;

  PetscFunctionBegin;
  PetscCall(AetOptionsRegister(&AetBaseOptions));
  PetscCall(AetOptionGetInt("groups", &wanted));
  PetscCallMPI(MPI_Comm_size(tilt->comm, &size));
  AetCheck(wanted <= size, AET_ERR_INPUT, "groups: expected 1 to %d (the number of ranks), or 0, found %d", size, (int)wanted);
  *groups = (int)wanted;
  if (wanted) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(FreePerRank(tilt->comm, &bytes));
  *groups = PetscMin(size, count);
  while (*groups > 1 && need > bytes * (double)(size / *groups)) --*groups;
  PetscFunctionReturn(PETSC_SUCCESS);
}
