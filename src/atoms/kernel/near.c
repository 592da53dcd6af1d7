/* Voxels away from atoms. */
#include "atoms/kernel/near.h"
#include <math.h>

#define PI 3.14159265358979323846

/* 0 … 1 over the edge. */
static float Rise(double distance, double radius, double edge)
{
  if (distance <= radius) return 0;
  return distance >= radius + edge ? 1 : (float)(0.5 - 0.5 * cos(PI * (distance - radius) / edge));
}

/* The disc that one atom cuts out of the plane, `dz` from its centre (u, v), all in voxels: the smaller weight stays. */
static void Cut(ptrdiff_t ny, ptrdiff_t nx, double u, double v, double dz, double radius, double edge, float *weight)
{
  const double    reach = radius + edge, half = sqrt(fmax(reach * reach - dz * dz, 0));
  const ptrdiff_t y_low = (ptrdiff_t)fmax(ceil(v - half), 0), y_high = (ptrdiff_t)fmin(floor(v + half), (double)ny - 1);
  const ptrdiff_t x_low = (ptrdiff_t)fmax(ceil(u - half), 0), x_high = (ptrdiff_t)fmin(floor(u + half), (double)nx - 1);

  for (ptrdiff_t y = y_low; y <= y_high; y++)
    for (ptrdiff_t x = x_low; x <= x_high; x++) {
      const double dx = (double)x - u, dy = (double)y - v;
      weight[y * nx + x] = fminf(weight[y * nx + x], Rise(sqrt(dx * dx + dy * dy + dz * dz), radius, edge));
    }
}

void AetNearPlane(const ptrdiff_t n[3], ptrdiff_t z, double pixel, ptrdiff_t count, const double *position, double radius, double edge,
                  float *weight)
{
  for (ptrdiff_t p = 0; p < n[1] * n[2]; p++) weight[p] = 1;
  for (ptrdiff_t i = 0; i < count; i++) {
    const double dz = (double)(z - n[0] / 2) - position[3 * i + 2] / pixel;
    if (fabs(dz) >= radius + edge) continue;
    Cut(n[1], n[2], position[3 * i] / pixel + (double)(n[2] / 2), position[3 * i + 1] / pixel + (double)(n[1] / 2), dz, radius, edge,
        weight);
  }
}
