/* A map of the plane by polynomials of third order, and its inverse. Plain C. */
#ifndef AET_TILT_KERNEL_SCAN_TERMS_H
#define AET_TILT_KERNEL_SCAN_TERMS_H

enum { AET_SCAN_TERMS = 9 }; /* x, y, xx, xy, yy, xxx, xxy, xyy, yyy */

void AetScanMonomials(double x, double y, double monomial[AET_SCAN_TERMS]);
/* place_a = Σ_t term[a][t] monomial_t(m), and its derivatives J[a][b] = d place_a / d m_b. */
void AetScanPlace(const double term[2][AET_SCAN_TERMS], const double m[2], double place[2], double J[2][2]);
/* The m of a place by Newton's method from `m`; 0 where it does not converge. */
int AetScanInverse(const double term[2][AET_SCAN_TERMS], const double place[2], double m[2]);
/* The inverse of a 2×2 matrix; returns its determinant. */
double AetMatrixInverse(const double M[2][2], double inverse[2][2]);
/* G = Q U with Q orthogonal and U upper triangular of positive diagonal, for a G of positive determinant. */
void AetMatrixTriangular(const double G[2][2], double Q[2][2], double U[2][2]);

#endif
