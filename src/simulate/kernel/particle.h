/* Shapes of a particle and the sites of the fcc lattice inside it. Plain C. */
#ifndef AET_SIMULATE_PARTICLE_H
#define AET_SIMULATE_PARTICLE_H

#include <stddef.h>
#include <stdint.h>

typedef enum { AET_SHAPE_SPHERE, AET_SHAPE_OCTAHEDRON, AET_SHAPE_TRUNCATED_OCTAHEDRON, AET_SHAPE_CUBE } AetShape;

/* Whether x (same unit as diameter) lies in the shape about the origin whose volume is that of a sphere of this diameter. */
int AetKernelShapeContains(AetShape shape, double diameter, const double x[3]);
/* Largest distance of a point of that shape from the origin along an axis. */
double AetKernelShapeExtent(AetShape shape, double diameter);

/* A site of the fcc lattice: i, j, k in half lattice constants with i + j + k even. */
typedef struct {
  int i, j, k;
} AetSite;
/* Sites of the lattice (constant a, moved by offset[3]) inside the shape, ordered by k, j, i. Writes the first `size` of them to `sites`
   (NULL allowed with size 0) and returns how many there are. */
size_t AetKernelFccSites(AetShape shape, double diameter, double a, const double offset[3], AetSite *sites, size_t size);
/* A number for a site that does not depend on the particle around it: the key of its random numbers. */
uint64_t AetKernelSiteKey(AetSite site);

#endif
