/* Rotations between lists of points. Plain C. */
#ifndef AET_ATOMS_KERNEL_RIGID_H
#define AET_ATOMS_KERNEL_RIGID_H

#include <stddef.h>

/* The proper rotation R (row by row) and shift that minimise Σ |R a + shift - b|² over pairs (Kabsch 1976, as the largest eigenvector of
   Horn's matrix of quaternions, J. Opt. Soc. Am. A 4 (1987) 629). With fewer than 3 pairs, or all of them on a line, one of the best. */
void AetRigidFit(ptrdiff_t count, const double *a, const double *b, double R[9], double shift[3]);
/* Rotation `index` of `count` that cover all rotations evenly (super-Fibonacci spirals: Alexa, CVPR 2022). */
void AetRotationSpread(ptrdiff_t index, ptrdiff_t count, double R[9]);
/* The 48 signed permutations of the axes, proper ones first. */
void AetRotationAxes(int index, double R[9]);
/* C <- A B, 3 x 3. */
void AetRotationTimes(const double A[9], const double B[9], double C[9]);

#endif
