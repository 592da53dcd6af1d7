/* A bent lattice fitted to every pixel of an image at once: phases of all its Fourier components are those of two smooth coordinates. Plain
 * C. */
#ifndef AET_TILT_KERNEL_LATTICE_FIT_H
#define AET_TILT_KERNEL_LATTICE_FIT_H

#include "tilt/kernel/scan_terms.h"
#include <stddef.h>

enum {
  AET_LATTICE_HARMONICS = 20,
  AET_LATTICE_BACKGROUND = 6,
  AET_LATTICE_UNKNOWNS = AET_LATTICE_BACKGROUND + 2 * AET_LATTICE_HARMONICS + 2 * AET_SCAN_TERMS,
  AET_LATTICE_ORDER = 8 /* of a harmonic, at most */
};

/* image(m) = background (second order) + Σ_n a_n cos φ_n + b_n sin φ_n,  φ_n = 2π (h_n s_1(m) + k_n s_2(m)),
   s_i(m) = Σ_t coordinate[i][t] monomial_t(m / half), m in pixels from pixel floor(n/2). */
typedef struct {
  ptrdiff_t ny, nx;
  double    half;
  int       terms;                                      /* of the coordinates: 2 or 9 */
  int       moved;                                      /* of them, how many of the first are unknown: 0 … terms */
  int       harmonics, index[AET_LATTICE_HARMONICS][2]; /* h, k */
  double    coordinate[2][AET_SCAN_TERMS];
  double    linear[AET_LATTICE_BACKGROUND + 2 * AET_LATTICE_HARMONICS]; /* background, then a_n, b_n */
} AetLatticeModel;

/* Unknowns in the order background, a_n, b_n, coordinate[0], coordinate[1]. */
int AetLatticeUnknowns(const AetLatticeModel *model);
/* Adds one row of pixels |x|, given y within the window, to normal [U][U] (lower triangle) and right [U] of the equations of all unknowns
   about the model (linear ones in full, coordinates as changes), and to *squares and *pixels the misfit. Pixels with |m| beyond `window` of
   the half are left out. */
void AetLatticeRow(const AetLatticeModel *model, double window, ptrdiff_t y, const float *row, double *normal, double *right,
                   double *squares, double *pixels);
/* Solves normal x = right in place by Cholesky (right becomes x, normal its factor); 0 if it is not positive definite. */
int AetLatticeSolve(int n, double *normal, double *right);
/* After that: column `at` of the inverse, column [n]. */
void AetLatticeColumn(int n, const double *factor, int at, double *column);
/* score [U] = Σ over the row of (image - model) times the derivatives. */
void AetLatticeScore(const AetLatticeModel *model, double window, ptrdiff_t y, const float *row, double *score);

#endif
