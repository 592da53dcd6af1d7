/* A line at evenly spaced places that are not its pixels: Fourier interpolation by the chirp-z transform. */
#include "tilt/kernel/line_chirp.h"
#include "tilt/kernel/extend.h"
#include <math.h>
#include <string.h>

/* Smallest even 2^a 3^b 5^c that is at least n. */
static ptrdiff_t Smooth(ptrdiff_t n)
{
  for (ptrdiff_t s = n + n % 2;; s += 2) {
    ptrdiff_t rest = s;

    while (rest % 2 == 0) rest /= 2;
    while (rest % 3 == 0) rest /= 3;
    while (rest % 5 == 0) rest /= 5;
    if (rest == 1) return s;
  }
}

void AetLineChirpSizes(ptrdiff_t n, double outside, ptrdiff_t *N, ptrdiff_t *L)
{
  *N = Smooth(n + 32 + 4 * (ptrdiff_t)ceil(outside));
  *L = Smooth(*N / 2 + 1 + n);
}

/* Floats up to the next multiple of 64 bytes. */
static ptrdiff_t Aligned(ptrdiff_t floats)
{
  return (floats + 15) / 16 * 16;
}

size_t AetLineChirpWork(const AetLineChirp *chirp)
{
  return (size_t)(Aligned(chirp->N) + Aligned(2 * (chirp->N / 2 + 1)) +
                  Aligned(2 * chirp->L)); /* the line, its spectrum, the convolution */
}

/* exp(iπ step t²/N), its angle within a turn. */
static double complex Chirp(const AetLineChirp *chirp, ptrdiff_t t)
{
  const double angle = M_PI * fmod(chirp->step * (double)t * (double)t / (double)chirp->N, 2.0);

  return CMPLX(cos(angle), sin(angle));
}

/* The three parts of the work, each on a boundary that FFTW likes. */
static void Parts(const AetLineChirp *chirp, float *work, float **line, float complex **spectrum, float complex **product)
{
  const ptrdiff_t real = Aligned(chirp->N), half = Aligned(2 * (chirp->N / 2 + 1));

  *line = work;
  *spectrum = (float complex *)(work + real);
  *product = (float complex *)(work + real + half);
}

int AetLineChirpSet(AetLineChirp *chirp, float *work)
{
  float         *line;
  float complex *spectrum, *product;
  const int      N = (int)chirp->N, L = (int)chirp->L;

  Parts(chirp, work, &line, &spectrum, &product);
  chirp->real = fftwf_plan_dft_r2c_1d(N, line, spectrum, FFTW_ESTIMATE);
  chirp->forward = fftwf_plan_dft_1d(L, product, product, FFTW_FORWARD, FFTW_ESTIMATE);
  chirp->backward = fftwf_plan_dft_1d(L, product, product, FFTW_BACKWARD, FFTW_ESTIMATE);
  if (!chirp->real || !chirp->forward || !chirp->backward) return 0;
  for (ptrdiff_t t = 0; t < chirp->N / 2 + 1 || t < chirp->n; t++) chirp->phase[t] = (float complex)Chirp(chirp, t);
  memset(product, 0, sizeof *product * (size_t)chirp->L);
  for (ptrdiff_t t = 0; t < chirp->n; t++) product[t] = (float complex)conj(Chirp(chirp, t));
  for (ptrdiff_t t = 1; t <= chirp->N / 2; t++) product[chirp->L - t] = (float complex)conj(Chirp(chirp, t));
  fftwf_execute_dft(chirp->forward, product, product);
  for (ptrdiff_t t = 0; t < chirp->L; t++) chirp->chirp[t] = product[t] / (float)chirp->L;
  return 1;
}

void AetLineChirpDestroy(AetLineChirp *chirp)
{
  if (chirp->real) fftwf_destroy_plan(chirp->real);
  if (chirp->forward) fftwf_destroy_plan(chirp->forward);
  if (chirp->backward) fftwf_destroy_plan(chirp->backward);
  chirp->real = chirp->forward = chirp->backward = NULL;
}

/* With k j = (k² + j² - (j-k)²)/2 the sum over k of F_k exp(2πi k (step j + first)/N) is a convolution. */
void AetLineChirpAt(const AetLineChirp *chirp, double first, const float *line, float *out, float *work)
{
  const ptrdiff_t      N = chirp->N, half = N / 2;
  const double         angle = 2 * M_PI * first / (double)N;
  const double complex turn = CMPLX(cos(angle), sin(angle));
  double complex       phase = 2.0 / (double)N;
  float               *periodic;
  float complex       *spectrum, *product;

  Parts(chirp, work, &periodic, &spectrum, &product);
  AetLineExtend(chirp->n, N, line, periodic);
  fftwf_execute_dft_r2c(chirp->real, periodic, spectrum);
  memset(product + half + 1, 0, sizeof *product * (size_t)(chirp->L - half - 1));
  for (ptrdiff_t k = 0; k <= half; k++, phase *= turn)
    product[k] = spectrum[k] * chirp->phase[k] * (float complex)(k == 0 || k == half ? phase / 2 : phase);
  fftwf_execute_dft(chirp->forward, product, product);
  for (ptrdiff_t t = 0; t < chirp->L; t++) product[t] *= chirp->chirp[t];
  fftwf_execute_dft(chirp->backward, product, product);
  for (ptrdiff_t j = 0; j < chirp->n; j++) out[j] = crealf(product[j] * chirp->phase[j]);
}
