/* A known lattice among the peaks of a power spectrum. */
#include "tilt/kernel/lattice_peaks.h"
#include "tilt/kernel/scan_terms.h"
#include <math.h>
#include <string.h>

/* ---------------------------------------------------------------- peaks */

/* Power at any row and column: Hermitian where x is negative. */
static double At(ptrdiff_t Ny, ptrdiff_t Nx, ptrdiff_t row, const float *power, ptrdiff_t y, ptrdiff_t x)
{
  if (x < 0) x = -x, y = -y;
  if (x > Nx / 2) x = Nx - x, y = -y;
  y %= Ny;
  if (y < 0) y += Ny;
  return (double)power[y * row + x];
}

/* Place of the top between three samples, from the logarithms. */
static double Top(double before, double here, double after)
{
  const double a = log(before + 1e-300), b = log(here + 1e-300), c = log(after + 1e-300), curvature = a - 2 * b + c;

  return curvature < 0 ? 0.5 * (a - c) / curvature : 0;
}

/* Keeps the strongest, in order. */
static int Insert(int count, int room, const AetLatticePeak *new, AetLatticePeak *peak)
{
  int at = count < room ? count : room;

  while (at > 0 && peak[at - 1].power < new->power) at--;
  if (at >= room) return count;
  if (count < room) count++;
  memmove(peak + at + 1, peak + at, sizeof *peak * (size_t)(count - 1 - at));
  peak[at] = *new;
  return count;
}

int AetLatticePeaks(ptrdiff_t Ny, ptrdiff_t Nx, ptrdiff_t row, const float *power, double low, double high, int room, AetLatticePeak *peak)
{
  int count = 0;

  for (ptrdiff_t y = 0; y < Ny; y++)
    for (ptrdiff_t x = 0; x <= Nx / 2; x++) {
      const ptrdiff_t v = y <= Ny / 2 ? y : y - Ny;
      const double    fx = (double)x / (double)Nx, fy = (double)v / (double)Ny, f = hypot(fx, fy), here = (double)power[y * row + x];
      int             best = f >= low && f <= high && (x > 0 || v > 0);

      if (!best || (count == room && here <= peak[room - 1].power)) continue;
      for (int j = -1; j <= 1 && best; j++)
        for (int i = -1; i <= 1 && best; i++)
          if ((i || j) && At(Ny, Nx, row, power, v + j, x + i) > here) best = 0;
      if (!best) continue;
      const double dx = Top(At(Ny, Nx, row, power, v, x - 1), here, At(Ny, Nx, row, power, v, x + 1));
      const double dy = Top(At(Ny, Nx, row, power, v - 1, x), here, At(Ny, Nx, row, power, v + 1, x));
      const AetLatticePeak new = {{((double)x + dx) / (double)Nx, ((double)v + dy) / (double)Ny}, here};
      count = Insert(count, room, &new, peak);
    }
  return count;
}

/* ---------------------------------------------------------------- the lattice among them */

enum { INDICES = 12, STRONGEST = 12 };
static const int aet_index[INDICES][2] = {{1, 0}, {0, 1},  {1, 1}, {1, -1}, {2, 0}, {0, 2},
                                          {2, 1}, {2, -1}, {1, 2}, {1, -2}, {2, 2}, {2, -2}};

/* How far the triangular M of M measured = Q' lattice is from 1; a huge number where the handedness differs. */
static double Distortion(const double lattice[2][2], const double measured[2][2])
{
  double inverse[2][2], G[2][2], Q[2][2], U[2][2], sum = 0;

  AetMatrixInverse(measured, inverse);
  for (int a = 0; a < 2; a++)
    for (int b = 0; b < 2; b++) G[a][b] = lattice[a][0] * inverse[0][b] + lattice[a][1] * inverse[1][b];
  if (!(G[0][0] * G[1][1] - G[0][1] * G[1][0] > 0)) return INFINITY;
  AetMatrixTriangular((const double(*)[2])G, Q, U);
  for (int i = 0; i < 4; i++) sum += pow(U[i / 2][i % 2] - (i == 0 || i == 3), 2);
  return sqrt(sum);
}

/* Power of the peaks that lie on the lattice of vectors `measured`: g · vector is whole. */
static double Explained(int peaks, const AetLatticePeak *peak, const double measured[2][2])
{
  double sum = 0;

  for (int p = 0; p < peaks; p++) {
    const double h = peak[p].g[0] * measured[0][0] + peak[p].g[1] * measured[1][0];
    const double k = peak[p].g[0] * measured[0][1] + peak[p].g[1] * measured[1][1];

    if (fabs(h - round(h)) < 0.08 && fabs(k - round(k)) < 0.08) sum += peak[p].power;
  }
  return sum;
}

/* Measured vectors of two peaks with indices: rows of [p; q] · measured = [h1 k1; h2 k2]. */
static int Solve(const AetLatticePeak *p, const AetLatticePeak *q, int sign, const int i[2], const int j[2], double measured[2][2])
{
  const double rows[2][2] = {{p->g[0], p->g[1]}, {sign * q->g[0], sign * q->g[1]}};
  double       inverse[2][2];

  if (!(fabs(AetMatrixInverse(rows, inverse)) > 1e-9) || i[0] * j[1] == i[1] * j[0]) return 0;
  for (int a = 0; a < 2; a++)
    for (int b = 0; b < 2; b++) measured[a][b] = inverse[a][0] * i[b] + inverse[a][1] * j[b];
  return 1;
}

typedef struct {
  double power, distortion, measured[2][2];
  int    mirrored;
} Best;

/* Of much the same power, the less distorted one. */
static void Consider(int peaks, const AetLatticePeak *peak, const double measured[2][2], double distortion, int mirrored, Best *best)
{
  const double power = Explained(peaks, peak, measured);

  if (power < 0.98 * best->power || (power <= best->power / 0.98 && distortion >= best->distortion)) return;
  best->power = power, best->distortion = distortion, best->mirrored = mirrored;
  memcpy(best->measured, measured, sizeof best->measured);
}

double AetLatticeIndex(int peaks, const AetLatticePeak *peak, const double lattice[2][2], double most, double measured[2][2], int *mirrored)
{
  const double behind[2][2] = {{lattice[0][0], lattice[0][1]}, {-lattice[1][0], -lattice[1][1]}};
  Best         best = {0};
  double       all = 0;

  for (int p = 0; p < peaks; p++) all += peak[p].power;
  for (int p = 0; p < peaks && p < STRONGEST; p++)
    for (int q = p + 1; q < peaks && q < STRONGEST; q++)
      for (int c = 0; c < 2 * 2 * INDICES * INDICES; c++) {
        const int *i = aet_index[c / 4 % INDICES], *j = aet_index[c / 4 / INDICES];
        double     vectors[2][2];

        if (!Solve(&peak[p], &peak[q], c & 1 ? 1 : -1, i, j, vectors)) continue;
        const double distortion = Distortion(c & 2 ? behind : lattice, (const double(*)[2])vectors);
        if (distortion < most) Consider(peaks, peak, (const double(*)[2])vectors, distortion, (c & 2) != 0, &best);
      }
  if (best.power <= 0) return 0;
  memcpy(measured, best.measured, sizeof best.measured);
  *mirrored = best.mirrored;
  return best.power / all;
}
