#ifndef AET_TILT_PLANE_FIT_H
#define AET_TILT_PLANE_FIT_H

#include <stddef.h>

/* Least squares of offset + slope_x (x - nx/2) + slope_y (y - ny/2) to the pixels that are not in the mask (NULL: all): plane = {offset,
   slope_x, slope_y}, and the root mean square of what it leaves. Slopes that too few pixels tell are zero. Returns the number of pixels. */
ptrdiff_t AetKernelPlaneFit(ptrdiff_t ny, ptrdiff_t nx, const float *image, const unsigned char *mask, double plane[3], double *rms);
/* The value of a plane at a pixel. */
double AetKernelPlaneValue(ptrdiff_t ny, ptrdiff_t nx, const double plane[3], ptrdiff_t y, ptrdiff_t x);

#endif
