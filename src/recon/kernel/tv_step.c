/* The arithmetic of one step of TV: differences, their adjoint, projections. */
#include "recon/kernel/tv_step.h"
#include <math.h>

void AetTvDivergence(ptrdiff_t ny, ptrdiff_t nx, const AetTvDual *dual, const float *before, const float *box, float *gradient)
{
  for (ptrdiff_t y = 0; y < ny; y++) {
    const ptrdiff_t at = y * nx;
    const float    *dz = dual->z + at, *dy = dual->y + at, *dx = dual->x + at;
    float          *g = gradient + at;
    for (ptrdiff_t x = 0; x < nx; x++) g[x] += box[at + x] - dz[x] - dy[x] - dx[x];
    for (ptrdiff_t x = 1; x < nx; x++) g[x] += dx[x - 1];
    if (y > 0)
      for (ptrdiff_t x = 0; x < nx; x++) g[x] += dy[x - nx];
    if (before)
      for (ptrdiff_t x = 0; x < nx; x++) g[x] += before[at + x];
  }
}

void AetTvMove(ptrdiff_t count, double step, const float *direction, float *x, float *ahead)
{
  const float t = (float)step;

  for (ptrdiff_t i = 0; i < count; i++) {
    float next = x[i] - t * direction[i];
    ahead[i] = 2 * next - x[i];
    x[i] = next;
  }
}

/* One row; `right`, `below`, `next` give the neighbours, `below` and `next` NULL where there is none. */
static double AscendRow(ptrdiff_t nx, float sigma, float weight, const float *row, const float *below, const float *next, float *dz,
                        float *dy, float *dx)
{
  double sum = 0;

  for (ptrdiff_t x = 0; x < nx; x++) {
    float a = next ? next[x] - row[x] : 0, b = below ? below[x] - row[x] : 0, c = x + 1 < nx ? row[x + 1] - row[x] : 0, length;
    sum += (double)sqrtf(a * a + b * b + c * c);
    a = dz[x] + sigma * a, b = dy[x] + sigma * b, c = dx[x] + sigma * c;
    length = sqrtf(a * a + b * b + c * c);
    length = length > weight ? weight / length : 1;
    dz[x] = a * length, dy[x] = b * length, dx[x] = c * length;
  }
  return sum;
}

double AetTvAscend(ptrdiff_t ny, ptrdiff_t nx, double sigma, double weight, const float *ahead, const float *next, const AetTvDual *dual)
{
  double sum = 0;

  for (ptrdiff_t y = 0; y < ny; y++) {
    const ptrdiff_t at = y * nx;
    sum += AscendRow(nx, (float)sigma, (float)weight, ahead + at, y + 1 < ny ? ahead + at + nx : NULL, next ? next + at : NULL,
                     dual->z + at, dual->y + at, dual->x + at);
  }
  return sum;
}

void AetTvSecondDifferences(ptrdiff_t ny, ptrdiff_t nx, double sigma, double offset, const float *plane, const float *before,
                            const float *next, float *result)
{
  for (ptrdiff_t y = 0; y < ny; y++)
    for (ptrdiff_t x = 0; x < nx; x++) {
      const ptrdiff_t i = y * nx + x;
      float           sum = 0;
      if (before) sum += plane[i] - before[i];
      if (next) sum += plane[i] - next[i];
      if (y > 0) sum += plane[i] - plane[i - nx];
      if (y + 1 < ny) sum += plane[i] - plane[i + nx];
      if (x > 0) sum += plane[i] - plane[i - 1];
      if (x + 1 < nx) sum += plane[i] - plane[i + 1];
      result[i] = (float)(sigma * (double)sum + offset * (double)plane[i]);
    }
}

void AetTvBox(ptrdiff_t count, double sigma, const float *ahead, const float *support, float *box)
{
  const float s = (float)sigma;

  for (ptrdiff_t i = 0; i < count; i++) {
    float value = box[i] + s * ahead[i];
    box[i] = value > 0 && !(support && support[i] == 0) ? 0 : value;
  }
}

void AetTvFeasible(ptrdiff_t count, const float *support, float *x)
{
  for (ptrdiff_t i = 0; i < count; i++) x[i] = x[i] > 0 && !(support && support[i] == 0) ? x[i] : 0;
}
