/* The Fourier transform of an image at any frequency: a non-uniform transform of type 2 with a Kaiser–Bessel kernel.
   Image zero-padded to M ≥ 2n per axis, divided by the transform of the kernel, transformed, interpolated with 8 × 8 taps: relative error
   below 1e-6 of the image's root mean square (Beatty, Nishimura, Pauly, IEEE TMI 24 (2005) 799, for the shape of the kernel). */
#ifndef AET_RECON_KERNEL_IMAGE_SPECTRUM_H
#define AET_RECON_KERNEL_IMAGE_SPECTRUM_H

#include "recon/kernel/slice.h"

#define AET_IMAGE_TAPS 8
#define AET_IMAGE_MARGIN 5 /* samples repeated beyond either end of an axis, so that taps never wrap */

/* The kernel: 8 taps at an oversampling of 2. */
void AetImageKernelInit(AetKaiserBessel *kernel);
/* 1 / transform of the kernel at the n pixels of an axis padded to M; pixel floor(n/2) is the origin. */
void AetImageDeconvolution(const AetKaiserBessel *kernel, ptrdiff_t n, ptrdiff_t M, float *factor);
/* image [ny][nx] times the factors into padded [My][row] (row ≥ Mx floats), its origin at element 0, negative pixels wrapped; zero
 * elsewhere. */
void AetImagePad(const ptrdiff_t n[2], const ptrdiff_t M[2], ptrdiff_t row, const float *factor_y, const float *factor_x,
                 const float *image, float *padded);
/* Elements of the expanded spectrum. */
size_t AetImageExpandedSize(const ptrdiff_t M[2]);
/* half [My][Mx/2+1] (r2c, FFT order) to expanded [My + 2 margin][Mx + 2 margin], frequency -M/2 - margin first. */
void AetImageExpand(const ptrdiff_t M[2], const float complex *half, float complex *expanded);
/* The transform at (v, u) cycles per pixel, |v|, |u| ≤ 1/2. */
float complex AetImageEvaluate(const AetKaiserBessel *kernel, const ptrdiff_t M[2], const float complex *expanded, double v, double u);

#endif
