/* Dislocation lines of a tessellated crystal. Plain C. */
#ifndef AET_STRUCTURE_BURGERS_H
#define AET_STRUCTURE_BURGERS_H

#include "structure/kernel/delaunay.h"
#include "structure/kernel/sites.h"

/* Grains of which translations are asked; those of kind hcp are left out. */
typedef struct {
  const double *position; /* [atoms][3] */
  const int    *grain;    /* [atoms] -1: none */
  int           grains;
  const int    *kind; /* [grains] */
  const double (*cell)[9], (*inverse)[9];
  const double *nearest;
} AetBurgersCrystal;
/* Where a line passes a triangle of the tessellation, and how much flux of Burgers vector, by index, leaves with it along the normal. */
typedef struct {
  double x[3], normal[3];
  int    flux[3], line, grain, end; /* end: the line leaves the crystal here, along the normal */
} AetBurgersCrossing;
typedef struct {
  ptrdiff_t           count;
  int                 lines;
  AetBurgersCrossing *crossing; /* [count] in the order of lines */
} AetBurgersLines;

/* The translation of the lattice nearest to the vector from one atom to another. */
void AetBurgersStep(const AetBurgersCrystal *crystal, int grain, int from, int to, int index[3]);
/* All crossings, joined to lines from tetrahedron to tetrahedron. Returns nonzero when memory is short. */
int  AetBurgersFind(const AetBurgersCrystal *crystal, const AetTetrahedra *tetrahedra, AetBurgersLines *lines);
void AetBurgersFree(AetBurgersLines *lines);

/* The straight line nearest to crossings. */
typedef struct {
  double middle[3], direction[3], low, high, bend; /* unit vector, extent along it from the middle, r.m.s. distance */
  int    burgers[3];                               /* about `direction` by the right hand */
} AetBurgersAxis;
void AetBurgersDescribe(ptrdiff_t count, const AetBurgersCrossing *crossing, AetBurgersAxis *axis);

#endif
