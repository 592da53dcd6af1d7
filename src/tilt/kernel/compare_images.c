/* Two images of one thing. */
#include "tilt/kernel/compare_images.h"
#include <math.h>

void AetKernelCompareImages(ptrdiff_t count, const unsigned char *mask, const float *a, const float *b, double *factor, double *correlation,
                            double *r)
{
  double    mean[2] = {0}, aa = 0, ab = 0, bb = 0, cross = 0, square = 0, difference = 0, size = 0;
  ptrdiff_t pixels = 0;

  for (ptrdiff_t i = 0; i < count; i++)
    if (mask[i]) mean[0] += a[i], mean[1] += b[i], pixels++;
  for (int k = 0; k < 2 && pixels; k++) mean[k] /= (double)pixels;
  for (ptrdiff_t i = 0; i < count; i++) {
    const double u = a[i] - mean[0], v = b[i] - mean[1];
    if (!mask[i]) continue;
    aa += u * u, ab += u * v, bb += v * v;
    cross += (double)a[i] * b[i], square += (double)b[i] * b[i];
  }
  *factor = square > 0 ? cross / square : 1;
  for (ptrdiff_t i = 0; i < count; i++)
    if (mask[i]) difference += fabs(a[i] - *factor * b[i]), size += fabs(a[i]);
  *correlation = aa > 0 && bb > 0 ? ab / sqrt(aa * bb) : 0;
  *r = size > 0 ? difference / size : 0;
}
