/* The sum of atoms in Fourier space, exact: Σ_a f(k) exp(-2πi k·r_a) on half a plane of frequencies. Plain C. */
#ifndef AET_SIMULATE_STRUCTURE_H
#define AET_SIMULATE_STRUCTURE_H

#include <complex.h>
#include <stddef.h>

/* phase [count] (cos, sin) of exp(-2πi k x / n) for k = 0 … count-1 as an FFT of n orders its frequencies. */
void AetKernelStructurePhases(double x, ptrdiff_t n, ptrdiff_t count, float *real, float *imaginary);
/* row [half] += factor[k] · Σ_a y_a · x_a[k] over `atoms` atoms: y (real, imaginary) of one row of k_y, x_real and x_imaginary
   [atoms][half], work [2 half]. */
void AetKernelStructureRow(ptrdiff_t atoms, ptrdiff_t half, const float *y_real, const float *y_imaginary, const float *x_real,
                           const float *x_imaginary, const float *factor, float *work, float complex *row);

#endif
