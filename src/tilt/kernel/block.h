/* Two-dimensional transforms of small square blocks, in rows of 8 or 16 numbers. Plain C with the vectors GCC and Clang have. */
#ifndef AET_TILT_KERNEL_BLOCK_H
#define AET_TILT_KERNEL_BLOCK_H
#include <stddef.h>

#pragma GCC diagnostic ignored "-Wpsabi" /* vectors are only passed where all is inlined */

enum { AET_BLOCK_MOST = 16, AET_BLOCK_ROOM = AET_BLOCK_MOST * AET_BLOCK_MOST };
typedef float AetBlockRow __attribute__((vector_size(64), aligned(4), may_alias)); /* sixteen numbers anywhere in memory */
typedef int   AetBlockMask __attribute__((vector_size(64)));
typedef float AetBlockHalf __attribute__((vector_size(32), aligned(4), may_alias));

typedef enum { AET_BLOCK_DCT, AET_BLOCK_BIOR } AetBlockKind;
/* n × n numbers lie in rows `pitch` apart, zeros between them. The rows of the forward matrix have length 1: white noise of variance 1
   gives coefficients of variance 1. The first coefficient is the mean times n. */
typedef struct {
  int   n, pitch;
  float forward[AET_BLOCK_ROOM], forward_t[AET_BLOCK_ROOM]; /* [n][pitch], and transposed */
  float inverse[AET_BLOCK_ROOM], inverse_t[AET_BLOCK_ROOM];
} AetBlockPlan;

/* n ≤ 16: the cosine transform (orthonormal), or for n = 8 all levels of the periodic biorthogonal spline wavelet 1.5. Returns 1 for a size
   that there is not. */
int AetBlockPlanSet(AetBlockPlan *plan, AetBlockKind kind, int n);
/* out [n][plan->pitch] = the transform of the block at `in`, rows `in_pitch` apart. */
void AetBlockForward(const AetBlockPlan *plan, const float *in, ptrdiff_t in_pitch, float *out);
/* The inverse of the block [n][plan->pitch], in place. */
void AetBlockInverse(const AetBlockPlan *plan, float *block);

#endif
