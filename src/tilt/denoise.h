/* Within the room: one image, its noise white. */
#ifndef AET_TILT_DENOISE_H
#define AET_TILT_DENOISE_H
#include "tilt/kernel/bm3d.h"
#include "tilt/kernel/wiener.h"
#include <aet4d/tilt.h>

/* `out` [ny][nx] with AET_IMAGE_MARGIN numbers of room behind it. `grey`: levels of 256 in a unit. Over the threads. Not collective. */
PetscErrorCode AetDenoiseBm3dRun(AetDenoiseProfile profile, double sigma, double grey, const AetPlainImage *noisy, float *out);
/* Noise of variance 1; its spectrum from the background (mask 0), unless mask is NULL. Not collective. */
PetscErrorCode AetDenoiseWienerRun(const unsigned char *mask, const AetPlainImage *noisy, float *out);

/* Ring correlation of two images. */
typedef struct _p_AetRing *AetRing;
PetscErrorCode             AetRingCreate(ptrdiff_t ny, ptrdiff_t nx, AetRing *ring);
PetscErrorCode             AetRingDestroy(AetRing *ring);
/* Frequency in 1/px at which the correlation of the two images' transforms over rings falls to a half, 0.5 if it does not. */
PetscErrorCode AetRingResolution(AetRing ring, const float *a, const float *b, double *frequency);

#endif
