/* One primal-dual step of total-variation-regularised least squares, plane by plane. */
#ifndef AET_RECON_KERNEL_TV_STEP_H
#define AET_RECON_KERNEL_TV_STEP_H

#include <stddef.h>

/* The dual vector of one plane [ny][nx]: of differences to the next plane, row and voxel. 0 where there is no next. */
typedef struct {
  float *z, *y, *x;
} AetTvDual;

/* gradient += Dᵀ(dual) + box; `before`: dual.z of the plane before, NULL for the first of the volume. */
void AetTvDivergence(ptrdiff_t ny, ptrdiff_t nx, const AetTvDual *dual, const float *before, const float *box, float *gradient);
/* x <- x - step direction; ahead <- twice the new x less the old. */
void AetTvMove(ptrdiff_t count, double step, const float *direction, float *x, float *ahead);
/* dual <- dual + σ D ahead, shortened to length `weight` where it is longer (isotropic total variation). `next`: the plane after, NULL for
   the last of the volume. Returns Σ |D ahead|. */
double AetTvAscend(ptrdiff_t ny, ptrdiff_t nx, double sigma, double weight, const float *ahead, const float *next, const AetTvDual *dual);
/* result = (σ DᵀD + offset) volume, on one plane; `before` and `next`: its neighbours, NULL where there is none. */
void AetTvSecondDifferences(ptrdiff_t ny, ptrdiff_t nx, double sigma, double offset, const float *plane, const float *before,
                            const float *next, float *result);
/* The dual of 0 ≤ x: box <- min(0, box + σ ahead); of x = 0 where the support (may be NULL) is 0: box + σ ahead. */
void AetTvBox(ptrdiff_t count, double sigma, const float *ahead, const float *support, float *box);
/* x <- its nearest feasible value: not negative, 0 where the support (may be NULL) is 0. */
void AetTvFeasible(ptrdiff_t count, const float *support, float *x);

#endif
