/* A bent lattice fitted to every pixel of an image at once. */
#include "tilt/kernel/lattice_fit.h"
#include <complex.h>
#include <math.h>
#include <string.h>

int AetLatticeUnknowns(const AetLatticeModel *model)
{
  return AET_LATTICE_BACKGROUND + 2 * model->harmonics + 2 * model->moved;
}

/* exp(2πi n s) for n = -AET_LATTICE_ORDER … AET_LATTICE_ORDER, the middle element being n = 0. */
static void Powers(double s, double complex power[2 * AET_LATTICE_ORDER + 1])
{
  const double complex z = CMPLX(cos(2 * M_PI * s), sin(2 * M_PI * s));

  power[AET_LATTICE_ORDER] = 1;
  for (int n = 1; n <= AET_LATTICE_ORDER; n++) {
    power[AET_LATTICE_ORDER + n] = power[AET_LATTICE_ORDER + n - 1] * z;
    power[AET_LATTICE_ORDER - n] = conj(power[AET_LATTICE_ORDER + n]);
  }
}

/* The model at a place and its derivatives by all unknowns; x, y over the half. */
static double Model(const AetLatticeModel *model, double x, double y, double derivative[AET_LATTICE_UNKNOWNS])
{
  const double   background[AET_LATTICE_BACKGROUND] = {1, x, y, x * x, x * y, y * y};
  const double  *amplitude = model->linear + AET_LATTICE_BACKGROUND;
  double complex power[2][2 * AET_LATTICE_ORDER + 1];
  double         monomial[AET_SCAN_TERMS], slope[2] = {0}, value = 0;
  int            u = AET_LATTICE_BACKGROUND;

  AetScanMonomials(x, y, monomial);
  for (int i = 0; i < 2; i++) {
    double s = 0;

    for (int t = 0; t < model->terms; t++) s += model->coordinate[i][t] * monomial[t];
    Powers(s, power[i]);
  }
  for (int b = 0; b < AET_LATTICE_BACKGROUND; b++) derivative[b] = background[b], value += model->linear[b] * background[b];
  for (int n = 0; n < model->harmonics; n++, u += 2) {
    const double complex z = power[0][AET_LATTICE_ORDER + model->index[n][0]] * power[1][AET_LATTICE_ORDER + model->index[n][1]];
    const double         a = amplitude[2 * n], b = amplitude[2 * n + 1], turned = 2 * M_PI * (b * creal(z) - a * cimag(z));

    derivative[u] = creal(z), derivative[u + 1] = cimag(z);
    value += a * creal(z) + b * cimag(z);
    for (int i = 0; i < 2; i++) slope[i] += turned * model->index[n][i];
  }
  for (int i = 0; i < 2; i++)
    for (int t = 0; t < model->moved; t++) derivative[u++] = slope[i] * monomial[t];
  return value;
}

void AetLatticeRow(const AetLatticeModel *model, double window, ptrdiff_t y, const float *row, double *normal, double *right,
                   double *squares, double *pixels)
{
  const int    unknowns = AetLatticeUnknowns(model);
  const double v = (double)(y - model->ny / 2) / model->half;

  if (fabs(v) > window) return;
  for (ptrdiff_t p = 0; p < model->nx; p++) {
    const double u = (double)(p - model->nx / 2) / model->half;
    double       derivative[AET_LATTICE_UNKNOWNS], rest;

    if (fabs(u) > window) continue;
    rest = (double)row[p] - Model(model, u, v, derivative);
    for (int i = 0; i < unknowns; i++) {
      right[i] += derivative[i] * (double)row[p]; /* linear unknowns are solved in full, coordinates for their change */
      for (int j = 0; j <= i; j++) normal[i * unknowns + j] += derivative[i] * derivative[j];
    }
    *squares += rest * rest;
    *pixels += 1;
  }
}

int AetLatticeSolve(int n, double *normal, double *right)
{
  for (int j = 0; j < n; j++) {
    for (int i = j; i < n; i++) {
      double sum = normal[i * n + j];

      for (int k = 0; k < j; k++) sum -= normal[i * n + k] * normal[j * n + k];
      if (i == j && !(sum > 1e-12 * fabs(normal[j * n + j]))) return 0;
      normal[i * n + j] = i == j ? sqrt(sum) : sum / normal[j * n + j];
    }
  }
  for (int i = 0; i < n; i++) {
    for (int k = 0; k < i; k++) right[i] -= normal[i * n + k] * right[k];
    right[i] /= normal[i * n + i];
  }
  for (int i = n; i-- > 0;) {
    for (int k = i + 1; k < n; k++) right[i] -= normal[k * n + i] * right[k];
    right[i] /= normal[i * n + i];
  }
  return 1;
}

void AetLatticeColumn(int n, const double *factor, int at, double *column)
{
  for (int i = 0; i < n; i++) {
    column[i] = i == at;
    for (int k = 0; k < i; k++) column[i] -= factor[i * n + k] * column[k];
    column[i] /= factor[i * n + i];
  }
  for (int i = n; i-- > 0;) {
    for (int k = i + 1; k < n; k++) column[i] -= factor[k * n + i] * column[k];
    column[i] /= factor[i * n + i];
  }
}

void AetLatticeScore(const AetLatticeModel *model, double window, ptrdiff_t y, const float *row, double *score)
{
  const int    unknowns = AetLatticeUnknowns(model);
  const double v = (double)(y - model->ny / 2) / model->half;

  memset(score, 0, sizeof *score * (size_t)unknowns);
  if (fabs(v) > window) return;
  for (ptrdiff_t p = 0; p < model->nx; p++) {
    const double u = (double)(p - model->nx / 2) / model->half;
    double       derivative[AET_LATTICE_UNKNOWNS], rest;

    if (fabs(u) > window) continue;
    rest = (double)row[p] - Model(model, u, v, derivative);
    for (int i = 0; i < unknowns; i++) score[i] += derivative[i] * rest;
  }
}
