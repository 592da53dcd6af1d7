#include "recon/kernel/plane.h"
#include <math.h>

void AetPlaneInit(const double R[9], const ptrdiff_t N[3], AetPlane *plane)
{
  double length = 0;

  for (int a = 0; a < 3; a++) {
    double size = (double)N[2 - a];
    plane->u[a] = R[a] / size;
    plane->v[a] = R[3 + a] / size;
    plane->w[a] = R[6 + a] / size;
    length += plane->w[a] * plane->w[a];
  }
  for (int a = 0; a < 3; a++) plane->normal[a] = plane->w[a] / sqrt(length);
}

int AetPlaneColumn(const AetPlane *plane, double distance, ptrdiff_t Nz, ptrdiff_t ky, ptrdiff_t kx, ptrdiff_t *first, ptrdiff_t *last)
{
  /* a hair more than asked: AetPlaneFoot's distance decides in the same arithmetic for a voxel and its Hermitian partner */
  const double offset = plane->normal[0] * (double)kx + plane->normal[1] * (double)ky, slope = plane->normal[2], reach = distance + 1e-9;
  ptrdiff_t    limit = (Nz - 1) / 2;
  double       low = -(double)limit, high = (double)limit;

  if (fabs(slope) * (high + 1) < 1e-12) {
    if (fabs(offset) > reach) return 0;
  } else {
    double a = (-reach - offset) / slope, b = (reach - offset) / slope;
    low = fmax(low, ceil(fmin(a, b)));
    high = fmin(high, floor(fmax(a, b)));
  }
  if (!(low <= high)) return 0;
  *first = (ptrdiff_t)low;
  *last = (ptrdiff_t)high;
  return 1;
}

int AetPlaneFoot(const AetPlane *plane, ptrdiff_t kz, ptrdiff_t ky, ptrdiff_t kx, double *v, double *u, double *distance)
{
  const double k[3] = {(double)kx, (double)ky, (double)kz};

  *u = plane->u[0] * k[0] + plane->u[1] * k[1] + plane->u[2] * k[2];
  *v = plane->v[0] * k[0] + plane->v[1] * k[1] + plane->v[2] * k[2];
  *distance = fabs(plane->normal[0] * k[0] + plane->normal[1] * k[1] + plane->normal[2] * k[2]);
  return *u * *u + *v * *v < 0.25;
}
