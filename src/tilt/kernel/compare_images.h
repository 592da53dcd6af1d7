#ifndef AET_TILT_COMPARE_IMAGES_H
#define AET_TILT_COMPARE_IMAGES_H

#include <stddef.h>

/* Of the masked pixels of two images: the factor for b that leaves least squares, Pearson's correlation, and R = Σ|a - factor b| / Σ|a|. */
void AetKernelCompareImages(ptrdiff_t count, const unsigned char *mask, const float *a, const float *b, double *factor, double *correlation,
                            double *r);

#endif
