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
  MPI_Comm     comm; /* duplicated */
  AetTransform transform;
  ptrdiff_t    n[3], N[3], ky_start;
  int          planar;   /* planes of y do not mix */
  float       *spectrum; /* [local k_y, or 1][N_x/2+1][N_z], of the scaled transform */
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

/* Adding up the spectra of the boxes, each where it belongs. */
typedef struct {
  const ptrdiff_t *N;
  ptrdiff_t        ky_start;
  double complex  *turn[3]; /* [N_a] exp(-2πi k shift_a / N_a) */
  float           *spectrum;
} Adder;

static void SetTurn(const Adder *adder, int axis, ptrdiff_t shift)
{
  const ptrdiff_t N = adder->N[axis];

  for (ptrdiff_t k = 0; k < N; k++) /* whole turns are taken off before the cosine, not by it */
    adder->turn[axis][k] = cexp(-2 * M_PI * _Complex_I * (double)(k * shift % N) / (double)N);
}

static void AddColumns(void *context, int thread, ptrdiff_t ky, ptrdiff_t kx, ptrdiff_t count, ptrdiff_t Nz, float complex *columns)
{
  const Adder *adder = context;
  float       *to = adder->spectrum + ((ky - adder->ky_start) * (adder->N[2] / 2 + 1) + kx) * Nz;

  for (ptrdiff_t i = 0; i < count; i++) {
    const double complex turn = adder->turn[1][ky] * adder->turn[2][kx + i];
    for (ptrdiff_t kz = 0; kz < Nz; kz++) {
      const double complex all = turn * adder->turn[0][kz];
      const float complex  value = columns[i * Nz + kz];
      to[i * Nz + kz] += (float)(creal(all) * crealf(value) - cimag(all) * cimagf(value));
    }
  }
}

/* The boxes that make up the displacements with d_x ≥ 0: d_z and d_y from 0 to n-1 and from -n to -1. What lies at d_x < 0 mirrors them,
   and makes the spectrum real. */
static PetscErrorCode AddBoxes(Box *box, AetTransform transform, ptrdiff_t y_boxes, Adder *adder, float *volume)
{
  PetscFunctionBegin;
  SetTurn(adder, 2, box->n[2] / 2);
  for (ptrdiff_t b = 0; b < 2 * y_boxes; b++) {
    const ptrdiff_t lower[2] = {b % 2, b / 2};
    for (int a = 0; a < 2; a++) {
      box->first[a] = lower[a] ? -box->n[a] : 0;
      SetTurn(adder, a, box->first[a] + box->n[a] / 2);
    }
    PetscCall(BoxFill(box, volume));
    PetscCall(AetTransformApply(transform, volume, AddColumns, adder, volume));
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

static PetscErrorCode FillSpectrum(AetConvolution c, Box *box, AetTransform transform, ptrdiff_t y_boxes, Adder *adder)
{
  ptrdiff_t count;
  float    *volume = NULL;
  int       rank, size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(c->comm, &rank));
  PetscCallMPI(MPI_Comm_size(c->comm, &size));
  AetBlock(box->n[0], rank, size, &box->z_start, &box->z_count);
  PetscCall(AetTransformGetLayout(transform, NULL, NULL, &adder->ky_start, NULL, &count));
  PetscCall(AetAgree(c->comm, PetscMalloc1((size_t)(box->z_count * box->n[1] * box->n[2]), &volume)));
  PetscCall(AetAgree(c->comm, PetscCalloc1((size_t)(c->planar ? (c->N[2] / 2 + 1) * c->N[0] : count), &c->spectrum)));
  PetscCall(AetAgree(c->comm, MakeTables(box)));
  for (int a = 0; a < 3; a++) PetscCall(PetscMalloc1((size_t)c->N[a], &adder->turn[a]));
  adder->N = c->N, adder->spectrum = c->spectrum;
  PetscCall(AddBoxes(box, transform, y_boxes, adder, volume));
  for (int a = 0; a < 3; a++) PetscCall(PetscFree(adder->turn[a]));
  PetscCall(PetscFree(box->tables));
  PetscCall(PetscFree(volume));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A plane of displacements, transformed on the first rank, for everybody. */
static PetscErrorCode PlanarSpectrum(AetConvolution c, Box *box)
{
  const ptrdiff_t N[3] = {c->N[0], 1, c->N[2]};
  Adder           adder;
  AetTransform    transform;

  PetscFunctionBegin;
  box->n[1] = 1;
  PetscCall(AetTransformCreate(c->comm, box->n, N, &transform));
  PetscCall(FillSpectrum(c, box, transform, 1, &adder));
  PetscCall(AetTransformDestroy(&transform));
  PetscCallMPI(MPI_Bcast(c->spectrum, (int)((N[2] / 2 + 1) * N[0]), MPI_FLOAT, 0, c->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static int ChooseGrid(AetTiltSeries tilt, const ptrdiff_t n[3], ptrdiff_t N[3])
{
  const int planar = AetSeriesIsAxial(tilt);

  for (int a = 0; a < 3; a++) N[a] = a == 1 && planar ? AetSmoothSize(n[a], PETSC_FALSE) : AetSmoothSize(2 * n[a] - 1, a == 2);
  return planar;
}

double AetConvolutionBytes(const AetReconLayout *l, double *making)
{
  ptrdiff_t N[3], start, rows;
  const int planar = ChooseGrid(l->recon->tilt, l->recon->n, N);

  AetBlock(N[1], 0, l->ranks, &start, &rows);
  *making =
      l->V + 32.0 * (double)l->recon->n[2] * (double)l->recon->tilt->views; /* a box and the tables; a plane of displacements is little */
  return AetTransformBytes(l->recon->n, N, l->ranks, l->threads) +
         4.0 * (planar ? 1 : (double)rows) * (double)(N[2] / 2 + 1) * (double)N[0];
}

double AetConvolutionWork(const AetReconLayout *l)
{
  ptrdiff_t N[3];

  ChooseGrid(l->recon->tilt, l->recon->n, N);
  return 2 * AetTransformWork(l->recon->n, N);
}

PetscErrorCode AetConvolutionCreate(AetTiltSeries tilt, const unsigned char *used, const ptrdiff_t n[3], AetConvolution *out)
{
  Box            box = {.tilt = tilt, .used = used, .n = {n[0], n[1], n[2]}};
  Adder          adder;
  AetConvolution c;

  PetscFunctionBegin;
  PetscCall(PetscNew(&c));
  *out = c;
  PetscCallMPI(MPI_Comm_dup(tilt->comm, &c->comm));
  c->planar = ChooseGrid(tilt, n, c->N);
  for (int a = 0; a < 3; a++) c->n[a] = n[a];
  PetscCall(AetTransformCreate(c->comm, n, c->N, &c->transform));
  PetscCall(AetTransformGetLayout(c->transform, NULL, NULL, &c->ky_start, NULL, NULL));
  if (c->planar)
    PetscCall(PlanarSpectrum(c, &box));
  else
    PetscCall(FillSpectrum(c, &box, c->transform, 2, &adder));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetConvolutionDestroy(AetConvolution *convolution)
{
  PetscFunctionBegin;
  if (!*convolution) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AetTransformDestroy(&(*convolution)->transform));
  PetscCall(PetscFree((*convolution)->spectrum));
  PetscCallMPI(MPI_Comm_free(&(*convolution)->comm));
  PetscCall(PetscFree(*convolution));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Multiply(void *context, int thread, ptrdiff_t ky, ptrdiff_t kx, ptrdiff_t count, ptrdiff_t Nz, float complex *columns)
{
  const AetConvolution c = context;
  const float         *factor = c->spectrum + ((c->planar ? 0 : ky - c->ky_start) * (c->N[2] / 2 + 1) + kx) * Nz;

  for (ptrdiff_t i = 0; i < count * Nz; i++) columns[i] *= factor[i];
}

PetscErrorCode AetConvolutionApply(AetConvolution convolution, const float *volume, float *result)
{
  PetscFunctionBegin;
  PetscCall(AetTransformApply(convolution->transform, volume, Multiply, convolution, result));
  PetscFunctionReturn(PETSC_SUCCESS);
}
