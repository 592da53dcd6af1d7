/* Facts about the tilt geometry: what geometry.md of the design states, by hand for special angles and by law for general ones. */
#include "mpi_test.h"
#include <aet4d/units.h>

static void TestTiltAboutY(void)
{
  /* theta alone turns about the y axis: the active Ry(90) carries z to x, so its transpose brings an atom at x to depth +z */
  const double angles[3] = {0, 90, 0}, x[3] = {1, 0, 0}, y[3] = {0, 1, 0}, z[3] = {0, 0, 1};
  double       R[9], seen[3];

  AetRotationFromAngles(AET_ANGLES_ZYX, angles, R);
  AetRotate(R, y, seen);
  AET_TEST(seen[0] == 0 && seen[1] == 1 && seen[2] == 0);
  AetRotate(R, x, seen);
  AET_TEST(seen[0] == 0 && seen[1] == 0 && seen[2] == 1);
  AetRotate(R, z, seen);
  AET_TEST(seen[0] == -1 && seen[1] == 0 && seen[2] == 0);
}

static void TestEachAxis(void)
{
  /* R is the inverse of a right-handed turn: about z by 90 an atom at y is seen at x; about x by 90 an atom at z is seen at y */
  const double phi[3] = {90, 0, 0}, psi[3] = {0, 0, 90}, y[3] = {0, 1, 0}, z[3] = {0, 0, 1};
  double       R[9], seen[3];

  AetRotationFromAngles(AET_ANGLES_ZYX, phi, R);
  AetRotate(R, y, seen);
  AET_TEST(seen[0] == 1 && seen[1] == 0 && seen[2] == 0);
  AetRotationFromAngles(AET_ANGLES_ZYX, psi, R);
  AetRotate(R, z, seen);
  AET_TEST(seen[0] == 0 && seen[1] == 1 && seen[2] == 0);
}

static double Difference(const double A[9], const double B[9])
{
  double most = 0;

  for (int i = 0; i < 9; i++) most = fmax(most, fabs(A[i] - B[i]));
  return most;
}

static void TestProperRotation(void)
{
  double worst = 0, worst_determinant = 0;

  for (uint64_t i = 0; i < 200; i++) {
    double angles[3], R[9], product;
    for (int a = 0; a < 3; a++) angles[a] = 720 * AetRandomUniform(1, (uint64_t)a, i) - 360;
    AetRotationFromAngles(i % 2 ? AET_ANGLES_ZYX : AET_ANGLES_ZYZ, angles, R);
    for (int r = 0; r < 3; r++)
      for (int c = 0; c < 3; c++) {
        product = R[r * 3] * R[c * 3] + R[r * 3 + 1] * R[c * 3 + 1] + R[r * 3 + 2] * R[c * 3 + 2];
        worst = fmax(worst, fabs(product - (r == c)));
      }
    product = R[0] * (R[4] * R[8] - R[5] * R[7]) - R[1] * (R[3] * R[8] - R[5] * R[6]) + R[2] * (R[3] * R[7] - R[4] * R[6]);
    worst_determinant = fmax(worst_determinant, fabs(product - 1));
  }
  AET_TEST_CLOSE(worst, 0, 1e-14);
  AET_TEST_CLOSE(worst_determinant, 0, 1e-14);
}

static void TestInverse(void)
{
  double worst = 0, worst_angle = 0;

  for (uint64_t i = 0; i < 500; i++) {
    double angles[3], back[3], R[9], again[9];
    for (int a = 0; a < 3; a++) angles[a] = (a == 1 ? 179.8 : 359.8) * (AetRandomUniform(2, (uint64_t)a, i) - 0.5);
    if (i % 10 == 0) angles[1] = i % 20 ? 90 : -90;
    AetRotationFromAngles(i % 3 == 1 ? AET_ANGLES_ZYZ : AET_ANGLES_ZYX, angles, R);
    AetAnglesFromRotation(R, back);
    AetRotationFromAngles(AET_ANGLES_ZYX, back, again);
    worst = fmax(worst, Difference(R, again));
    if (i % 3 != 1 && i % 10)
      for (int a = 0; a < 3; a++) worst_angle = fmax(worst_angle, fabs(back[a] - angles[a]));
  }
  AET_TEST_CLOSE(worst, 0, 1e-12);
  AET_TEST_CLOSE(worst_angle, 0, 1e-9);
}

static void TestConventionsAgreeOnPlainTilts(void)
{
  double worst = 0;

  for (int deg = -90; deg <= 90; deg += 3) {
    const double angles[3] = {0, deg, 0};
    double       a[9], b[9];
    AetRotationFromAngles(AET_ANGLES_ZYX, angles, a);
    AetRotationFromAngles(AET_ANGLES_ZYZ, angles, b);
    worst = fmax(worst, Difference(a, b));
  }
  AET_TEST(worst == 0);
}

static void TestOriginAndElements(void)
{
  /* the centre is round((N+1)/2) counted from 1 */
  for (int n = 1; n < 20; n++) AET_TEST(AetOrigin(n) == (ptrdiff_t)floor((n + 1) / 2.0 + 0.5) - 1);
  AET_TEST(AetAtomicNumber("H") == 1 && AetAtomicNumber("Si") == 14 && AetAtomicNumber("Fe") == 26 && AetAtomicNumber("Pd") == 46);
  AET_TEST(AetAtomicNumber("Ta") == 73 && AetAtomicNumber("Pt") == 78 && AetAtomicNumber("Lr") == 103);
  AET_TEST(AetAtomicNumber("fe") == 0 && AetAtomicNumber("") == 0 && AetAtomicNumber(NULL) == 0 && AetAtomicNumber("Xx") == 0);
  for (int Z = 1; Z <= 103; Z++) AET_TEST(AetElementSymbol(Z) && AetAtomicNumber(AetElementSymbol(Z)) == Z);
  AET_TEST(!AetElementSymbol(0) && !AetElementSymbol(104));
}

AET_TEST_MAIN("units", {"a tilt turns about y", TestTiltAboutY}, {"turns about x and z", TestEachAxis},
              {"R is a rotation", TestProperRotation}, {"angles of a rotation", TestInverse},
              {"zyz is zyx for plain tilts", TestConventionsAgreeOnPlainTilts}, {"origin and elements", TestOriginAndElements})
