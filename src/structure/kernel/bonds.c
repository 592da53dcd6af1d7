/* Deformation gradient of the first shell. */
#include "structure/kernel/bonds.h"
#include <math.h>
#include <string.h>

enum { ROOM = 48 };

/* Neighbours of a site in Å; returns how many. */
static int Shell(int kind, int sublattice, const double cell[9], double shell[AET_SITES_NEAR][3])
{
  const int from[3] = {0, 0, sublattice};
  int       offset[AET_SITES_NEAR][3];
  const int count = AetSitesNeighbours(kind, sublattice, offset);
  double    here[3];

  AetSitesFraction(kind, from, here);
  for (int k = 0; k < count; k++) {
    const int n[3] = {offset[k][0], offset[k][1], sublattice + offset[k][2]};
    double    f[3];
    AetSitesFraction(kind, n, f);
    for (int a = 0; a < 3; a++) f[a] -= here[a];
    AetSitesVector(cell, f, shell[k]);
  }
  return count;
}

int AetBondsDeformation(int kind, int sublattice, const double cell[9], int count, const double (*bond)[3], double F[9], double *d2)
{
  double    shell[AET_SITES_NEAR][3], M[9] = {0}, V[9] = {0}, inverse[9], size = 0;
  int       to[ROOM], kept = 0, which[ROOM];
  const int sites = Shell(kind, sublattice, cell, shell);

  memset(F, 0, 9 * sizeof *F);
  *d2 = 0;
  for (int a = 0; a < 3; a++) size += shell[0][a] * shell[0][a];
  for (int k = 0; k < count && kept < ROOM; k++) {
    double near = 0.25 * size;
    int    best = -1;
    for (int s = 0; s < sites; s++) {
      double far = 0;
      for (int a = 0; a < 3; a++) far += (bond[k][a] - shell[s][a]) * (bond[k][a] - shell[s][a]);
      if (far < near) near = far, best = s;
    }
    if (best < 0) continue;
    which[kept] = k, to[kept++] = best;
    for (int a = 0; a < 3; a++)
      for (int b = 0; b < 3; b++) M[3 * a + b] += shell[best][a] * shell[best][b], V[3 * a + b] += bond[k][a] * shell[best][b];
  }
  if (kept < 4 || !AetSitesInvert(M, inverse)) return 0;
  for (int a = 0; a < 3; a++)
    if (!(inverse[4 * a] > 0 && inverse[4 * a] * size < 1e3)) return 0; /* a plane, or nearly */
  for (int a = 0; a < 3; a++)
    for (int b = 0; b < 3; b++)
      for (int c = 0; c < 3; c++) F[3 * a + b] += V[3 * a + c] * inverse[3 * c + b];
  for (int k = 0; k < kept; k++)
    for (int a = 0; a < 3; a++) {
      const double *s = shell[to[k]], rest = bond[which[k]][a] - F[3 * a] * s[0] - F[3 * a + 1] * s[1] - F[3 * a + 2] * s[2];
      *d2 += rest * rest / kept;
    }
  return 1;
}
