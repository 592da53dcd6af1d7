/* Shapes of a particle and the sites of the fcc lattice inside it. */
#include "simulate/kernel/particle.h"
#include <math.h>

static double Volume(double diameter)
{
  return M_PI / 6 * diameter * diameter * diameter;
}

/* Half the distance between opposite faces of type 100 (cube, truncated octahedron) or half the diagonal (octahedron). */
double AetKernelShapeExtent(AetShape shape, double diameter)
{
  switch (shape) {
  case AET_SHAPE_CUBE:
    return cbrt(Volume(diameter)) / 2;
  case AET_SHAPE_OCTAHEDRON:
    return cbrt(Volume(diameter) * 3 / 4);
  case AET_SHAPE_TRUNCATED_OCTAHEDRON:
    return cbrt(Volume(diameter) / 4); /* a cube of 2t cut to half its volume */
  default:
    return diameter / 2;
  }
}

int AetKernelShapeContains(AetShape shape, double diameter, const double x[3])
{
  double extent = AetKernelShapeExtent(shape, diameter);
  double sum = fabs(x[0]) + fabs(x[1]) + fabs(x[2]);
  double largest = fmax(fabs(x[0]), fmax(fabs(x[1]), fabs(x[2])));

  switch (shape) {
  case AET_SHAPE_CUBE:
    return largest <= extent;
  case AET_SHAPE_OCTAHEDRON:
    return sum <= extent;
  case AET_SHAPE_TRUNCATED_OCTAHEDRON:
    return largest <= extent && sum <= 1.5 * extent;
  default:
    return x[0] * x[0] + x[1] * x[1] + x[2] * x[2] <= extent * extent;
  }
}

size_t AetKernelFccSites(AetShape shape, double diameter, double a, const double offset[3], AetSite *sites, size_t size)
{
  double shift = fmax(fabs(offset[0]), fmax(fabs(offset[1]), fabs(offset[2])));
  int    reach = (int)ceil(2 * (AetKernelShapeExtent(shape, diameter) + shift) / a) + 1;
  size_t count = 0;

  for (int k = -reach; k <= reach; k++)
    for (int j = -reach; j <= reach; j++)
      for (int i = -reach + ((reach + j + k) & 1); i <= reach; i += 2) {
        double x[3] = {i * a / 2 + offset[0], j * a / 2 + offset[1], k * a / 2 + offset[2]};

        if (!AetKernelShapeContains(shape, diameter, x)) continue;
        if (count < size) sites[count] = (AetSite){i, j, k};
        count++;
      }
  return count;
}

uint64_t AetKernelSiteKey(AetSite site)
{
  const int64_t middle = 1 << 20;

  return ((uint64_t)(site.k + middle) << 42) | ((uint64_t)(site.j + middle) << 21) | (uint64_t)(site.i + middle);
}
