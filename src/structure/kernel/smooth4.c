#include "structure/kernel/smooth4.h"
#include <math.h>
#include <string.h>

static void Add(ptrdiff_t count, float weight, const float *restrict in, float *restrict out)
{
  for (ptrdiff_t i = 0; i < count; i++) out[i] += weight * in[i];
}

void AetSmoothRows(ptrdiff_t count, ptrdiff_t width, ptrdiff_t stride, int reach, const float *weight, const float *in, ptrdiff_t first,
                   ptrdiff_t last, float *out)
{
  for (ptrdiff_t j = first; j < last; j++) {
    const ptrdiff_t low = j < reach ? -j : -reach, high = j + reach < count ? reach : count - 1 - j;
    memset(out + j * stride, 0, (size_t)width * sizeof *out);
    for (ptrdiff_t d = low; d <= high; d++) Add(width, weight[d < 0 ? -d : d], in + (j + d) * stride, out + j * stride);
  }
}

/* A row of points shifted against itself: the inner loop runs along the whole line, four channels at once. */
void AetSmoothLine4(ptrdiff_t count, int reach, const float *weight, const float *in, float *out)
{
  memset(out, 0, (size_t)count * 4 * sizeof *out);
  for (ptrdiff_t d = -reach; d <= reach; d++) {
    const ptrdiff_t first = d < 0 ? -d : 0, last = d < 0 ? count : count - d;
    if (last > first) Add(4 * (last - first), weight[d < 0 ? -d : d], in + 4 * (first + d), out + 4 * first);
  }
}

void AetSmoothWeights(double step, double sigma, int reach, float *weight)
{
  for (int d = 0; d <= reach; d++) weight[d] = (float)exp(-0.5 * (d * step / sigma) * (d * step / sigma));
}
