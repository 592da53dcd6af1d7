/* What the filters of blocks share: an image that vectors may read past the end of, and the sums that they make of a stripe of it. */
#ifndef AET_TILT_KERNEL_STRIPE_H
#define AET_TILT_KERNEL_STRIPE_H
#include <stddef.h>

enum { AET_IMAGE_MARGIN = 64 };
/* An image with AET_IMAGE_MARGIN numbers of room behind its last row, so that vectors may read past the rows. */
typedef struct {
  ptrdiff_t    ny, nx;
  const float *data; /* [ny][nx] */
} AetPlainImage;

/* Rows of reference blocks, and the image rows of the sums: sum and weight begin at row `first`. */
typedef struct {
  ptrdiff_t  rows;
  ptrdiff_t *row;
  ptrdiff_t  first, count;
  float     *sum, *weight; /* [count][nx], added to */
} AetStripe;

#endif
