/* Block matching and collaborative filtering in three dimensions, of a stripe of an image: Dabov, Foi, Katkovnik, Egiazarian, IEEE Trans.
   Image Process. 16 (2007) 2080; Lebrun, Image Processing On Line 2 (2012) 175. */
#ifndef AET_TILT_KERNEL_BM3D_H
#define AET_TILT_KERNEL_BM3D_H
#include "tilt/kernel/block.h"
#include "tilt/kernel/stripe.h"

enum { AET_BM3D_GROUP = 32 };

typedef struct {
  AetBlockKind transform;
  int          block, step;
  int          group;  /* largest, a power of two, at most 32 */
  int          search; /* side of the square of places that are compared, odd */
  double       match;  /* largest mean square difference of a block's pixels, in grey levels² of 256 */
  double       alike;  /* the same in variances of the noise; the larger of the two is taken */
  double       lambda; /* threshold in standard deviations of the noise; unused by the Wiener stage */
  double       kaiser; /* the aggregation window's beta */
} AetBm3dStage;

/* What the stages need and do not change. */
typedef struct {
  AetBm3dStage stage;
  AetBlockPlan plan;
  float        window[AET_BLOCK_ROOM]; /* [block][plan.pitch] */
  float        sigma, limit;           /* of the noise; of the mean square difference, in units of the image */
} AetBm3dPlan;
/* `grey`: levels of 256 that a unit of the image is worth. Returns 1 for a block size that there is not. */
int AetBm3dPlanSet(AetBm3dPlan *plan, const AetBm3dStage *stage, double sigma, double grey);

/* Upper left corners of the blocks that are most like the one at (y, x), which is the first; nearest first, of equals the first in the
   order of rows; a power of two of them. `distance` is room for search + AET_IMAGE_MARGIN numbers. */
int AetBm3dMatch(const AetBm3dPlan *plan, const AetPlainImage *image, ptrdiff_t y, ptrdiff_t x, float *distance,
                 ptrdiff_t at[AET_BM3D_GROUP]);

/* Floats of work for the stages. */
size_t AetBm3dWork(const AetBm3dPlan *plan);
/* Stage 1: groups of the noisy image, hard threshold. */
void AetBm3dHard(const AetBm3dPlan *plan, const AetPlainImage *noisy, float *work, AetStripe *stripe);
/* Stage 2: groups found in the first estimate, whose spectra weigh those of the noisy image. */
void AetBm3dWiener(const AetBm3dPlan *plan, const AetPlainImage *noisy, const AetPlainImage *pilot, float *work, AetStripe *stripe);

#endif
