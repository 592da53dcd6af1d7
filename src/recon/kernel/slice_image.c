/* Between a slice (half plane, Hermitian) and its image: weights, crop and zero-padding about the origin. */
#include "recon/kernel/slice_image.h"
#include <string.h>

void AetSliceMakeHermitian(ptrdiff_t Lv, ptrdiff_t Lu, float complex *slice)
{
  const ptrdiff_t edges[2] = {0, Lu / 2}, row = Lu / 2 + 1;

  for (int e = 0; e < 2; e++)
    for (ptrdiff_t v = 0; v <= Lv / 2; v++) {
      float complex *a = slice + v * row + edges[e], *b = slice + (v ? Lv - v : 0) * row + edges[e], mean = 0.5f * (*a + conjf(*b));
      *a = mean, *b = conjf(mean);
    }
}

void AetSliceWeigh(ptrdiff_t Lv, ptrdiff_t Lu, float scale, float complex *slice)
{
  for (ptrdiff_t v = 0; v < Lv; v++) {
    float complex *row = slice + v * (Lu / 2 + 1);
    for (ptrdiff_t u = 0; u <= Lu / 2; u++) row[u] *= u == 0 || u == Lu / 2 ? 0.5f * scale : scale;
  }
}

static ptrdiff_t Periodic(ptrdiff_t i, ptrdiff_t L)
{
  return i < 0 ? i + L : i;
}

void AetSliceCrop(ptrdiff_t Lv, ptrdiff_t Lu, ptrdiff_t ny, ptrdiff_t nx, float scale, const float *plane, float *image)
{
  const ptrdiff_t row = 2 * (Lu / 2 + 1), x0 = nx / 2;

  for (ptrdiff_t y = 0; y < ny; y++) {
    const float *line = plane + Periodic(y - ny / 2, Lv) * row;
    for (ptrdiff_t x = 0; x < x0; x++) image[y * nx + x] = scale * line[Lu + x - x0];
    for (ptrdiff_t x = x0; x < nx; x++) image[y * nx + x] = scale * line[x - x0];
  }
}

void AetSlicePad(ptrdiff_t Lv, ptrdiff_t Lu, ptrdiff_t ny, ptrdiff_t nx, const float *image, float *plane)
{
  const ptrdiff_t row = 2 * (Lu / 2 + 1), x0 = nx / 2;

  memset(plane, 0, (size_t)(Lv * row) * sizeof *plane);
  for (ptrdiff_t y = 0; y < ny; y++) {
    float *line = plane + Periodic(y - ny / 2, Lv) * row;
    for (ptrdiff_t x = 0; x < x0; x++) line[Lu + x - x0] = image[y * nx + x];
    for (ptrdiff_t x = x0; x < nx; x++) line[x - x0] = image[y * nx + x];
  }
}
