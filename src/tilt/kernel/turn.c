#include "tilt/kernel/turn.h"
#include <string.h>

/* Where pixel (column u, row v) of the scan lies on the image. */
static ptrdiff_t Place(ptrdiff_t n, int quarters, ptrdiff_t u, ptrdiff_t v)
{
  switch (quarters & 3) {
  case 1:
    return u * n + (n - 1 - v);
  case 2:
    return (n - 1 - v) * n + (n - 1 - u);
  case 3:
    return (n - 1 - u) * n + v;
  default:
    return v * n + u;
  }
}

void AetTurnToScan(ptrdiff_t n, int quarters, const float *image, float *scan)
{
  for (ptrdiff_t v = 0; v < n; v++)
    for (ptrdiff_t u = 0; u < n; u++) scan[v * n + u] = image[Place(n, quarters, u, v)];
}

void AetTurnToImage(ptrdiff_t n, int quarters, const float *scan, float *image)
{
  for (ptrdiff_t v = 0; v < n; v++)
    for (ptrdiff_t u = 0; u < n; u++) image[Place(n, quarters, u, v)] = scan[v * n + u];
}

void AetTurnVectorToImage(int quarters, const double scan[2], double image[2])
{
  static const double cosine[4] = {1, 0, -1, 0}, sine[4] = {0, 1, 0, -1};
  const double        c = cosine[quarters & 3], s = sine[quarters & 3], u = scan[0], v = scan[1];

  image[0] = c * u - s * v;
  image[1] = s * u + c * v;
}

void AetTurnVectorToScan(int quarters, const double image[2], double scan[2])
{
  AetTurnVectorToImage(-quarters & 3, image, scan);
}
