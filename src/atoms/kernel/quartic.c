#include "atoms/kernel/quartic.h"
#include <math.h>
#include <string.h>

enum { TERMS = 35, POINTS = AET_QUARTIC_POINTS };

/* Exponents, those of degree ≤ 2 first in the order of AetQuartic.solve. */
static void Exponents(int e[TERMS][3])
{
  static const int low[10][3] = {{0, 0, 0}, {1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {2, 0, 0},
                                 {0, 2, 0}, {0, 0, 2}, {1, 1, 0}, {1, 0, 1}, {0, 1, 1}};
  int              n = 10;

  memcpy(e, low, sizeof low);
  for (int degree = 3; degree <= 4; degree++)
    for (int i = degree; i >= 0; i--)
      for (int j = degree - i; j >= 0; j--) {
        e[n][0] = i, e[n][1] = j, e[n][2] = degree - i - j;
        n++;
      }
}

/* a[TERMS][POINTS], columns of the weighted design matrix, becomes Q (columns), r its triangle: modified Gram-Schmidt with a second pass,
   which for 35 well-scaled columns is as orthogonal as Householder reflections and gives Q itself. */
static void Orthogonalise(double a[TERMS][POINTS], double r[TERMS][TERMS])
{
  memset(r, 0, sizeof(double) * TERMS * TERMS);
  for (int c = 0; c < TERMS; c++) {
    double norm = 0;
    for (int pass = 0; pass < 2; pass++)
      for (int b = 0; b < c; b++) {
        double dot = 0;
        for (int p = 0; p < POINTS; p++) dot += a[b][p] * a[c][p];
        for (int p = 0; p < POINTS; p++) a[c][p] -= dot * a[b][p];
        r[b][c] += dot;
      }
    for (int p = 0; p < POINTS; p++) norm += a[c][p] * a[c][p];
    r[c][c] = sqrt(norm);
    for (int p = 0; p < POINTS; p++) a[c][p] /= r[c][c];
  }
}

void AetQuarticPrepare(AetQuartic *quartic)
{
  static double a[TERMS][POINTS], r[TERMS][TERMS], root[POINTS];
  int           e[TERMS][3], n = 0;

  Exponents(e);
  for (int k = -3; k <= 3; k++)
    for (int j = -3; j <= 3; j++)
      for (int i = -3; i <= 3; i++) {
        double square = (double)(i * i + j * j + k * k);
        if (square > 3.5 * 3.5) continue;
        root[n] = exp(-0.5 * square / 9);
        /* in units of three steps the columns are of one size */
        for (int t = 0; t < TERMS; t++) a[t][n] = root[n] * pow(i / 3.0, e[t][0]) * pow(j / 3.0, e[t][1]) * pow(k / 3.0, e[t][2]);
        quartic->point[n++] = ((k + 3) * 7 + j + 3) * 7 + i + 3;
      }
  Orthogonalise(a, r);
  for (int p = 0; p < POINTS; p++) { /* back substitution of R s = Qᵀ root b for the unit sample at p */
    double s[TERMS];
    for (int t = TERMS - 1; t >= 0; t--) {
      s[t] = a[t][p] * root[p];
      for (int u = t + 1; u < TERMS; u++) s[t] -= r[t][u] * s[u];
      s[t] /= r[t][t];
    }
    for (int t = 0; t < 10; t++) quartic->solve[t][p] = s[t] / (t == 0 ? 1 : t < 4 ? 3 : 9);
  }
}

void AetQuarticFit(const AetQuartic *quartic, const double *samples, double coefficient[10])
{
  double value[POINTS];

  for (int p = 0; p < POINTS; p++) value[p] = samples[quartic->point[p]];
  for (int t = 0; t < 10; t++) {
    double sum = 0;
    for (int p = 0; p < POINTS; p++) sum += quartic->solve[t][p] * value[p];
    coefficient[t] = sum;
  }
}

int AetQuarticStep(const double c[10], double step[3])
{
  /* Cholesky of minus the Hessian exists only where it is negative definite */
  double a00 = -2 * c[4], a11 = -2 * c[5], a22 = -2 * c[6], l00, l10, l20, l11, l21, l22, y0, y1, y2;

  if (!(a00 > 0)) return 1;
  l00 = sqrt(a00);
  l10 = -c[7] / l00;
  l20 = -c[8] / l00;
  if (!(a11 - l10 * l10 > 0)) return 1;
  l11 = sqrt(a11 - l10 * l10);
  l21 = (-c[9] - l20 * l10) / l11;
  if (!(a22 - l20 * l20 - l21 * l21 > 0)) return 1;
  l22 = sqrt(a22 - l20 * l20 - l21 * l21);
  y0 = c[1] / l00;
  y1 = (c[2] - l10 * y0) / l11;
  y2 = (c[3] - l20 * y0 - l21 * y1) / l22;
  step[2] = y2 / l22;
  step[1] = (y1 - l21 * step[2]) / l11;
  step[0] = (y0 - l10 * step[1] - l20 * step[2]) / l00;
  return 0;
}
