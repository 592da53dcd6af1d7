#include "tilt/kernel/noise_line.h"
#include "tilt/kernel/otsu_mask.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TAPS = 40, ROUNDS = 20, FEW = 50 /* pixels, fewer say nothing */ };
const int AetNoiseOrders[AET_NOISE_ORDERS] = {2, 4, 6, 8, 12, 16, 24};

double AetNoiseFilter(int order, float *taps)
{
  double c[TAPS] = {1}, sum = 0, shared = 0;

  for (int k = 1; k <= order; k++) c[k] = -c[k - 1] * (order - k + 1) / k;
  for (int k = 0; k <= order; k++) sum += c[k] * c[k];
  for (int k = 0; k <= order; k++) taps[k] = (float)(c[k] /= sqrt(sum));
  for (int lag = -order; lag <= order; lag++) {
    double r = 0;
    for (int k = 0; k <= order; k++)
      if (k + lag >= 0 && k + lag <= order) r += c[k] * c[k + lag];
    shared += r * r;
  }
  return shared * shared;
}

size_t AetNoiseWork(ptrdiff_t ny, ptrdiff_t nx)
{
  return (size_t)(3 * ny * nx);
}

/* Both axes by the same taps; rows and columns that the filter cannot reach are left out: [ny - order][nx - order], pitch nx. */
static void Filter(const float *image, ptrdiff_t ny, ptrdiff_t nx, int order, const float *taps, float *rows, float *out)
{
  for (ptrdiff_t y = 0; y < ny - order; y++) {
    float *to = &rows[y * nx];

    memset(to, 0, sizeof *to * (size_t)nx);
    for (int k = 0; k <= order; k++)
      for (ptrdiff_t x = 0; x < nx; x++) to[x] += taps[k] * image[(y + k) * nx + x];
    memset(&out[y * nx], 0, sizeof *out * (size_t)nx);
    for (int k = 0; k <= order; k++)
      for (ptrdiff_t x = 0; x < nx - order; x++) out[y * nx + x] += taps[k] * to[x + k];
  }
}

/* Least and most of the guide where the filter reaches. */
static void Range(const float *guide, ptrdiff_t ny, ptrdiff_t nx, int order, float *low, float *high)
{
  *low = INFINITY, *high = -INFINITY;
  for (ptrdiff_t y = order / 2; y < ny - order / 2; y++)
    for (ptrdiff_t x = order / 2; x < nx - order / 2; x++) {
      *low = fminf(*low, guide[y * nx + x]);
      *high = fmaxf(*high, guide[y * nx + x]);
    }
}

double AetNoiseBright(const float *image, const float *guide, ptrdiff_t ny, ptrdiff_t nx, int order, float *work, double *square)
{
  float     taps[TAPS], low, high, *out = work + ny * nx;
  ptrdiff_t count = 0, half = order / 2;

  *square = 0;
  AetNoiseFilter(order, taps);
  Filter(image, ny, nx, order, taps, work, out);
  Range(guide, ny, nx, order, &low, &high);
  for (ptrdiff_t y = 0; y < ny - order; y++)
    for (ptrdiff_t x = 0; x < nx - order; x++)
      if (2 * guide[(y + half) * nx + x + half] >= low + high) *square += (double)out[y * nx + x] * out[y * nx + x], count++;
  if (count) *square /= (double)count;
  return (double)count;
}

static void Add(AetNoisePoint *p, double mean, double variance)
{
  p->mean += mean, p->variance += variance, p->count += 1;
}

static void Average(AetNoisePoint *p)
{
  if (p->count < FEW)
    memset(p, 0, sizeof *p);
  else
    p->mean /= p->count, p->variance /= p->count;
}

void AetNoisePoints(const float *image, const float *guide, const unsigned char *mask, ptrdiff_t ny, ptrdiff_t nx, int order, float *work,
                    AetNoisePoint point[AET_NOISE_BINS], AetNoisePoint *background)
{
  float           taps[TAPS], low, high, *square = work + ny * nx, *mean = square + ny * nx;
  const ptrdiff_t half = order / 2;

  memset(point, 0, sizeof *point * AET_NOISE_BINS);
  memset(background, 0, sizeof *background);
  AetNoiseFilter(order, taps);
  Filter(image, ny, nx, order, taps, work, square);
  for (int k = 0; k <= order; k++) taps[k] *= taps[k];
  Filter(image, ny, nx, order, taps, work, mean);
  Range(guide, ny, nx, order, &low, &high);
  for (ptrdiff_t y = 0; y < ny - order; y++)
    for (ptrdiff_t x = 0; x < nx - order; x++) {
      const ptrdiff_t i = y * nx + x, at = (y + half) * nx + x + half;
      const double    part = high > low ? ((double)guide[at] - low) / ((double)high - low) : 0;
      const int       bin = part < 1 ? (int)(part * AET_NOISE_BINS) : AET_NOISE_BINS - 1;

      Add(&point[bin], mean[i], (double)square[i] * square[i]);
      if (!mask[at]) Add(background, mean[i], (double)square[i] * square[i]);
    }
  for (int b = 0; b < AET_NOISE_BINS; b++) Average(&point[b]);
  Average(background);
}

void AetNoiseGuide(const float *image, ptrdiff_t ny, ptrdiff_t nx, ptrdiff_t inner, ptrdiff_t outer, double *columns, float *work,
                   float *guide)
{
  AetBoxMean(image, ny, nx, outer, columns, guide);
  AetBoxMean(image, ny, nx, inner, columns, work);
  for (ptrdiff_t y = 0; y < ny; y++)
    for (ptrdiff_t x = 0; x < nx; x++) {
      const ptrdiff_t i = y * nx + x;
      double          area[2];

      for (int k = 0; k < 2; k++) {
        const ptrdiff_t half = k ? inner : outer;
        const ptrdiff_t h = (y + half < ny ? y + half : ny - 1) - (y > half ? y - half : 0) + 1;
        const ptrdiff_t w = (x + half < nx ? x + half : nx - 1) - (x > half ? x - half : 0) + 1;
        area[k] = (double)(h * w);
      }
      if (area[0] > area[1]) guide[i] = (float)((guide[i] * area[0] - work[i] * area[1]) / (area[0] - area[1]));
    }
}

static int Ascending(const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;

  return (x > y) - (x < y);
}

/* 1.4826 times the median of the sizes of `count` numbers; sorts them. */
static double Spread(int count, double *size)
{
  qsort(size, (size_t)count, sizeof *size, Ascending);
  return count ? 1.4826 * (count % 2 ? size[count / 2] : 0.5 * (size[count / 2 - 1] + size[count / 2])) : 0;
}

/* One round: the line by weights w. `x0`, `y0`: the point that it goes through unless that is floating. */
static int Line(int count, const AetNoisePoint *p, const double *w, int floating, double *x0, double *y0, double *slope)
{
  double s = 0, x = 0, y = 0, xx = 0, xy = 0;

  for (int i = 0; i < count; i++) s += w[i], x += w[i] * p[i].mean, y += w[i] * p[i].variance;
  if (!(s > 0)) return 0;
  if (floating) *x0 = x / s, *y0 = y / s;
  for (int i = 0; i < count; i++) {
    xx += w[i] * (p[i].mean - *x0) * (p[i].mean - *x0);
    xy += w[i] * (p[i].mean - *x0) * (p[i].variance - *y0);
  }
  if (!(xx > 0)) return 0;
  *slope = xy / xx;
  return 1;
}

/* Weights by the variance that the line expects, and by how far a point lies off it. */
static void Weigh(int count, const AetNoisePoint *p, double x0, double y0, double slope, double floor, double *off, double *w)
{
  double spread;

  for (int i = 0; i < count; i++) {
    const double expected = fmax(y0 + slope * (p[i].mean - x0), floor);
    w[i] = p[i].count / (2 * expected * expected);
    off[i] = fabs(p[i].variance - y0 - slope * (p[i].mean - x0)) * sqrt(w[i]);
  }
  for (int i = 0; i < count; i++) w[i] = p[i].count > 0 ? w[i] : 0;
  double *sorted = off + count;
  int     used = 0;
  for (int i = 0; i < count; i++)
    if (w[i] > 0) sorted[used++] = off[i];
  spread = 4.685 * Spread(used, sorted);
  for (int i = 0; i < count; i++) {
    const double u = spread > 0 ? off[i] / spread : 0;
    w[i] *= u < 1 ? (1 - u * u) * (1 - u * u) : 0;
  }
}

int AetNoiseFit(int count, const AetNoisePoint *point, const AetNoisePoint *background, AetNoiseLine *line)
{
  double *room = malloc(sizeof *room * (size_t)(3 * count + 1)), *w = room, *off = room + count, x0, y0, slope = 0, mean = 0, number = 0;
  int     good;

  if (!room) return 0;
  for (int i = 0; i < count; i++) w[i] = point[i].count, mean += w[i] * point[i].variance, number += w[i];
  mean = number > 0 ? mean / number : 0;
  line->floating = !(background->count > 0);
  x0 = background->mean, y0 = background->variance;
  good = Line(count, point, w, line->floating, &x0, &y0, &slope);
  for (int r = 0; r < ROUNDS && good; r++) {
    Weigh(count, point, x0, y0, slope, 0.02 * mean, off, w);
    good = Line(count, point, w, line->floating, &x0, &y0, &slope);
  }
  free(room);
  line->alpha = good && slope > 0 ? slope : 0;
  line->mu = x0, line->sigma2 = fmax(y0, 0);
  if (line->floating) {
    const double at_zero = y0 - line->alpha * x0;
    line->mu = at_zero < 0 && line->alpha > 0 ? -at_zero / line->alpha : 0;
    line->sigma2 = fmax(at_zero, 0);
  }
  return number > 0;
}
