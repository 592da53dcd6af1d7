/* The deformation that the bonds of an atom show. Plain C. */
#ifndef AET_STRUCTURE_BONDS_H
#define AET_STRUCTURE_BONDS_H

#include "structure/kernel/sites.h"

/* F (row by row) of least squares of bond = F · bond of the cell over `count` bonds, each of which belongs to the neighbour of the site
   that lies nearest to it; bonds farther than half a nearest distance from any are left out. d2: mean squared rest. 0 where fewer than four
   are left or they lie in a plane: then F and d2 are 0. */
int AetBondsDeformation(int kind, int sublattice, const double cell[9], int count, const double (*bond)[3], double F[9], double *d2);

#endif
