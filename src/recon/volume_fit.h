/* A volume about the same origin in another size. Private to the room. */
#ifndef AET_VOLUME_FIT_H
#define AET_VOLUME_FIT_H

#include <aet4d/dist.h>

/* The voxels of `from` that lie inside `to`, origins on each other; what `from` does not reach stays as it is. Collective. */
PetscErrorCode AetVolumeFit(AetVolume from, AetVolume to);

#endif
