/* Where an image shows the object: Otsu's threshold of the smoothed image, grown. */
#ifndef AET_TILT_KERNEL_OTSU_MASK_H
#define AET_TILT_KERNEL_OTSU_MASK_H
#include <stddef.h>

/* Mean of `image` [ny][nx] over the box of half-width `half` about each pixel, cut at the border. Sums in double by running columns:
   `columns` is room for nx + 1 doubles. */
void AetBoxMean(const float *image, ptrdiff_t ny, ptrdiff_t nx, ptrdiff_t half, double *columns, float *mean);
/* mask = 1 within `grow` pixels (a square) of a pixel whose smoothed value is above minimum + factor · (Otsu's threshold - minimum); 0
   elsewhere. `smooth` (input) is a smoothed image; `work` is room for ny · nx bytes. Returns the pixels of the background. */
ptrdiff_t AetOtsuMask(const float *smooth, ptrdiff_t ny, ptrdiff_t nx, double factor, ptrdiff_t grow, unsigned char *work,
                        unsigned char *mask);

#endif
