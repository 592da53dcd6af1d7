/* The union of those Delaunay tetrahedra whose circumscribed sphere has at most a radius alpha, and what bounds it
   (Edelsbrunner, Mücke, ACM Trans. Graphics 13 (1994) 43; of it the part that has volume). */
#ifndef AET_STRUCTURE_KERNEL_ALPHA_SHAPE_H
#define AET_STRUCTURE_KERNEL_ALPHA_SHAPE_H

#include "structure/kernel/delaunay.h"

typedef struct {
  ptrdiff_t facets;
  int (*facet)[3];   /* counter-clockwise seen from outside */
  char     *covered; /* [count] corner of a tetrahedron that is kept */
  ptrdiff_t kept;    /* tetrahedra */
  int       pieces;  /* parts joined by faces */
  int       voids;   /* regions without matter that are shut off from the outside */
  double    void_volume;
} AetAlphaShape;

/* Radius of the sphere through the four corners; infinite for a flat one. */
double AetCircumradius(const double *x, const int vertex[4]);
/* Of points x [count][3]. Returns nonzero when memory is short. */
int  AetAlphaShapeBuild(AetAlphaShape *shape, ptrdiff_t count, const double *x, const AetTetrahedra *tetrahedra, double alpha);
void AetAlphaShapeFree(AetAlphaShape *shape);

#endif
