/* A lattice grown over atoms from one of them. Plain C. */
#ifndef AET_STRUCTURE_LATTICE_GROW_H
#define AET_STRUCTURE_LATTICE_GROW_H

#include "structure/kernel/sites.h"

/* Atoms and who is near whom: near[first[i]] … near[first[i + 1] - 1], nearest first. */
typedef struct {
  ptrdiff_t        count;
  const double    *position; /* [count][3] */
  const ptrdiff_t *first, *near;
} AetGrowAtoms;

/* A grain while it grows. */
typedef struct {
  int        kind, offsets[2], offset[2][AET_SITES_NEAR][3]; /* of each sublattice */
  double     cell[9], origin[3];
  double     step[2][AET_SITES_NEAR][3]; /* the offsets in Å */
  double     nearest;                    /* their mean length, scaled to the nearest distance */
  double     tolerance, mismatch;        /* in nearest distances */
  ptrdiff_t  members;
  ptrdiff_t *member; /* [count] in the order they were found */
  int       *owner;  /* [count] of all grains: -1 free */
  int (*index)[3];   /* [count] of the members */
  int *visited;      /* [count] work: the last shell that asked */
  int  label;        /* what `owner` gets */
} AetGrowGrain;

/* Begins with one atom and the rows of a cell. */
void AetGrowBegin(AetGrowGrain *grain, int kind, const double cell[9], const AetGrowAtoms *atoms, ptrdiff_t seed);
/* Adds shells until none is found: an atom that its indexed neighbours expect where it is, and whose own neighbours lie as the lattice
   says. `strict` 0: the neighbours are not asked; for what is left over at surfaces. Refits after every shell. `work` [count][4]. */
void AetGrow(AetGrowGrain *grain, const AetGrowAtoms *atoms, int strict, int *work);
/* Least squares of position = origin + f(index) · cell over the members; below 8 of them, or where they lie in a plane, only the origin. */
void AetGrowFit(AetGrowGrain *grain, const AetGrowAtoms *atoms);
/* The nearest distance, and the offsets in Å, of the present cell. */
void AetGrowSteps(AetGrowGrain *grain);
/* r.m.s. misfit, in nearest distances, of an atom's neighbours to the lattice as seen from that atom. */
double AetGrowMismatch(const AetGrowGrain *grain, const AetGrowAtoms *atoms, ptrdiff_t atom);
/* Of members in one place (same index, nearer than 0.8 nearest distances) the one nearer to its site stays. Returns how many left. */
ptrdiff_t AetGrowUnique(AetGrowGrain *grain, const AetGrowAtoms *atoms);

#endif
