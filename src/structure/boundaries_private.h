/* Shared by the files that find grains and what lies between them. Everything here is done alike on every rank, from data that all have. */
#ifndef AET_STRUCTURE_BOUNDARIES_PRIVATE_H
#define AET_STRUCTURE_BOUNDARIES_PRIVATE_H

#include "structure/kernel/misorientation.h"
#include "structure/kernel/partition.h"
#include "structure/kernel/plane_fit.h"
#include "structure/structure_private.h"

/* Layers of hcp atoms, one or two on each other. */
typedef struct {
  int          layers;    /* 1 or 2 */
  PetscInt     atoms;     /* in them */
  AetPlaneSums sums[2];   /* of the atoms of each */
  double       normal[3]; /* of the plane through them */
  PetscInt     side[2];   /* grain below and above; -1 */
  int          kind;      /* AetBoundaryKind; -1: no defect of its own */
  PetscInt     group;     /* the record that it becomes; -1: none */
} AetHcpLayers;

typedef struct {
  AetLocal                   local; /* borrowed */
  const double              *x;     /* [total][3], borrowed */
  const AetBoundarySettings *settings;
  PetscInt                   total;
  double                     shell; /* reach of the first shell in Å */
  AetRotationGroup           cubic, hexagonal;
  PetscInt                  *layers; /* [total] the layers of hcp the atom belongs to, -1 */
  PetscInt                   stacks;
  AetHcpLayers              *stack; /* [stacks] */
  PetscInt                  *core;  /* [total] grain of the atoms that make it; -1 of those that only joined */
} AetBoundaryWork;

/* The symmetry of an AetLocalKind, and the kind an atom counts as in a grain: 0 in layers of hcp and where nothing is named. */
const AetRotationGroup *AetBoundaryGroup(const AetBoundaryWork *w, int kind);
int                     AetBoundaryKindOf(const AetBoundaryWork *w, PetscInt i);
/* The next neighbour of atom i in its first shell, from *k on, which is advanced; -1: no more. */
PetscInt AetBoundaryNext(const AetBoundaryWork *w, PetscInt i, int *k);
/* Fills layers, stacks, stack, but for the sides. Not collective, as what follows. */
PetscErrorCode AetBoundaryFindLayers(AetBoundaryWork *w);
/* Fills w->core and grains, grain, kind, quaternion, spread_deg, sites. */
PetscErrorCode AetBoundaryFindGrains(AetBoundaryWork *w, AetBoundaries b);
/* Fills sides and kinds of the layers. */
PetscErrorCode AetBoundaryFindSides(AetBoundaryWork *w, AetBoundaries b);
/* Fills count, boundary, at. */
PetscErrorCode AetBoundaryMakeRecords(AetBoundaryWork *w, AetBoundaries b);

#endif
