/* `recon_support: auto`: the hull of the object's shadows. A voxel that lies outside the shadow of one view holds nothing, however wide the
   missing wedge is; so the support is made of the images alone, never of a first reconstruction that the wedge has stretched. */
#include "recon/kernel/shadow.h"
#include "recon/recon_private.h"
#include <math.h>

#define SIGMA 2.0 /* pixels: bridges the gaps between atoms' images */
#define RADIUS 3  /* pixels that the shadow is grown by */
#define MARGIN 3  /* columns at either edge that are background where the object is isolated */

/* images ← 1 outside the shadow of each view, 0 inside; a view whose border is not background says nothing. */
static PetscErrorCode OutsideShadows(AetTiltSeries tilt, float *outside)
{
  const ptrdiff_t pixels = tilt->ny * tilt->nx;
  float          *work, *smooth;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(pixels, &work, pixels, &smooth));
  for (ptrdiff_t v = 0; v < tilt->v_count; v++) {
    float *view = outside + v * pixels;
    double level;
    AetImageSmooth(tilt->ny, tilt->nx, SIGMA, tilt->image + v * pixels, work, smooth);
    level = AetShadowLevel(tilt->ny, tilt->nx, PetscMin(MARGIN, tilt->nx), smooth, work);
    if (isnan(level)) {
      PetscCall(PetscArrayzero(view, pixels));
      continue;
    }
    AetShadowGrow(tilt->ny, tilt->nx, level, RADIUS, smooth, work, view);
    for (ptrdiff_t p = 0; p < pixels; p++) smooth[p] = 1 - view[p];
    AetImageSmooth(tilt->ny, tilt->nx, 1, smooth, work, view); /* a step would ring in the projector */
  }
  PetscCall(PetscFree2(work, smooth));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetReconHull(AetRecon recon, AetVolume support)
{
  const ptrdiff_t pixels = recon->tilt->ny * recon->tilt->nx, count = recon->z_count * recon->n[1] * recon->n[2];
  AetProjector    projector = NULL;
  float          *outside;

  PetscFunctionBegin;
  PetscCall(AetAgree(recon->comm, PetscMalloc1(recon->tilt->v_count * pixels, &outside)));
  PetscCall(OutsideShadows(recon->tilt, outside));
  PetscCall(AetReconProjector(recon, &projector));
  PetscCall(AetProjectorAdjoint(projector, outside, support->data)); /* how many views see the voxel outside the object's shadow */
  for (ptrdiff_t i = 0; i < count; i++) { /* a ramp and no step: the support of a voxel on the edge does not hang on rounding */
    float seen = support->data[i];
    support->data[i] = seen < 0.5f ? 1 : seen > 1.5f ? 0 : 1.5f - seen;
  }
  PetscCall(AetProjectorDestroy(&recon->projector)); /* the method may have better use for the room */
  PetscCall(PetscFree(outside));
  PetscFunctionReturn(PETSC_SUCCESS);
}
