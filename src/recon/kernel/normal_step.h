/* One RESIRE step on one plane where the gradient is a volume that is kept: G of x and the one before, of `previous`. */
#ifndef AET_RECON_KERNEL_NORMAL_STEP_H
#define AET_RECON_KERNEL_NORMAL_STEP_H

#include <stddef.h>

/* A plane: the iterate, the one before, their gradients, the support (may be NULL). At the point y = x + momentum (x - previous) the
   gradient is G + momentum (G - G_before): both are affine. A voxel is held if y ≤ 0 and the gradient pushes it further down, or if the
   support is 0. */
typedef struct {
  float       *x, *previous, *G, *G_before;
  const float *support;
} AetNormalPlane;

/* Before a filter: G_before <- the gradient at y, 0 where a voxel is held, so that no filter spreads it to free voxels; previous <- y, its
   last bit 1 where the voxel is held. */
void AetNormalHold(ptrdiff_t count, double momentum, const AetNormalPlane *plane);
/* previous <- support max(0, y - step direction), 0 where held; G_before <- what was gained, previous - x. Where `filtered`, the direction
   is in G_before and y in previous, as AetNormalHold left it; else the direction is the gradient at y. *uphill += ⟨y - new, new - x⟩:
   positive where the momentum points uphill. */
void AetNormalUpdate(ptrdiff_t count, double step, double momentum, int filtered, const AetNormalPlane *plane, double *uphill);
/* After x and previous have changed places: G_before <- G + change, the gradient at the new x, where change = AᵀA (x - previous), which may
 *be G_before itself. *rise += what the step added to the misfit, ½ ⟨x - previous, 2 G + change⟩: a sum of small terms, not a difference of
 *large ones. */
void AetNormalAdvance(ptrdiff_t count, const AetNormalPlane *plane, const float *change, double *rise);

#endif
