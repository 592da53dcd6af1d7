#include "recon/kernel/image_spectrum.h"
#include <math.h>
#include <string.h>

#define TAPS AET_IMAGE_TAPS
#define MARGIN AET_IMAGE_MARGIN

void AetImageKernelInit(AetKaiserBessel *kernel)
{
  AetKaiserBesselInit(kernel, TAPS, 2);
}

void AetImageDeconvolution(const AetKaiserBessel *kernel, ptrdiff_t n, ptrdiff_t M, float *factor)
{
  for (ptrdiff_t i = 0; i < n; i++) factor[i] = (float)(1 / AetKaiserBesselTransform(kernel, (double)(i - n / 2) / (double)M));
}

void AetImagePad(const ptrdiff_t n[2], const ptrdiff_t M[2], ptrdiff_t row, const float *factor_y, const float *factor_x,
                 const float *image, float *padded)
{
  ptrdiff_t left = n[1] / 2, top = n[0] / 2;

  memset(padded, 0, sizeof(float) * (size_t)(M[0] * row));
  for (ptrdiff_t y = 0; y < n[0]; y++) {
    float       *to = padded + (y < top ? y - top + M[0] : y - top) * row;
    const float *from = image + y * n[1];
    for (ptrdiff_t x = 0; x < left; x++) to[x - left + M[1]] = from[x] * factor_x[x] * factor_y[y];
    for (ptrdiff_t x = left; x < n[1]; x++) to[x - left] = from[x] * factor_x[x] * factor_y[y];
  }
}

size_t AetImageExpandedSize(const ptrdiff_t M[2])
{
  return (size_t)((M[0] + 2 * MARGIN) * (M[1] + 2 * MARGIN));
}

void AetImageExpand(const ptrdiff_t M[2], const float complex *half, float complex *expanded)
{
  const ptrdiff_t width = M[1] + 2 * MARGIN, columns = M[1] / 2 + 1;

  for (ptrdiff_t j = 0; j < M[0] + 2 * MARGIN; j++) {
    ptrdiff_t            v = (j - M[0] / 2 - MARGIN + 2 * M[0]) % M[0], mirror = v ? M[0] - v : 0;
    float complex       *to = expanded + j * width;
    const float complex *row = half + v * columns, *opposite = half + mirror * columns;
    for (ptrdiff_t i = 0; i < width; i++) {
      ptrdiff_t u = (i - M[1] / 2 - MARGIN + 2 * M[1]) % M[1];
      to[i] = u < columns ? row[u] : conjf(opposite[M[1] - u]);
    }
  }
}

float complex AetImageEvaluate(const AetKaiserBessel *kernel, const ptrdiff_t M[2], const float complex *expanded, double v, double u)
{
  const ptrdiff_t width = M[1] + 2 * MARGIN;
  double          gy = v * (double)M[0], gx = u * (double)M[1], y0 = ceil(gy - TAPS / 2), x0 = ceil(gx - TAPS / 2);
  const float    *sample = (const float *)(expanded + ((ptrdiff_t)y0 + M[0] / 2 + MARGIN) * width + (ptrdiff_t)x0 + M[1] / 2 + MARGIN);
  float           wy[TAPS], wx[TAPS], sum[2 * TAPS] = {0}, re = 0, im = 0;

  AetKaiserBesselTaps(kernel, y0 - gy + TAPS / 2, wy);
  AetKaiserBesselTaps(kernel, x0 - gx + TAPS / 2, wx);
  for (int j = 0; j < TAPS; j++, sample += 2 * width)
    for (int i = 0; i < 2 * TAPS; i++) sum[i] += wy[j] * sample[i];
  for (int i = 0; i < TAPS; i++) {
    re += wx[i] * sum[2 * i];
    im += wx[i] * sum[2 * i + 1];
  }
  return CMPLXF(re, im);
}
