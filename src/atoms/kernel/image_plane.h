/* Two-dimensional transforms of real planes, eight columns at a time, and products with the profile of an atom in between. Plain C.

   A spectrum is kept in blocks of eight k_x: [block][k_y] rows of lanes (dist/kernel/lanes.h). Both grids have their origin at point
   floor(n/2); frequencies of one index mean the same in both when the sides are equally long. */
#ifndef AET_ATOMS_KERNEL_IMAGE_PLANE_H
#define AET_ATOMS_KERNEL_IMAGE_PLANE_H

#include "dist/kernel/lanes.h"

typedef struct {
  ptrdiff_t     n[2];      /* y, x; even */
  ptrdiff_t     all, kept; /* blocks of k_x = 0 … n_x/2, and those that the caller has use for */
  AetPaddedPlan axis[2];
} AetImagePlanePlan;

/* For frequencies k_x ≤ reach_x. 0, or 1 if memory is short. May be freed after either. */
int  AetImagePlanePlanCreate(AetImagePlanePlan *plan, const ptrdiff_t n[2], ptrdiff_t reach_x);
void AetImagePlanePlanFree(AetImagePlanePlan *plan);
/* AetLane of the work array, and of a spectrum [kept][n_y]. */
size_t AetImagePlaneWork(const AetImagePlanePlan *plan);
size_t AetImagePlaneSpectrum(const AetImagePlanePlan *plan);
/* spectrum <- unnormalised transform, exp(-2πi …), of grid [n_y][n_x], of which only rows first … first+count-1 are not zero. */
void AetImagePlaneForward(const AetImagePlanePlan *plan, const float *grid, ptrdiff_t first, ptrdiff_t count, AetLane *spectrum,
                          AetLane *work);
/* Those rows of grid <- scale × the transform with exp(+2πi …) of the Hermitian spectrum of which the kept blocks are given. */
void AetImagePlaneBackward(const AetImagePlanePlan *plan, const AetLane *spectrum, float scale, float *grid, ptrdiff_t first,
                           ptrdiff_t count, AetLane *work);

/* Real factors [kept][2 reach_y + 1][8] of the frequencies k_y = -reach_y …, between a spectrum of points and one of the image. */
typedef struct {
  ptrdiff_t    points, image, reach_y, kept; /* n_y of both */
  const float *factor;
} AetImagePlaneProfile;
/* image += factor × points; image <- and points <- factor × image, 0 beyond. */
void AetImagePlaneAdd(const AetImagePlaneProfile *profile, const AetLane *points, AetLane *image);
void AetImagePlaneTake(const AetImagePlaneProfile *profile, const AetLane *image, AetLane *points);
/* Σ over all frequencies, both halves, of Re(conj(image) points) factor q², q² = (k_y step[0])² + (k_x step[1])². */
double AetImagePlaneSecondMoment(const AetImagePlaneProfile *profile, const double step[2], const AetLane *points, const AetLane *image);

#endif
