/* Least squares of a grain's cell and origin. */
#include "structure/kernel/lattice_grow.h"
#include <math.h>
#include <string.h>

/* Solves the symmetric system m (4 x 4) · s = r (4 x 3) by Cholesky; 0 where it is close to singular. */
static int Solve(double m[4][4], double r[4][3])
{
  for (int j = 0; j < 4; j++) {
    double pivot = m[j][j];
    for (int k = 0; k < j; k++) pivot -= m[j][k] * m[j][k];
    if (!(pivot > 1e-3 * m[j][j]) && j) return 0;
    if (!(pivot > 0)) return 0;
    m[j][j] = sqrt(pivot);
    for (int i = j + 1; i < 4; i++) {
      for (int k = 0; k < j; k++) m[i][j] -= m[i][k] * m[j][k];
      m[i][j] /= m[j][j];
    }
  }
  for (int a = 0; a < 3; a++) {
    for (int i = 0; i < 4; i++) {
      for (int k = 0; k < i; k++) r[i][a] -= m[i][k] * r[k][a];
      r[i][a] /= m[i][i];
    }
    for (int i = 3; i >= 0; i--) {
      for (int k = i + 1; k < 4; k++) r[i][a] -= m[k][i] * r[k][a];
      r[i][a] /= m[i][i];
    }
  }
  return 1;
}

/* The sums are about the mean of the fractions, so that far origins do no harm. */
static int FitCell(AetGrowGrain *g, const AetGrowAtoms *atoms, const double centre[3])
{
  double m[4][4] = {{0}}, r[4][3] = {{0}};

  for (ptrdiff_t k = 0; k < g->members; k++) {
    const ptrdiff_t i = g->member[k];
    double          f[4] = {1};
    AetSitesFraction(g->kind, g->index[i], f + 1);
    for (int a = 0; a < 3; a++) f[a + 1] -= centre[a];
    for (int a = 0; a < 4; a++) {
      for (int b = 0; b < 4; b++) m[a][b] += f[a] * f[b];
      for (int b = 0; b < 3; b++) r[a][b] += f[a] * atoms->position[3 * i + b];
    }
  }
  if (!Solve(m, r)) return 0;
  memcpy(g->cell, r[1], sizeof g->cell);
  return 1;
}

void AetGrowFitBonds(AetGrowGrain *g)
{
  double inverse[9];

  if (!AetSitesInvert(g->square, inverse)) return;
  for (int a = 0; a < 3; a++) /* bonds that all but lie in a plane */
    if (!(inverse[4 * a] > 0 && inverse[4 * a] * g->square[4 * a] < 100)) return;
  for (int a = 0; a < 3; a++)
    for (int b = 0; b < 3; b++)
      g->cell[3 * a + b] = inverse[3 * a] * g->product[b] + inverse[3 * a + 1] * g->product[3 + b] + inverse[3 * a + 2] * g->product[6 + b];
  AetGrowSteps(g);
}

void AetGrowFit(AetGrowGrain *g, const AetGrowAtoms *atoms)
{
  double    centre[3] = {0}, mean[3] = {0}, x[3];
  ptrdiff_t bonds;

  for (ptrdiff_t k = 0; k < g->members; k++) {
    double f[3];
    AetSitesFraction(g->kind, g->index[g->member[k]], f);
    for (int a = 0; a < 3; a++)
      centre[a] += f[a] / (double)g->members, mean[a] += atoms->position[3 * g->member[k] + a] / (double)g->members;
  }
  if (g->members >= 8 && 500 * AetGrowCut(g, atoms, &bonds) <= bonds && FitCell(g, atoms, centre)) AetGrowSteps(g);
  AetSitesVector(g->cell, centre, x);
  for (int a = 0; a < 3; a++) g->origin[a] = mean[a] - x[a];
}
