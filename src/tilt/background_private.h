/* Inside background and alignment: the object of every image. */
#ifndef AET_BACKGROUND_PRIVATE_H
#define AET_BACKGROUND_PRIVATE_H

#include "tilt/kernel/object_find.h"
#include <aet4d/tilt.h>

/* What one thread needs to find objects. */
typedef struct {
  unsigned char *mask; /* the first ny·nx are the mask */
  float         *work, *image;
  ptrdiff_t     *stack;
} AetObjectRoom;
/* One room for each of `threads`. */
PetscErrorCode  AetObjectRoomsCreate(ptrdiff_t ny, ptrdiff_t nx, int threads, AetObjectRoom **rooms);
PetscErrorCode  AetObjectRoomsDestroy(int threads, AetObjectRoom **rooms);
AetObjectSearch AetObjectSearchOf(const AetBackgroundSettings *settings);
/* Refuses an image without an object or without background around it. */
PetscErrorCode AetObjectCheck(ptrdiff_t view, const AetObjectFound *found);

#endif
