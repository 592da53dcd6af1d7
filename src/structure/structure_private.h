/* Shared by the files of this room. */
#ifndef AET_STRUCTURE_PRIVATE_H
#define AET_STRUCTURE_PRIVATE_H

#include <aet4d/structure.h>

/* All ranks' rows of an array [total][width] in place: this rank has written those of its AetBlock. `type`: of one number. Collective. */
PetscErrorCode AetBlockGather(MPI_Comm comm, PetscInt total, int width, MPI_Datatype type, void *rows);
/* Positions of all atoms on every rank (PetscFree); AET_ERR_INPUT on all ranks names one that is not finite. Collective. */
PetscErrorCode AetPositionsGather(AetAtoms atoms, double **position);
/* The median over the atoms of the distance to the nearest other one in another place; 0 where there is none. Collective. */
PetscErrorCode AetNearestMedian(MPI_Comm comm, PetscInt total, const double *position, double *median);

#endif
