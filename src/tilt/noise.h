/* Within the room: the noise of images that lie in an array. */
#ifndef AET_TILT_NOISE_H
#define AET_TILT_NOISE_H
#include <aet4d/tilt.h>

/* [v_count][frames][ny][nx], views by AetBlock over comm; lent. */
typedef struct {
  MPI_Comm     comm;
  ptrdiff_t    views, v_start, v_count, frames, ny, nx;
  const float *image;
} AetNoiseImages;
/* What AetNoiseFromFrames and AetNoiseFromTilt do. Collective. */
PetscErrorCode AetNoiseFromImages(const AetNoiseImages *in, AetNoise *noise);

#endif
