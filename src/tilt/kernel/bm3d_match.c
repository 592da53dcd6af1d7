/* The blocks most like a given one, by exhaustive comparison. */
#include "tilt/kernel/bm3d.h"
#include <math.h>

#define INLINE static inline __attribute__((always_inline))

/* Sums of squared differences of the block at `own` to those at from, from + 1, …: 16 · `vectors` of them at a time, a sum in each lane. */
INLINE void Compare(int n, int vectors, const float *own, const float *from, ptrdiff_t pitch, float *distance)
{
  AetBlockRow sum[4] = {{0}};

  for (int r = 0; r < n; r++)
    for (int c = 0; c < n; c++) {
      const float value = own[r * pitch + c];
      for (int v = 0; v < vectors; v++) {
        const AetBlockRow d = *(const AetBlockRow *)&from[r * pitch + c + 16 * v] - value;
        sum[v] += d * d;
      }
    }
  for (int v = 0; v < vectors; v++) *(AetBlockRow *)&distance[16 * v] = sum[v];
}

/* The same of `count` blocks, rounded up to whole vectors. */
INLINE void CompareRow(int n, ptrdiff_t count, const float *own, const float *from, ptrdiff_t pitch, float *distance)
{
  ptrdiff_t at = 0;

  for (; count - at > 32; at += 48) Compare(n, 3, own, from + at, pitch, distance + at);
  if (count - at > 16)
    Compare(n, 2, own, from + at, pitch, distance + at);
  else if (count - at > 0)
    Compare(n, 1, own, from + at, pitch, distance + at);
}

static void CompareAny(int n, ptrdiff_t count, const float *own, const float *from, ptrdiff_t pitch, float *distance)
{
  switch (n) {
  case 8:
    CompareRow(8, count, own, from, pitch, distance);
    break;
  case 11:
    CompareRow(11, count, own, from, pitch, distance);
    break;
  case 12:
    CompareRow(12, count, own, from, pitch, distance);
    break;
  case 16:
    CompareRow(16, count, own, from, pitch, distance);
    break;
  default:
    CompareRow(n, count, own, from, pitch, distance);
  }
}

typedef struct {
  int       count, most;
  float     limit; /* what a new one must be below */
  float     distance[AET_BM3D_GROUP];
  ptrdiff_t at[AET_BM3D_GROUP];
} Best;

/* Into the order; what is equal to an earlier one goes behind it. */
INLINE void Insert(Best *best, float distance, ptrdiff_t at)
{
  int i = best->count < best->most ? best->count++ : best->most - 1;

  for (; i > 1 && distance < best->distance[i - 1]; i--) best->distance[i] = best->distance[i - 1], best->at[i] = best->at[i - 1];
  best->distance[i] = distance, best->at[i] = at;
  if (best->count == best->most) best->limit = best->distance[best->most - 1];
}

int AetBm3dMatch(const AetBm3dPlan *plan, const AetPlainImage *image, ptrdiff_t y, ptrdiff_t x, float *distance,
                 ptrdiff_t at[AET_BM3D_GROUP])
{
  const ptrdiff_t n = plan->stage.block, half = plan->stage.search / 2, nx = image->nx;
  const ptrdiff_t x0 = x > half ? x - half : 0, x1 = x + half < nx - n ? x + half : nx - n;
  const ptrdiff_t y0 = y > half ? y - half : 0, y1 = y + half < image->ny - n ? y + half : image->ny - n;
  Best            best = {1, plan->stage.group, plan->limit * (float)(n * n), {-1}, {y * nx + x}};
  int             count = 1;

  for (ptrdiff_t v = y0; v <= y1 && best.most > 1; v++) {
    CompareAny((int)n, x1 - x0 + 1, image->data + y * nx + x, image->data + v * nx + x0, nx, distance);
    if (v == y) distance[x - x0] = INFINITY;
    for (ptrdiff_t u = 0; u <= x1 - x0; u++)
      if (distance[u] < best.limit) Insert(&best, distance[u], v * nx + x0 + u);
  }
  while (2 * count <= best.count) count *= 2;
  for (int i = 0; i < count; i++) at[i] = best.at[i];
  return count;
}
