/* Small rotations, common rotations, common shifts, and small symmetric systems. Plain C; matrices row-major. */
#ifndef AET_RECON_KERNEL_RIGID_H
#define AET_RECON_KERNEL_RIGID_H

#include <stddef.h>

/* Q = exp([w]x): the right-handed rotation about w by |w| radian (Rodrigues). */
void AetRotationExp(const double w[3], double Q[9]);
/* Angle of a rotation in radian, 0 … π. */
double AetRotationAngle(const double Q[9]);
/* C = A B; C = A transpose(B). C is neither A nor B. */
void AetRotationMultiply(const double A[9], const double B[9], double C[9]);
void AetRotationDivide(const double A[9], const double B[9], double C[9]);
/* The rotation Q that brings A_j Q nearest to B_j in the sum of squares over all j: the orthogonal factor of Σ transpose(A_j) B_j, which
   must be less than half a turn from 1 on the whole. */
void AetRotationCommon(ptrdiff_t count, const double (*A)[9], const double (*B)[9], double Q[9]);
/* The shift T of the object in space whose images (R_j T)_u, (R_j T)_v are nearest to shift_j in the sum of squares; a direction that no
   view sees stays 0. */
void AetShiftCommon(ptrdiff_t count, const double (*R)[9], const double (*shift)[2], double T[3]);
/* Solves H x = g, H [n][n] symmetric and positive (n ≤ 8), by Cholesky; destroys H. 0 if H is not positive: then x is 0. */
int AetSolvePositive(int n, double *H, const double *g, double *x);

#endif
