/* Weighted back-projection with the exact weight for views in any directions (Harauz and van Heel, Optik 73 (1986) 146).
   docs/theory/wbp.md. */
#include "recon/estimate.h"
#include "recon/kernel/pixels.h"
#include "recon/kernel/weight.h"
#include "recon/projector_private.h"
#include "recon/recon_private.h"
#include <fftw3.h>
#include <math.h>
#include <omp.h>

#define WEIGHT_WORK 80.0 /* of a sine, in units of AetTransformWork; measured */
#define FLOOR 0.01       /* of the sum of all views: no frequency is amplified beyond 100 times that of a lone view */

typedef struct {
  AetProjector   projector;             /* borrowed */
  ptrdiff_t      M[2];                  /* padded image, y and x: filters as long as the image do not wrap */
  float         *weighted;              /* [v_count][ny][nx] */
  float complex *padded;                /* [M_y][M_x/2+1], transformed in place */
  float         *weight;                /* the same */
  double        *across, *along, *rows; /* [threads] of [views], [views], [M_x/2+1] */
  fftwf_plan     forward, backward;
  AetWindow      window;
  double         diameter;
} Wbp;

static PetscErrorCode Allocate(AetRecon recon, Wbp *w)
{
  const AetTiltSeries tilt = recon->tilt;
  const size_t        row = (size_t)(w->M[1] / 2 + 1), all = (size_t)w->M[0] * row, threads = (size_t)AetThreads();

  PetscFunctionBegin;
  PetscCall(PetscMalloc2((size_t)(tilt->v_count * tilt->ny * tilt->nx), &w->weighted, all, &w->weight));
  PetscCall(PetscMalloc3(threads * (size_t)tilt->views, &w->across, threads * (size_t)tilt->views, &w->along, threads * row, &w->rows));
  w->padded = fftwf_alloc_complex(all);
  AetCheck(w->padded, AET_ERR_MEMORY, "wbp: no memory for the spectrum of an image (%zu bytes)", all * sizeof(float complex));
  w->forward = fftwf_plan_dft_r2c_2d((int)w->M[0], (int)w->M[1], (float *)w->padded, w->padded, FFTW_ESTIMATE);
  AetCheckFFTW(w->forward);
  w->backward = fftwf_plan_dft_c2r_2d((int)w->M[0], (int)w->M[1], w->padded, (float *)w->padded, FFTW_ESTIMATE);
  AetCheckFFTW(w->backward);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WbpSetUp(AetRecon recon)
{
  Wbp     *w;
  int      window;
  PetscInt diameter;

  PetscFunctionBegin;
  PetscCall(PetscNew(&w));
  recon->data = w;
  PetscCall(AetOptionGetEnum("recon_window", &window));
  PetscCall(AetOptionGetInt("recon_diameter", &diameter));
  w->window = (AetWindow)window;
  w->diameter = diameter ? (double)diameter : (double)recon->n[0];
  w->M[0] = AetSmoothSize(2 * recon->tilt->ny, PETSC_TRUE);
  w->M[1] = AetSmoothSize(2 * recon->tilt->nx, PETSC_TRUE);
  PetscCall(AetReconProjector(recon, &w->projector));
  PetscCall(AetAgree(recon->comm, Allocate(recon, w)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WbpDestroy(AetRecon recon)
{
  Wbp *w = recon->data;

  PetscFunctionBegin;
  if (!w) PetscFunctionReturn(PETSC_SUCCESS);
  if (w->forward) fftwf_destroy_plan(w->forward);
  if (w->backward) fftwf_destroy_plan(w->backward);
  fftwf_free(w->padded);
  PetscCall(PetscFree2(w->weighted, w->weight));
  PetscCall(PetscFree3(w->across, w->along, w->rows));
  PetscCall(PetscFree(recon->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static double Frequency(ptrdiff_t index, ptrdiff_t M)
{
  return (double)(2 * index > M ? index - M : index) / (double)M;
}

/* weight[v][u] of one view: the slab of view i has D k·n_i at k = u R_0 + v R_1. The scales are those of a back-projection over D voxels
   and of the unnormalised transforms. */
static void ViewWeight(Wbp *w, const AetTiltSeries tilt, ptrdiff_t view)
{
  const ptrdiff_t row = w->M[1] / 2 + 1;
  const double   *R = tilt->rotation[view], scale = 1 / (w->diameter * (double)(w->M[0] * w->M[1]));

#pragma omp parallel for num_threads(AetThreads()) schedule(static)
  for (ptrdiff_t y = 0; y < w->M[0]; y++) {
    const ptrdiff_t thread = omp_get_thread_num();
    double         *across = w->across + thread * tilt->views, *along = w->along + thread * tilt->views, *sums = w->rows + thread * row;
    const double    v = Frequency(y, w->M[0]);
    for (ptrdiff_t i = 0; i < tilt->views; i++) {
      const double *n = tilt->rotation[i] + 6;
      along[i] = w->diameter / (double)w->M[1] * (R[0] * n[0] + R[1] * n[1] + R[2] * n[2]);
      across[i] = w->diameter * v * (R[3] * n[0] + R[4] * n[1] + R[5] * n[2]);
    }
    AetWeightRow(tilt->views, across, along, FLOOR, row, sums);
    for (ptrdiff_t x = 0; x < row; x++)
      w->weight[y * row + x] = (float)(scale * sums[x] * AetWindowAt(w->window, 2 * hypot(v, (double)x / (double)w->M[1])));
  }
}

static void WeightImage(Wbp *w, ptrdiff_t ny, ptrdiff_t nx, const float *image, float *weighted)
{
  const ptrdiff_t row = w->M[1] / 2 + 1;
  float          *real = (float *)w->padded;

  for (ptrdiff_t y = 0; y < w->M[0]; y++)
    for (ptrdiff_t x = 0; x < 2 * row; x++) real[y * 2 * row + x] = y < ny && x < nx ? image[y * nx + x] : 0;
  fftwf_execute(w->forward);
  for (ptrdiff_t i = 0; i < w->M[0] * row; i++) w->padded[i] *= w->weight[i];
  fftwf_execute(w->backward);
  for (ptrdiff_t y = 0; y < ny; y++)
    for (ptrdiff_t x = 0; x < nx; x++) weighted[y * nx + x] = real[y * 2 * row + x];
}

/* The scale with which the volume's projections fit the measured pixels best: the sum of slabs ripples about the density of views, and a
   reciprocal is on average more than the reciprocal of the average. */
static PetscErrorCode FitScale(AetRecon recon, Wbp *w, double *scale)
{
  const AetTiltSeries tilt = recon->tilt;
  const ptrdiff_t     pixels = tilt->ny * tilt->nx;
  unsigned char      *use;
  double             *rows, sums[2];

  PetscFunctionBegin;
  PetscCall(AetAgree(recon->comm, PetscMalloc1((size_t)(tilt->v_count * pixels), &use)));
  AetReconPixels(recon, 0, use);
  PetscCall(AetProjectorForward(w->projector, recon->volume->data, w->weighted));
  PetscCall(PetscCalloc1(2 * (size_t)tilt->v_count, &rows));
  for (ptrdiff_t i = 0; i < tilt->v_count * pixels; i++) {
    const double seen = w->weighted[i];
    if (use[i] == AET_PIXEL_UNMEASURED) continue;
    rows[2 * (i / pixels)] += seen * (double)tilt->image[i];
    rows[2 * (i / pixels) + 1] += seen * seen;
  }
  PetscCall(AetSumOrdered(recon->comm, (PetscInt)tilt->v_start, (PetscInt)tilt->v_count, (PetscInt)tilt->views, 2, rows, sums));
  PetscCall(PetscFree(rows));
  PetscCall(PetscFree(use));
  *scale = sums[0] > 0 ? sums[0] / sums[1] : 1;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A voxel that some view has no pixel for misses that view's share, negative where the object is not: it would come out dense. An object
   that all images hold is not there. */
static void ClearUnseen(AetRecon recon, float *volume)
{
  const AetTiltSeries tilt = recon->tilt;
  const ptrdiff_t    *n = recon->n;
  const double        low[2] = {-(double)(tilt->nx / 2) - 0.5, -(double)(tilt->ny / 2) - 0.5};

#pragma omp parallel for num_threads(AetThreads())
  for (ptrdiff_t z = 0; z < recon->z_count; z++)
    for (ptrdiff_t y = 0; y < n[1]; y++)
      for (ptrdiff_t x = 0; x < n[2]; x++) {
        const double r[3] = {(double)(x - n[2] / 2), (double)(y - n[1] / 2), (double)(z + recon->z_start - n[0] / 2)};
        float       *value = volume + (z * n[1] + y) * n[2] + x;
        for (ptrdiff_t j = 0; j < tilt->views && *value != 0; j++) {
          double q[3];
          AetRotate(tilt->rotation[j], r, q);
          if (q[0] < low[0] || q[0] > low[0] + (double)tilt->nx || q[1] < low[1] || q[1] > low[1] + (double)tilt->ny) *value = 0;
        }
      }
}

static PetscErrorCode WbpSolve(AetRecon recon)
{
  const AetTiltSeries tilt = recon->tilt;
  const ptrdiff_t     pixels = tilt->ny * tilt->nx, voxels = recon->z_count * recon->n[1] * recon->n[2];
  Wbp                *w = recon->data;
  double              scale = 1;

  PetscFunctionBegin;
  for (ptrdiff_t j = 0; j < tilt->v_count; j++) {
    ViewWeight(w, tilt, tilt->v_start + j);
    WeightImage(w, tilt->ny, tilt->nx, tilt->image + j * pixels, w->weighted + j * pixels);
  }
  PetscCall(AetProjectorAdjoint(w->projector, w->weighted, recon->volume->data));
  if (!recon->extended) ClearUnseen(recon, recon->volume->data);
  for (ptrdiff_t i = 0; recon->support && i < voxels; i++) recon->volume->data[i] *= recon->support->data[i];
  PetscCall(FitScale(recon, w, &scale));
  for (ptrdiff_t i = 0; i < voxels; i++) recon->volume->data[i] *= (float)scale;
  recon->error = -1; /* R1's projections tell it */
  recon->iterations_done = 1;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The pair, the volume, the weighted images, one padded image and its weight; R1's images, or what FitScale asks of them. */
static void Estimate(const AetReconLayout *l, double *bytes, double *work)
{
  const AetTiltSeries tilt = l->recon->tilt;
  const double        padded = 2 * (double)tilt->ny * (2 * (double)tilt->nx / 2 + 1), views = (double)tilt->views;

  *bytes = AetProjectorBytes(l) + l->V + l->P + padded * (8 + 4) + AetR1Bytes(l);
  *work = 2 * AetProjectorWork(l) + views * views * padded * WEIGHT_WORK;
}

const AetReconMethod AetReconWbp = {"wbp", 1, WbpSetUp, WbpSolve, WbpDestroy, PETSC_FALSE, PETSC_FALSE, Estimate};
