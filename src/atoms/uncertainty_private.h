/* Inside the uncertainties (docs/theory/uncertainty.md). */
#ifndef AET_UNCERTAINTY_PRIVATE_H
#define AET_UNCERTAINTY_PRIVATE_H

#include "atoms/refine_private.h"

#define AET_NEIGHBOURS_ANGSTROM 6.0 /* ratios are averaged over atoms this near: one atom's own estimate is noisy */

/* variance [count][3]: the Cramér–Rao bound of every coordinate with its near neighbours free too, from the sparse Fisher matrix: 3×3
   blocks of pairs within reach, weights taken as smooth over an atom's image. The same bits on any number of ranks. Collective. */
PetscErrorCode AetRefineryFisher(AetRefinery *r, double *variance);
/* sum [count][3] <- Σ over `probes` of x², x = (JᵀWJ)⁻¹Jᵀ of a probe. With `views` the probe is the weighted residuals, a random sign for
   every view (the residuals in place are those of AetRefineryEvaluate); else noise of the weights' variance. Collective. */
PetscErrorCode AetRefineryDraw(AetRefinery *r, const double *block, PetscBool views, PetscInt probes, double *sum);
/* variance [count][3] by leaving out views, smoothed as a ratio to `bound` [count][3]. Collective. */
PetscErrorCode AetRefineryJackknife(AetRefinery *r, const double *bound, double *variance);
/* variance [count][3] <- the square of how far the atoms would move if the profile had more freedom, as a ratio to `bound` averaged over
   atoms near. Collective. */
PetscErrorCode AetRefineryProfileError(AetRefinery *r, const double *block, const double *bound, double *variance);
/* ratio [count][3] <- the mean of above / below over the atoms of the same species within AET_NEIGHBOURS_ANGSTROM: what the noise model has
   wrong is different for dim atoms and for bright ones. Not collective. */
PetscErrorCode AetRatioNearby(PetscInt count, const double *position, const int *species, const double *above, const double *below,
                              double *ratio);

#endif
