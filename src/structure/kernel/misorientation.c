#include "structure/kernel/misorientation.h"
#include <math.h>

void AetOrientationAdd(const AetRotationGroup *group, const double reference[4], const double q[4], double sum[16])
{
  double relative[4], near[4];

  AetDisorientation(group, reference, q, relative);
  AetQuaternionMultiply(reference, relative, near);
  for (int i = 0; i < 4; i++)
    for (int j = 0; j < 4; j++) sum[4 * i + j] += near[i] * near[j];
}

void AetOrientationMean(const AetRotationGroup *group, const double sum[16], double q[4])
{
  double m[16];

  for (int i = 0; i < 16; i++) m[i] = sum[i];
  AetEigenLargest(4, m, q);
  AetQuaternionReduce(group, q);
}

double AetSigmaThree(const AetRotationGroup *cubic, const double a[4], const double b[4])
{
  const double c = cos(M_PI / 6), s = sin(M_PI / 6) / sqrt(3), inverse[4] = {c, -s, -s, -s};
  double       relative[4], w = 0;

  AetDisorientation(cubic, a, b, relative);
  for (int i = 0; i < cubic->count; i++) {
    double q[4];
    AetQuaternionMultiply(cubic->q[i], relative, q);
    AetQuaternionMultiply(inverse, q, q);
    AetQuaternionReduce(cubic, q);
    w = fmax(w, q[0]);
  }
  return 2 * acos(fmin(1, w));
}

double AetMisorientation(const AetRotationGroup *group, const double a[4], const double b[4], double least, double axis[3],
                         double crystal[3])
{
  double       q[4], length;
  const double angle = AetDisorientation(group, a, b, q);

  for (int k = 0; k < 3; k++) axis[k] = crystal[k] = 0;
  if (angle < least) return angle;
  length = sqrt(q[1] * q[1] + q[2] * q[2] + q[3] * q[3]);
  for (int k = 0; k < 3; k++) crystal[k] = q[k + 1] / length;
  AetQuaternionRotate(a, crystal, axis);
  for (int k = 0; k < 3; k++) crystal[k] = fabs(crystal[k]);
  for (int k = 0; k < 3; k++)
    for (int j = 0; j < k; j++)
      if (crystal[j] < crystal[k]) {
        const double t = crystal[j];
        crystal[j] = crystal[k];
        crystal[k] = t;
      }
  return angle;
}
