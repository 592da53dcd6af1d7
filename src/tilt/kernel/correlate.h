/* Images made ready for cross-correlation, and the weights of their frequencies. Plain C. */
#ifndef AET_TILT_KERNEL_CORRELATE_H
#define AET_TILT_KERNEL_CORRELATE_H

#include <complex.h>
#include <stddef.h>

/* image [n[0]][n[1]] less the mean of its border, faded to zero within `taper` (of the size, raised cosine) of its edges, into padded
   [N[0]][row]; zero elsewhere. */
void AetCorrelatePad(const ptrdiff_t n[2], const ptrdiff_t N[2], ptrdiff_t row, double taper, const float *image, float *padded);
/* Rings of equal width (two samples of the shorter axis) in frequency that a spectrum [Ny][Nx/2+1] has. */
ptrdiff_t AetRings(ptrdiff_t Ny, ptrdiff_t Nx);
/* The ring of row ky (FFT order) and column kx. */
ptrdiff_t AetRing(ptrdiff_t Ny, ptrdiff_t Nx, ptrdiff_t ky, ptrdiff_t kx);
/* cross = conj(F) G, [Ny][Nx/2+1], times `weight` of its ring (NULL: 1), divided by |conj(F) G|^whiten. Frequencies above `cutoff` cycles
   per pixel, and the mean, are zero. Returns the scale that makes the correlation's peak 1 for equal images. */
double AetCorrelateCross(ptrdiff_t Ny, ptrdiff_t Nx, double cutoff, double whiten, const float *weight, const float complex *F,
                         const float complex *G, float complex *cross);
/* weight [rings] = S/(S + N/2): how much the phase between two images of one object, each with noise N, says about their shift when S is
   the object's own spectrum (expected likelihood of two Gaussian variables). S + N is the mean of |F|² and |G|² over the ring; N is white,
   the mean above 0.45 cycles per pixel, where an image that is well sampled has nothing. work: two doubles for each ring. (Narrower
   neighbourhoods than rings were tried: weights that follow the noise let more of it through.) */
void AetCorrelateWiener(ptrdiff_t Ny, ptrdiff_t Nx, const float complex *F, const float complex *G, float *weight, double *work);
/* Row and column of the largest of values [Ny][row] within `range` px of no shift, as signed {dy, dx}. */
void AetCorrelatePeak(const ptrdiff_t N[2], ptrdiff_t row, double range, const float *values, double d[2]);

#endif
