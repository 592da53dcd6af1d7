/* The projector pair A, Aᵀ: non-uniform transforms between the padded spectrum of the volume and its central slices
   (docs/theory/projector.md). Forward: divide by the kernel's transform, transform, read the rows of the slices that touch the own slab of
   k_y, add the parts of all slabs on the owner of the view, transform the slice, crop. Adjoint: the same steps transposed, in reverse
   order. */
#include "recon/estimate.h"
#include "recon/kernel/slice_image.h"
#include "recon/projector_private.h"
#include <math.h>
#include <string.h>

#define BATCH_BYTES (64.0 * 1048576.0) /* of slices, and of their rows on the way between ranks: at most this, */
#define BATCH_SHARE 0.125              /* and this part of the rank's spectrum */
#define TAP_WORK 6.0                   /* of a sample, for each tap of the kernel, in units of AetTransformWork; measured */
#define SLICE_WORK 430.0               /* of a sample, for the rest */
#define SAMPLE_BYTES (8.0 + 3 * 16.0)  /* of a sample: in a slice, and in double as mine, theirs, and their sum */

/* Half the object's extent along a row of R, the largest over the views. */
static double Reach(AetTiltSeries tilt, const ptrdiff_t n[3], int row)
{
  double reach = 0;

  for (ptrdiff_t j = 0; j < tilt->views; j++) {
    const double *R = tilt->rotation[j] + 3 * row;
    reach = fmax(reach, 0.5 * (fabs(R[0]) * (double)n[2] + fabs(R[1]) * (double)n[1] + fabs(R[2]) * (double)n[0]));
  }
  return reach;
}

/* The smallest period in which what is left of the object beyond the image does not come back into the image. */
static ptrdiff_t SliceSize(double reach, ptrdiff_t pixels)
{
  double least = fmax((double)pixels, reach + 0.5 * (double)pixels + 2);

  return AetSmoothSize((ptrdiff_t)ceil(least), PETSC_TRUE);
}

static void ChooseGrid(AetProjector projector, double oversampling, int width)
{
  AetSliceGrid *grid = &projector->grid;
  AetTiltSeries tilt = projector->tilt;
  double        least = INFINITY;

  grid->axial = AetSeriesIsAxial(tilt);
  grid->Lu = SliceSize(Reach(tilt, projector->n, 0), tilt->nx);
  grid->Lv = SliceSize(Reach(tilt, projector->n, 1), tilt->ny);
  for (int a = 0; a < 3; a++) {
    ptrdiff_t size = (ptrdiff_t)ceil(oversampling * (double)projector->n[a] - 1e-9);
    grid->N[a] = AetSmoothSize(size < 2 * width ? 2 * width : size, PETSC_TRUE);
    if (a == 1 && grid->axial)
      grid->N[1] = grid->Lv; /* nothing is interpolated along y: no oversampling */
    else
      least = fmin(least, (double)grid->N[a] / (double)projector->n[a]);
  }
  AetKaiserBesselInit(&grid->kernel, width, least);
}

static PetscErrorCode MakeInverse(AetProjector projector)
{
  const AetSliceGrid *grid = &projector->grid;

  PetscFunctionBegin;
  for (int a = 0; a < 3; a++) {
    PetscCall(PetscMalloc1((size_t)projector->n[a], &projector->inverse[a]));
    for (ptrdiff_t i = 0; i < projector->n[a]; i++) {
      double place = (double)(i - projector->n[a] / 2) / (double)grid->N[a];
      projector->inverse[a][i] = a == 1 && grid->axial ? 1 : 1 / AetKaiserBesselTransform(&grid->kernel, place);
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void ChooseBatch(AetProjector projector)
{
  const AetSliceGrid *grid = &projector->grid;
  double              bytes;

  projector->slice_stride = (grid->Lv * (grid->Lu / 2 + 1) + 7) / 8 * 8;
  bytes = BATCH_SHARE * 8 * (double)grid->N[0] * (double)grid->N[1] * (double)(grid->N[2] / 2 + 1) / projector->size;
  bytes = fmin(BATCH_BYTES, bytes);
  projector->batch = (ptrdiff_t)fmax(1, fmin((double)projector->tilt->views, bytes / (SAMPLE_BYTES * (double)projector->slice_stride)));
}

/* Plans of one thread each: slices are transformed side by side. */
static PetscErrorCode PlanSlices(AetProjector projector)
{
  const AetSliceGrid *grid = &projector->grid;
  const int           Lv = (int)grid->Lv, Lu = (int)grid->Lu;
  ptrdiff_t           start, most;

  PetscFunctionBegin;
  ChooseBatch(projector);
  AetBlock(projector->tilt->views, 0, projector->size, &start, &most);
  most = PetscMin(most, projector->batch);
  projector->slices = fftwf_alloc_complex((size_t)(projector->slice_stride * most));
  AetCheck(projector->slices, AET_ERR_MEMORY, "no memory for %td slices of %d x %d", projector->batch, Lv, Lu);
  fftwf_plan_with_nthreads(1);
  projector->to_image = fftwf_plan_dft_c2r_2d(Lv, Lu, projector->slices, (float *)projector->slices, AetPlanFlag());
  projector->to_slice = fftwf_plan_dft_r2c_2d(Lv, Lu, (float *)projector->slices, projector->slices, AetPlanFlag());
  fftwf_plan_with_nthreads(AetThreads());
  AetCheckFFTW(projector->to_image);
  AetCheckFFTW(projector->to_slice);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode AllocateLocal(AetProjector projector)
{
  const ptrdiff_t voxels = projector->z_count * projector->n[1] * projector->n[2];
  ptrdiff_t       head;

  PetscFunctionBegin;
  projector->spectrum = fftwf_alloc_complex((size_t)projector->spectrum_size + 1);
  AetCheck(projector->spectrum, AET_ERR_MEMORY, "no memory for a spectrum of %.3g GB per rank", 8e-9 * (double)projector->spectrum_size);
  PetscCall(AetTransformHead(projector->transform, &head));
  if (voxels > head) PetscCall(PetscMalloc1((size_t)voxels, &projector->object));
  PetscCall(PlanSlices(projector));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetProjectorCreate(AetTiltSeries tilt, const ptrdiff_t n[3], double oversampling, int width, AetProjector *out)
{
  AetProjector projector;

  PetscFunctionBegin;
  AetCheck(width >= 4 && width <= AET_SLICE_LANES, AET_ERR_INPUT, "projector: width of the kernel: expected 4 to %d, found %d",
           AET_SLICE_LANES, width);
  AetCheck(oversampling > 1, AET_ERR_INPUT, "projector: oversampling: expected more than 1, found %g", oversampling);
  AetCheck(n[0] > 0 && n[1] > 0 && n[2] > 0, AET_ERR_INPUT, "projector: volume: expected positive sizes, found %td x %td x %td", n[0], n[1],
           n[2]);
  PetscCall(PetscNew(&projector));
  *out = projector;
  projector->tilt = tilt;
  for (int a = 0; a < 3; a++) projector->n[a] = n[a];
  PetscCallMPI(MPI_Comm_dup(tilt->comm, &projector->comm));
  PetscCallMPI(MPI_Comm_rank(projector->comm, &projector->rank));
  PetscCallMPI(MPI_Comm_size(projector->comm, &projector->size));
  AetBlock(n[0], projector->rank, projector->size, &projector->z_start, &projector->z_count);
  ChooseGrid(projector, oversampling, width);
  PetscCall(AetTransformCreate(projector->comm, n, projector->grid.N, &projector->transform));
  PetscCall(AetTransformGetLayout(projector->transform, NULL, NULL, &projector->grid.y_start, &projector->grid.y_count,
                                  &projector->spectrum_size));
  PetscCall(PetscMalloc1((size_t)tilt->views, &projector->axes));
  for (ptrdiff_t j = 0; j < tilt->views; j++) AetSliceAxesInit(&projector->grid, tilt->rotation[j], &projector->axes[j]);
  PetscCall(MakeInverse(projector));
  PetscCallMPI(MPI_Type_contiguous((int)(2 * (projector->grid.Lu / 2 + 1)), MPI_FLOAT, &projector->row_type));
  PetscCallMPI(MPI_Type_commit(&projector->row_type));
  PetscCallMPI(MPI_Type_contiguous((int)(2 * (projector->grid.Lu / 2 + 1)), MPI_DOUBLE, &projector->sum_type));
  PetscCallMPI(MPI_Type_commit(&projector->sum_type));
  PetscCall(AetAgree(projector->comm, AllocateLocal(projector)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The grid and the batch that a projector on `ranks` ranks would have. */
static struct _p_AetProjector Imagine(const AetReconLayout *l, double oversampling, int width)
{
  struct _p_AetProjector p = {.size = l->ranks, .tilt = l->recon->tilt};

  for (int a = 0; a < 3; a++) p.n[a] = l->recon->n[a];
  ChooseGrid(&p, oversampling, width);
  ChooseBatch(&p);
  return p;
}

static struct _p_AetProjector ImagineOwn(const AetReconLayout *l)
{
  double oversampling;
  int    width;

  AetReconProjectorGrid(l->recon, &oversampling, &width);
  return Imagine(l, oversampling, width);
}

static double Bytes(const AetReconLayout *l, const struct _p_AetProjector *p)
{
  const double sample = (double)p->slice_stride, own = (double)PetscMin(l->views, p->batch);

  /* spectrum, with the object in it; slices of a batch with theirs and sums; the rows of a batch that the slab touches */
  return AetTransformOverBytes(p->n, p->grid.N, l->ranks, l->threads) + sample * own * (8 + 16 + 16) +
         sample * (double)p->batch * 16 / l->ranks;
}

double AetProjectorBytes(const AetReconLayout *l)
{
  const struct _p_AetProjector p = ImagineOwn(l);

  return Bytes(l, &p);
}

double AetPairBytes(const AetReconLayout *l, double oversampling, int width)
{
  const struct _p_AetProjector p = Imagine(l, oversampling, width);

  return Bytes(l, &p);
}

double AetProjectorWork(const AetReconLayout *l)
{
  const struct _p_AetProjector p = ImagineOwn(l);
  const double                 taps = pow(p.grid.kernel.width, p.grid.axial ? 2 : 3);

  return AetTransformWork(p.n, p.grid.N) + (double)l->recon->tilt->views * (double)p.slice_stride * (SLICE_WORK + TAP_WORK * taps);
}

PetscErrorCode AetProjectorDestroy(AetProjector *projector)
{
  PetscFunctionBegin;
  if (!*projector) PetscFunctionReturn(PETSC_SUCCESS);
  if ((*projector)->to_image) fftwf_destroy_plan((*projector)->to_image);
  if ((*projector)->to_slice) fftwf_destroy_plan((*projector)->to_slice);
  fftwf_free((*projector)->slices);
  fftwf_free((*projector)->spectrum);
  PetscCall(PetscFree((*projector)->object));
  PetscCall(PetscFree((*projector)->axes));
  for (int a = 0; a < 3; a++) PetscCall(PetscFree((*projector)->inverse[a]));
  if ((*projector)->row_type) PetscCallMPI(MPI_Type_free(&(*projector)->row_type));
  if ((*projector)->sum_type) PetscCallMPI(MPI_Type_free(&(*projector)->sum_type));
  PetscCall(AetTransformDestroy(&(*projector)->transform));
  if ((*projector)->comm != MPI_COMM_NULL) PetscCallMPI(MPI_Comm_free(&(*projector)->comm));
  PetscCall(PetscFree(*projector));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* out = in / (transform of the kernel), in voxels. */
static void DivideByKernel(AetProjector projector, const float *in, float *out)
{
  const ptrdiff_t ny = projector->n[1], nx = projector->n[2];

#pragma omp parallel for num_threads(AetThreads()) collapse(2)
  for (ptrdiff_t z = 0; z < projector->z_count; z++)
    for (ptrdiff_t y = 0; y < ny; y++) {
      const double factor = projector->inverse[0][projector->z_start + z] * projector->inverse[1][y];
      for (ptrdiff_t x = 0; x < nx; x++) {
        ptrdiff_t i = (z * ny + y) * nx + x;
        out[i] = (float)(factor * projector->inverse[2][x] * in[i]);
      }
    }
}

static ptrdiff_t SliceRowPlace(AetProjector projector, const AetSliceRow *row)
{
  const ptrdiff_t v = row->qv < 0 ? row->qv + projector->grid.Lv : row->qv;

  return row->slot * projector->slice_stride + v * (projector->grid.Lu / 2 + 1);
}

/* What my slab of the spectrum adds to the rows it touches. */
static void SampleRows(AetProjector projector, const AetSliceRows *rows, double complex *values)
{
  const ptrdiff_t length = projector->grid.Lu / 2 + 1;

#pragma omp parallel for num_threads(AetThreads()) schedule(dynamic, 16)
  for (ptrdiff_t i = 0; i < rows->mine_total; i++)
    AetSliceSampleRow(&projector->grid, &projector->axes[rows->mine[i].view], rows->mine[i].qv, projector->spectrum, values + i * length);
}

/* Parts of all slabs, added in the order of the ranks. `sums` [batch][slice_stride] is work space. */
static void AddParts(AetProjector projector, const AetSliceRows *rows, const double complex *values, ptrdiff_t count, double complex *sums)
{
  const ptrdiff_t length = projector->grid.Lu / 2 + 1, size = count * projector->slice_stride;

  memset(sums, 0, (size_t)size * sizeof *sums);
  for (int r = 0; r < projector->size; r++) {
#pragma omp parallel for num_threads(AetThreads())
    for (int i = rows->theirs_start[r]; i < rows->theirs_start[r] + rows->theirs_count[r]; i++) {
      double complex *sum = sums + SliceRowPlace(projector, &rows->theirs[i]);
      for (ptrdiff_t u = 0; u < length; u++) sum[u] += values[i * length + u];
    }
  }
#pragma omp parallel for num_threads(AetThreads())
  for (ptrdiff_t i = 0; i < size; i++) projector->slices[i] = (float complex)sums[i];
}

static void FinishImages(AetProjector projector, ptrdiff_t first, ptrdiff_t count, float *images)
{
  const ptrdiff_t Lv = projector->grid.Lv, Lu = projector->grid.Lu, ny = projector->tilt->ny, nx = projector->tilt->nx;

#pragma omp parallel for num_threads(AetThreads())
  for (ptrdiff_t j = 0; j < count; j++) {
    float complex *slice = projector->slices + j * projector->slice_stride;
    if (!AetProjectorSees(projector, first + j)) continue;
    AetSliceMakeHermitian(Lv, Lu, slice);
    fftwf_execute_dft_c2r(projector->to_image, slice, (float *)slice);
    AetSliceCrop(Lv, Lu, ny, nx, (float)(1.0 / (double)(Lv * Lu)), (float *)slice, images + j * ny * nx);
  }
}

PetscErrorCode AetProjectorForward(AetProjector projector, const float *volume, float *images)
{
  const ptrdiff_t length = projector->grid.Lu / 2 + 1, pixels = projector->tilt->ny * projector->tilt->nx;
  float          *object = projector->object ? projector->object : (float *)projector->spectrum;

  PetscFunctionBegin;
  PetscCall(AetEventBegin(AET_EVENT_PROJECT));
  DivideByKernel(projector, volume, object);
  PetscCall(AetTransformForward(projector->transform, object, projector->spectrum));
  for (ptrdiff_t b = 0; b < AetProjectorBatches(projector); b++) {
    AetSliceRows    rows;
    double complex *mine, *theirs, *sums;
    ptrdiff_t       first, count;
    AetProjectorBatchViews(projector, projector->rank, b, &first, &count);
    PetscCall(AetSliceRowsCreate(projector, b, &rows));
    PetscCall(PetscMalloc3((size_t)(rows.mine_total * length), &mine, (size_t)(rows.theirs_total * length), &theirs,
                           (size_t)(count * projector->slice_stride), &sums));
    SampleRows(projector, &rows, mine);
    PetscCall(AetSliceRowsCollect(projector, &rows, mine, theirs));
    AddParts(projector, &rows, theirs, count, sums);
    FinishImages(projector, first, count, images + (first - projector->tilt->v_start) * pixels);
    PetscCall(PetscFree3(mine, theirs, sums));
    PetscCall(AetSliceRowsDestroy(&rows));
  }
  PetscCall(AetEventEnd(AET_EVENT_PROJECT));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Slices of the images, weighed, cut in the rows that each slab needs. */
static void StartSlices(AetProjector projector, const AetSliceRows *rows, ptrdiff_t first, ptrdiff_t count, const float *images,
                        float complex *values)
{
  const ptrdiff_t Lv = projector->grid.Lv, Lu = projector->grid.Lu, length = Lu / 2 + 1, ny = projector->tilt->ny, nx = projector->tilt->nx;

#pragma omp parallel for num_threads(AetThreads())
  for (ptrdiff_t j = 0; j < count; j++) {
    float complex *slice = projector->slices + j * projector->slice_stride;
    if (!AetProjectorSees(projector, first + j)) continue;
    AetSlicePad(Lv, Lu, ny, nx, images + j * ny * nx, (float *)slice);
    fftwf_execute_dft_r2c(projector->to_slice, (float *)slice, slice);
    AetSliceWeigh(Lv, Lu, (float)(1.0 / (double)(Lv * Lu)), slice);
  }
#pragma omp parallel for num_threads(AetThreads())
  for (ptrdiff_t i = 0; i < rows->theirs_total; i++)
    memcpy(values + i * length, projector->slices + SliceRowPlace(projector, &rows->theirs[i]), (size_t)length * sizeof *values);
}

/* Adds the rows to my slab. A piece of the slab belongs to one thread, which takes from every row what falls into the piece: no two threads
   write to one place, and every voxel receives its terms in one order. */
static void SpreadRows(AetProjector projector, const AetSliceRows *rows, const float complex *values)
{
  const AetSliceGrid *grid = &projector->grid;
  const ptrdiff_t     length = grid->Lu / 2 + 1, threads = AetThreads(), wanted = threads == 1 ? 1 : 4 * threads;
  const ptrdiff_t     thick = (grid->y_count + wanted - 1) / wanted, least = threads == 1 || grid->axial ? 1 : grid->kernel.width;
  const ptrdiff_t     piece = thick > least ? thick : least, pieces = (grid->y_count + piece - 1) / piece;

#pragma omp parallel for num_threads(AetThreads()) schedule(dynamic, 1)
  for (ptrdiff_t p = 0; p < pieces; p++) {
    ptrdiff_t start = grid->y_start + p * piece, end = start + piece, limit = grid->y_start + grid->y_count;
    if (end > limit) end = limit;
    for (ptrdiff_t i = 0; i < rows->mine_total; i++) {
      const AetSliceAxes *axes = &projector->axes[rows->mine[i].view];
      if (AetSliceRowTouches(grid, axes, rows->mine[i].qv, start, end - start))
        AetSliceSpreadRow(grid, axes, rows->mine[i].qv, start, end - start, values + i * length, projector->spectrum);
    }
  }
}

/* The columns k_x = 0 and N_x/2 are their own mirror images: they received one of two equal shares. */
static void DoubleEdgeColumns(AetProjector projector)
{
  const AetSliceGrid *grid = &projector->grid;
  const ptrdiff_t     Nz = grid->N[0], half = grid->N[2] / 2;

  for (ptrdiff_t y = 0; y < grid->y_count; y++)
    for (int edge = 0; edge < 2; edge++) {
      float complex *column = projector->spectrum + (y * (half + 1) + (edge ? half : 0)) * Nz;
      for (ptrdiff_t z = 0; z < Nz; z++) column[z] *= 2;
    }
}

PetscErrorCode AetProjectorAdjoint(AetProjector projector, const float *images, float *volume)
{
  const ptrdiff_t length = projector->grid.Lu / 2 + 1, pixels = projector->tilt->ny * projector->tilt->nx;

  PetscFunctionBegin;
  PetscCall(AetEventBegin(AET_EVENT_BACKPROJECT));
  memset(projector->spectrum, 0, (size_t)projector->spectrum_size * sizeof *projector->spectrum);
  for (ptrdiff_t b = 0; b < AetProjectorBatches(projector); b++) {
    AetSliceRows   rows;
    float complex *mine, *theirs;
    ptrdiff_t      first, count;
    AetProjectorBatchViews(projector, projector->rank, b, &first, &count);
    PetscCall(AetSliceRowsCreate(projector, b, &rows));
    PetscCall(PetscMalloc2((size_t)(rows.mine_total * length), &mine, (size_t)(rows.theirs_total * length), &theirs));
    StartSlices(projector, &rows, first, count, images + (first - projector->tilt->v_start) * pixels, theirs);
    PetscCall(AetSliceRowsSpread(projector, &rows, theirs, mine));
    SpreadRows(projector, &rows, mine);
    PetscCall(PetscFree2(mine, theirs));
    PetscCall(AetSliceRowsDestroy(&rows));
  }
  DoubleEdgeColumns(projector);
  PetscCall(AetTransformBackwardOver(projector->transform, projector->spectrum, volume));
  DivideByKernel(projector, volume, volume);
  PetscCall(AetEventEnd(AET_EVENT_BACKPROJECT));
  PetscFunctionReturn(PETSC_SUCCESS);
}
