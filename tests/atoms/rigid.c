/* Rotations between lists of points. */
#include "atoms/kernel/rigid.h"
#include "mpi_test.h"

static double Determinant(const double R[9])
{
  return R[0] * (R[4] * R[8] - R[5] * R[7]) - R[1] * (R[3] * R[8] - R[5] * R[6]) + R[2] * (R[3] * R[7] - R[4] * R[6]);
}

static double NotOrthogonal(const double R[9])
{
  double worst = 0;

  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++)
      worst = fmax(worst, fabs(R[3 * i] * R[3 * j] + R[3 * i + 1] * R[3 * j + 1] + R[3 * i + 2] * R[3 * j + 2] - (i == j)));
  return worst;
}

/* A turn that made b of a comes back from three points on, exactly; also when all lie in a plane. */
static void TestFit(void)
{
  double worst = 0;

  for (int trial = 0; trial < 60; trial++) {
    double          turn[9], a[36], b[36], R[9], shift[3];
    const int       count = 3 + trial % 9;
    const ptrdiff_t index = 977 * trial % 5000;
    AetRotationSpread(index, 5000, turn);
    for (int i = 0; i < count; i++) {
      for (int k = 0; k < 3; k++)
        a[3 * i + k] = k == 2 && trial % 2 ? 1 : 20 * (AetRandomUniform(1, (uint64_t)trial, (uint64_t)(3 * i + k)) - 0.5);
      for (int k = 0; k < 3; k++)
        b[3 * i + k] = turn[3 * k] * a[3 * i] + turn[3 * k + 1] * a[3 * i + 1] + turn[3 * k + 2] * a[3 * i + 2] + k - 5;
    }
    AetRigidFit(count, a, b, R, shift);
    for (int k = 0; k < 9; k++) worst = fmax(worst, fabs(R[k] - turn[k]));
    for (int k = 0; k < 3; k++) worst = fmax(worst, fabs(shift[k] - (k - 5)));
  }
  AET_TEST_CLOSE(worst, 0, 1e-9);
}

/* Every rotation has one of n spread ones within a few times the mean spacing. */
static void TestSpread(void)
{
  enum { N = 4000 };
  double worst = 0, R[9], any[9], farthest = 0;

  for (int trial = 0; trial < 40; trial++) {
    double       best = 4, spun[9];
    const double angles[3] = {360 * AetRandomUniform(2, 1, (uint64_t)trial), 360 * AetRandomUniform(2, 2, (uint64_t)trial),
                              360 * AetRandomUniform(2, 3, (uint64_t)trial)};
    const double a = angles[0] * M_PI / 180, b = angles[1] * M_PI / 180, c = angles[2] * M_PI / 180;
    const double Rz[9] = {cos(a), -sin(a), 0, sin(a), cos(a), 0, 0, 0, 1}, Ry[9] = {cos(b), 0, sin(b), 0, 1, 0, -sin(b), 0, cos(b)},
                 Rx[9] = {1, 0, 0, 0, cos(c), -sin(c), 0, sin(c), cos(c)};
    AetRotationTimes(Rz, Ry, spun);
    AetRotationTimes(spun, Rx, any);
    for (int i = 0; i < N; i++) {
      double trace = 0;
      AetRotationSpread(i, N, R);
      worst = fmax(worst, fmax(NotOrthogonal(R), fabs(Determinant(R) - 1)));
      for (int k = 0; k < 9; k++) trace += R[k] * any[k];
      best = fmin(best, acos(fmax(-1, fmin(1, (trace - 1) / 2))));
    }
    farthest = fmax(farthest, best);
  }
  AET_TEST_CLOSE(worst, 0, 1e-12);
  AET_TEST(farthest < 1.6 * cbrt(8 * M_PI * M_PI / N)); /* radians; the volume of all rotations is 8π² */
}

static void TestAxes(void)
{
  double R[48][9], worst = 0;
  int    same = 0;

  for (int i = 0; i < 48; i++) {
    AetRotationAxes(i, R[i]);
    worst = fmax(worst, NotOrthogonal(R[i]) + fabs(Determinant(R[i]) - (i < 24 ? 1 : -1)));
    for (int j = 0; j < i; j++) same += !memcmp(R[i], R[j], sizeof R[i]);
  }
  AET_TEST(worst == 0 && same == 0);
}

AET_TEST_MAIN("rigid", {"fit", TestFit}, {"spread", TestSpread}, {"axes", TestAxes})
