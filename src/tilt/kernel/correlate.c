#include "tilt/kernel/correlate.h"
#include <math.h>
#include <string.h>

#define NOISE_FROM 0.45 /* cycles per pixel */

static double BorderMean(const ptrdiff_t n[2], const float *image)
{
  double sum = 0, count = 0;

  for (ptrdiff_t y = 0; y < n[0]; y++)
    for (ptrdiff_t x = 0; x < n[1]; x += y == 0 || y == n[0] - 1 || n[1] < 2 ? 1 : n[1] - 1) sum += image[y * n[1] + x], count++;
  return sum / count;
}

static double Fade(ptrdiff_t i, ptrdiff_t n, double taper)
{
  const double edge = fmin((double)i + 0.5, (double)(n - i) - 0.5) / (taper * (double)n);

  return edge < 1 ? 0.5 - 0.5 * cos(M_PI * edge) : 1;
}

void AetCorrelatePad(const ptrdiff_t n[2], const ptrdiff_t N[2], ptrdiff_t row, double taper, const float *image, float *padded)
{
  const double mean = BorderMean(n, image);

  memset(padded, 0, sizeof(float) * (size_t)(N[0] * row));
  for (ptrdiff_t y = 0; y < n[0]; y++) {
    const double fade_y = taper > 0 ? Fade(y, n[0], taper) : 1;
    for (ptrdiff_t x = 0; x < n[1]; x++)
      padded[y * row + x] = (float)((image[y * n[1] + x] - mean) * fade_y * (taper > 0 ? Fade(x, n[1], taper) : 1));
  }
}

static double Frequency(ptrdiff_t Ny, ptrdiff_t Nx, ptrdiff_t ky, ptrdiff_t kx)
{
  const double v = (double)(2 * ky > Ny ? ky - Ny : ky) / (double)Ny, u = (double)kx / (double)Nx;

  return sqrt(u * u + v * v);
}

static ptrdiff_t Ring(ptrdiff_t Ny, ptrdiff_t Nx, double frequency)
{
  return (ptrdiff_t)(frequency * (double)(Ny < Nx ? Ny : Nx) / 2 + 0.5);
}

ptrdiff_t AetRings(ptrdiff_t Ny, ptrdiff_t Nx)
{
  return Ring(Ny, Nx, 0.7072) + 1;
}

ptrdiff_t AetRing(ptrdiff_t Ny, ptrdiff_t Nx, ptrdiff_t ky, ptrdiff_t kx)
{
  return Ring(Ny, Nx, Frequency(Ny, Nx, ky, kx));
}

double AetCorrelateCross(ptrdiff_t Ny, ptrdiff_t Nx, double cutoff, double whiten, const float *weight, const float complex *F,
                         const float complex *G, float complex *cross)
{
  double power[2] = {0}, whitened = 0;

  for (ptrdiff_t ky = 0; ky < Ny; ky++)
    for (ptrdiff_t kx = 0; kx <= Nx / 2; kx++) {
      const ptrdiff_t i = ky * (Nx / 2 + 1) + kx;
      const double    twice = kx == 0 || 2 * kx == Nx ? 1 : 2, frequency = Frequency(Ny, Nx, ky, kx);
      double          size, factor = weight ? weight[Ring(Ny, Nx, frequency)] : 1;
      cross[i] = conjf(F[i]) * G[i];
      if ((ky == 0 && kx == 0) || frequency > cutoff) factor = 0;
      size = cabsf(cross[i]);
      if (whiten > 0) factor *= size > 0 ? pow(size, -whiten) : 0;
      cross[i] *= (float)factor;
      whitened += twice * factor * size;
      power[0] += twice * factor * (crealf(F[i]) * crealf(F[i]) + cimagf(F[i]) * cimagf(F[i]));
      power[1] += twice * factor * (crealf(G[i]) * crealf(G[i]) + cimagf(G[i]) * cimagf(G[i]));
    }
  if (whiten > 0) return whitened > 0 ? 1 / whitened : 0;
  return power[0] > 0 && power[1] > 0 ? 1 / sqrt(power[0] * power[1]) : 0;
}

void AetCorrelateWiener(ptrdiff_t Ny, ptrdiff_t Nx, const float complex *F, const float complex *G, float *weight, double *work)
{
  const ptrdiff_t rings = AetRings(Ny, Nx);
  double         *power = work, *count = work + rings, noise = 0, frequencies = 0;

  memset(work, 0, 2 * sizeof *work * (size_t)rings);
  for (ptrdiff_t ky = 0; ky < Ny; ky++)
    for (ptrdiff_t kx = 0; kx <= Nx / 2; kx++) {
      const float complex f = F[ky * (Nx / 2 + 1) + kx], g = G[ky * (Nx / 2 + 1) + kx];
      const double        frequency = Frequency(Ny, Nx, ky, kx), twice = kx == 0 || 2 * kx == Nx ? 1 : 2;
      const double sum = twice * (double)(crealf(f) * crealf(f) + cimagf(f) * cimagf(f) + crealf(g) * crealf(g) + cimagf(g) * cimagf(g));
      power[Ring(Ny, Nx, frequency)] += sum;
      count[Ring(Ny, Nx, frequency)] += twice;
      if (frequency >= NOISE_FROM) noise += sum, frequencies += twice;
    }
  noise /= fmax(frequencies, 1);
  for (ptrdiff_t r = 0; r < rings; r++) {
    const double mean = power[r] / fmax(count[r], 1);
    weight[r] = mean > noise ? (float)((mean - noise) / (mean - noise / 2)) : 0;
  }
}

void AetCorrelatePeak(const ptrdiff_t N[2], ptrdiff_t row, double range, const float *values, double d[2])
{
  float best = -INFINITY;

  d[0] = d[1] = 0;
  for (ptrdiff_t j = 0; j < N[0]; j++) {
    const double dy = (double)(2 * j >= N[0] ? j - N[0] : j);
    if (fabs(dy) > range) continue;
    for (ptrdiff_t i = 0; i < N[1]; i++) {
      const double dx = (double)(2 * i >= N[1] ? i - N[1] : i);
      if (fabs(dx) <= range && values[j * row + i] > best) best = values[j * row + i], d[0] = dy, d[1] = dx;
    }
  }
}
