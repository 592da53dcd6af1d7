/* The images as least-squares methods see them. */
#include "recon/normal.h"
#include "recon/kernel/resire_step.h"
#include <math.h>

PetscErrorCode AetReconSumPlanes(AetRecon recon, PetscInt width, const double *rows, double *sums)
{
  PetscFunctionBegin;
  PetscCall(AetSumOrdered(recon->comm, (PetscInt)recon->z_start, (PetscInt)recon->z_count, (PetscInt)recon->n[0], width, rows, sums));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetReconSumViews(AetRecon recon, PetscInt width, const double *rows, double *sums)
{
  AetTiltSeries tilt = recon->tilt;

  PetscFunctionBegin;
  PetscCall(AetSumOrdered(recon->comm, (PetscInt)tilt->v_start, (PetscInt)tilt->v_count, (PetscInt)tilt->views, width, rows, sums));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetNormalMeasure(AetRecon recon, const float *Ax, const unsigned char *use, AetMisfit *misfit)
{
  const AetTiltSeries tilt = recon->tilt;
  const ptrdiff_t     pixels = tilt->ny * tilt->nx;
  double             *rows, sums[6];

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(6 * (size_t)tilt->v_count, &rows));
#pragma omp parallel for num_threads(AetThreads())
  for (ptrdiff_t j = 0; j < tilt->v_count; j++)
    AetResireMisfit(pixels, Ax + j * pixels, tilt->image + j * pixels, use + j * pixels, rows + 6 * j);
  PetscCall(AetReconSumViews(recon, 6, rows, sums));
  PetscCall(PetscFree(rows));
  misfit->r1 = sums[1] + sums[4] > 0 ? (sums[0] + sums[3]) / (sums[1] + sums[4]) : 0;
  misfit->rfree = sums[4] > 0 ? sums[3] / sums[4] : -1;
  misfit->residual = sums[2];
  misfit->relative = sums[5] > 0 ? sqrt(sums[2] / sums[5]) : 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

void AetNormalReleasePixels(AetRecon recon, const AetMisfit *misfit, unsigned char *use)
{
  const ptrdiff_t pixels = recon->tilt->v_count * recon->tilt->ny * recon->tilt->nx;

  recon->rfree = misfit->rfree;
  for (ptrdiff_t i = 0; i < pixels; i++)
    if (use[i] == AET_PIXEL_WITHHELD) use[i] = AET_PIXEL_USED;
}

/* Used views go in, withheld ones as nothing; Σ b² of the used ones. */
static PetscErrorCode UsedImages(AetRecon recon, float *images, double *data)
{
  const AetTiltSeries tilt = recon->tilt;
  const ptrdiff_t     pixels = tilt->ny * tilt->nx;
  double             *rows;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1((size_t)tilt->v_count, &rows));
#pragma omp parallel for num_threads(AetThreads())
  for (ptrdiff_t j = 0; j < tilt->v_count; j++)
    for (ptrdiff_t i = j * pixels; i < (j + 1) * pixels; i++) {
      images[i] = recon->view_used[tilt->v_start + j] ? tilt->image[i] : 0;
      rows[j] += (double)images[i] * images[i];
    }
  PetscCall(AetReconSumViews(recon, 1, rows, data));
  PetscCall(PetscFree(rows));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetNormalViews(AetRecon recon, float *images, float *minus, double *data, AetMultiplier lender, AetConvolution *convolution)
{
  AetProjector projector;

  PetscFunctionBegin;
  PetscCall(UsedImages(recon, images, data));
  PetscCall(AetReconProjector(recon, &projector));
  PetscCall(AetProjectorAdjoint(projector, images, minus));
  PetscCall(AetProjectorDestroy(&recon->projector));
  PetscCall(PetscFree(images));
  for (ptrdiff_t i = 0; i < recon->z_count * recon->n[1] * recon->n[2]; i++) minus[i] = -minus[i];
  PetscCall(AetConvolutionCreateWith(recon->tilt, recon->view_used, recon->n, lender, convolution));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetNormalImages(AetRecon recon, float **images)
{
  PetscFunctionBegin;
  PetscCall(AetAgree(recon->comm, PetscMalloc1((size_t)(recon->tilt->v_count * recon->tilt->ny * recon->tilt->nx), images)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Σ|Ax - b| / Σ|b| over the withheld views, from the projections of x. */
static PetscErrorCode RFree(AetRecon recon, const float *Ax, double *rfree)
{
  const AetTiltSeries tilt = recon->tilt;
  const ptrdiff_t     pixels = tilt->ny * tilt->nx;
  double             *rows, sums[2];

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(2 * (size_t)tilt->v_count, &rows));
  for (ptrdiff_t j = 0; j < tilt->v_count; j++)
    for (ptrdiff_t i = j * pixels; i < (j + 1) * pixels && !recon->view_used[tilt->v_start + j]; i++) {
      rows[2 * j] += fabs((double)Ax[i] - tilt->image[i]);
      rows[2 * j + 1] += fabs((double)tilt->image[i]);
    }
  PetscCall(AetReconSumViews(recon, 2, rows, sums));
  PetscCall(PetscFree(rows));
  *rfree = sums[1] > 0 ? sums[0] / sums[1] : -1;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetNormalReleaseViews(AetRecon recon, const float *x, float *images)
{
  AetProjector projector;

  PetscFunctionBegin;
  PetscCall(AetReconProjector(recon, &projector));
  PetscCall(AetProjectorForward(projector, x, images));
  PetscCall(RFree(recon, images, &recon->rfree));
  for (ptrdiff_t j = 0; j < recon->tilt->views; j++) recon->view_used[j] = 1;
  PetscFunctionReturn(PETSC_SUCCESS);
}
