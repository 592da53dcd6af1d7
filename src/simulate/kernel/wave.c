#include "simulate/kernel/wave.h"
#include <math.h>
#include <string.h>

void AetKernelTransmission(ptrdiff_t count, const float *phase, float complex *transmission)
{
  float *t = (float *)transmission;

  for (ptrdiff_t i = 0; i < count; i++) {
    t[2 * i] = cosf(phase[i]);
    t[2 * i + 1] = sinf(phase[i]);
  }
}

/* out <- a · b; out may be a or b. */
static void Multiply(ptrdiff_t count, const float *a, const float *b, float *out)
{
#pragma omp simd
  for (ptrdiff_t i = 0; i < count; i++) {
    const float ar = a[2 * i], ai = a[2 * i + 1], br = b[2 * i], bi = b[2 * i + 1];

    out[2 * i] = ar * br - ai * bi;
    out[2 * i + 1] = ar * bi + ai * br;
  }
}

void AetKernelTransmit(ptrdiff_t n, const float complex *incoming, const float complex *transmission, ptrdiff_t stride, float complex *wave)
{
  for (ptrdiff_t y = 0; y < n; y++)
    Multiply(n, (const float *)(incoming + y * n), (const float *)(transmission + y * stride), (float *)(wave + y * n));
}

void AetKernelBand(ptrdiff_t n, double radius, ptrdiff_t *reach)
{
  for (ptrdiff_t y = 0; y < n; y++) {
    const double    ky = (double)(y <= (n - 1) / 2 ? y : y - n), left = radius * radius - ky * ky;
    const ptrdiff_t most = left >= 0 ? (ptrdiff_t)floor(sqrt(left)) + 1 : 0;

    reach[y] = most < n / 2 ? most : n / 2;
  }
}

void AetKernelPropagate(ptrdiff_t n, const ptrdiff_t *reach, const float complex *factor, int times, float complex *spectrum)
{
  for (ptrdiff_t y = 0; y < n; y++) {
    float       *row = (float *)(spectrum + y * n);
    const float *f = (const float *)(factor + y * n);
    ptrdiff_t    end = reach[y] ? n - reach[y] + 1 : 0; /* where the negative frequencies begin again */

    if (!end) {
      memset(row, 0, sizeof *row * 2 * (size_t)n);
      continue;
    }
    for (int t = 0; t < times; t++) {
      Multiply(reach[y], row, f, row);
      Multiply(n - end, row + 2 * end, f + 2 * end, row + 2 * end);
    }
    memset(row + 2 * reach[y], 0, sizeof *row * 2 * (size_t)(end - reach[y]));
  }
}

static float Part(ptrdiff_t count, const float *weight, const float *wave)
{
  float sum = 0;

#pragma omp simd reduction(+ : sum)
  for (ptrdiff_t i = 0; i < count; i++) sum += weight[i] * (wave[2 * i] * wave[2 * i] + wave[2 * i + 1] * wave[2 * i + 1]);
  return sum;
}

double AetKernelDetect(ptrdiff_t n, const ptrdiff_t *reach, const float *weight, const float complex *spectrum)
{
  double sum = 0;

  for (ptrdiff_t y = 0; y < n; y++) {
    const ptrdiff_t end = n - reach[y] + 1;

    if (!reach[y]) continue;
    sum += (double)Part(reach[y], weight + y * n, (const float *)(spectrum + y * n));
    sum += (double)Part(n - end, weight + y * n + end, (const float *)(spectrum + y * n + end));
  }
  return sum;
}
