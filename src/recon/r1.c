/* R1 = Σ |A O - b| / Σ |b|, of each view and of all (algorithms of RESIRE, Pham et al., Sci. Rep. 13 (2023) 5624). */
#include "recon/kernel/pixels.h"
#include "recon/recon_private.h"
#include <math.h>

#define PROJECTOR_OVERSAMPLING 2.0 /* enough for the interpolation; a larger grid projects no better */
#define ISOLATED_OVERSAMPLING 1.5  /* beside the convolution the pair works but twice: as exact with more taps, in half the memory */
#define ISOLATED_WIDTH 8

void AetReconProjectorGrid(AetRecon recon, double *oversampling, int *width)
{
  *oversampling = recon->isolated ? ISOLATED_OVERSAMPLING : PetscMin(recon->oversampling, PROJECTOR_OVERSAMPLING);
  *width = recon->isolated ? ISOLATED_WIDTH : (int)recon->kernel_width;
}

PetscErrorCode AetReconProjector(AetRecon recon, AetProjector *projector)
{
  double oversampling;
  int    width;

  PetscFunctionBegin;
  AetReconProjectorGrid(recon, &oversampling, &width);
  if (!recon->projector) PetscCall(AetProjectorCreate(recon->tilt, recon->n, oversampling, width, &recon->projector));
  *projector = recon->projector;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetReconR1(AetRecon recon)
{
  const AetTiltSeries tilt = recon->tilt;
  const ptrdiff_t     pixels = tilt->ny * tilt->nx;
  AetProjector        projector = NULL;
  float              *images;
  unsigned char      *use;
  double             *rows, *all, sum[4] = {0};

  PetscFunctionBegin;
  PetscCall(AetReconProjector(recon, &projector));
  PetscCall(PetscMalloc2(tilt->v_count * pixels, &images, tilt->v_count * pixels, &use));
  AetReconPixels(recon, 0, use);
  PetscCall(PetscCalloc2(4 * tilt->views, &rows, 4 * tilt->views, &all));
  PetscCall(AetProjectorForward(projector, recon->volume->data, images));
  for (ptrdiff_t v = 0; v < tilt->v_count; v++) {
    double *row = rows + 4 * (tilt->v_start + v);
    for (ptrdiff_t p = v * pixels; p < (v + 1) * pixels; p++) {
      if (use[p] == AET_PIXEL_UNMEASURED) continue;
      const double b = tilt->image[p], difference = (double)images[p] - b;
      row[0] += fabs(difference), row[1] += fabs(b);
      row[2] += difference * difference, row[3] += b * b;
    }
  }
  PetscCallMPI(MPI_Allreduce(rows, all, (int)(4 * tilt->views), MPI_DOUBLE, MPI_SUM, recon->comm)); /* one term per element is not zero */
  if (!recon->r1_view) PetscCall(PetscCalloc1(tilt->views, &recon->r1_view));
  for (ptrdiff_t v = 0; v < tilt->views; v++) {
    recon->r1_view[v] = all[4 * v + 1] > 0 ? all[4 * v] / all[4 * v + 1] : 0;
    for (int i = 0; i < 4; i++) sum[i] += all[4 * v + i];
  }
  recon->report.r1 = sum[1] > 0 ? sum[0] / sum[1] : 0;
  if (recon->error < 0) recon->error = sum[3] > 0 ? sqrt(sum[2] / sum[3]) : 0;
  PetscCall(PetscFree2(rows, all));
  PetscCall(PetscFree2(images, use));
  PetscFunctionReturn(PETSC_SUCCESS);
}
