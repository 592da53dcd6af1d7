/* Spherical harmonics of bond directions and the rotation invariants made of them. */
#ifndef AET_STRUCTURE_KERNEL_BOND_ORDER_H
#define AET_STRUCTURE_KERNEL_BOND_ORDER_H

#include <complex.h>
#include <stddef.h>

/* Moments of an atom: q_4m, m = 0 … 4, then q_6m, m = 0 … 6. Those of negative m follow from q_l,-m = (-1)^m conj(q_lm). */
enum { AET_BOND_MOMENTS = 12 };

/* harmonic[m] = Y_lm of the unit vector, m = 0 … l, with the Condon–Shortley phase; l ≥ 0. */
void AetHarmonics(int l, const double unit[3], double complex *harmonic);
/* Mean of the harmonics over the directions from x to the points position[index[k]], none of them at x; zeros if there are none. */
void AetBondMoments(const double *position, const double x[3], ptrdiff_t count, const ptrdiff_t *index, double complex *moments);
/* Mean of `moments` [][AET_BOND_MOMENTS] over the atom `self` and those of the index. */
void AetBondAverage(const double complex *moments, ptrdiff_t self, ptrdiff_t count, const ptrdiff_t *index, double complex *mean);
/* q[0] = q_4 and q[1] = q_6: sqrt(4π/(2l+1) Σ_m |q_lm|²) over all m. */
void AetBondInvariants(const double complex *moments, double q[2]);
/* sqrt(q_4² + q_6²) over its value in perfect fcc. */
double AetBondNormalised(const double q[2]);

#endif
