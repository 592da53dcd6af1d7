/* What happens to the wave of one probe between two Fourier transforms. Complex numbers are pairs of floats. Plain C. */
#ifndef AET_SIMULATE_WAVE_H
#define AET_SIMULATE_WAVE_H

#include <complex.h>
#include <stddef.h>

/* transmission <- exp(i phase), `count` places. */
void AetKernelTransmission(ptrdiff_t count, const float *phase, float complex *transmission);
/* wave [n][n] <- incoming [n][n] · the window of `transmission` (rows of `stride`) that begins where it points. */
void AetKernelTransmit(ptrdiff_t n, const float complex *incoming, const float complex *transmission, ptrdiff_t stride,
                       float complex *wave);
/* The circle of frequencies that a spectrum [n][n] keeps: of row y the places 0 … reach[y]-1 and n-reach[y]+1 … n-1 (reach 0: none). */
void AetKernelBand(ptrdiff_t n, double radius, ptrdiff_t *reach);
/* spectrum <- spectrum · factor^times within the circle, 0 outside. */
void AetKernelPropagate(ptrdiff_t n, const ptrdiff_t *reach, const float complex *factor, int times, float complex *spectrum);
/* Σ weight · |spectrum|² over the circle. */
double AetKernelDetect(ptrdiff_t n, const ptrdiff_t *reach, const float *weight, const float complex *spectrum);

#endif
