/* Ring correlation: in how fine a detail two images agree. */
#include "tilt/denoise.h"
#include <complex.h>
#include <fftw3.h>
#include <math.h>

enum { RINGS = 64 }; /* up to Nyquist's frequency */

struct _p_AetRing {
  ptrdiff_t      ny, nx;
  float         *image;
  fftwf_complex *spectrum[2];
  fftwf_plan     plan;
};

PetscErrorCode AetRingCreate(ptrdiff_t ny, ptrdiff_t nx, AetRing *ring)
{
  AetRing r;

  PetscFunctionBegin;
  PetscCall(PetscNew(&r));
  r->ny = ny, r->nx = nx;
  r->image = fftwf_alloc_real((size_t)(ny * nx));
  for (int k = 0; k < 2; k++) r->spectrum[k] = fftwf_alloc_complex((size_t)(ny * (nx / 2 + 1)));
  fftwf_plan_with_nthreads(1);
  r->plan = fftwf_plan_dft_r2c_2d((int)ny, (int)nx, r->image, r->spectrum[0], FFTW_ESTIMATE | FFTW_UNALIGNED);
  fftwf_plan_with_nthreads(AetThreads());
  AetCheckFFTW(r->plan);
  *ring = r;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetRingDestroy(AetRing *ring)
{
  PetscFunctionBegin;
  if (!*ring) PetscFunctionReturn(PETSC_SUCCESS);
  fftwf_destroy_plan((*ring)->plan);
  fftwf_free((*ring)->image);
  for (int k = 0; k < 2; k++) fftwf_free((*ring)->spectrum[k]);
  PetscCall(PetscFree(*ring));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetRingResolution(AetRing ring, const float *a, const float *b, double *frequency)
{
  const float *const in[2] = {a, b};
  double             cross[RINGS] = {0}, power[2][RINGS] = {{0}}, before = 1;

  PetscFunctionBegin;
  for (int k = 0; k < 2; k++) {
    PetscCall(PetscArraycpy(ring->image, in[k], ring->ny * ring->nx));
    fftwf_execute_dft_r2c(ring->plan, ring->image, ring->spectrum[k]);
  }
  for (ptrdiff_t y = 0; y < ring->ny; y++)
    for (ptrdiff_t x = 0; x <= ring->nx / 2; x++) {
      const double        ky = (double)PetscMin(y, ring->ny - y) / (double)ring->ny, kx = (double)x / (double)ring->nx;
      const int           at = (int)(sqrt(kx * kx + ky * ky) * 2 * RINGS);
      const ptrdiff_t     i = y * (ring->nx / 2 + 1) + x;
      const float complex A = ((float complex *)ring->spectrum[0])[i], B = ((float complex *)ring->spectrum[1])[i];
      if (at >= RINGS) continue;
      cross[at] += crealf(A * conjf(B));
      power[0][at] += crealf(A * conjf(A)), power[1][at] += crealf(B * conjf(B));
    }
  *frequency = 0.5;
  for (int i = 1; i < RINGS; i++) {
    const double product = power[0][i] * power[1][i], now = product > 0 ? cross[i] / sqrt(product) : 0;
    if (now < 0.5) {
      *frequency = (i - (before > 0.5 ? (0.5 - now) / (before - now) : 0)) / (2.0 * RINGS);
      break;
    }
    before = now;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
