/* Weighted least squares of a line in three dimensions. The slopes are linear in the values, which gives their variance in closed form. */
#include "structure/kernel/local_line.h"
#include <math.h>
#include <string.h>

static const int pair[6][2] = {{0, 0}, {1, 1}, {2, 2}, {1, 2}, {0, 2}, {0, 1}};

/* Inverse of a symmetric positive 4 x 4 matrix by Cholesky; 0 where a pivot all but vanishes. */
static int Invert(const double m[16], double inverse[16])
{
  double L[16] = {0}, B[16] = {0};

  for (int j = 0; j < 4; j++) {
    double pivot = m[5 * j];
    for (int k = 0; k < j; k++) pivot -= L[4 * j + k] * L[4 * j + k];
    if (!(pivot > 1e-3 * m[5 * j])) return 0;
    L[5 * j] = sqrt(pivot);
    for (int i = j + 1; i < 4; i++) {
      double sum = m[4 * i + j];
      for (int k = 0; k < j; k++) sum -= L[4 * i + k] * L[4 * j + k];
      L[4 * i + j] = sum / L[5 * j];
    }
  }
  for (int c = 0; c < 4; c++) /* L B = 1 */
    for (int i = c; i < 4; i++) {
      double sum = i == c;
      for (int k = c; k < i; k++) sum -= L[4 * i + k] * B[4 * k + c];
      B[4 * i + c] = sum / L[5 * i];
    }
  for (int i = 0; i < 4; i++)
    for (int j = 0; j < 4; j++) {
      inverse[4 * i + j] = 0;
      for (int k = 0; k < 4; k++) inverse[4 * i + j] += B[4 * k + i] * B[4 * k + j];
    }
  return 1;
}

int AetLocalLineFit(ptrdiff_t count, const double (*d)[3], const double (*u)[3], const double *w, AetLocalLine *line)
{
  double m[16] = {0}, r[12] = {0};

  memset(line, 0, sizeof *line);
  for (ptrdiff_t k = 0; k < count; k++) {
    const double p[4] = {1, d[k][0], d[k][1], d[k][2]};
    for (int i = 0; i < 4; i++) {
      const double q = w[k] * p[i];
      for (int j = 0; j <= i; j++) m[4 * i + j] += q * p[j];
      for (int a = 0; a < 3; a++) r[3 * i + a] += q * u[k][a];
    }
  }
  for (int i = 0; i < 4; i++)
    for (int j = i + 1; j < 4; j++) m[4 * i + j] = m[4 * j + i];
  if (count < 5 || !Invert(m, line->inverse)) {
    memset(line, 0, sizeof *line);
    return 0;
  }
  line->weight = m[0];
  for (int i = 0; i < 4; i++)
    for (int a = 0; a < 3; a++) {
      double sum = 0;
      for (int j = 0; j < 4; j++) sum += line->inverse[4 * i + j] * r[3 * j + a];
      *(i ? &line->gradient[3 * a + i - 1] : &line->value[a]) = sum;
    }
  return 1;
}

void AetLocalLineVariance(ptrdiff_t count, const double (*d)[3], const double *w, const double (*variance)[3], const AetLocalLine *line,
                          double strain[6])
{
  memset(strain, 0, 6 * sizeof *strain);
  for (ptrdiff_t k = 0; k < count; k++) {
    double square[3]; /* of what this value weighs in the slope along each axis */
    for (int b = 0; b < 3; b++) {
      const double *row = line->inverse + 4 * (b + 1);
      square[b] = w[k] * (row[0] + row[1] * d[k][0] + row[2] * d[k][1] + row[3] * d[k][2]);
      square[b] *= square[b];
    }
    for (int c = 0; c < 3; c++) strain[c] += square[c] * variance[k][c];
    for (int c = 3; c < 6; c++) {
      const int a = pair[c][0], b = pair[c][1];
      strain[c] += 0.25 * (square[b] * variance[k][a] + square[a] * variance[k][b]);
    }
  }
}

void AetLocalStrain(const double gradient[9], double strain[6], double rotation[3])
{
  for (int c = 0; c < 6; c++) strain[c] = 0.5 * (gradient[3 * pair[c][0] + pair[c][1]] + gradient[3 * pair[c][1] + pair[c][0]]);
  for (int a = 0; a < 3; a++) {
    const int b = (a + 1) % 3, c = (a + 2) % 3;
    rotation[a] = 0.5 * (gradient[3 * c + b] - gradient[3 * b + c]);
  }
}
