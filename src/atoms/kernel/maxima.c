#include "atoms/kernel/maxima.h"

static int IsMaximum(const float *v, ptrdiff_t nx, ptrdiff_t plane)
{
  for (int dz = -1; dz <= 1; dz++)
    for (int dy = -1; dy <= 1; dy++)
      for (int dx = -1; dx <= 1; dx++) {
        float other = v[dz * plane + dy * nx + dx];
        int   earlier = dz < 0 || (dz == 0 && (dy < 0 || (dy == 0 && dx < 0)));
        if (earlier ? *v <= other : *v < other) return 0;
      }
  return 1;
}

ptrdiff_t AetMaximaPlane(const float *data, ptrdiff_t z, ptrdiff_t ny, ptrdiff_t nx, float floor, ptrdiff_t room, ptrdiff_t *place)
{
  ptrdiff_t found = 0;

  for (ptrdiff_t y = 1; y < ny - 1; y++) {
    const float *row = data + (z * ny + y) * nx;
    for (ptrdiff_t x = 1; x < nx - 1; x++) {
      /* most voxels fall at their first neighbours */
      if (!(row[x] > floor) || row[x] <= row[x - 1] || row[x] < row[x + 1] || !IsMaximum(row + x, nx, ny * nx)) continue;
      if (found < room) place[found] = y * nx + x;
      found++;
    }
  }
  return found;
}
