/* Centre of mass, extent and profile of an object in an image. */
#include "tilt/kernel/moments.h"
#include "tilt/kernel/plane_fit.h"

double AetKernelMoments(ptrdiff_t ny, ptrdiff_t nx, const float *image, const unsigned char *mask, const double plane[3], double centre[2])
{
  double sum = 0, first[2] = {0};

  for (ptrdiff_t y = 0; y < ny; y++)
    for (ptrdiff_t x = 0; x < nx; x++) {
      const double value = mask[y * nx + x] ? image[y * nx + x] - AetKernelPlaneValue(ny, nx, plane, y, x) : 0;
      sum += value, first[0] += value * (double)(x - nx / 2), first[1] += value * (double)(y - ny / 2);
    }
  for (int a = 0; a < 2; a++) centre[a] = sum != 0 ? first[a] / sum : 0;
  return sum;
}

double AetKernelMaskInertia(ptrdiff_t ny, ptrdiff_t nx, const unsigned char *mask, const double centre[2])
{
  double sum = 0;

  for (ptrdiff_t i = 0; i < ny * nx; i++) {
    const double x = (double)(i % nx - nx / 2) - centre[0];
    if (mask[i]) sum += x * x;
  }
  return sum;
}

void AetKernelMaskBox(ptrdiff_t ny, ptrdiff_t nx, const unsigned char *mask, ptrdiff_t box[4])
{
  ptrdiff_t found = 0;

  box[0] = nx - 1, box[1] = 0, box[2] = ny - 1, box[3] = 0;
  for (ptrdiff_t y = 0; y < ny; y++)
    for (ptrdiff_t x = 0; x < nx; x++) {
      if (!mask[y * nx + x]) continue;
      if (x < box[0]) box[0] = x;
      if (x > box[1]) box[1] = x;
      if (y < box[2]) box[2] = y;
      if (y > box[3]) box[3] = y;
      found++;
    }
  if (!found) box[0] = 0, box[1] = nx - 1, box[2] = 0, box[3] = ny - 1;
}

void AetKernelProfile(ptrdiff_t ny, ptrdiff_t nx, const float *image, const double plane[3], ptrdiff_t from, ptrdiff_t to, double *profile)
{
  for (ptrdiff_t y = 0; y < ny; y++) {
    double sum = 0;
    for (ptrdiff_t x = from; x <= to; x++) sum += image[y * nx + x] - AetKernelPlaneValue(ny, nx, plane, y, x);
    profile[y] = sum;
  }
}
