/* Centrosymmetry parameter (Kelchner, Plimpton, Hamilton, Phys. Rev. B 58 (1998) 11085). */
#ifndef AET_STRUCTURE_KERNEL_CENTROSYMMETRY_H
#define AET_STRUCTURE_KERNEL_CENTROSYMMETRY_H

enum { AET_CENTROSYMMETRY_MAX = 14 };

/* Σ over pairs of |v_i + v_j|², least over all ways to pair the `count` vectors (even, ≤ AET_CENTROSYMMETRY_MAX): the exact minimum, by
   branch and bound, where the greedy choice of the original may pair one neighbour twice. */
double AetCentrosymmetry(int count, double (*vector)[3]);

#endif
