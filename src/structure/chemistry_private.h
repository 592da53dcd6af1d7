/* What the parts of the chemical analysis hand each other. All arrays are on every rank; all work is done alike on every rank. */
#ifndef AET_CHEMISTRY_PRIVATE_H
#define AET_CHEMISTRY_PRIVATE_H

#include "structure/kernel/components.h"
#include "structure/structure_private.h"

typedef struct {
  const AetChemistrySettings *settings;
  AetLattice                  lattice;
  PetscInt                    total;
  double                     *position; /* [total][3] */
  int                        *species;  /* [total] of the atoms */
  int                        *letter;   /* [total] 0: A, 1: B, 2: another */
  double (*p)[2];                       /* [total] probabilities of A and B; negative: none known */
  double fraction[2];                   /* of A and B among the atoms */
  ptrdiff_t (*near)[AET_FCC_ABOUT];     /* [total] neighbours by AetFccNear, first the nearest; -1: none */
} AetSites;

/* The neighbours on the lattice (AetFccNear) of every atom of the plan; near [total]. Not collective. */
PetscErrorCode AetOrderPlanNear(AetOrderPlan plan, ptrdiff_t (*near)[AET_FCC_ABOUT]);
/* Domains and who is near them, from order and phase. Not collective. */
PetscErrorCode AetChemistryDomains(const AetSites *sites, AetChemistry chemistry);
/* Antiphase boundaries, from the domains. Not collective. */
PetscErrorCode AetChemistryBoundaries(const AetSites *sites, AetChemistry chemistry);
/* Antisites and swaps, from the domains. Not collective. */
PetscErrorCode AetChemistryAntisites(const AetSites *sites, AetChemistry chemistry);

#endif
