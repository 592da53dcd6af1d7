/* The shadow of an isolated object in an image: where it may be, never less. */
#ifndef AET_RECON_KERNEL_SHADOW_H
#define AET_RECON_KERNEL_SHADOW_H

#include <stddef.h>

/* image [ny][nx] smoothed by a Gaussian of `sigma` pixels, edges continued; work [ny][nx]. */
void AetImageSmooth(ptrdiff_t ny, ptrdiff_t nx, double sigma, const float *image, float *work, float *smooth);
/* Level above which a pixel belongs to the object: above the background of the first and last `margin` columns by 4 of its deviations (from
   the median absolute deviation) and by a twentieth of the contrast. NaN if those columns are no background: the object reaches them.
   `work` [ny·nx]. */
double AetShadowLevel(ptrdiff_t ny, ptrdiff_t nx, ptrdiff_t margin, const float *smooth, float *work);
/* shadow = 1 within `radius` (a square) of a pixel above `level`, 0 elsewhere; work [ny][nx]. */
void AetShadowGrow(ptrdiff_t ny, ptrdiff_t nx, double level, ptrdiff_t radius, const float *smooth, float *work, float *shadow);

#endif
