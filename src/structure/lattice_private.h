/* Shared by the files of the lattice fit. */
#ifndef AET_STRUCTURE_LATTICE_PRIVATE_H
#define AET_STRUCTURE_LATTICE_PRIVATE_H

#include "structure/kernel/lattice_grow.h"
#include "structure/structure_private.h"

/* Atoms near each other, of all atoms, on every rank. */
typedef struct {
  AetGrowAtoms atoms;
  ptrdiff_t   *first, *near;
  double       nearest; /* Å: median of the mean distance of the six nearest */
} AetSurroundings;
/* Lists to 1.5 nearest distances; `cutoff` about the first valley. The same on every rank. Not collective. */
PetscErrorCode AetSurroundingsCreate(ptrdiff_t total, const double *position, double cutoff, AetSurroundings *around);
PetscErrorCode AetSurroundingsDestroy(AetSurroundings *around);

/* Arrays of a lattice of so many atoms and grains, all grain -1. */
PetscErrorCode AetLatticeAllocate(PetscInt total, PetscInt grains, AetLattice *lattice);
/* Displacements, sites and r.m.s. from grain, index, cell and origin. */
void AetLatticeDescribe(AetLattice lattice, const double *position);
/* Names the sites of grain `label` anew: rows P · cell, the atom `centre` at 0 0 0; 0 where that atom cannot be the origin of these axes.
 */
int AetLatticeRename(AetLattice lattice, PetscInt label, const double P[9], PetscInt centre);

#endif
