/* Shapes of a specimen. */
#include "simulate/kernel/particle.h"
#include <math.h>

enum { SPHERE_POINTS = 200000 };

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
  case AET_SHAPE_CUBOCTAHEDRON:
    return cbrt(Volume(diameter) * 3 / 20);
  default:
    return diameter / 2;
  }
}

static int WulffContains(const double facets[3], const double x[3])
{
  double a = fabs(x[0]), b = fabs(x[1]), c = fabs(x[2]), sum = a + b + c, least = fmin(a, fmin(b, c));

  return fmax(a, fmax(b, c)) <= facets[0] && sum - least <= facets[1] * sqrt(2) && sum <= facets[2] * sqrt(3);
}

/* A sphere at the tip and the cone that touches it. */
static int NeedleContains(const AetBody *body, const double x[3])
{
  double r2 = x[0] * x[0] + x[2] * x[2], cosine = 1 / sqrt(1 + body->slope * body->slope);
  double centre = body->length / 2 - body->tip, touch = centre + body->tip * body->slope * cosine;
  double radius = body->tip * cosine + (touch - x[1]) * body->slope;

  if (x[1] < -body->length / 2) return 0;
  if (x[1] > touch) return r2 + (x[1] - centre) * (x[1] - centre) <= body->tip * body->tip;
  return r2 <= radius * radius;
}

int AetKernelBodyContains(const AetBody *body, const double x[3])
{
  double sum = fabs(x[0]) + fabs(x[1]) + fabs(x[2]);
  double largest = fmax(fabs(x[0]), fmax(fabs(x[1]), fabs(x[2])));

  switch (body->shape) {
  case AET_SHAPE_CUBE:
    return largest <= body->extent;
  case AET_SHAPE_OCTAHEDRON:
    return sum <= body->extent;
  case AET_SHAPE_TRUNCATED_OCTAHEDRON:
    return largest <= body->extent && sum <= 1.5 * body->extent;
  case AET_SHAPE_CUBOCTAHEDRON:
    return largest <= body->extent && sum <= 2 * body->extent;
  case AET_SHAPE_WULFF:
    return WulffContains(body->facets, x);
  case AET_SHAPE_FILM:
    return fabs(x[0]) <= body->half[0] && fabs(x[1]) <= body->half[1] && fabs(x[2]) <= body->half[2];
  case AET_SHAPE_NEEDLE:
    return NeedleContains(body, x);
  default:
    return x[0] * x[0] + x[1] * x[1] + x[2] * x[2] <= body->extent * body->extent;
  }
}

int AetKernelShapeContains(AetShape shape, double diameter, const double x[3])
{
  const AetBody body = {.shape = shape, .extent = AetKernelShapeExtent(shape, diameter)};

  return AetKernelBodyContains(&body, x);
}

double AetKernelBodyReach(const AetBody *body)
{
  switch (body->shape) {
  case AET_SHAPE_CUBE:
    return sqrt(3) * body->extent;
  case AET_SHAPE_TRUNCATED_OCTAHEDRON:
    return sqrt(1.25) * body->extent;
  case AET_SHAPE_CUBOCTAHEDRON:
    return sqrt(2) * body->extent;
  case AET_SHAPE_WULFF:
    return sqrt(3) * fmin(body->facets[0], fmin(body->facets[1] * sqrt(2), body->facets[2] * sqrt(3)));
  case AET_SHAPE_FILM:
    return sqrt(body->half[0] * body->half[0] + body->half[1] * body->half[1] + body->half[2] * body->half[2]);
  case AET_SHAPE_NEEDLE:
    return hypot(body->length / 2, body->tip + body->length * body->slope);
  default:
    return body->extent;
  }
}

double AetKernelBodySurface(const AetBody *body, const double u[3])
{
  double inside = 0, outside = 1.01 * AetKernelBodyReach(body);

  for (int step = 0; step < 50; step++) {
    const double middle = (inside + outside) / 2, x[3] = {middle * u[0], middle * u[1], middle * u[2]};

    if (AetKernelBodyContains(body, x))
      inside = middle;
    else
      outside = middle;
  }
  return inside;
}

/* The volume of a convex body is a third of the mean cube of its distance over the sphere of directions, here a spiral of points. */
void AetKernelWulff(const double energies[3], double diameter, double facets[3])
{
  double sum = 0, scale;

  for (int p = 0; p < SPHERE_POINTS; p++) {
    double z = 1 - (2 * p + 1.0) / SPHERE_POINTS, r = sqrt(1 - z * z), turn = p * M_PI * (3 - sqrt(5));
    double a = fabs(r * cos(turn)), b = fabs(r * sin(turn)), c = fabs(z), all = a + b + c, least = fmin(a, fmin(b, c));
    double distance = fmin(energies[0] / fmax(a, fmax(b, c)), fmin(energies[1] * sqrt(2) / (all - least), energies[2] * sqrt(3) / all));

    sum += distance * distance * distance;
  }
  scale = cbrt(Volume(diameter) / (4 * M_PI / 3 * sum / SPHERE_POINTS));
  for (int f = 0; f < 3; f++) facets[f] = scale * energies[f];
}
