/* Cubic B-spline interpolation of an image. Plain C. Unser, Aldroubi, Eden, IEEE Trans. Signal Process. 41 (1993) 821. */
#ifndef AET_TILT_KERNEL_SPLINE_IMAGE_H
#define AET_TILT_KERNEL_SPLINE_IMAGE_H

#include <stddef.h>

/* The coefficients of the spline through `count` values `stride` apart, in place; mirrored about its first and last value. */
void AetSplinePrefilter(ptrdiff_t count, ptrdiff_t stride, double *value);
/* The spline of coefficients [ny][nx] at column x, row y; mirrored beyond the image. */
double AetSplineAt(ptrdiff_t ny, ptrdiff_t nx, const double *coefficient, double y, double x);

#endif
