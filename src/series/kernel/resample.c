/* Cubic convolution of the planes at hand. */
#include "resample.h"
#include <math.h>

/* Weights of the four voxels around a place `t` of the way from the second to the third. */
static void Weights(double t, double w[4])
{
  w[0] = t * (-0.5 + t * (1 - 0.5 * t));
  w[1] = 1 + t * t * (-2.5 + 1.5 * t);
  w[2] = t * (0.5 + t * (2 - 1.5 * t));
  w[3] = t * t * (-0.5 + 0.5 * t);
}

/* What one plane gives: the sum over 4 x 4 voxels around column x and row y. */
static double Around(const float *plane, const ptrdiff_t n[3], ptrdiff_t y, ptrdiff_t x, const double wy[4], const double wx[4])
{
  double sum = 0;

  for (int j = 0; j < 4; j++) {
    const ptrdiff_t row = y + j;
    double          line = 0;

    if (row < 0 || row >= n[1]) continue;
    for (int i = 0; i < 4; i++)
      if (x + i >= 0 && x + i < n[2]) line += wx[i] * (double)plane[row * n[2] + x + i];
    sum += wy[j] * line;
  }
  return sum;
}

static double Value(const float *planes, ptrdiff_t first, ptrdiff_t count, const ptrdiff_t n[3], const double place[3])
{
  ptrdiff_t corner[3];
  double    w[3][4], sum = 0;

  for (int a = 0; a < 3; a++) {
    const double low = floor(place[a]);
    if (!(low > -3 && low < (double)n[a] + 2)) return 0;
    corner[a] = (ptrdiff_t)low - 1;
    if (!a && (corner[0] + 3 < first || corner[0] >= first + count)) return 0;
    Weights(place[a] - low, w[a]);
  }
  for (int k = 0; k < 4; k++) {
    const ptrdiff_t z = corner[0] + k - first;
    if (z >= 0 && z < count) sum += w[0][k] * Around(planes + z * n[1] * n[2], n, corner[1], corner[2], w[1], w[2]);
  }
  return sum;
}

void AetResamplePlane(const float *planes, ptrdiff_t first, ptrdiff_t count, const ptrdiff_t n[3], const double origin[3],
                      const double down[3], const double across[3], ptrdiff_t rows, ptrdiff_t columns, float *out)
{
  for (ptrdiff_t r = 0; r < rows; r++)
    for (ptrdiff_t c = 0; c < columns; c++) {
      double place[3];
      for (int a = 0; a < 3; a++) place[a] = origin[a] + (double)r * down[a] + (double)c * across[a];
      out[r * columns + c] += (float)Value(planes, first, count, n, place);
    }
}
