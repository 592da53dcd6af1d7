#include "series/kernel/vectors.h"
#include "atoms/kernel/rigid.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One line of n values, `stride` apart. */
static void SmoothLine(ptrdiff_t n, ptrdiff_t stride, int reach, const double *kernel, double *line, double *room)
{
  for (ptrdiff_t i = 0; i < n; i++) room[i] = line[i * stride];
  for (ptrdiff_t i = 0; i < n; i++) {
    double sum = 0;
    for (ptrdiff_t k = -reach; k <= reach; k++)
      if (i + k >= 0 && i + k < n) sum += kernel[k < 0 ? -k : k] * room[i + k];
    line[i * stride] = sum;
  }
}

void AetSmoothCube(ptrdiff_t n, double sigma, double *value, double *room)
{
  double kernel[16], sum = 0;
  int    reach = (int)fmin(15, ceil(3 * sigma));

  for (int k = 0; k <= reach; k++) {
    kernel[k] = exp(-0.5 * k * k / (sigma * sigma));
    sum += k ? 2 * kernel[k] : 1;
  }
  for (int k = 0; k <= reach; k++) kernel[k] /= sum;
  for (ptrdiff_t i = 0; i < n; i++)
    for (ptrdiff_t j = 0; j < n; j++) {
      SmoothLine(n, 1, reach, kernel, value + (i * n + j) * n, room);
    }
  for (ptrdiff_t i = 0; i < n; i++)
    for (ptrdiff_t j = 0; j < n; j++) {
      SmoothLine(n, n, reach, kernel, value + i * n * n + j, room);
    }
  for (ptrdiff_t i = 0; i < n; i++)
    for (ptrdiff_t j = 0; j < n; j++) {
      SmoothLine(n, n * n, reach, kernel, value + i * n + j, room);
    }
}

static double Length(const AetVectorMap *map, ptrdiff_t z, ptrdiff_t y, ptrdiff_t x)
{
  const double h = (double)(map->n / 2), dz = (double)z - h, dy = (double)y - h, dx = (double)x - h;

  return sqrt(dx * dx + dy * dy + dz * dz);
}

/* Takes the mean of its length away from every value: means over shells half a voxel thick, linear between them, as steps would leave a
   pattern of the grid in both maps. `room` [4 n]. */
static void TakeMean(AetVectorMap *map, double *room)
{
  const ptrdiff_t n = map->n;
  double         *sum = room, *count = room + 2 * n;

  memset(room, 0, 4 * (size_t)n * sizeof *room);
  for (ptrdiff_t z = 0; z < n; z++)
    for (ptrdiff_t y = 0; y < n; y++)
      for (ptrdiff_t x = 0; x < n; x++) {
        const double    r = 2 * Length(map, z, y, x);
        const ptrdiff_t k = (ptrdiff_t)r;
        const double    f = r - (double)k, v = map->value[(z * n + y) * n + x];
        if (k + 1 >= 2 * n) continue;
        sum[k] += (1 - f) * v, sum[k + 1] += f * v, count[k] += 1 - f, count[k + 1] += f;
      }
  for (ptrdiff_t k = 0; k < 2 * n; k++) sum[k] = count[k] > 0 ? sum[k] / count[k] : 0;
  for (ptrdiff_t z = 0; z < n; z++)
    for (ptrdiff_t y = 0; y < n; y++)
      for (ptrdiff_t x = 0; x < n; x++) {
        const double    r = 2 * Length(map, z, y, x);
        const ptrdiff_t k = (ptrdiff_t)r;
        double         *v = map->value + (z * n + y) * n + x;
        *v = 0.5 * r * map->pixel <= map->reach ? *v - sum[k] - (r - (double)k) * (sum[k + 1] - sum[k]) : 0;
      }
}

/* Counts the vectors from atom i. */
static void CountFrom(AetVectorMap *map, const AetCells *cells, const double *position, ptrdiff_t i)
{
  const ptrdiff_t half = map->n / 2;
  const double   *x = position + 3 * i;
  ptrdiff_t       low[3], high[3];

  AetCellsRange(cells, x, map->reach, low, high);
  for (ptrdiff_t cz = low[2]; cz <= high[2]; cz++)
    for (ptrdiff_t cy = low[1]; cy <= high[1]; cy++) {
      const ptrdiff_t row = (cz * cells->n[1] + cy) * cells->n[0];
      if (high[0] < low[0]) continue;
      for (ptrdiff_t m = cells->first[row + low[0]]; m < cells->first[row + high[0] + 1]; m++) {
        const double *p = position + 3 * cells->member[m], d[3] = {p[0] - x[0], p[1] - x[1], p[2] - x[2]};
        ptrdiff_t     v[3];
        if (cells->member[m] == i || d[0] * d[0] + d[1] * d[1] + d[2] * d[2] > map->reach * map->reach) continue;
        for (int k = 0; k < 3; k++) v[k] = half + (ptrdiff_t)lround(d[k] / map->pixel);
        map->value[(v[2] * map->n + v[1]) * map->n + v[0]]++;
      }
    }
}

int AetVectorMapBuild(AetVectorMap *map, const AetCells *cells, const double *position, ptrdiff_t count, const ptrdiff_t *list,
                      double reach, double pixel, double sigma)
{
  double *room;

  *map = (AetVectorMap){.n = 2 * (ptrdiff_t)ceil(reach / pixel) + 7, .pixel = pixel, .reach = reach};
  map->value = calloc((size_t)(map->n * map->n * map->n), sizeof *map->value);
  room = malloc(4 * (size_t)map->n * sizeof *room);
  if (!map->value || !room) {
    free(room);
    AetVectorMapFree(map);
    return 1;
  }
  for (ptrdiff_t k = 0; k < count; k++) CountFrom(map, cells, position, list[k]);
  AetSmoothCube(map->n, sigma / pixel, map->value, room);
  TakeMean(map, room);
  free(room);
  return 0;
}

void AetVectorMapFree(AetVectorMap *map)
{
  free(map->value);
  map->value = NULL;
}

/* Trilinear value at x; 0 outside. */
static double ValueAt(const AetVectorMap *map, const double x[3])
{
  const ptrdiff_t n = map->n, half = n / 2;
  ptrdiff_t       c[3];
  double          f[3], sum = 0;

  for (int k = 0; k < 3; k++) {
    const double v = x[k] / map->pixel + (double)half;
    if (!(v >= 0 && v < (double)(n - 1))) return 0;
    c[k] = (ptrdiff_t)v;
    f[k] = v - (double)c[k];
  }
  for (int z = 0; z < 2; z++)
    for (int y = 0; y < 2; y++) {
      const double *row = map->value + ((c[2] + z) * n + c[1] + y) * n + c[0];
      sum += (z ? f[2] : 1 - f[2]) * (y ? f[1] : 1 - f[1]) * (row[0] * (1 - f[0]) + row[1] * f[0]);
    }
  return sum;
}

ptrdiff_t AetVectorMapSample(const AetVectorMap *map, double step, double low, ptrdiff_t room, double *sample)
{
  const ptrdiff_t half = (ptrdiff_t)(map->reach / step);
  ptrdiff_t       found = 0;

  for (ptrdiff_t z = 0; z <= half; z++)
    for (ptrdiff_t y = z ? -half : 0; y <= half; y++)
      for (ptrdiff_t x = z || y ? -half : 1; x <= half; x++) {
        const double p[3] = {(double)x * step, (double)y * step, (double)z * step}, r = sqrt(p[0] * p[0] + p[1] * p[1] + p[2] * p[2]);
        if (r < low || r > map->reach) continue;
        if (found < room) {
          memcpy(sample + 4 * found, p, sizeof p);
          sample[4 * found + 3] = ValueAt(map, p);
        }
        found++;
      }
  return found;
}

static int Stronger(const void *left, const void *right)
{
  const double *l = left, *r = right;

  if (fabs(l[3]) != fabs(r[3])) return fabs(l[3]) > fabs(r[3]) ? -1 : 1;
  for (int k = 2; k >= 0; k--)
    if (l[k] != r[k]) return l[k] < r[k] ? -1 : 1;
  return 0;
}

void AetVectorSamplesSort(ptrdiff_t count, double *sample)
{
  if (count) qsort(sample, (size_t)count, 4 * sizeof *sample, Stronger);
}

double AetVectorMapScore(const AetVectorMap *map, ptrdiff_t count, const double *sample, const double R[9])
{
  double sum = 0;

  for (ptrdiff_t i = 0; i < count; i++) {
    const double *s = sample + 4 * i;
    double        x[3];
    for (int k = 0; k < 3; k++) x[k] = R[3 * k] * s[0] + R[3 * k + 1] * s[1] + R[3 * k + 2] * s[2];
    sum += s[3] * ValueAt(map, x);
  }
  return sum;
}

/* R turned by `angle` about `axis`. */
static void TurnAbout(int axis, double angle, const double R[9], double out[9])
{
  const int    u = (axis + 1) % 3, v = (axis + 2) % 3;
  const double c = cos(angle), s = sin(angle);

  for (int k = 0; k < 3; k++) {
    out[3 * axis + k] = R[3 * axis + k];
    out[3 * u + k] = c * R[3 * u + k] - s * R[3 * v + k];
    out[3 * v + k] = s * R[3 * u + k] + c * R[3 * v + k];
  }
}

double AetVectorMapClimb(const AetVectorMap *map, ptrdiff_t count, const double *sample, double step, double least, double R[9])
{
  double best = AetVectorMapScore(map, count, sample, R);

  for (; step >= least; step /= 2)
    for (int improved = 1, rounds = 0; improved && rounds < 20; rounds++) {
      improved = 0;
      for (int way = 0; way < 6; way++) {
        double turned[9], score;
        TurnAbout(way / 2, way % 2 ? -step : step, R, turned);
        score = AetVectorMapScore(map, count, sample, turned);
        if (score <= best) continue;
        best = score, improved = 1;
        memcpy(R, turned, sizeof turned);
      }
    }
  return best;
}

void AetShiftHistogram(const AetCells *cells, const double *b, const int *b_species, const double *a, const int *a_species, ptrdiff_t count,
                       const ptrdiff_t *list, const double linear[9], const double shift[3], ptrdiff_t half, double pixel,
                       double other_weight, double *value)
{
  const ptrdiff_t n = 2 * half + 1;
  const double    edge = ((double)half + 0.5) * pixel;

  memset(value, 0, (size_t)(n * n * n) * sizeof *value);
  for (ptrdiff_t i = 0; i < count; i++) {
    const double *from = a + 3 * list[i];
    ptrdiff_t     low[3], high[3];
    double        x[3];
    for (int k = 0; k < 3; k++) x[k] = linear[3 * k] * from[0] + linear[3 * k + 1] * from[1] + linear[3 * k + 2] * from[2] + shift[k];
    AetCellsRange(cells, x, edge, low, high);
    for (ptrdiff_t cz = low[2]; cz <= high[2]; cz++)
      for (ptrdiff_t cy = low[1]; cy <= high[1]; cy++) {
        const ptrdiff_t row = (cz * cells->n[1] + cy) * cells->n[0];
        if (high[0] < low[0]) continue;
        for (ptrdiff_t m = cells->first[row + low[0]]; m < cells->first[row + high[0] + 1]; m++) {
          const ptrdiff_t j = cells->member[m];
          ptrdiff_t       v[3];
          int             inside = 1;
          for (int k = 0; k < 3; k++) {
            v[k] = (ptrdiff_t)lround((b[3 * j + k] - x[k]) / pixel);
            inside = inside && v[k] >= -half && v[k] <= half;
          }
          if (!inside) continue;
          value[((v[2] + half) * n + v[1] + half) * n + v[0] + half] +=
              a_species[list[i]] >= 0 && a_species[list[i]] == b_species[j] ? 1 : other_weight;
        }
      }
  }
}
