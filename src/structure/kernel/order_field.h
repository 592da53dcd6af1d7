/* Values at points as a field: a weighted mean with Gaussian weights, and its gradient. Plain C on arrays. */
#ifndef AET_STRUCTURE_KERNEL_ORDER_FIELD_H
#define AET_STRUCTURE_KERNEL_ORDER_FIELD_H

#include <stddef.h>

/* S(x) = Σ G(x - r_i) S_i / Σ G(x - r_i) over the points index[count], a Gaussian of standard deviation sigma; gradient[3] of that. Returns
   Σ G, 0 where there is nothing (then S and the gradient are 0). Values that are not finite are left out. */
double AetOrderField(ptrdiff_t count, const ptrdiff_t *index, const double *position, const double *value, double sigma, const double x[3],
                     double *field, double gradient[3]);

#endif
