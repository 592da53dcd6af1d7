#include "simulate/kernel/structure.h"
#include "simulate/kernel/electron_wave.h"
#include <math.h>
#include <string.h>

void AetKernelStructurePhases(double x, ptrdiff_t n, ptrdiff_t count, float *real, float *imaginary)
{
  for (ptrdiff_t k = 0; k < count; k++) {
    const double turns = (double)AetKernelFrequency(k, n) * x / (double)n, angle = -2 * M_PI * (turns - floor(turns));

    real[k] = (float)cos(angle);
    imaginary[k] = (float)sin(angle);
  }
}

void AetKernelStructureRow(ptrdiff_t atoms, ptrdiff_t half, const float *y_real, const float *y_imaginary, const float *x_real,
                           const float *x_imaginary, const float *factor, float *work, float complex *row)
{
  float *re = work, *im = work + half, *out = (float *)row;

  memset(work, 0, sizeof *work * 2 * (size_t)half);
  for (ptrdiff_t a = 0; a < atoms; a++) {
    const float  c = y_real[a], s = y_imaginary[a];
    const float *xr = x_real + a * half, *xi = x_imaginary + a * half;

#pragma omp simd
    for (ptrdiff_t k = 0; k < half; k++) {
      re[k] += c * xr[k] - s * xi[k];
      im[k] += c * xi[k] + s * xr[k];
    }
  }
  for (ptrdiff_t k = 0; k < half; k++) {
    out[2 * k] += factor[k] * re[k];
    out[2 * k + 1] += factor[k] * im[k];
  }
}
