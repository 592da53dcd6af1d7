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
  double     square[9], product[9];      /* sums over the bonds of f fᵀ and f vᵀ, for the cell */
  ptrdiff_t  members;
  ptrdiff_t *member; /* [count] in the order they were found */
  int       *owner;  /* [count] of all grains: -1 free */
  int (*index)[3];   /* [count] of the members */
  int *visited;      /* [count] work: the last shell that asked; -1 at first */
  int *shells;       /* number of the next shell, of all grains together */
  int  label;        /* what `owner` gets */
} AetGrowGrain;

/* Begins with one atom and the rows of a cell. */
void AetGrowBegin(AetGrowGrain *grain, int kind, const double cell[9], const AetGrowAtoms *atoms, ptrdiff_t seed);
/* Whom to ask whether an atom belongs to a grain. */
typedef enum {
  AET_GROW_STRICT, /* it lies where its indexed neighbours expect it, and its own neighbours lie as the lattice says */
  AET_GROW_SEAM, /* the same of an atom that is enclosed by the grain, though its neighbours disagree: on the cut that a dislocation leaves
                  */
  AET_GROW_LOOSE /* its own neighbours are not asked: what is left over at surfaces and defects */
} AetGrowMode;
/* Adds shells until none is found. The cell is fitted to the bonds of all members after every shell of AET_GROW_STRICT. `work`
   [count][4]. */
void AetGrow(AetGrowGrain *grain, const AetGrowAtoms *atoms, AetGrowMode mode, int *work);
/* Least squares of position = origin + f(index) · cell over the members. The cell stays where there are fewer than 8, where they lie in a
   plane, and where a dislocation has left a cut in the indices, across which no cell fits: then that of the bonds is the better one. */
void AetGrowFit(AetGrowGrain *grain, const AetGrowAtoms *atoms);
/* Adds the bonds of an atom to earlier members to the sums; the cell of the sums, where they determine one. */
void AetGrowAddBonds(AetGrowGrain *grain, const AetGrowAtoms *atoms, ptrdiff_t atom);
void AetGrowFitBonds(AetGrowGrain *grain);
/* Bonds between members that lie as the lattice says but whose indices differ otherwise, and all of them. */
ptrdiff_t AetGrowCut(const AetGrowGrain *grain, const AetGrowAtoms *atoms, ptrdiff_t *bonds);
/* The nearest distance, and the offsets in Å, of the present cell. */
void AetGrowSteps(AetGrowGrain *grain);
/* r.m.s. misfit, in nearest distances, of an atom's neighbours to the lattice as seen from that atom. */
double AetGrowMismatch(const AetGrowGrain *grain, const AetGrowAtoms *atoms, ptrdiff_t atom);
/* Of members in one place (same index, nearer than 0.8 nearest distances) the one nearer to its site stays. Returns how many left. */
ptrdiff_t AetGrowUnique(AetGrowGrain *grain, const AetGrowAtoms *atoms);

#endif
