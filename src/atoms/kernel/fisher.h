/* What two overlapping atoms tell about each other's place: their block of the Fisher matrix. */
#ifndef AET_ATOMS_KERNEL_FISHER_H
#define AET_ATOMS_KERNEL_FISHER_H
#include <stddef.h>

/* Of two profiles at the projected distance d: ∫ ∂_a p(x) ∂_b p'(x - d) dx = across (δ_ab - d_a d_b/d²) + along d_a d_b/d², by steps of d.
 */
typedef struct {
  double    step; /* of d, Å */
  ptrdiff_t count;
  double   *along, *across; /* [count]; 0 beyond */
} AetFisherTable;

/* From the product of the two profiles' transforms, product(q, context) at q in 1/Å, negligible beyond `last`; distances up to `far` Å.
   Returns nonzero when memory is short. */
int  AetFisherTableCreate(AetFisherTable *overlap, double (*product)(double q, void *context), void *context, double last, double far);
void AetFisherTableFree(AetFisherTable *overlap);
/* h: xx, xy, yy of the 2×2 matrix above at the projected difference (dx, dy). */
void AetFisherTableAt(const AetFisherTable *overlap, double dx, double dy, double h[3]);

/* variance [3] <- the last three diagonal elements of the inverse of the symmetric positive n×n matrix (lower triangle, row-major,
   destroyed). Returns nonzero where it is not positive. */
int AetInverseCorner(ptrdiff_t n, double *matrix, double variance[3]);

#endif
