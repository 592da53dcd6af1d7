#include "atoms/kernel/rigid.h"
#include <math.h>

enum { SWEEPS = 50 };

/* The eigenvector of the largest eigenvalue of a symmetric 4 x 4 matrix, by Jacobi's rotations. */
static void LargestEigenvector(double m[4][4], double vector[4])
{
  double v[4][4] = {{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}, {0, 0, 0, 1}};
  int    best = 0;

  for (int sweep = 0; sweep < SWEEPS; sweep++)
    for (int p = 0; p < 3; p++)
      for (int q = p + 1; q < 4; q++) {
        double theta, t, c, s;
        if (m[p][q] == 0) continue;
        theta = (m[q][q] - m[p][p]) / (2 * m[p][q]);
        t = (theta >= 0 ? 1 : -1) / (fabs(theta) + sqrt(theta * theta + 1));
        c = 1 / sqrt(t * t + 1), s = t * c;
        for (int k = 0; k < 4; k++) {
          const double a = m[k][p], b = m[k][q];
          m[k][p] = c * a - s * b, m[k][q] = s * a + c * b;
        }
        for (int k = 0; k < 4; k++) {
          const double a = m[p][k], b = m[q][k];
          m[p][k] = c * a - s * b, m[q][k] = s * a + c * b;
        }
        for (int k = 0; k < 4; k++) {
          const double a = v[k][p], b = v[k][q];
          v[k][p] = c * a - s * b, v[k][q] = s * a + c * b;
        }
      }
  for (int k = 1; k < 4; k++)
    if (m[k][k] > m[best][best]) best = k;
  for (int k = 0; k < 4; k++) vector[k] = v[k][best];
}

/* Quaternion (w, x, y, z) to a matrix. */
static void FromQuaternion(const double q[4], double R[9])
{
  const double n = sqrt(q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3]), w = q[0] / n, x = q[1] / n, y = q[2] / n, z = q[3] / n;

  R[0] = 1 - 2 * (y * y + z * z), R[1] = 2 * (x * y - w * z), R[2] = 2 * (x * z + w * y);
  R[3] = 2 * (x * y + w * z), R[4] = 1 - 2 * (x * x + z * z), R[5] = 2 * (y * z - w * x);
  R[6] = 2 * (x * z - w * y), R[7] = 2 * (y * z + w * x), R[8] = 1 - 2 * (x * x + y * y);
}

void AetRigidFit(ptrdiff_t count, const double *a, const double *b, double R[9], double shift[3])
{
  double ca[3] = {0}, cb[3] = {0}, S[3][3] = {{0}}, m[4][4], q[4];

  for (ptrdiff_t i = 0; i < count; i++)
    for (int k = 0; k < 3; k++) ca[k] += a[3 * i + k] / (double)count, cb[k] += b[3 * i + k] / (double)count;
  for (ptrdiff_t i = 0; i < count; i++)
    for (int k = 0; k < 3; k++)
      for (int l = 0; l < 3; l++) S[k][l] += (a[3 * i + k] - ca[k]) * (b[3 * i + l] - cb[l]);
  m[0][0] = S[0][0] + S[1][1] + S[2][2];
  m[0][1] = S[1][2] - S[2][1], m[0][2] = S[2][0] - S[0][2], m[0][3] = S[0][1] - S[1][0];
  m[1][1] = S[0][0] - S[1][1] - S[2][2], m[2][2] = S[1][1] - S[0][0] - S[2][2], m[3][3] = S[2][2] - S[0][0] - S[1][1];
  m[1][2] = S[0][1] + S[1][0], m[1][3] = S[2][0] + S[0][2], m[2][3] = S[1][2] + S[2][1];
  for (int k = 0; k < 4; k++)
    for (int l = 0; l < k; l++) m[k][l] = m[l][k];
  LargestEigenvector(m, q);
  FromQuaternion(q, R);
  for (int k = 0; k < 3; k++) shift[k] = cb[k] - R[3 * k] * ca[0] - R[3 * k + 1] * ca[1] - R[3 * k + 2] * ca[2];
}

void AetRotationSpread(ptrdiff_t index, ptrdiff_t count, double R[9])
{
  const double phi = sqrt(2), psi = 1.533751168755204288118041; /* Alexa 2022, sec. 4: ψ⁴ = ψ + 4 */
  const double s = (double)index + 0.5, t = s / (double)count, d = 2 * M_PI * s, r = sqrt(t), rest = sqrt(1 - t);
  const double q[4] = {r * sin(d / phi), r * cos(d / phi), rest * sin(d / psi), rest * cos(d / psi)};

  FromQuaternion(q, R);
}

void AetRotationAxes(int index, double R[9])
{
  static const int order[6][3] = {{0, 1, 2}, {1, 2, 0}, {2, 0, 1}, {0, 2, 1}, {2, 1, 0}, {1, 0, 2}}; /* three even, three odd */
  const int        improper = index >= 24, which = index % 24 / 4, flips = index % 4;
  double           sign[3] = {flips & 1 ? -1 : 1, flips & 2 ? -1 : 1, 1};

  sign[2] = sign[0] * sign[1] * (which >= 3 ? -1 : 1) * (improper ? -1 : 1); /* the determinant is 1, or -1 */
  for (int k = 0; k < 9; k++) R[k] = 0;
  for (int k = 0; k < 3; k++) R[3 * k + order[which][k]] = sign[k];
}

void AetRotationTimes(const double A[9], const double B[9], double C[9])
{
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++) C[3 * i + j] = A[3 * i] * B[j] + A[3 * i + 1] * B[3 + j] + A[3 * i + 2] * B[6 + j];
}
