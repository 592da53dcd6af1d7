/* Central slices of the half spectrum: sampling and its transpose, spreading. One body for both, so that they cannot differ.

   A sample at c (grid units) reads W³ voxels about it. A voxel of negative k_x is the conjugate of its mirror image, which is stored; so
   the taps of a sample split in those that are stored as they are and those that are read at -c. Both are the same operation on two lists,
   rows of k_y and columns of k_x, and one window of k_z that is contiguous in memory. */
#include "recon/kernel/slice.h"
#include <math.h>
#include <string.h>

typedef float AetFloat4 __attribute__((vector_size(16), aligned(4), may_alias));

/* One sample's taps on one of the two sides. */
typedef struct {
  int       rows, columns;
  float     row_weight[AET_SLICE_LANES], column_weight[AET_SLICE_LANES];
  ptrdiff_t row_offset[AET_SLICE_LANES], column_offset[AET_SLICE_LANES]; /* floats from the spectrum's begin */
} Stencil;

typedef struct {
  const AetSliceGrid *grid;
  ptrdiff_t           y_start, y_count; /* rows to work on */
  int                 sampling;
  float              *spectrum; /* begin of row grid->y_start */
} Target;

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

/* Whether first … last (any integers), taken modulo N, meets start … start+count-1. */
static int RangesMeet(ptrdiff_t first, ptrdiff_t last, ptrdiff_t start, ptrdiff_t count, ptrdiff_t N)
{
  ptrdiff_t from;

  if (count <= 0) return 0;
  if (last - first + 1 >= N) return 1;
  from = ((first - start) % N + N) % N; /* distance from start upwards */
  return from < count || from + (last - first) >= N;
}

int AetSliceRowTouches(const AetSliceGrid *grid, const AetSliceAxes *axes, ptrdiff_t qv, ptrdiff_t y_start, ptrdiff_t y_count)
{
  double a = (double)qv * axes->v[1], b = a + (double)(grid->Lu / 2) * axes->u[1], reach = grid->axial ? 0.5 : 0.5 * grid->kernel.width + 1;
  ptrdiff_t first = (ptrdiff_t)floor(fmin(a, b) - reach), last = (ptrdiff_t)ceil(fmax(a, b) + reach);

  return RangesMeet(first, last, y_start, y_count, grid->N[1]) || RangesMeet(-last, -first, y_start, y_count, grid->N[1]);
}

/* The lists of one side: first tap m (z, y, x) and weights; columns x_low … x_high belong to this side. */
static inline int FillStencil(const Target *target, const ptrdiff_t m[3], int y_taps, const float *y_weight, const float *x_weight,
                              ptrdiff_t x_low, ptrdiff_t x_high, Stencil *stencil)
{
  const AetSliceGrid *grid = target->grid;
  const ptrdiff_t     column = 2 * grid->N[0], row = column * (grid->N[2] / 2 + 1);
  const int           W = grid->kernel.width;
  ptrdiff_t           y = Wrap(m[1] - target->y_start, grid->N[1]), x = Wrap(m[2], grid->N[2]);

  stencil->rows = stencil->columns = 0;
  for (int t = 0; t < y_taps; t++, y = y + 1 == grid->N[1] ? 0 : y + 1) {
    if (y >= target->y_count) continue;
    stencil->row_offset[stencil->rows] = (y + target->y_start - grid->y_start) * row;
    stencil->row_weight[stencil->rows++] = y_weight[t];
  }
  if (stencil->rows == 0) return 0;
  for (int t = 0; t < W; t++, x = x + 1 == grid->N[2] ? 0 : x + 1) {
    if (x < x_low || x > x_high) continue;
    stencil->column_offset[stencil->columns] = x * column;
    stencil->column_weight[stencil->columns++] = x_weight[t];
  }
  return stencil->columns;
}

/* Sum over the stencil's columns of the `4 pairs` floats from z on, weighted along z, too: adds to *re, *im. */
static inline __attribute__((always_inline)) void Gather(const Stencil *stencil, const float *from, const AetFloat4 *weight,
                                                         const int pairs, float *re, float *im)
{
  AetFloat4 sum[AET_SLICE_LANES / 2] = {{0}}, total = {0};

  for (int i = 0; i < stencil->rows; i++)
    for (int j = 0; j < stencil->columns; j++) {
      const AetFloat4 *p = (const AetFloat4 *)(from + stencil->row_offset[i] + stencil->column_offset[j]);
      const float      w = stencil->row_weight[i] * stencil->column_weight[j];
      for (int k = 0; k < pairs; k++) sum[k] += w * p[k];
    }
  for (int k = 0; k < pairs; k++) total += sum[k] * weight[k];
  *re += total[0] + total[2];
  *im += total[1] + total[3];
}

static inline __attribute__((always_inline)) void Scatter(const Stencil *stencil, float *to, const AetFloat4 *weight, const int pairs,
                                                          float re, float im)
{
  const AetFloat4 sample = {re, im, re, im};
  AetFloat4       value[AET_SLICE_LANES / 2];

  for (int k = 0; k < pairs; k++) value[k] = sample * weight[k];
  for (int i = 0; i < stencil->rows; i++)
    for (int j = 0; j < stencil->columns; j++) {
      AetFloat4  *p = (AetFloat4 *)(to + stencil->row_offset[i] + stencil->column_offset[j]);
      const float w = stencil->row_weight[i] * stencil->column_weight[j];
      for (int k = 0; k < pairs; k++) p[k] += w * value[k];
    }
}

/* One side of a sample over its window of k_z: where the window runs over the end it is two windows, each with the taps that fall in it. */
static inline __attribute__((always_inline)) void Side(const Target *target, const Stencil *stencil, ptrdiff_t z_first,
                                                       const float *z_weight, const int pairs, float *re, float *im)
{
  const ptrdiff_t Nz = target->grid->N[0], taps = 2 * pairs, z = Wrap(z_first, Nz);
  const int       windows = z + taps <= Nz ? 1 : 2;

  for (int window = 0; window < windows; window++) {
    ptrdiff_t begin = windows == 1 ? z : window == 0 ? Nz - taps : 0, shift = windows == 1 ? 0 : begin - z + (window ? Nz : 0);
    AetFloat4 weight[AET_SLICE_LANES / 2];

    for (int k = 0; k < pairs; k++) {
      ptrdiff_t t = 2 * k + shift;
      float     a = t >= 0 && t < taps ? z_weight[t] : 0, b = t + 1 >= 0 && t + 1 < taps ? z_weight[t + 1] : 0;
      weight[k] = (AetFloat4){a, a, b, b};
    }
    if (target->sampling)
      Gather(stencil, target->spectrum + 2 * begin, weight, pairs, re, im);
    else
      Scatter(stencil, target->spectrum + 2 * begin, weight, pairs, *re, *im);
  }
}

static inline void Reverse(const float *in, int count, float out[AET_SLICE_LANES])
{
  for (int t = 0; t < AET_SLICE_LANES; t++) out[t] = t < count ? in[count - 1 - t] : 0;
}

/* Whether the rows m … m+taps-1 of k_y, or their mirror images, are among the target's. */
static inline int RowsTouch(const Target *target, ptrdiff_t m, int taps)
{
  return RangesMeet(m, m + taps - 1, target->y_start, target->y_count, target->grid->N[1]) ||
         RangesMeet(1 - m - taps, -m, target->y_start, target->y_count, target->grid->N[1]);
}

/* One sample at c: reads or adds *value. */
static inline __attribute__((always_inline)) void Sample(const Target *target, const double c[3], const int pairs, float complex *value)
{
  const AetSliceGrid *grid = target->grid;
  const int           W = grid->kernel.width, y_taps = grid->axial ? 1 : W;
  const ptrdiff_t     half = grid->N[2] / 2;
  ptrdiff_t           m[3], x;
  float               weight[3][AET_SLICE_LANES], reversed[3][AET_SLICE_LANES], re = 0, im = 0;
  Stencil             stencil;

  if (target->sampling) *value = 0;
  m[1] = grid->axial ? (ptrdiff_t)lrint(c[1]) : (ptrdiff_t)ceil(c[1] - 0.5 * W);
  if (!RowsTouch(target, m[1], y_taps)) return;
  for (int a = 0; a < 3; a++) {
    if (a == 1 && grid->axial)
      weight[1][0] = 1;
    else
      m[a] = (ptrdiff_t)ceil(c[a] - 0.5 * W), AetKaiserBesselTaps(&grid->kernel, (double)m[a] - c[a] + 0.5 * W, weight[a]);
  }
  x = Wrap(m[2], grid->N[2]);
  if (x <= half || x + W > grid->N[2]) {
    if (!target->sampling) re = crealf(*value), im = cimagf(*value);
    if (FillStencil(target, m, y_taps, weight[1], weight[2], 0, half, &stencil)) Side(target, &stencil, m[0], weight[0], pairs, &re, &im);
    if (target->sampling) *value = CMPLXF(re, im);
  }
  if (x + W - 1 > half) {
    ptrdiff_t mirror[3] = {1 - m[0] - W, 1 - m[1] - y_taps, 1 - m[2] - W};
    for (int a = 0; a < 3; a++) Reverse(weight[a], a == 1 ? y_taps : W, reversed[a]);
    re = target->sampling ? 0 : crealf(*value), im = target->sampling ? 0 : -cimagf(*value);
    if (FillStencil(target, mirror, y_taps, reversed[1], reversed[2], 1, half - 1, &stencil))
      Side(target, &stencil, mirror[0], reversed[0], pairs, &re, &im);
    if (target->sampling) *value += CMPLXF(re, -im);
  }
}

static inline __attribute__((always_inline)) void Row(const Target *target, const AetSliceAxes *axes, ptrdiff_t qv, const int pairs,
                                                      float complex *row)
{
  for (ptrdiff_t qu = 0; qu <= target->grid->Lu / 2; qu++) {
    double c[3];
    for (int a = 0; a < 3; a++) c[a] = (double)qu * axes->u[a] + (double)qv * axes->v[a];
    Sample(target, c, pairs, &row[qu]);
  }
}

/* The number of taps is a constant of each body, so the sums stay in registers. */
static void SampleRow(const Target *target, const AetSliceAxes *axes, ptrdiff_t qv, float complex *row)
{
  if (target->grid->kernel.width <= 4)
    Row(target, axes, qv, 2, row);
  else if (target->grid->kernel.width <= 6)
    Row(target, axes, qv, 3, row);
  else
    Row(target, axes, qv, 4, row);
}

void AetSliceSampleRow(const AetSliceGrid *grid, const AetSliceAxes *axes, ptrdiff_t qv, const float complex *spectrum, float complex *row)
{
  const Target target = {grid, grid->y_start, grid->y_count, 1, (float *)spectrum};

  SampleRow(&target, axes, qv, row);
}

void AetSliceSpreadRow(const AetSliceGrid *grid, const AetSliceAxes *axes, ptrdiff_t qv, ptrdiff_t y_start, ptrdiff_t y_count,
                       const float complex *row, float complex *spectrum)
{
  const Target target = {grid, y_start, y_count, 0, (float *)spectrum};

  SampleRow(&target, axes, qv, (float complex *)row);
}
