/* A plane through the pixels outside the object. */
#include "tilt/kernel/plane_fit.h"
#include <math.h>

double AetKernelPlaneValue(ptrdiff_t ny, ptrdiff_t nx, const double plane[3], ptrdiff_t y, ptrdiff_t x)
{
  return plane[0] + plane[1] * (double)(x - nx / 2) + plane[2] * (double)(y - ny / 2);
}

/* Centred second moments of the places, and of the places with the values. */
static void Moments(ptrdiff_t ny, ptrdiff_t nx, const float *image, const unsigned char *mask, const double mean[3], double m[5])
{
  for (int i = 0; i < 5; i++) m[i] = 0;
  for (ptrdiff_t y = 0; y < ny; y++)
    for (ptrdiff_t x = 0; x < nx; x++) {
      const double u = (double)(x - nx / 2) - mean[0], v = (double)(y - ny / 2) - mean[1], value = image[y * nx + x] - mean[2];
      if (mask && mask[y * nx + x]) continue;
      m[0] += u * u, m[1] += u * v, m[2] += v * v, m[3] += u * value, m[4] += v * value;
    }
}

/* Pixels outside the mask, their mean place and value. */
static ptrdiff_t Mean(ptrdiff_t ny, ptrdiff_t nx, const float *image, const unsigned char *mask, double mean[3])
{
  ptrdiff_t count = 0;

  mean[0] = mean[1] = mean[2] = 0;
  for (ptrdiff_t y = 0; y < ny; y++)
    for (ptrdiff_t x = 0; x < nx; x++) {
      if (mask && mask[y * nx + x]) continue;
      mean[0] += (double)(x - nx / 2), mean[1] += (double)(y - ny / 2), mean[2] += image[y * nx + x];
      count++;
    }
  for (int i = 0; i < 3 && count; i++) mean[i] /= (double)count;
  return count;
}

ptrdiff_t AetKernelPlaneFit(ptrdiff_t ny, ptrdiff_t nx, const float *image, const unsigned char *mask, double plane[3], double *rms)
{
  double          mean[3], m[5], determinant, sum = 0;
  const ptrdiff_t count = Mean(ny, nx, image, mask, mean);

  plane[0] = mean[2], plane[1] = plane[2] = 0;
  Moments(ny, nx, image, mask, mean, m);
  determinant = m[0] * m[2] - m[1] * m[1];
  /* places in less than a strip of a tenth of the image tell nothing about a slope over all of it */
  if (m[0] > 1e-3 * (double)(count * nx * nx) && m[2] > 1e-3 * (double)(count * ny * ny) && determinant > 1e-3 * m[0] * m[2]) {
    plane[1] = (m[2] * m[3] - m[1] * m[4]) / determinant;
    plane[2] = (m[0] * m[4] - m[1] * m[3]) / determinant;
    plane[0] -= plane[1] * mean[0] + plane[2] * mean[1];
  }
  for (ptrdiff_t y = 0; y < ny; y++)
    for (ptrdiff_t x = 0; x < nx; x++) {
      const double left = image[y * nx + x] - AetKernelPlaneValue(ny, nx, plane, y, x);
      if (!mask || !mask[y * nx + x]) sum += left * left;
    }
  *rms = count ? sqrt(sum / (double)count) : 0;
  return count;
}
