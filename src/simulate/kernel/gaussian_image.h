/* An atom as a Gaussian integrated over pixels. Plain C. */
#ifndef AET_SIMULATE_GAUSSIAN_IMAGE_H
#define AET_SIMULATE_GAUSSIAN_IMAGE_H

#include <stddef.h>

/* Adds a Gaussian of integral `weight` and standard deviation `sigma` pixels at column u, row v (0-based, centres of pixels) to
   image[ny][nx]; each pixel receives the integral over its square. Cut where 1e-9 of the integral is left. */
void AetKernelGaussianSplat(double *image, ptrdiff_t ny, ptrdiff_t nx, double u, double v, double sigma, double weight);

#endif
