/* A map of the plane by polynomials of third order, and its inverse. */
#include "tilt/kernel/scan_terms.h"
#include <math.h>

void AetScanMonomials(double x, double y, double monomial[AET_SCAN_TERMS])
{
  const double all[AET_SCAN_TERMS] = {x, y, x * x, x * y, y * y, x * x * x, x * x * y, x * y * y, y * y * y};

  for (int t = 0; t < AET_SCAN_TERMS; t++) monomial[t] = all[t];
}

void AetScanPlace(const double term[2][AET_SCAN_TERMS], const double m[2], double place[2], double J[2][2])
{
  const double x = m[0], y = m[1];
  double       monomial[AET_SCAN_TERMS];

  AetScanMonomials(x, y, monomial);
  for (int a = 0; a < 2; a++) {
    const double *t = term[a];

    place[a] = 0;
    for (int i = 0; i < AET_SCAN_TERMS; i++) place[a] += t[i] * monomial[i];
    J[a][0] = t[0] + 2 * t[2] * x + t[3] * y + 3 * t[5] * x * x + 2 * t[6] * x * y + t[7] * y * y;
    J[a][1] = t[1] + t[3] * x + 2 * t[4] * y + t[6] * x * x + 2 * t[7] * x * y + 3 * t[8] * y * y;
  }
}

double AetMatrixInverse(const double M[2][2], double inverse[2][2])
{
  const double a = M[0][0], b = M[0][1], c = M[1][0], d = M[1][1], determinant = a * d - b * c;

  inverse[0][0] = d / determinant, inverse[0][1] = -b / determinant;
  inverse[1][0] = -c / determinant, inverse[1][1] = a / determinant;
  return determinant;
}

int AetScanInverse(const double term[2][AET_SCAN_TERMS], const double place[2], double m[2])
{
  for (int step = 0; step < 30; step++) {
    double at[2], J[2][2], inverse[2][2], move[2];

    AetScanPlace(term, m, at, J);
    AetMatrixInverse((const double(*)[2])J, inverse);
    for (int a = 0; a < 2; a++) move[a] = inverse[a][0] * (place[0] - at[0]) + inverse[a][1] * (place[1] - at[1]);
    m[0] += move[0], m[1] += move[1];
    if (!(fabs(move[0]) + fabs(move[1]) < 1e6)) return 0;
    if (fabs(move[0]) + fabs(move[1]) < 1e-9) return 1;
  }
  return 0;
}

void AetMatrixTriangular(const double G[2][2], double Q[2][2], double U[2][2])
{
  const double length = hypot(G[0][0], G[1][0]), c = G[0][0] / length, s = G[1][0] / length;

  Q[0][0] = c, Q[0][1] = -s, Q[1][0] = s, Q[1][1] = c;
  U[0][0] = length, U[0][1] = c * G[0][1] + s * G[1][1];
  U[1][0] = 0, U[1][1] = c * G[1][1] - s * G[0][1];
}
