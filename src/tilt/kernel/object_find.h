#ifndef AET_TILT_OBJECT_FIND_H
#define AET_TILT_OBJECT_FIND_H

#include <stddef.h>

typedef struct {
  double    smooth_px; /* blur before the mask */
  double    threshold; /* of the object's core, from the dark level (0) to Otsu's value (1) */
  ptrdiff_t dilate_px; /* by which the mask is wider than what is seen of the object */
} AetObjectSearch;

/* An object and what lies around it. */
typedef struct {
  double    plane[3];     /* of the background: AetKernelPlaneFit */
  double    noise;        /* root mean square of the background about the plane, single pixels */
  double    contrast;     /* of the core, above the plane */
  ptrdiff_t pixels, dark; /* of the mask, outside it */
} AetObjectFound;

/* Floats of work; the stack has as many indices as the image has pixels, the mask four times as many bytes, of which the first are the
 * mask. */
#define AET_OBJECT_WORK(pixels) (3 * (pixels))
/* The mask of a bright object on a dark background, as far as it stands out of it: the core is above a threshold of the blurred image, and
   what is joined to it above four standard deviations of the blurred background (or 0.4 % of the core) belongs to it; plane and mask in
   turn until the mask stays. */
void AetKernelObjectFind(ptrdiff_t ny, ptrdiff_t nx, const float *image, const AetObjectSearch *search, unsigned char *mask,
                         AetObjectFound *found, float *work, ptrdiff_t *stack);

#endif
