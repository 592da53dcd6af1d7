#include "tilt/kernel/line_positions.h"
#include "tilt/kernel/extend.h"
#include <math.h>
#include <string.h>

#define TAPS (2 * AET_SINC_HALF)
#define KAISER_BETA 6.755 /* 70 dB */
#define FIXED_POINT_STEPS 20

static double At(ptrdiff_t ny, const double (*path)[2], double line)
{
  ptrdiff_t l = (ptrdiff_t)floor(line);

  if (ny < 2) return path[0][1];
  l = l < 0 ? 0 : l > ny - 2 ? ny - 2 : l;
  return path[l][1] + (line - (double)l) * (path[l + 1][1] - path[l][1]);
}

void AetLinePositions(ptrdiff_t ny, const double (*path)[2], double *position)
{
  for (ptrdiff_t y = 0; y < ny; y++) {
    double line = (double)y + path[y][1], next;
    for (int i = 0; i < FIXED_POINT_STEPS; i++, line = next) {
      next = (double)y + At(ny, path, line);
      if (fabs(next - line) < 1e-9) break;
    }
    position[y] = line;
  }
}

void AetLinePath(ptrdiff_t ny, const double (*path)[2], double line, double at[2])
{
  const double    inside = line < 0 ? 0 : line > (double)(ny - 1) ? (double)(ny - 1) : line;
  const ptrdiff_t l = inside >= (double)(ny - 1) ? (ny > 1 ? ny - 2 : 0) : (ptrdiff_t)inside, next = ny > 1 ? l + 1 : l;

  for (int a = 0; a < 2; a++) at[a] = path[l][a] + (inside - (double)l) * (path[next][a] - path[l][a]);
}

/* Modified Bessel function of order 0, by its series. */
static double BesselI0(double x)
{
  double term = 1, sum = 1;

  for (int k = 1; k < 60 && term > 1e-12 * sum; k++) sum += term *= x * x / (4.0 * k * k);
  return sum;
}

/* Weights of rows first … first+TAPS-1 at a fractional position; a whole one takes its row alone. */
static void Weights(double position, ptrdiff_t first, double *weight)
{
  double sum = 0;

  for (int t = 0; t < TAPS; t++) {
    const double r = position - (double)(first + t), inside = 1 - r * r / (AET_SINC_HALF * AET_SINC_HALF);
    weight[t] = fabs(r) < 1e-9 ? 1
                : inside > 0   ? sin(M_PI * r) / (M_PI * r) * BesselI0(KAISER_BETA * sqrt(inside)) / BesselI0(KAISER_BETA)
                               : 0;
    sum += weight[t];
  }
  for (int t = 0; t < TAPS; t++) weight[t] /= sum;
}

void AetLinesResample(ptrdiff_t ny, ptrdiff_t nx, const double *position, const float *uneven, float *even)
{
  for (ptrdiff_t y = 0; y < ny; y++) {
    const ptrdiff_t first = (ptrdiff_t)floor(position[y]) - AET_SINC_HALF + 1;
    float          *to = even + y * nx;
    double          weight[TAPS];
    Weights(position[y], first, weight);
    memset(to, 0, sizeof(float) * (size_t)nx);
    for (int t = 0; t < TAPS; t++) {
      const float w = (float)weight[t], *from = uneven + AetOutside(first + t, ny) * nx;
      if (fabsf(w) < 1e-9f) continue;
      for (ptrdiff_t x = 0; x < nx; x++) to[x] += w * from[x];
    }
  }
}
