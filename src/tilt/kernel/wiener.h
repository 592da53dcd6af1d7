/* A Wiener filter of overlapping blocks in the cosine domain, by the spectrum of the noise: no block knows of another. */
#ifndef AET_TILT_KERNEL_WIENER_H
#define AET_TILT_KERNEL_WIENER_H
#include "tilt/kernel/block.h"
#include "tilt/kernel/stripe.h"

typedef struct {
  AetBlockPlan plan;
  int          step;
  double       lambda;                    /* of the first estimate, in standard deviations of each coefficient */
  float        variance[AET_BLOCK_ROOM];  /* of the noise: [n][plan.pitch]; 1 beyond n */
  float        threshold[AET_BLOCK_ROOM]; /* lambda times its root */
} AetWienerPlan;

/* Blocks of n, at most 16, every `step` pixels; white noise of variance 1. Returns 1 for a size that there is not. */
int AetWienerPlanSet(AetWienerPlan *plan, int n, int step, double lambda);
/* The spectrum as measured in the blocks that lie in the background (mask 0) altogether, averaged over rings of equal frequency, within a
   factor of four of white. Returns the blocks; where they are fewer than 64, nothing changes. */
ptrdiff_t AetWienerMeasure(AetWienerPlan *plan, const AetPlainImage *noisy, const unsigned char *mask);
/* First estimate: what stands out of the noise; then the filter that it asks for. Added to stripe->sum and weight. */
void AetWienerFirst(const AetWienerPlan *plan, const AetPlainImage *noisy, AetStripe *stripe);
void AetWienerSecond(const AetWienerPlan *plan, const AetPlainImage *noisy, const AetPlainImage *pilot, AetStripe *stripe);

#endif
