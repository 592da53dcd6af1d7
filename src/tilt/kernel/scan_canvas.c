#include "tilt/kernel/scan_canvas.h"
#include "tilt/kernel/turn.h"
#include <math.h>
#include <string.h>

#define PADDING 1.25
#define SMOOTH_PX 0.5
#define REACH 2
#define EDGE (1.0 / 128)
#define SLOPE_PX 0.25

AetScanCanvas AetScanCanvasFor(ptrdiff_t n)
{
  const ptrdiff_t margin = (ptrdiff_t)ceil((PADDING - 1) / 2 * (double)n) + REACH;

  return (AetScanCanvas){n, n + 2 * margin};
}

/* Where a line begins on the canvas, and the whole step from one of its pixels to the next. */
static void LineOnCanvas(const AetScanCanvas *canvas, int quarters, ptrdiff_t line, const double d[2], double origin[2], ptrdiff_t *stride)
{
  const double middle = (double)(canvas->n - 1) / 2, first[2] = {-middle, (double)line - middle}, along[2] = {1, 0};
  const double shift = middle + (double)((canvas->size - canvas->n) / 2);
  double       place[2], direction[2];

  AetTurnVectorToImage(quarters, first, place);
  AetTurnVectorToImage(quarters, along, direction);
  for (int a = 0; a < 2; a++) origin[a] = place[a] + shift - d[a];
  *stride = (ptrdiff_t)direction[1] * canvas->size + (ptrdiff_t)direction[0];
}

/* The four weights of a line, the same for all its pixels, and the pixels first … last that lie on the canvas. Returns its first corner. */
static ptrdiff_t Corner(const AetScanCanvas *canvas, const double origin[2], ptrdiff_t stride, float weight[4], ptrdiff_t *first,
                        ptrdiff_t *last)
{
  const ptrdiff_t x = (ptrdiff_t)floor(origin[0]), y = (ptrdiff_t)floor(origin[1]), size = canvas->size;
  const double    fx = origin[0] - (double)x, fy = origin[1] - (double)y;
  const ptrdiff_t sx = stride == 1 ? 1 : stride == -1 ? -1 : 0, sy = stride == size ? 1 : stride == -size ? -1 : 0;

  weight[0] = (float)((1 - fx) * (1 - fy)), weight[1] = (float)(fx * (1 - fy)), weight[2] = (float)((1 - fx) * fy),
  weight[3] = (float)(fx * fy);
  *first = canvas->n, *last = -1;
  for (ptrdiff_t u = 0; u < canvas->n; u++) {
    const ptrdiff_t px = x + u * sx, py = y + u * sy;
    if (px < 0 || py < 0 || px + 1 >= size || py + 1 >= size) continue;
    if (u < *first) *first = u;
    *last = u;
  }
  return y * size + x;
}

static double Edge(ptrdiff_t i, ptrdiff_t n)
{
  const double edge = fmin((double)i + 0.5, (double)(n - i) - 0.5) / fmax(1, EDGE * (double)n), s = sin(M_PI / 2 * fmin(edge, 1));

  return s * s;
}

/* Along one axis: `step` from a sample to the next, `line` from a line to the next. */
static void Blur(ptrdiff_t size, ptrdiff_t step, ptrdiff_t line, const float *from, float *to)
{
  double weight[REACH + 1], sum = 0;

  for (int k = 0; k <= REACH; k++) weight[k] = exp(-k * k / (2 * SMOOTH_PX * SMOOTH_PX)), sum += k ? 2 * weight[k] : weight[k];
  for (ptrdiff_t j = 0; j < size; j++)
    for (ptrdiff_t i = 0; i < size; i++) {
      double value = 0;
      for (ptrdiff_t k = -REACH; k <= REACH; k++)
        if (i + k >= 0 && i + k < size) value += weight[k < 0 ? -k : k] * from[j * line + (i + k) * step];
      to[j * line + i * step] = (float)(value / sum);
    }
}

void AetScanRender(const AetScanCanvas *canvas, int quarters, const double (*path)[2], const float *scan, float *value, float *density,
                   float *work)
{
  const ptrdiff_t size = canvas->size, n = canvas->n;

  memset(value, 0, sizeof(float) * (size_t)(size * size));
  memset(density, 0, sizeof(float) * (size_t)(size * size));
  for (ptrdiff_t l = 0; l < n; l++) {
    double    origin[2];
    float     weight[4];
    ptrdiff_t stride, first, last;
    LineOnCanvas(canvas, quarters, l, path[l], origin, &stride);
    const ptrdiff_t corner = Corner(canvas, origin, stride, weight, &first, &last), place[4] = {0, 1, size, size + 1};
    for (ptrdiff_t u = first; u <= last; u++) {
      const float edge = (float)(Edge(u, n) * Edge(l, n));
      for (int c = 0; c < 4; c++) {
        value[corner + u * stride + place[c]] += edge * weight[c] * scan[l * n + u];
        density[corner + u * stride + place[c]] += edge * weight[c];
      }
    }
  }
  Blur(size, 1, size, value, work), Blur(size, size, 1, work, value);
  Blur(size, 1, size, density, work), Blur(size, size, 1, work, density);
}

static double LineCost(const AetScanCanvas *canvas, int quarters, ptrdiff_t line, const double d[2], const float *row,
                       const float *reference, const float *density)
{
  const ptrdiff_t size = canvas->size;
  double          origin[2], sum = 0, count = 0;
  float           weight[4];
  ptrdiff_t       stride, first, last;

  LineOnCanvas(canvas, quarters, line, d, origin, &stride);
  const ptrdiff_t corner = Corner(canvas, origin, stride, weight, &first, &last);
  for (ptrdiff_t u = first; u <= last; u++) {
    const float *at = reference + corner + u * stride;
    if (density[corner + u * stride] < 0.5f) continue;
    sum += fabs(row[u] - (weight[0] * at[0] + weight[1] * at[1] + weight[2] * at[size] + weight[3] * at[size + 1]));
    count++;
  }
  return 2 * count >= (double)canvas->n ? sum / count : 0;
}

double AetScanCost(const AetScanCanvas *canvas, int quarters, const double (*path)[2], const double step[2], const float *scan,
                   const float *reference, const float *density, double *cost)
{
  double sum = 0;

  for (ptrdiff_t l = 0; l < canvas->n; l++) {
    const double d[2] = {path[l][0] + step[0], path[l][1] + step[1]};
    sum += cost[l] = LineCost(canvas, quarters, l, d, scan + l * canvas->n, reference, density);
  }
  return sum;
}

/* Sums of the costs over the neighbours within `radius`: in place, work in a running sum. */
static void SumNeighbours(ptrdiff_t n, ptrdiff_t radius, const double *cost, double *sum)
{
  double running = 0;

  for (ptrdiff_t l = 0; l < radius && l < n; l++) running += cost[l];
  for (ptrdiff_t l = 0; l < n; l++) {
    if (l + radius < n) running += cost[l + radius];
    sum[l] = running;
    if (l - radius >= 0) running -= cost[l - radius];
  }
}

/* Lines keep their order. */
static void Follow(const double before[2], double d[2])
{
  for (int a = 0; a < 2; a++) d[a] = fmin(fmax(d[a], before[a] - SLOPE_PX), before[a] + SLOPE_PX);
}

double AetScanSweep(const AetScanCanvas *canvas, int quarters, double (*path)[2], double *step, ptrdiff_t radius, const float *scan,
                    const float *reference, const float *density, double *cost)
{
  static const double direction[5][2] = {{0, 0}, {1, 0}, {-1, 0}, {0, 1}, {0, -1}};
  const ptrdiff_t     n = canvas->n;
  double              moved = 0, *single = cost + 5 * n;

  for (int t = 0; t < 5; t++) {
    for (ptrdiff_t l = 0; l < n; l++) {
      const double d[2] = {path[l][0] + step[l] * direction[t][0], path[l][1] + step[l] * direction[t][1]};
      single[l] = LineCost(canvas, quarters, l, d, scan + l * n, reference, density);
    }
    SumNeighbours(n, radius, single, cost + t * n);
  }
  for (ptrdiff_t l = 0; l < n; l++) {
    int best = 0;
    for (int t = 1; t < 5; t++)
      if (cost[t * n + l] < cost[best * n + l]) best = t;
    for (int a = 0; a < 2; a++) path[l][a] += step[l] * direction[best][a];
    moved += best ? step[l] / (double)n : 0;
    if (!best) step[l] /= 2;
  }
  for (ptrdiff_t l = n / 2 + 1; l < n; l++) Follow(path[l - 1], path[l]); /* from the middle, where the object is */
  for (ptrdiff_t l = n / 2 - 1; l >= 0; l--) Follow(path[l + 1], path[l]);
  return moved;
}
