/* Shared by the strain on atoms and on a grid. */
#ifndef AET_STRUCTURE_STRAIN_PRIVATE_H
#define AET_STRUCTURE_STRAIN_PRIVATE_H

#include "atoms/kernel/cells.h"
#include "structure/kernel/local_line.h"
#include "structure/structure_private.h"

#define AET_STRAIN_REACH 3.5 /* of the Gaussian; beyond lies 0.2 % of its height */

/* Atoms, their sites, and what finds those near a place. */
typedef struct {
  AetLattice    lattice;
  double        sigma;
  const double *position; /* [total][3] */
  double (*inverse)[9];   /* [grains] of the cells */
  double  *bulk;          /* [grains] Σ of weights in the bulk */
  AetCells cells;
} AetStrainField;
/* The values around a place that belong to one grain. */
typedef struct {
  ptrdiff_t  room, count;
  ptrdiff_t *near, *atom; /* [room] all near; those of the grain */
  double (*d)[3], (*u)[3], (*variance)[3], *w;
} AetStrainAround;

/* Keeps position. Not collective. */
PetscErrorCode AetStrainFieldCreate(AetLattice lattice, const double *position, double sigma, AetStrainField *field);
PetscErrorCode AetStrainFieldDestroy(AetStrainField *field);
/* The atoms of a grain around a site [3] that lies at x: d from the site, u and w. `displacement` of the place: those of others are taken
   modulo the lattice to be near it, so the cut that a dislocation leaves in the indices does no harm. Nonzero when memory is short. */
int AetStrainLook(const AetStrainField *field, PetscInt grain, const double site[3], const double displacement[3], AetStrainAround *around);
void AetStrainAroundFree(AetStrainAround *around);

#endif
