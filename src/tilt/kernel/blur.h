#ifndef AET_TILT_BLUR_H
#define AET_TILT_BLUR_H

#include <stddef.h>

/* out [ny][nx] = image convolved with a Gaussian of `sigma` pixels, mirrored at its borders; 0 copies. `out` may be `image`; `work` has
   ny·nx floats. */
void AetKernelBlur(ptrdiff_t ny, ptrdiff_t nx, const float *image, double sigma, float *out, float *work);

#endif
