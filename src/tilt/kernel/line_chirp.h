/* A line at evenly spaced places that are not its pixels: Fourier interpolation by the chirp-z transform. Plain C, with FFTW.
   Rabiner, Schafer, Rader, Bell Syst. Tech. J. 48 (1969) 1249. */
#ifndef AET_TILT_KERNEL_LINE_CHIRP_H
#define AET_TILT_KERNEL_LINE_CHIRP_H

#include <complex.h>
#include <fftw3.h>
#include <stddef.h>

/* For lines of n pixels, of which the places step·j are wanted, j = 0 … n-1. N: the line made periodic; L: of the convolution. */
typedef struct {
  ptrdiff_t      n, N, L;
  double         step;
  fftwf_plan     real, forward, backward;
  float complex *chirp; /* [L] transform of exp(-iπ step t²/N) / L */
  float complex *phase; /* [max(N/2+1, n)] exp(iπ step t²/N) */
} AetLineChirp;

/* Sizes for lines of n pixels that reach `outside` pixels over their ends. */
void AetLineChirpSizes(ptrdiff_t n, double outside, ptrdiff_t *N, ptrdiff_t *L);
/* chirp [L] and phase are given; work: AetLineChirpWork floats, 16-byte aligned (fftwf_malloc), also used to plan. Returns 0 if FFTW has no
 * plan. */
int    AetLineChirpSet(AetLineChirp *chirp, float *work);
void   AetLineChirpDestroy(AetLineChirp *chirp);
size_t AetLineChirpWork(const AetLineChirp *chirp);
/* out[j] = line at step·j + first, j = 0 … n-1; beyond its ends the mirrored line. `out` may be `line`. work as above, one for each thread.
 */
void AetLineChirpAt(const AetLineChirp *chirp, double first, const float *line, float *out, float *work);

#endif
