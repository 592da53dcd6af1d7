/* How well the surroundings of an atom fit the neighbours of a lattice site in any orientation. Plain C. */
#ifndef AET_STRUCTURE_LATTICE_SEED_H
#define AET_STRUCTURE_LATTICE_SEED_H

#include "structure/kernel/sites.h"

/* Directions to the neighbours of a site, and pairs of them that lie next to each other. */
typedef struct {
  int    kind, count, pairs;
  double vector[AET_SITES_NEAR][3], unit[AET_SITES_NEAR][3], mean; /* in nearest distances; mean length */
  int    pair[16][2];                                              /* one first member of every kind of neighbour */
  double cosine[16];
} AetSeedTemplate;
void AetSeedTemplateMake(int kind, AetSeedTemplate *seed);

/* Fits the template's neighbours to the nearest of `count` vectors, ascending by length, by a turn and a size: `cell` gets the rows of the
   cell. Returns the r.m.s. misfit in nearest distances; infinity where no orientation gives every neighbour an atom of its own. */
double AetSeedFit(const AetSeedTemplate *seed, int count, double (*vector)[3], double cell[9]);

#endif
