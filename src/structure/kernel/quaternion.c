#include "structure/kernel/quaternion.h"
#include <math.h>
#include <string.h>

void AetQuaternionMultiply(const double a[4], const double b[4], double c[4])
{
  const double w = a[0] * b[0] - a[1] * b[1] - a[2] * b[2] - a[3] * b[3], x = a[0] * b[1] + a[1] * b[0] + a[2] * b[3] - a[3] * b[2],
               y = a[0] * b[2] - a[1] * b[3] + a[2] * b[0] + a[3] * b[1], z = a[0] * b[3] + a[1] * b[2] - a[2] * b[1] + a[3] * b[0];

  c[0] = w, c[1] = x, c[2] = y, c[3] = z;
}

void AetQuaternionMatrix(const double q[4], double m[9])
{
  const double w = q[0], x = q[1], y = q[2], z = q[3];

  m[0] = w * w + x * x - y * y - z * z, m[1] = 2 * (x * y - w * z), m[2] = 2 * (x * z + w * y);
  m[3] = 2 * (x * y + w * z), m[4] = w * w - x * x + y * y - z * z, m[5] = 2 * (y * z - w * x);
  m[6] = 2 * (x * z - w * y), m[7] = 2 * (y * z + w * x), m[8] = w * w - x * x - y * y + z * z;
}

void AetQuaternionRotate(const double q[4], const double x[3], double y[3])
{
  double m[9], p[3] = {x[0], x[1], x[2]};

  AetQuaternionMatrix(q, m);
  for (int i = 0; i < 3; i++) y[i] = m[3 * i] * p[0] + m[3 * i + 1] * p[1] + m[3 * i + 2] * p[2];
}

static double Dot(const double a[4], const double b[4])
{
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + a[3] * b[3];
}

/* Adds q (or -q, which is the same rotation) unless it is there; nonzero when the group is full. */
static int Add(AetRotationGroup *group, const double q[4])
{
  for (int i = 0; i < group->count; i++)
    if (fabs(Dot(group->q[i], q)) > 1 - 1e-9) return 0;
  if (group->count == AET_ROTATIONS_MAX) return 1;
  memcpy(group->q[group->count++], q, 4 * sizeof *q);
  return 0;
}

int AetRotationGroupMake(const double a[4], const double b[4], AetRotationGroup *group)
{
  const double one[4] = {1, 0, 0, 0};

  group->count = 0;
  Add(group, one);
  for (int i = 0; i < group->count; i++)
    for (int k = 0; k < 2; k++) {
      double c[4];
      AetQuaternionMultiply(k ? b : a, group->q[i], c);
      if (Add(group, c)) return 1;
    }
  return 0;
}

void AetRotationGroupCubic(AetRotationGroup *group)
{
  const double quarter[4] = {sqrt(0.5), 0, 0, sqrt(0.5)}, third[4] = {0.5, 0.5, 0.5, 0.5};

  AetRotationGroupMake(quarter, third, group);
}

void AetRotationGroupHexagonal(AetRotationGroup *group)
{
  const double sixth[4] = {sqrt(0.75), 0, 0, 0.5}, half[4] = {0, 1, 0, 0};

  AetRotationGroupMake(sixth, half, group);
}

void AetRotationGroupIcosahedral(AetRotationGroup *group)
{
  const double golden = (1 + sqrt(5)) / 2, s = sin(M_PI / 5) / sqrt(1 + golden * golden);
  const double fifth[4] = {cos(M_PI / 5), 0, s, s * golden}, third[4] = {0.5, 0.5, 0.5, 0.5};

  AetRotationGroupMake(fifth, third, group);
}

void AetQuaternionReduce(const AetRotationGroup *group, double q[4])
{
  double best[4] = {0}, w = -1;

  for (int i = 0; i < group->count; i++) {
    double c[4];
    AetQuaternionMultiply(q, group->q[i], c);
    if (fabs(c[0]) <= w + 1e-12) continue; /* of equal ones the first: rounding does not choose */
    w = fabs(c[0]);
    memcpy(best, c, sizeof best);
  }
  for (int i = 0; i < 4; i++) q[i] = best[0] < 0 ? -best[i] : best[i];
}

double AetDisorientation(const AetRotationGroup *group, const double a[4], const double b[4], double relative[4])
{
  const double inverse[4] = {a[0], -a[1], -a[2], -a[3]};
  double       q[4], sine;

  AetQuaternionMultiply(inverse, b, q);
  AetQuaternionReduce(group, q);
  if (relative) memcpy(relative, q, sizeof q);
  sine = sqrt(q[1] * q[1] + q[2] * q[2] + q[3] * q[3]); /* arccos alone would lose small angles */
  return 2 * atan2(sine, q[0]);
}

/* One Jacobi rotation of rows and columns p, q of m, and of the columns of `vectors`. */
static void Annihilate(int n, double *m, double *vectors, int p, int q)
{
  const double theta = (m[n * q + q] - m[n * p + p]) / (2 * m[n * p + q]);
  const double t = (theta < 0 ? -1 : 1) / (fabs(theta) + sqrt(theta * theta + 1)), c = 1 / sqrt(t * t + 1), s = t * c;

  for (int k = 0; k < n; k++) {
    const double a = m[n * k + p], b = m[n * k + q];
    m[n * k + p] = c * a - s * b;
    m[n * k + q] = s * a + c * b;
  }
  for (int k = 0; k < n; k++) {
    const double a = m[n * p + k], b = m[n * q + k];
    m[n * p + k] = c * a - s * b;
    m[n * q + k] = s * a + c * b;
  }
  for (int k = 0; k < n; k++) {
    const double a = vectors[n * k + p], b = vectors[n * k + q];
    vectors[n * k + p] = c * a - s * b;
    vectors[n * k + q] = s * a + c * b;
  }
}

double AetEigenLargest(int n, double *m, double *vector)
{
  double vectors[16] = {0}, scale = 0;
  int    best = 0;

  for (int i = 0; i < n; i++) vectors[(n + 1) * i] = 1;
  for (int i = 0; i < n * n; i++) scale = fmax(scale, fabs(m[i]));
  for (int sweep = 0; sweep < 30; sweep++) {
    double off = 0;
    for (int p = 0; p < n; p++)
      for (int q = p + 1; q < n; q++) off = fmax(off, fabs(m[n * p + q]));
    if (off <= 1e-15 * scale) break;
    for (int p = 0; p < n; p++)
      for (int q = p + 1; q < n; q++)
        if (fabs(m[n * p + q]) > 1e-17 * scale) Annihilate(n, m, vectors, p, q);
  }
  for (int i = 1; i < n; i++)
    if (m[(n + 1) * i] > m[(n + 1) * best]) best = i;
  for (int k = 0; k < n; k++) vector[k] = vectors[n * k + best];
  return m[(n + 1) * best];
}

double AetQuaternionFit(const double m[9], double q[4])
{
  double k[16] = {m[0] + m[4] + m[8], m[5] - m[7], m[6] - m[2], m[1] - m[3], 0, m[0] - m[4] - m[8], m[1] + m[3], m[2] + m[6], 0, 0,
                  m[4] - m[0] - m[8], m[5] + m[7], 0,           0,           0, m[8] - m[0] - m[4]};

  for (int i = 0; i < 4; i++)
    for (int j = 0; j < i; j++) k[4 * i + j] = k[4 * j + i];
  return AetEigenLargest(4, k, q);
}
