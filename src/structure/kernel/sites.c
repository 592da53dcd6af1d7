/* Sites of lattices, named by integers. */
#include "structure/kernel/sites.h"
#include "atoms/kernel/rigid.h"
#include <math.h>
#include <string.h>

int AetSitesSublattice(int kind, const int index[3])
{
  return kind == AET_SITES_HCP ? index[2] & 1 : 0;
}

void AetSitesFraction(int kind, const int index[3], double f[3])
{
  const double unit = kind == AET_SITES_FCC || kind == AET_SITES_BCC ? 0.5 : 1;

  for (int a = 0; a < 3; a++) f[a] = unit * index[a];
  if (kind != AET_SITES_HCP) return;
  f[2] *= 0.5;
  if (index[2] & 1) f[0] += 1 / 3., f[1] += 2 / 3.;
}

void AetSitesCell(int kind, double cell[9])
{
  const double edge = kind == AET_SITES_FCC ? sqrt(2) : kind == AET_SITES_BCC ? 2 / sqrt(3) : 1;

  for (int i = 0; i < 9; i++) cell[i] = i % 4 ? 0 : edge;
  if (kind != AET_SITES_HCP) return;
  cell[3] = -0.5;
  cell[4] = sqrt(0.75);
  cell[8] = sqrt(8 / 3.);
}

double AetSitesReach(int kind)
{
  return kind == AET_SITES_BCC ? 1.39 : 1.207; /* half-way to the next shell */
}

void AetSitesVector(const double cell[9], const double f[3], double x[3])
{
  for (int a = 0; a < 3; a++) x[a] = f[0] * cell[a] + f[1] * cell[3 + a] + f[2] * cell[6 + a];
}

int AetSitesInvert(const double m[9], double inverse[9])
{
  double det;

  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++) {
      const int a = (j + 1) % 3, b = (j + 2) % 3, c = (i + 1) % 3, d = (i + 2) % 3;
      inverse[3 * i + j] = m[3 * a + c] * m[3 * b + d] - m[3 * a + d] * m[3 * b + c];
    }
  det = m[0] * inverse[0] + m[1] * inverse[3] + m[2] * inverse[6];
  if (!isfinite(det) || det == 0) return 0;
  for (int i = 0; i < 9; i++) inverse[i] /= det;
  return 1;
}

static int Valid(int kind, const int n[3])
{
  if (kind == AET_SITES_FCC) return !((n[0] + n[1] + n[2]) & 1);
  if (kind == AET_SITES_BCC) return ((n[0] ^ n[1]) & 1) == 0 && ((n[1] ^ n[2]) & 1) == 0;
  return 1;
}

int AetSitesNeighbours(int kind, int sublattice, int offset[AET_SITES_NEAR][3])
{
  const int from[3] = {0, 0, sublattice};
  double    cell[9], here[3], reach = AetSitesReach(kind);
  int       count = 0, most = kind == AET_SITES_SC ? 1 : 2;

  AetSitesCell(kind, cell);
  AetSitesFraction(kind, from, here);
  for (int k = -most; k <= most; k++)
    for (int j = -most; j <= most; j++)
      for (int i = -most; i <= most; i++) {
        const int n[3] = {i, j, sublattice + k};
        double    f[3], x[3], size;
        if (!(i || j || k) || !Valid(kind, n)) continue;
        AetSitesFraction(kind, n, f);
        for (int a = 0; a < 3; a++) f[a] -= here[a];
        AetSitesVector(cell, f, x);
        size = x[0] * x[0] + x[1] * x[1] + x[2] * x[2];
        if (size > reach * reach || count >= AET_SITES_NEAR) continue;
        offset[count][0] = i, offset[count][1] = j, offset[count++][2] = k;
      }
  return count;
}

void AetSitesRound(int kind, const double f[3], int index[3])
{
  const double unit = kind == AET_SITES_FCC || kind == AET_SITES_BCC ? 2 : 1;
  const int    wide = kind == AET_SITES_BCC ? 2 : 1; /* of bcc the nearest of the even ones may be two halves away */
  double       cell[9], best = INFINITY;
  int          low[3], n[3];

  AetSitesCell(kind, cell);
  low[2] = (int)floor((kind == AET_SITES_HCP ? 2 : unit) * f[2]) - (wide - 1);
  for (n[2] = low[2]; n[2] <= low[2] + 2 * wide - 1; n[2]++) {
    const int odd = AetSitesSublattice(kind, n);
    low[0] = (int)floor(unit * (f[0] - odd / 3.)) - (wide - 1);
    low[1] = (int)floor(unit * (f[1] - odd * 2 / 3.)) - (wide - 1);
    for (n[1] = low[1]; n[1] <= low[1] + 2 * wide - 1; n[1]++)
      for (n[0] = low[0]; n[0] <= low[0] + 2 * wide - 1; n[0]++) {
        double g[3], x[3], far;
        if (!Valid(kind, n)) continue;
        AetSitesFraction(kind, n, g);
        for (int a = 0; a < 3; a++) g[a] -= f[a];
        AetSitesVector(cell, g, x);
        far = x[0] * x[0] + x[1] * x[1] + x[2] * x[2];
        if (far < best) best = far, memcpy(index, n, sizeof n);
      }
  }
}

int AetSitesAxes(int kind, int choice, double P[9])
{
  static const double turn[9] = {1, 1, 0, -1, 0, 0, 0, 0, 1}; /* 60 degrees about c */
  double              next[9];

  if (choice >= (kind == AET_SITES_HCP ? 12 : 24)) return 0;
  if (kind != AET_SITES_HCP) {
    AetRotationAxes(choice, P);
    return 1;
  }
  for (int i = 0; i < 9; i++) P[i] = i % 4 ? 0 : 1;
  if (choice >= 6) P[3] = P[4] = P[8] = -1;
  for (int k = 0; k < choice % 6; k++) {
    AetRotationTimes(turn, P, next);
    memcpy(P, next, sizeof next);
  }
  return 1;
}
