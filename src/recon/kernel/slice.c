/* Central slices of the half spectrum: sampling and its transpose, spreading. One body for both, so that they cannot differ.

   A sample at c (grid units) reads W³ voxels about it. A voxel of negative k_x is the conjugate of its mirror image, which is stored; so
   the taps of a sample split in those that are stored as they are and those that are read at -c. Both are the same operation on runs of
   rows of k_y, a run of columns of k_x, and a window of k_z that is contiguous in memory. */
#include "recon/kernel/slice.h"
#include <math.h>
#include <string.h>

typedef float AetFloat4 __attribute__((vector_size(16), aligned(4), may_alias));

typedef struct {
  const AetSliceGrid *grid;
  ptrdiff_t           y_start, y_count; /* rows to work on */
  int                 sampling;
  float              *spectrum;    /* begin of row grid->y_start */
  ptrdiff_t           row, column; /* floats from one k_y, one k_x to the next */
} Target;

/* A run of taps that lie side by side on the grid: along y, or along x. */
typedef struct {
  int          count;
  const float *weight;
  ptrdiff_t    place; /* of the first */
} Run;

static inline ptrdiff_t Wrap(ptrdiff_t i, ptrdiff_t N)
{
  while (i < 0) i += N;
  while (i >= N) i -= N;
  return i;
}

void AetSliceAxesInit(const AetSliceGrid *grid, const double R[9], AetSliceAxes *axes)
{
  for (int a = 0; a < 3; a++) { /* a: z, y, x */
    axes->u[a] = R[2 - a] * (double)grid->N[a] / (double)grid->Lu;
    axes->v[a] = R[5 - a] * (double)grid->N[a] / (double)grid->Lv;
  }
}

/* Whether first … last, taken modulo N, meets start … start+count-1. */
static inline int RangesMeet(ptrdiff_t first, ptrdiff_t last, ptrdiff_t start, ptrdiff_t count, ptrdiff_t N)
{
  ptrdiff_t from = Wrap(first - start, N); /* distance from start upwards */

  return from < count || from + (last - first) >= N;
}

int AetSliceRowTouches(const AetSliceGrid *grid, const AetSliceAxes *axes, ptrdiff_t qv, ptrdiff_t y_start, ptrdiff_t y_count)
{
  double a = (double)qv * axes->v[1], b = a + (double)(grid->Lu / 2) * axes->u[1], reach = grid->axial ? 0.5 : 0.5 * grid->kernel.width + 1;
  ptrdiff_t first = (ptrdiff_t)floor(fmin(a, b) - reach), last = (ptrdiff_t)ceil(fmax(a, b) + reach);

  if (y_count <= 0) return 0;
  if (last - first + 1 >= grid->N[1]) return 1;
  return RangesMeet(first, last, y_start, y_count, grid->N[1]) || RangesMeet(-last, -first, y_start, y_count, grid->N[1]);
}

/* The `taps` rows of k_y from m on that the target owns: one run, or two where its rows are all of a small grid's and the taps run over the
 * end. */
static inline int RowRuns(const Target *target, ptrdiff_t m, int taps, const float *weight, Run run[2])
{
  const ptrdiff_t Ny = target->grid->N[1], y = Wrap(m - target->y_start, Ny), shift = target->y_start - target->grid->y_start;
  int             runs = 0;

  if (y < target->y_count) run[runs++] = (Run){(int)(y + taps <= target->y_count ? taps : target->y_count - y), weight, y + shift};
  if (y + taps > Ny) {
    ptrdiff_t count = y + taps - Ny < target->y_count ? y + taps - Ny : target->y_count;
    run[runs++] = (Run){(int)count, weight + (Ny - y), shift};
  }
  return runs;
}

/* Adds to *re, *im the sum over the runs' voxels of the `4 pairs` floats from `from` on, weighted along z, too. A row of k_y is summed as
   float by itself and the rows as double, so that a sample is the same however its rows are split over slabs. */
static inline __attribute__((always_inline)) void Gather(const Target *target, const Run *rows, const Run *columns, const float *from,
                                                         const AetFloat4 *weight, const int pairs, double *re, double *im)
{
  from += rows->place * target->row + columns->place * target->column;
  for (int i = 0; i < rows->count; i++, from += target->row) {
    const float *p = from;
    AetFloat4    sum[AET_SLICE_LANES / 2] = {{0}}, total = {0};
    for (int j = 0; j < columns->count; j++, p += target->column) {
      const float w = rows->weight[i] * columns->weight[j];
      for (int k = 0; k < pairs; k++) sum[k] += w * *(const AetFloat4 *)(p + 4 * k);
    }
    for (int k = 0; k < pairs; k++) total += sum[k] * weight[k];
    *re += (double)(total[0] + total[2]);
    *im += (double)(total[1] + total[3]);
  }
}

static inline __attribute__((always_inline)) void Scatter(const Target *target, const Run *rows, const Run *columns, float *to,
                                                          const AetFloat4 *weight, const int pairs, float re, float im)
{
  const AetFloat4 sample = {re, im, re, im};
  AetFloat4       value[AET_SLICE_LANES / 2];

  for (int k = 0; k < pairs; k++) value[k] = sample * weight[k];
  to += rows->place * target->row + columns->place * target->column;
  for (int i = 0; i < rows->count; i++, to += target->row) {
    float *p = to;
    for (int j = 0; j < columns->count; j++, p += target->column) {
      const float w = rows->weight[i] * columns->weight[j];
      for (int k = 0; k < pairs; k++) *(AetFloat4 *)(p + 4 * k) += w * value[k];
    }
  }
}

/* One run of rows over the window of k_z from z on: where the window runs over the end it is two windows, each with the taps that fall in
 * it. */
static inline __attribute__((always_inline)) void Windows(const Target *target, const Run *rows, const Run *columns, ptrdiff_t z,
                                                          const float *z_weight, const int pairs, double *re, double *im)
{
  const ptrdiff_t Nz = target->grid->N[0], taps = 2 * pairs;
  const int       windows = z + taps <= Nz ? 1 : 2;

  for (int window = 0; window < windows; window++) {
    ptrdiff_t begin = windows == 1 ? z : window == 0 ? Nz - taps : 0, shift = window == 0 ? begin - z : Nz - z;
    AetFloat4 weight[AET_SLICE_LANES / 2];

    if (windows == 1)
      for (int k = 0; k < pairs; k++) weight[k] = (AetFloat4){z_weight[2 * k], z_weight[2 * k], z_weight[2 * k + 1], z_weight[2 * k + 1]};
    else
      for (int k = 0; k < pairs; k++) {
        ptrdiff_t t = 2 * k + shift;
        float     a = t >= 0 && t < taps ? z_weight[t] : 0, b = t + 1 >= 0 && t + 1 < taps ? z_weight[t + 1] : 0;
        weight[k] = (AetFloat4){a, a, b, b};
      }
    if (target->sampling)
      Gather(target, rows, columns, target->spectrum + 2 * begin, weight, pairs, re, im);
    else
      Scatter(target, rows, columns, target->spectrum + 2 * begin, weight, pairs, (float)*re, (float)*im);
  }
}

/* One side of a sample: first tap m (z, y, x), taps along y, weights per axis, the columns x_low … x_high that are stored for this side. */
static inline __attribute__((always_inline)) void Side(const Target *target, const ptrdiff_t m[3], int y_taps,
                                                       float weight[3][AET_SLICE_LANES], ptrdiff_t x_low, ptrdiff_t x_high, const int pairs,
                                                       double *re, double *im)
{
  const int       W = target->grid->kernel.width;
  const ptrdiff_t Nx = target->grid->N[2], z = Wrap(m[0], target->grid->N[0]);
  ptrdiff_t       x = Wrap(m[2], Nx), skip = 0, last;
  Run             rows[2], columns;
  int             runs = RowRuns(target, m[1], y_taps, weight[1], rows);

  if (x > x_high)
    skip = Nx + x_low - x; /* begins before the stored columns */
  else if (x < x_low)
    skip = x_low - x;
  last = x + W - 1 - (skip && x > x_high ? Nx : 0) < x_high ? W - 1 : x_high - x;
  if (skip > last) return;
  columns = (Run){(int)(last - skip + 1), weight[2] + skip, Wrap(x + skip, Nx)};
  for (int r = 0; r < runs; r++) Windows(target, &rows[r], &columns, z, weight[0], pairs, re, im);
}

static inline void Reverse(const float *in, int count, float out[AET_SLICE_LANES])
{
  for (int t = 0; t < AET_SLICE_LANES; t++) out[t] = t < count ? in[count - 1 - t] : 0;
}

/* One sample at c: adds *value to the grid, or puts what the grid gives in *sum. A voxel of the mirrored side is read at -c, conjugated. */
static inline __attribute__((always_inline)) void Sample(const Target *target, const double c[3], const int pairs,
                                                         const float complex *value, double complex *sum)
{
  const AetSliceGrid *grid = target->grid;
  const int           W = grid->kernel.width, y_taps = grid->axial ? 1 : W;
  const ptrdiff_t     half = grid->N[2] / 2;
  ptrdiff_t           m[3], x;
  float               weight[3][AET_SLICE_LANES] __attribute__((aligned(32)));
  double              re = target->sampling ? 0 : crealf(*value), im = target->sampling ? 0 : cimagf(*value);

  m[1] = grid->axial ? (ptrdiff_t)lrint(c[1]) : (ptrdiff_t)ceil(c[1] - 0.5 * W);
  if (target->y_count < grid->N[1] && !RangesMeet(m[1], m[1] + y_taps - 1, target->y_start, target->y_count, grid->N[1]) &&
      !RangesMeet(1 - m[1] - y_taps, -m[1], target->y_start, target->y_count, grid->N[1])) {
    if (target->sampling) *sum = 0;
    return;
  }
  for (int a = 0; a < 3; a++) {
    if (a == 1 && grid->axial)
      weight[1][0] = 1;
    else
      m[a] = (ptrdiff_t)ceil(c[a] - 0.5 * W), AetKaiserBesselTaps(&grid->kernel, (double)m[a] - c[a] + 0.5 * W, weight[a]);
  }
  x = Wrap(m[2], grid->N[2]);
  if (x <= half || x + W > grid->N[2]) Side(target, m, y_taps, weight, 0, half, pairs, &re, &im);
  if (x + W - 1 > half) {
    const ptrdiff_t mirror[3] = {1 - m[0] - W, 1 - m[1] - y_taps, 1 - m[2] - W};
    float           reversed[3][AET_SLICE_LANES];
    for (int a = 0; a < 3; a++) Reverse(weight[a], a == 1 ? y_taps : W, reversed[a]);
    im = -im; /* both the value read so far and the value to add turn into their conjugates */
    Side(target, mirror, y_taps, reversed, 1, half - 1, pairs, &re, &im);
    im = -im;
  }
  if (target->sampling) *sum = CMPLX(re, im);
}

static inline __attribute__((always_inline)) void Row(const Target *target, const AetSliceAxes *axes, ptrdiff_t qv, const int pairs,
                                                      const float complex *row, double complex *sums)
{
  for (ptrdiff_t qu = 0; qu <= target->grid->Lu / 2; qu++) {
    double c[3];
    for (int a = 0; a < 3; a++) c[a] = (double)qu * axes->u[a] + (double)qv * axes->v[a];
    Sample(target, c, pairs, row ? &row[qu] : NULL, sums ? &sums[qu] : NULL);
  }
}

/* The number of taps is a constant of each body, so the sums stay in registers. */
static void SampleRow(const Target *target, const AetSliceAxes *axes, ptrdiff_t qv, const float complex *row, double complex *sums)
{
  if (target->grid->kernel.width <= 4)
    Row(target, axes, qv, 2, row, sums);
  else if (target->grid->kernel.width <= 6)
    Row(target, axes, qv, 3, row, sums);
  else
    Row(target, axes, qv, 4, row, sums);
}

void AetSliceSampleRow(const AetSliceGrid *grid, const AetSliceAxes *axes, ptrdiff_t qv, const float complex *spectrum, double complex *row)
{
  const Target target = {grid, grid->y_start, grid->y_count, 1, (float *)spectrum, 2 * grid->N[0] * (grid->N[2] / 2 + 1), 2 * grid->N[0]};

  SampleRow(&target, axes, qv, NULL, row);
}

void AetSliceSpreadRow(const AetSliceGrid *grid, const AetSliceAxes *axes, ptrdiff_t qv, ptrdiff_t y_start, ptrdiff_t y_count,
                       const float complex *row, float complex *spectrum)
{
  const Target target = {grid, y_start, y_count, 0, (float *)spectrum, 2 * grid->N[0] * (grid->N[2] / 2 + 1), 2 * grid->N[0]};

  SampleRow(&target, axes, qv, row, NULL);
}
