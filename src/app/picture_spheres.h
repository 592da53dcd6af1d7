/* Shaded spheres on a canvas. */
#ifndef AET_APP_PICTURE_SPHERES_H
#define AET_APP_PICTURE_SPHERES_H

#include "kernel/canvas.h"
#include <aet4d/aet4d.h>

/* Half the median distance to the nearest neighbour, over a sample of the atoms [count][3]: spheres that just touch. */
double AetTouchingRadius(PetscInt count, const double *position);
/* Turns positions [count][3] into the frame of R, about the middle of their extent there; half[2] is the half extent across and up. */
void AetSpheresFrame(PetscInt count, const double *position, const double R[9], double *seen, double half[2]);
/* Fills the canvas with spheres at seen[count][3] (x right, y up, z towards the viewer), `scale` pixels per length, of colours in linear
   light. On one rank. */
PetscErrorCode AetDrawSpheres(AetCanvas *canvas, ptrdiff_t count, const double *seen, const float (*colour)[3], double radius,
                              double scale);

#endif
