/* Between the spectrum of points on a fine periodic grid and that of an image sampled at its pixels. Plain C. */
#ifndef AET_ATOMS_KERNEL_SPECTRUM_FOLD_H
#define AET_ATOMS_KERNEL_SPECTRUM_FOLD_H

#include <complex.h>
#include <stddef.h>

/* Half spectra of real data, fine [n[0]][n[1]/2+1] and image [N[0]][N[1]/2+1] (y, x; all even, n ≥ N), of one length of the side: sampling
   at the pixels adds up the frequencies that differ by whole numbers of N. `factor` [2·reach_y+1][reach_x+1] holds the real factors of the
   fine frequencies k_y = -reach_y … reach_y, k_x = 0 … reach_x; beyond, they are 0. reach < n/2. */
typedef struct {
  ptrdiff_t    n[2], N[2], reach[2];
  const float *factor;
} AetFold;

/* image += what `fine` times the factors leaves at the pixels. */
void AetFoldAdd(const AetFold *fold, const float complex *fine, float complex *image);
/* fine <- the adjoint: at every fine frequency within reach the factor times what the image has there; 0 beyond. */
void AetFoldAdjoint(const AetFold *fold, const float complex *image, float complex *fine);
/* Σ over all frequencies (both halves) of Re(conj(image) fine) · factor · q², q² = (k_y·step[0])² + (k_x·step[1])². */
double AetFoldSecondMoment(const AetFold *fold, const double step[2], const float complex *fine, const float complex *image);

#endif
