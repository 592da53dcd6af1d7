/* Shapes of a specimen. Plain C. */
#ifndef AET_SIMULATE_PARTICLE_H
#define AET_SIMULATE_PARTICLE_H

/* In the order of the choices of simulate_shape. The last two are built atom by atom (cluster.h). */
typedef enum {
  AET_SHAPE_SPHERE,
  AET_SHAPE_OCTAHEDRON,
  AET_SHAPE_TRUNCATED_OCTAHEDRON,
  AET_SHAPE_CUBE,
  AET_SHAPE_CUBOCTAHEDRON,
  AET_SHAPE_WULFF,
  AET_SHAPE_FILM,
  AET_SHAPE_NEEDLE,
  AET_SHAPE_ICOSAHEDRON,
  AET_SHAPE_DECAHEDRON
} AetShape;

/* Whether x (same unit as diameter) lies in the shape about the origin whose volume is that of a sphere of this diameter. Sphere,
   octahedra, cube, cuboctahedron. */
int AetKernelShapeContains(AetShape shape, double diameter, const double x[3]);
/* Largest distance of a point of that shape from the origin along an axis. */
double AetKernelShapeExtent(AetShape shape, double diameter);

/* A shape with its sizes, all in one unit. */
typedef struct {
  AetShape shape;
  double   extent;             /* see AetKernelShapeExtent */
  double   facets[3];          /* Wulff: distances of the faces {100}, {110}, {111} */
  double   half[3];            /* film: half its edges */
  double   tip, slope, length; /* needle about the axis y, its tip towards +y: radius of the tip, tangent of the half angle, length */
} AetBody;

/* Whether x lies in the body about the origin. */
int AetKernelBodyContains(const AetBody *body, const double x[3]);
/* No point of the body is farther from the origin. */
double AetKernelBodyReach(const AetBody *body);
/* Distance from the origin to the surface along the unit vector u, of a body that is convex about the origin. */
double AetKernelBodySurface(const AetBody *body, const double u[3]);
/* Facet distances proportional to the energies, with the volume of a sphere of this diameter (Wulff's construction). */
void AetKernelWulff(const double energies[3], double diameter, double facets[3]);

#endif
