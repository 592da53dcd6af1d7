#ifndef AET_TILT_OBJECT_MASK_H
#define AET_TILT_OBJECT_MASK_H

#include <stddef.h>

/* The value that splits an image into two classes of least variance within (Otsu, IEEE Trans. SMC 9 (1979) 62), from 256 bins between its
   extremes. The value of a uniform image is that of its pixels. */
double AetKernelOtsu(ptrdiff_t count, const float *image);
/* Adds to mask [ny][nx] (0 or 1) every pixel above `threshold` that is joined to it by such pixels, four neighbours each. `stack` has ny·nx
   elements. */
void AetKernelGrow(ptrdiff_t ny, ptrdiff_t nx, const float *image, double threshold, unsigned char *mask, ptrdiff_t *stack);
/* Takes out of the mask the parts, joined by four neighbours, that have less than `part` of the pixels of the largest. label [ny][nx] is
 * for work.
 */
void AetKernelKeepLargest(ptrdiff_t ny, ptrdiff_t nx, double part, unsigned char *mask, ptrdiff_t *stack, float *label);
/* out = pixels within `radius` of mask (not in place). */
void AetKernelDilate(ptrdiff_t ny, ptrdiff_t nx, const unsigned char *mask, ptrdiff_t radius, unsigned char *out);

#endif
