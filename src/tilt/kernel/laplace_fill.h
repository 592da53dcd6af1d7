#ifndef AET_TILT_LAPLACE_FILL_H
#define AET_TILT_LAPLACE_FILL_H

#include <stddef.h>

/* Work floats of a fill. */
ptrdiff_t AetKernelLaplaceWork(ptrdiff_t ny, ptrdiff_t nx);
/* Replaces the masked pixels of image [ny][nx] by the solution of Laplace's equation (five points) with the others as boundary; the border
   of the image lets nothing through. Coarse to fine, conjugate gradients on each size until the residual is `tolerance` of the right side.
   Returns the steps at full size; nothing changes without unmasked pixels. */
int AetKernelLaplaceFill(ptrdiff_t ny, ptrdiff_t nx, const unsigned char *mask, double tolerance, float *image, float *work);

#endif
