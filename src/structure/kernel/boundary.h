/* Area and normal of a boundary in a crystal from the bonds that cross it. */
#ifndef AET_STRUCTURE_KERNEL_BOUNDARY_H
#define AET_STRUCTURE_KERNEL_BOUNDARY_H

#include <stddef.h>

typedef struct {
  double area;      /* Å² */
  double normal[3]; /* unit vector of the sum of the bonds; 0 0 0 if they cancel */
  double flatness;  /* length of the sum over that of the local sums */
} AetBoundaryShape;
/* A flat piece of area F with the normal n is crossed by density·F·(b·n) bonds b; over bonds whose b bᵀ sum to a multiple of the unit
   matrix, as those of cubic lattices do, the sum of the crossing bonds is n F density Σ|b|²/6 over all bonds of an atom. `crossing`: that
   last factor. vector [count][3]: sum of the crossing bonds of an atom on one side; around [count][3]: the same with its neighbours', whose
   direction is the local normal. */
AetBoundaryShape AetBoundaryMeasure(ptrdiff_t count, const double (*vector)[3], const double (*around)[3], double crossing);

#endif
