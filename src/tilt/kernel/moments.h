#ifndef AET_TILT_MOMENTS_H
#define AET_TILT_MOMENTS_H

#include <stddef.h>

/* Of the masked pixels of image [ny][nx] over a plane (AetKernelPlaneFit): their sum, and its centre {x, y} from the origin (nx/2, ny/2).
 */
double AetKernelMoments(ptrdiff_t ny, ptrdiff_t nx, const float *image, const unsigned char *mask, const double plane[3], double centre[2]);
/* Sum of x² over the masked pixels, from the centre {x, y}: with the variance of a pixel, that of the first moment along x. */
double AetKernelMaskInertia(ptrdiff_t ny, ptrdiff_t nx, const unsigned char *mask, const double centre[2]);
/* The columns first … last and the rows that the mask reaches: box = {x first, x last, y first, y last}; an empty mask gives the image. */
void AetKernelMaskBox(ptrdiff_t ny, ptrdiff_t nx, const unsigned char *mask, ptrdiff_t box[4]);
/* profile[y] = sum over the columns from … to of the image over the plane. */
void AetKernelProfile(ptrdiff_t ny, ptrdiff_t nx, const float *image, const double plane[3], ptrdiff_t from, ptrdiff_t to, double *profile);

#endif
