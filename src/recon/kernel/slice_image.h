/* Between a slice and its image. A slice is [q_v = 0 … Lv-1][q_u = 0 … Lu/2] (Lu, Lv even, q_v in FFT order); its plane, the image before
   it is cropped, is [v][u] in rows of 2(Lu/2+1) floats, periodic, the origin first. */
#ifndef AET_RECON_KERNEL_SLICE_IMAGE_H
#define AET_RECON_KERNEL_SLICE_IMAGE_H

#include <complex.h>
#include <stddef.h>

/* Keeps the Hermitian part of the columns q_u = 0 and Lu/2, which are their own mirror images. */
void AetSliceMakeHermitian(ptrdiff_t Lv, ptrdiff_t Lu, float complex *slice);
/* Multiplies by `scale`, the columns q_u = 0 and Lu/2 by half of it: a half plane counts every other column twice. */
void AetSliceWeigh(ptrdiff_t Lv, ptrdiff_t Lu, float scale, float complex *slice);
/* image [ny][nx] = scale · plane about pixel (floor(ny/2), floor(nx/2)); and the plane that is the image there and zero elsewhere. */
void AetSliceCrop(ptrdiff_t Lv, ptrdiff_t Lu, ptrdiff_t ny, ptrdiff_t nx, float scale, const float *plane, float *image);
void AetSlicePad(ptrdiff_t Lv, ptrdiff_t Lu, ptrdiff_t ny, ptrdiff_t nx, const float *image, float *plane);

#endif
