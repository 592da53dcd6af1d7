#include "recon/kernel/match_volume.h"
#include <math.h>

static double complex Trilinear(ptrdiff_t N, const float complex *spectrum, const double k[3])
{
  ptrdiff_t      place[3][2];
  double         share[3][2];
  double complex sum = 0;

  for (int a = 0; a < 3; a++) {
    const double low = floor(k[a]);
    place[a][0] = ((ptrdiff_t)low % N + N) % N;
    place[a][1] = (place[a][0] + 1) % N;
    share[a][1] = k[a] - low, share[a][0] = 1 - share[a][1];
  }
  for (int z = 0; z < 2; z++)
    for (int y = 0; y < 2; y++)
      for (int x = 0; x < 2; x++)
        sum += share[2][z] * share[1][y] * share[0][x] * spectrum[(place[2][z] * N + place[1][y]) * N + place[0][x]];
  return sum;
}

double AetMatchScore(ptrdiff_t count, const AetMatchSample *samples, ptrdiff_t N, const float complex *spectrum, const double G[9],
                     const double shift[3])
{
  double sum = 0;

  for (ptrdiff_t i = 0; i < count; i++) {
    const double  *k = samples[i].k, phase = 2 * 3.14159265358979323846 * (k[0] * shift[0] + k[1] * shift[1] + k[2] * shift[2]) / (double)N;
    double         at[3];
    double complex moved;
    for (int a = 0; a < 3; a++) at[a] = G[3 * a] * k[0] + G[3 * a + 1] * k[1] + G[3 * a + 2] * k[2];
    moved = Trilinear(N, spectrum, at) * CMPLX(cos(phase), -sin(phase));
    sum += creal(samples[i].value) * creal(moved) + cimag(samples[i].value) * cimag(moved);
  }
  return count ? sum / (double)count : 0;
}

double AetCubicAt(const ptrdiff_t n[3], const float *volume, const double place[3])
{
  ptrdiff_t first[3];
  double    share[3][4], sum = 0;

  for (int a = 0; a < 3; a++) {
    const double low = floor(place[a]), t = place[a] - low;
    first[a] = (ptrdiff_t)low - 1;
    share[a][0] = ((-0.5 * t + 1) * t - 0.5) * t;
    share[a][1] = (1.5 * t - 2.5) * t * t + 1;
    share[a][2] = ((-1.5 * t + 2) * t + 0.5) * t;
    share[a][3] = (0.5 * t - 0.5) * t * t;
  }
  for (int z = 0; z < 4; z++)
    for (int y = 0; y < 4; y++) {
      const ptrdiff_t at[2] = {first[0] + z, first[1] + y};
      if (at[0] < 0 || at[0] >= n[0] || at[1] < 0 || at[1] >= n[1]) continue;
      for (int x = 0; x < 4; x++)
        if (first[2] + x >= 0 && first[2] + x < n[2])
          sum += share[0][z] * share[1][y] * share[2][x] * volume[(at[0] * n[1] + at[1]) * n[2] + first[2] + x];
    }
  return sum;
}
