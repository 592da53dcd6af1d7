/* A noisy image as a template: Wiener's filter, and derivatives. Plain C. */
#ifndef AET_TILT_KERNEL_TEMPLATE_FILTER_H
#define AET_TILT_KERNEL_TEMPLATE_FILTER_H

#include <complex.h>
#include <stddef.h>

/* spectrum [Ny][Nx/2+1] times S/(S+N) of its ring (AetRing) and `scale`; S+N is the mean |spectrum|² of the ring, N = noise. The mean is
   kept. work: two doubles for each of AetRings(). */
void AetTemplateFilter(ptrdiff_t Ny, ptrdiff_t Nx, double noise, double scale, float complex *spectrum, double *work);
/* derivative = 2πi k/N spectrum along `axis` (0: y, 1: x); the highest frequency has none. */
void AetTemplateDerivative(ptrdiff_t Ny, ptrdiff_t Nx, int axis, const float complex *spectrum, float complex *derivative);

#endif
