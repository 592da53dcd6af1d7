#include "tilt/kernel/line_walk.h"
#include <math.h>
#include <string.h>

#define LOOSE 1e-6 /* 1/px²: what is known of a line that says nothing */

/* Symmetric 2 × 2 matrices {xx, xy, yy}. */
static double Determinant(const double m[3])
{
  return m[0] * m[2] - m[1] * m[1];
}

static void Invert(const double m[3], double inverse[3])
{
  const double d = Determinant(m);

  inverse[0] = m[2] / d, inverse[1] = -m[1] / d, inverse[2] = m[0] / d;
}

static void Times(const double m[3], const double v[2], double r[2])
{
  const double x = m[0] * v[0] + m[1] * v[1], y = m[1] * v[0] + m[2] * v[1];

  r[0] = x, r[1] = y;
}

static double Along(ptrdiff_t l, ptrdiff_t ny)
{
  return (double)l - (double)(ny - 1) / 2;
}

/* Σ_l = P + P Σ_{l+1} P / s², P the inverse pivot; from the last line back. */
static void Variances(ptrdiff_t ny, const double (*inverse)[3], double step_variance, double *variance)
{
  const double s2 = step_variance * step_variance;
  double       sigma[3] = {0};

  for (ptrdiff_t l = ny - 1; l >= 0; l--) {
    const double *P = inverse[l], a = P[0], b = P[1], c = P[2], u = sigma[0], v = sigma[1], w = sigma[2];
    sigma[0] = a + (a * (a * u + b * v) + b * (a * v + b * w)) / s2;
    sigma[1] = b + (a * (b * u + c * v) + b * (b * v + c * w)) / s2;
    sigma[2] = c + (b * (b * u + c * v) + c * (b * v + c * w)) / s2;
    variance[l] = (sigma[0] + sigma[2]) / 2;
  }
}

double AetLineWalk(ptrdiff_t ny, const double (*information)[3], const double (*pull)[2], const double rate[2], double step_variance,
                   double (*path)[2], double *variance, double *work)
{
  const double stiff = 1 / step_variance;
  double(*inverse)[3] = (double(*)[3])work, (*forward)[2] = (double(*)[2])(work + 3 * ny), (*start)[2] = (double(*)[2])(work + 5 * ny);
  double evidence = (double)(ny - 1) * log(stiff), previous[2] = {0};

  for (ptrdiff_t l = 0; l < ny; l++) { /* about the steady drift, where steps have no mean */
    const double steady[2] = {rate[0] * Along(l, ny), rate[1] * Along(l, ny)}, ends = l == 0 || l == ny - 1 ? (ny > 1 ? 1 : 0) : 2;
    double       pivot[3], known[2];
    Times(information[l], steady, known);
    if (pull) evidence += steady[0] * (pull[l][0] - known[0] / 2) + steady[1] * (pull[l][1] - known[1] / 2);
    pivot[0] = information[l][0] + LOOSE + ends * stiff, pivot[1] = information[l][1], pivot[2] = information[l][2] + LOOSE + ends * stiff;
    for (int a = 0; a < 2; a++) start[l][a] = forward[l][a] = (pull ? pull[l][a] : 0) - known[a];
    if (l > 0) {
      for (int m = 0; m < 3; m++) pivot[m] -= stiff * stiff * inverse[l - 1][m];
      for (int a = 0; a < 2; a++) forward[l][a] += stiff * previous[a];
    }
    Invert(pivot, inverse[l]);
    Times(inverse[l], forward[l], previous);
    evidence -= 0.5 * log(Determinant(pivot));
  }
  for (ptrdiff_t l = ny - 1; l >= 0; l--) {
    double from[2] = {forward[l][0], forward[l][1]};
    for (int a = 0; a < 2 && l < ny - 1; a++) from[a] += stiff * path[l + 1][a];
    Times(inverse[l], from, path[l]);
  }
  for (ptrdiff_t l = 0; l < ny; l++)
    for (int a = 0; a < 2; a++) {
      evidence += 0.5 * start[l][a] * path[l][a];
      path[l][a] += rate[a] * Along(l, ny);
    }
  if (variance) Variances(ny, (const double(*)[3])inverse, step_variance, variance);
  return evidence;
}

double AetLineWalkFree(ptrdiff_t ny, const double (*information)[3], const double (*pull)[2], double rate[2], double rate_variance,
                       double step_variance, double (*path)[2], double *variance, double *work)
{
  const double span = (double)(ny - 1), steps = span / step_variance, about[2] = {rate[0], rate[1]}, zero[2] = {0};
  double       slope[3][2], H[3], inverse[3], g[2], evidence;

  if (ny < 2) return AetLineWalk(ny, information, pull, rate, step_variance, path, variance, work);
  for (int a = 0; a < 3; a++) { /* the mean slope of the path that each unit of rate, and the lines, bring about */
    const double unit[2] = {a == 0, a == 1};
    AetLineWalk(ny, information, a < 2 ? NULL : pull, a < 2 ? unit : zero, step_variance, path, NULL, work);
    for (int b = 0; b < 2; b++) slope[a][b] = (path[ny - 1][b] - path[0][b]) / span;
  }
  /* the most likely rate is that slope, drawn towards `about` */
  H[0] = 1 / rate_variance + steps * (1 - slope[0][0]);
  H[1] = -steps * (slope[0][1] + slope[1][0]) / 2;
  H[2] = 1 / rate_variance + steps * (1 - slope[1][1]);
  for (int a = 0; a < 2; a++) g[a] = about[a] / rate_variance + steps * slope[2][a];
  Invert(H, inverse);
  Times(inverse, g, rate);
  evidence = AetLineWalk(ny, information, pull, rate, step_variance, path, variance, work) - 0.5 * log(Determinant(H));
  for (int a = 0; a < 2; a++) evidence -= 0.5 * (rate[a] - about[a]) * (rate[a] - about[a]) / rate_variance;
  return evidence;
}

/* 1 + variance · information, which commutes with the information. */
static void Softening(const double information[3], double variance, double m[3])
{
  m[0] = 1 + variance * information[0], m[1] = variance * information[1], m[2] = 1 + variance * information[2];
}

double AetLineSoften(ptrdiff_t ny, const double (*information)[3], const double (*pull)[2], double jitter_variance,
                     double (*soft_information)[3], double (*soft_pull)[2])
{
  double evidence = 0;

  for (ptrdiff_t l = 0; l < ny; l++) {
    const double *A = information[l];
    double        m[3], inverse[3];
    Softening(A, jitter_variance, m);
    Invert(m, inverse);
    Times(inverse, pull[l], soft_pull[l]);
    soft_information[l][0] = A[0] * inverse[0] + A[1] * inverse[1];
    soft_information[l][1] = A[0] * inverse[1] + A[1] * inverse[2];
    soft_information[l][2] = A[1] * inverse[1] + A[2] * inverse[2];
    evidence += 0.5 * jitter_variance * (pull[l][0] * soft_pull[l][0] + pull[l][1] * soft_pull[l][1]) - 0.5 * log(Determinant(m));
  }
  return evidence;
}

double AetLineJitter(ptrdiff_t ny, const double (*information)[3], const double (*soft_information)[3], const double (*soft_pull)[2],
                     double    jitter_variance, double (*path)[2])
{
  double variance = 0;

  for (ptrdiff_t l = 0; l < ny; l++) {
    double m[3], inverse[3], known[2];
    Softening(information[l], jitter_variance, m);
    Invert(m, inverse);
    variance += jitter_variance * (inverse[0] + inverse[2]) / (2 * (double)ny);
    Times(soft_information[l], path[l], known);
    for (int a = 0; a < 2; a++) path[l][a] += jitter_variance * (soft_pull[l][a] - known[a]);
  }
  return variance;
}

/* Cholesky's solution of H x = g and the inverse of H, in place, n ≤ 4. */
static void SolveSmall(int n, double H[4][4], double g[4], double inverse[4][4])
{
  double L[4][4] = {{0}}, y[4];

  for (int i = 0; i < n; i++)
    for (int j = 0; j <= i; j++) {
      double sum = H[i][j];
      for (int k = 0; k < j; k++) sum -= L[i][k] * L[j][k];
      L[i][j] = i == j ? sqrt(fmax(sum, 1e-300)) : sum / L[j][j];
    }
  for (int column = -1; column < n; column++) { /* -1: the right-hand side itself */
    for (int i = 0; i < n; i++) {
      y[i] = column < 0 ? g[i] : i == column;
      for (int k = 0; k < i; k++) y[i] -= L[i][k] * y[k];
      y[i] /= L[i][i];
    }
    for (int i = n - 1; i >= 0; i--) {
      for (int k = i + 1; k < n; k++) y[i] -= L[k][i] * y[k];
      y[i] /= L[i][i];
    }
    for (int i = 0; i < n; i++) *(column < 0 ? &g[i] : &inverse[i][column]) = y[i];
  }
}

double AetLineStraight(ptrdiff_t ny, const double (*information)[3], const double (*pull)[2], int rates, double rate[2], double (*path)[2])
{
  const int n = rates ? 4 : 2;
  double    H[4][4] = {{0}}, g[4] = {0}, inverse[4][4] = {{0}}, variance = 0;

  for (ptrdiff_t l = 0; l < ny; l++) {
    const double s = Along(l, ny) / (double)ny, *m = information[l], power[3] = {1, s, s * s};
    double       steady[2] = {rate[0] * Along(l, ny), rate[1] * Along(l, ny)};
    Times(m, steady, steady);
    for (int i = 0; i < n; i++)
      for (int j = 0; j < n; j++) H[i][j] += power[i / 2 + j / 2] * m[i % 2 + j % 2];
    for (int i = 0; i < n; i++) g[i] += power[i / 2] * (pull[l][i % 2] - (rates ? 0 : steady[i % 2]));
  }
  for (int i = 0; i < n; i++) H[i][i] += LOOSE * (double)ny;
  SolveSmall(n, H, g, inverse);
  if (rates) rate[0] = g[2] / (double)ny, rate[1] = g[3] / (double)ny;
  for (ptrdiff_t l = 0; l < ny; l++) {
    const double s = Along(l, ny) / (double)ny;
    for (int a = 0; a < 2; a++) {
      path[l][a] = g[a] + rate[a] * Along(l, ny);
      variance += (inverse[a][a] + (rates ? 2 * s * inverse[a][a + 2] + s * s * inverse[a + 2][a + 2] : 0)) / (2 * (double)ny);
    }
  }
  return variance;
}

void AetLineSummary(ptrdiff_t ny, const double (*path)[2], double shift[2], double rate[2])
{
  double moment = 0;

  shift[0] = shift[1] = rate[0] = rate[1] = 0;
  for (ptrdiff_t l = 0; l < ny; l++) {
    moment += Along(l, ny) * Along(l, ny);
    for (int a = 0; a < 2; a++) shift[a] += path[l][a] / (double)ny, rate[a] += Along(l, ny) * path[l][a];
  }
  for (int a = 0; a < 2; a++) rate[a] = moment > 0 ? rate[a] / moment : 0;
}
