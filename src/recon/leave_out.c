/* R_free of any method: views are left out, the others reconstructed, and the volume's projections compared with the views it never saw. */
#include "recon/kernel/pixels.h"
#include "recon/projector_private.h"
#include "recon/recon_private.h"
#include "recon/subseries.h"
#include <math.h>

/* The volume from the used views, by the settings of `recon`. */
static PetscErrorCode SolveWithout(AetRecon recon, AetVolume *volume)
{
  AetTiltSeries used;
  AetRecon      inner;

  PetscFunctionBegin;
  PetscCall(AetSubseriesWhere(recon->tilt, recon->comm, recon->view_used, 1, &used));
  PetscCall(AetReconCreate(used, &inner));
  PetscCall(AetReconInherit(recon, inner));
  PetscCall(AetReconSolve(inner, volume));
  PetscCall(AetReconDestroy(&inner));
  PetscCall(AetTiltSeriesDestroy(&used));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetReconInherit(AetRecon recon, AetRecon inner)
{
  PetscFunctionBegin;
  PetscCall(AetReconSetFromOptions(inner));
  inner->method = recon->method;
  inner->iterations = recon->iterations;
  inner->thickness = recon->thickness;
  inner->width = recon->width;
  inner->extended = recon->extended;
  inner->rfree_fraction = 0;
  inner->inner = PETSC_TRUE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetReconMisfits(AetRecon recon, AetProjector projector, const float *volume, const unsigned char *used, double *r1,
                               double *rfree)
{
  const AetTiltSeries tilt = recon->tilt;
  const ptrdiff_t     pixels = tilt->ny * tilt->nx;
  float              *images;
  unsigned char      *use;
  double             *rows, sums[4];

  PetscFunctionBegin;
  PetscCall(AetAgree(recon->comm, PetscMalloc2(tilt->v_count * pixels, &images, tilt->v_count * pixels, &use)));
  AetReconPixels(recon, 0, use);
  PetscCall(AetProjectorForward(projector, volume, images));
  PetscCall(PetscCalloc1(4 * tilt->v_count, &rows));
  for (ptrdiff_t i = 0; i < tilt->v_count * pixels; i++) {
    const double b = tilt->image[i];
    double      *row = rows + 4 * (i / pixels) + (used[tilt->v_start + i / pixels] ? 0 : 2);
    if (use[i] == AET_PIXEL_UNMEASURED || !AetProjectorSees(projector, tilt->v_start + i / pixels)) continue;
    row[0] += fabs((double)images[i] - b), row[1] += fabs(b);
  }
  PetscCall(AetSumOrdered(recon->comm, (PetscInt)tilt->v_start, (PetscInt)tilt->v_count, (PetscInt)tilt->views, 4, rows, sums));
  *r1 = sums[1] > 0 ? sums[0] / sums[1] : -1;
  *rfree = sums[3] > 0 ? sums[2] / sums[3] : -1;
  PetscCall(PetscFree(rows));
  PetscCall(PetscFree2(images, use));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Of the views left out alone. */
static PetscErrorCode Predict(AetRecon recon, AetVolume volume)
{
  unsigned char *left_out;
  AetProjector   projector;
  double         r1;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(recon->tilt->views, &left_out));
  for (ptrdiff_t j = 0; j < recon->tilt->views; j++) left_out[j] = !recon->view_used[j];
  PetscCall(AetReconProjector(recon, &projector));
  AetProjectorSelect(projector, left_out);
  PetscCall(AetReconMisfits(recon, projector, volume->data, recon->view_used, &r1, &recon->left_out));
  AetProjectorSelect(projector, NULL);
  PetscCall(PetscFree(left_out));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetReconLeaveOut(AetRecon recon)
{
  AetVolume volume;

  PetscFunctionBegin;
  recon->left_out = -1;
  if (recon->method->own_rfree || !(recon->rfree_fraction > 0)) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AetReconWithholdViews(recon));
  if (AetReconViewsWithheld(recon)) {
    PetscCall(AetReport(recon->comm, "  %s without the views withheld for R_free, then with all\n", recon->method->name));
    PetscCall(SolveWithout(recon, &volume));
    PetscCall(Predict(recon, volume));
    PetscCall(AetVolumeDestroy(&volume));
  }
  PetscCall(PetscFree(recon->view_used)); /* the method itself sees all of them */
  PetscFunctionReturn(PETSC_SUCCESS);
}
