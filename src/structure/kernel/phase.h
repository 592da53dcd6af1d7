/* Templates of chemical order on fcc: which species the four simple cubic sublattices have, and how well sums over them agree. */
#ifndef AET_STRUCTURE_KERNEL_PHASE_H
#define AET_STRUCTURE_KERNEL_PHASE_H

/* Sublattice 0 … 3 of a site: i, j, k all even; only i; only j; only k even. -1: i + j + k is odd. */
int AetPhaseSublattice(const int index[3]);
/* Bit c: sublattice c belongs to species B. L1_0 with planes across `axis`, A on the even (odd: 1: on the odd) planes. */
int AetPhaseMaskL10(int axis, int odd);
/* (m - m0)/(1 - m0) of a template, from the weights of the sublattices about a site: of all atoms, of atoms A, of atoms B (which may be
   less than the rest). 0 where there is no weight, or nothing that could disagree. */
double AetPhaseOrder(int mask, const float all[4], const float a[4], const float b[4]);

#endif
