/* Adaptive common-neighbour analysis (Stukowski, Modelling Simul. Mater. Sci. Eng. 20 (2012) 045021). */
#ifndef AET_STRUCTURE_KERNEL_COMMON_NEIGHBOUR_H
#define AET_STRUCTURE_KERNEL_COMMON_NEIGHBOUR_H

/* Local structure by the signatures of the bonds to the 12 (fcc 1, hcp 2, icosahedral 4) or 14 (bcc 3) nearest of `count` neighbours,
   nearest first; vector[k]: from the atom to neighbour k. 0: none of these, or fewer than 12 neighbours. */
int AetCommonNeighbours(int count, double (*vector)[3]);

#endif
