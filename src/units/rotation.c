/* Rotations of the tilt geometry: R = transpose(Rz(phi) Ry(theta) Rx(psi)), and back. */
#include <aet4d/units.h>
#include <math.h>

/* sine and cosine of degrees, exact at the multiples of 90 that tilt series are full of */
static void SinCosDeg(double deg, double *s, double *c)
{
  double turn = fmod(deg, 360.0);

  if (turn < 0) turn += 360.0;
  if (turn == 0.0)
    *s = 0, *c = 1;
  else if (turn == 90.0)
    *s = 1, *c = 0;
  else if (turn == 180.0)
    *s = 0, *c = -1;
  else if (turn == 270.0)
    *s = -1, *c = 0;
  else
    *s = sin(turn * AET_DEG), *c = cos(turn * AET_DEG);
}

/* Right-handed active rotation about axis 0, 1, 2 = x, y, z. */
static void AxisRotation(int axis, double deg, double M[9])
{
  const int a = (axis + 1) % 3, b = (axis + 2) % 3;
  double    s, c;

  SinCosDeg(deg, &s, &c);
  for (int i = 0; i < 9; i++) M[i] = 0;
  M[axis * 3 + axis] = 1;
  M[a * 3 + a] = c, M[a * 3 + b] = -s;
  M[b * 3 + a] = s, M[b * 3 + b] = c;
}

static void Multiply(const double A[9], const double B[9], double C[9])
{
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++) C[i * 3 + j] = A[i * 3] * B[j] + A[i * 3 + 1] * B[3 + j] + A[i * 3 + 2] * B[6 + j];
}

void AetRotationFromAngles(AetAngleConvention convention, const double angles_deg[3], double R[9])
{
  double first[9], second[9], third[9], product[9], M[9];

  AxisRotation(2, angles_deg[0], first);
  AxisRotation(1, angles_deg[1], second);
  AxisRotation(convention == AET_ANGLES_ZYZ ? 2 : 0, angles_deg[2], third);
  Multiply(first, second, product);
  Multiply(product, third, M);
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++) R[i * 3 + j] = M[j * 3 + i];
}

void AetAnglesFromRotation(const double R[9], double angles_deg[3])
{
  /* M = transpose(R) has M20 = -sin(theta), M21 = cos(theta) sin(psi), M22 = cos(theta) cos(psi), M10 = sin(phi) cos(theta) */
  const double cosine = hypot(R[0], R[1]);

  angles_deg[1] = atan2(-R[2], cosine) / AET_DEG;
  if (cosine > 1e-9) {
    angles_deg[0] = atan2(R[1], R[0]) / AET_DEG;
    angles_deg[2] = atan2(R[5], R[8]) / AET_DEG;
  } else { /* at theta = ±90 only phi ∓ psi is fixed: psi = 0 */
    angles_deg[0] = atan2(-R[3], R[4]) / AET_DEG;
    angles_deg[2] = 0;
  }
}

void AetRotate(const double R[9], const double x[3], double y[3])
{
  const double a = x[0], b = x[1], c = x[2];

  for (int i = 0; i < 3; i++) y[i] = R[i * 3] * a + R[i * 3 + 1] * b + R[i * 3 + 2] * c;
}

ptrdiff_t AetOrigin(ptrdiff_t n)
{
  return n / 2;
}
