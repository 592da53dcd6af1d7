/* A straight line fitted to values around a point. Plain C. */
#ifndef AET_STRUCTURE_LOCAL_LINE_H
#define AET_STRUCTURE_LOCAL_LINE_H

#include <stddef.h>

/* Weighted least squares of u = value + gradient · d. */
typedef struct {
  double value[3], gradient[9]; /* gradient [3 a + b] = ∂_b u_a */
  double inverse[16];           /* of the matrix of moments Σ w p pᵀ, p = (1, d) */
  double weight;                /* Σ w */
} AetLocalLine;

/* Of `count` values u at d, both [count][3], with weights w. 0 where the points do not determine a gradient: then all is 0. */
int AetLocalLineFit(ptrdiff_t count, const double (*d)[3], const double (*u)[3], const double *w, AetLocalLine *line);
/* Variances of the strain xx, yy, zz, yz, xz, xy of that gradient where the values have independent errors of `variance` [count][3]. */
void AetLocalLineVariance(ptrdiff_t count, const double (*d)[3], const double *w, const double (*variance)[3], const AetLocalLine *line,
                          double strain[6]);
/* Strain xx, yy, zz, yz, xz, xy and rotation about x, y, z of a gradient. */
void AetLocalStrain(const double gradient[9], double strain[6], double rotation[3]);

#endif
