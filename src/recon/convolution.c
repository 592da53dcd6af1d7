/* AᵀA as a convolution. Voxels r and r' meet in Σ_j sinc(R_j0·d) sinc(R_j1·d), d = r - r', on images without end: that depends on d alone,
   so AᵀA is block Toeplitz, and a product with a real, even spectrum on a grid of twice the size. Where all views turn about y the second
   factor is 1 at d_y = 0 and 0 at every other whole number: planes of y do not mix, and one spectrum over (k_x, k_z) serves them all. */
#include "recon/convolution.h"
#include "recon/estimate.h"
#include "recon/kernel/detector.h"
#include "recon/projector_private.h"
#include <math.h>
#include <omp.h>

struct _p_AetConvolution {
  MPI_Comm      comm;       /* duplicated */
  AetMultiplier multiplier; /* planar where planes of y do not mix */
};

/* The kernel at displacements of one box of n: from first[a] to first[a]+n[a]-1 along z and y, from 0 along x. */
typedef struct {
  AetTiltSeries        tilt;
  const unsigned char *used;
  ptrdiff_t            n[3], first[2], z_start, z_count;
  double              *tables; /* [views][4 n_x] */
} Box;

static void BoxRow(const Box *box, ptrdiff_t dz, ptrdiff_t dy, double *sum, float *row)
{
  const ptrdiff_t nx = box->n[2];

  for (ptrdiff_t x = 0; x < nx; x++) sum[x] = 0;
  for (ptrdiff_t j = 0; j < box->tilt->views; j++) {
    const double        *R = box->tilt->rotation[j];
    const AetDetectorRow place = {R[1] * (double)dy + R[2] * (double)dz, R[0], R[4] * (double)dy + R[5] * (double)dz, R[3]};
    if (!box->used || box->used[j]) AetDetectorRespond(nx, &place, box->tables + 4 * nx * j, sum);
  }
  row[0] = (float)sum[0];
  for (ptrdiff_t x = 1; x < nx; x++) row[x] = (float)(2 * sum[x]); /* and the mirror image of d, which is in no box */
}

/* Displacements of -n are no voxel's distance: zero, so that they cannot meet n on a grid of 2n - 1. */
static PetscErrorCode BoxFill(const Box *box, float *volume)
{
  const ptrdiff_t ny = box->n[1], nx = box->n[2];
  double         *sums;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)(nx * AetThreads()), &sums));
#pragma omp parallel for num_threads(AetThreads()) collapse(2) schedule(static)
  for (ptrdiff_t z = 0; z < box->z_count; z++)
    for (ptrdiff_t y = 0; y < ny; y++) {
      ptrdiff_t dz = box->first[0] + box->z_start + z, dy = box->first[1] + y;
      float    *row = volume + (z * ny + y) * nx;
      if (dz == -box->n[0] || dy == -ny)
        for (ptrdiff_t x = 0; x < nx; x++) row[x] = 0;
      else
        BoxRow(box, dz, dy, sums + nx * omp_get_thread_num(), row);
    }
  PetscCall(PetscFree(sums));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The boxes that make up the displacements with d_x ≥ 0: d_z and d_y from 0 to n-1 and from -n to -1. What lies at d_x < 0 mirrors them,
   and makes the spectrum real. */
static PetscErrorCode AddBoxes(Box *box, AetMultiplier multiplier, ptrdiff_t y_boxes, float *volume)
{
  PetscFunctionBegin;
  for (ptrdiff_t b = 0; b < 2 * y_boxes; b++) {
    const ptrdiff_t lower[2] = {b % 2, b / 2};
    ptrdiff_t       shift[3] = {0, 0, box->n[2] / 2};
    for (int a = 0; a < 2; a++) {
      box->first[a] = lower[a] ? -box->n[a] : 0;
      shift[a] = box->first[a] + box->n[a] / 2;
    }
    PetscCall(BoxFill(box, volume));
    PetscCall(AetMultiplierAdd(multiplier, volume, shift));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode MakeTables(Box *box)
{
  const ptrdiff_t nx = box->n[2];

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)(4 * nx * box->tilt->views), &box->tables));
  for (ptrdiff_t j = 0; j < box->tilt->views; j++)
    AetDetectorTable(nx, box->tilt->rotation[j][0], box->tilt->rotation[j][3], box->tables + 4 * nx * j);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FillSpectrum(AetConvolution c, Box *box, ptrdiff_t y_boxes)
{
  float *volume = NULL;
  int    rank, size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(c->comm, &rank));
  PetscCallMPI(MPI_Comm_size(c->comm, &size));
  AetBlock(box->n[0], rank, size, &box->z_start, &box->z_count);
  PetscCall(AetAgree(c->comm, PetscMalloc1((size_t)(box->z_count * box->n[1] * box->n[2]), &volume)));
  PetscCall(AetAgree(c->comm, MakeTables(box)));
  PetscCall(AddBoxes(box, c->multiplier, y_boxes, volume));
  PetscCall(PetscFree(box->tables));
  PetscCall(PetscFree(volume));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static int ChooseGrid(AetTiltSeries tilt, const ptrdiff_t n[3], ptrdiff_t N[3])
{
  for (int a = 0; a < 3; a++) N[a] = AetSmoothSize(2 * n[a] - 1, a == 2);
  return AetSeriesIsAxial(tilt);
}

double AetConvolutionBytes(const AetReconLayout *l, double *making)
{
  ptrdiff_t N[3];
  const int planar = ChooseGrid(l->recon->tilt, l->recon->n, N);
  double    room, factor = AetMultiplierBytes(l->recon->n, N, planar ? PETSC_TRUE : PETSC_FALSE, l->ranks, l->threads, &room);

  *making = (planar ? 0 : l->V) + 32.0 * (double)l->recon->n[2] * (double)l->recon->tilt->views; /* a box, and the tables */
  return factor + room;
}

double AetConvolutionWork(const AetReconLayout *l)
{
  ptrdiff_t N[3];

  if (ChooseGrid(l->recon->tilt, l->recon->n, N)) N[1] = l->recon->n[1];
  return 2 * AetTransformWork(l->recon->n, N);
}

PetscErrorCode AetConvolutionCreateWith(AetTiltSeries tilt, const unsigned char *used, const ptrdiff_t n[3], AetMultiplier lender,
                                        AetConvolution *out)
{
  ptrdiff_t      N[3];
  const int      planar = ChooseGrid(tilt, n, N);
  Box            box = {.tilt = tilt, .used = used, .n = {n[0], planar ? 1 : n[1], n[2]}};
  AetConvolution c;

  PetscFunctionBegin;
  PetscCall(PetscNew(&c));
  *out = c;
  PetscCallMPI(MPI_Comm_dup(tilt->comm, &c->comm));
  PetscCall(AetMultiplierCreate(c->comm, n, N, planar ? PETSC_TRUE : PETSC_FALSE, lender, &c->multiplier));
  PetscCall(FillSpectrum(c, &box, planar ? 1 : 2));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetConvolutionCreate(AetTiltSeries tilt, const unsigned char *used, const ptrdiff_t n[3], AetConvolution *convolution)
{
  PetscFunctionBegin;
  PetscCall(AetConvolutionCreateWith(tilt, used, n, NULL, convolution));
  PetscFunctionReturn(PETSC_SUCCESS);
}

AetMultiplier AetConvolutionMultiplier(AetConvolution convolution)
{
  return convolution ? convolution->multiplier : NULL;
}

PetscErrorCode AetConvolutionDestroy(AetConvolution *convolution)
{
  PetscFunctionBegin;
  if (!*convolution) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AetMultiplierDestroy(&(*convolution)->multiplier));
  PetscCallMPI(MPI_Comm_free(&(*convolution)->comm));
  PetscCall(PetscFree(*convolution));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetConvolutionApply(AetConvolution convolution, const float *volume, float *result)
{
  PetscFunctionBegin;
  PetscCall(AetMultiplierApply(convolution->multiplier, volume, result));
  PetscFunctionReturn(PETSC_SUCCESS);
}
