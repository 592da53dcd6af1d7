#include "recon/kernel/rigid.h"
#include <math.h>
#include <string.h>

void AetRotationExp(const double w[3], double Q[9])
{
  const double angle = sqrt(w[0] * w[0] + w[1] * w[1] + w[2] * w[2]);
  const double a = angle > 1e-8 ? sin(angle) / angle : 1, b = angle > 1e-8 ? (1 - cos(angle)) / (angle * angle) : 0.5;

  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++) Q[3 * i + j] = (i == j ? cos(angle) : 0) + b * w[i] * w[j];
  Q[1] -= a * w[2], Q[3] += a * w[2];
  Q[2] += a * w[1], Q[6] -= a * w[1];
  Q[5] -= a * w[0], Q[7] += a * w[0];
}

double AetRotationAngle(const double Q[9])
{
  /* atan2, not acos of the trace: that loses half of the digits near 0 */
  const double s = hypot(hypot(Q[7] - Q[5], Q[2] - Q[6]), Q[3] - Q[1]), c = Q[0] + Q[4] + Q[8] - 1;

  return atan2(s, c);
}

void AetRotationMultiply(const double A[9], const double B[9], double C[9])
{
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++) C[3 * i + j] = A[3 * i] * B[j] + A[3 * i + 1] * B[3 + j] + A[3 * i + 2] * B[6 + j];
}

void AetRotationDivide(const double A[9], const double B[9], double C[9])
{
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++) C[3 * i + j] = A[3 * i] * B[3 * j] + A[3 * i + 1] * B[3 * j + 1] + A[3 * i + 2] * B[3 * j + 2];
}

/* Cofactors: det(A) times the transposed inverse. */
static double Cofactors(const double A[9], double C[9])
{
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++) {
      const int a = (i + 1) % 3, b = (i + 2) % 3, c = (j + 1) % 3, d = (j + 2) % 3;
      C[3 * i + j] = A[3 * a + c] * A[3 * b + d] - A[3 * a + d] * A[3 * b + c];
    }
  return A[0] * C[0] + A[1] * C[1] + A[2] * C[2];
}

void AetRotationCommon(ptrdiff_t count, const double (*A)[9], const double (*B)[9], double Q[9])
{
  double C[9];

  memset(Q, 0, 9 * sizeof *Q);
  for (ptrdiff_t v = 0; v < count; v++)
    for (int i = 0; i < 3; i++)
      for (int j = 0; j < 3; j++)
        for (int k = 0; k < 3; k++) Q[3 * i + j] += A[v][3 * k + i] * B[v][3 * k + j] / (double)count;
  for (int step = 0; step < 30; step++) { /* Newton's iteration for the polar factor (Higham 1986) */
    const double determinant = Cofactors(Q, C);
    if (!(determinant > 1e-12)) break;
    for (int i = 0; i < 9; i++) Q[i] = 0.5 * (Q[i] + C[i] / determinant);
  }
}

void AetShiftCommon(ptrdiff_t count, const double (*R)[9], const double (*shift)[2], double T[3])
{
  double H[9] = {0}, g[3] = {0};

  for (ptrdiff_t v = 0; v < count; v++)
    for (int row = 0; row < 2; row++)
      for (int i = 0; i < 3; i++) {
        g[i] += R[v][3 * row + i] * shift[v][row];
        for (int j = 0; j < 3; j++) H[3 * i + j] += R[v][3 * row + i] * R[v][3 * row + j];
      }
  for (int i = 0; i < 3; i++) H[4 * i] += 1e-9 * (double)count;
  AetSolvePositive(3, H, g, T);
}

int AetSolvePositive(int n, double *H, const double *g, double *x)
{
  memset(x, 0, (size_t)n * sizeof *x);
  for (int i = 0; i < n; i++)
    for (int j = 0; j <= i; j++) {
      double sum = H[i * n + j];
      for (int k = 0; k < j; k++) sum -= H[i * n + k] * H[j * n + k];
      if (i == j && !(sum > 0)) return 0;
      H[i * n + j] = i == j ? sqrt(sum) : sum / H[j * n + j];
    }
  for (int i = 0; i < n; i++) {
    x[i] = g[i];
    for (int k = 0; k < i; k++) x[i] -= H[i * n + k] * x[k];
    x[i] /= H[i * n + i];
  }
  for (int i = n - 1; i >= 0; i--) {
    for (int k = i + 1; k < n; k++) x[i] -= H[k * n + i] * x[k];
    x[i] /= H[i * n + i];
  }
  return 1;
}
