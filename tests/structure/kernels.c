/* Spherical harmonics against the addition theorem and written-out ones; steepest ascent against a search of all points. */
#include "mpi_test.h"
#include "structure/kernel/ascent.h"
#include "structure/kernel/bond_order.h"

enum { POINTS = 400 };

static void Direction(uint64_t stream, uint64_t trial, double unit[3])
{
  double length = 0;

  for (uint64_t a = 0; a < 3; a++) unit[a] = AetRandomNormal(5, stream, 3 * trial + a);
  for (int a = 0; a < 3; a++) length += unit[a] * unit[a];
  for (int a = 0; a < 3; a++) unit[a] /= sqrt(length);
}

static double Legendre(int l, double x)
{
  if (l == 4) return (35 * pow(x, 4) - 30 * x * x + 3) / 8;
  return (231 * pow(x, 6) - 315 * pow(x, 4) + 105 * x * x - 5) / 16;
}

/* Σ_m Y_lm(a) conj(Y_lm(b)) = (2l+1)/4π P_l(a·b). */
static void TestAddition(void)
{
  double worst = 0;

  for (uint64_t trial = 0; trial < 50; trial++)
    for (int l = 4; l <= 6; l += 2) {
      double         a[3], b[3], sum = 0;
      double complex ya[7], yb[7];
      Direction(1, trial, a);
      Direction(2, trial, b);
      if (trial == 0) a[0] = a[1] = 0, a[2] = -1; /* a pole */
      AetHarmonics(l, a, ya);
      AetHarmonics(l, b, yb);
      for (int m = 0; m <= l; m++) sum += (m ? 2 : 1) * creal(ya[m] * conj(yb[m]));
      worst = fmax(worst, fabs(sum - (2 * l + 1) / (4 * M_PI) * Legendre(l, a[0] * b[0] + a[1] * b[1] + a[2] * b[2])));
    }
  AET_TEST_CLOSE(worst, 0, 1e-14);
}

/* Each m by itself, from the closed forms: the addition theorem alone would not see an exchange of two. */
static void TestClosedForms(void)
{
  const double   theta = 0.7, phi = 2.1, s = sin(theta), c = cos(theta), unit[3] = {s * cos(phi), s * sin(phi), c};
  const double   four[5] = {3 / 16. * sqrt(1 / M_PI) * (35 * pow(c, 4) - 30 * c * c + 3),
                            -3 / 8. * sqrt(5 / M_PI) * s * (7 * c * c * c - 3 * c), 3 / 8. * sqrt(5 / (2 * M_PI)) * s * s * (7 * c * c - 1),
                            -3 / 8. * sqrt(35 / M_PI) * s * s * s * c, 3 / 16. * sqrt(35 / (2 * M_PI)) * pow(s, 4)};
  double complex y[7];

  AetHarmonics(4, unit, y);
  for (int m = 0; m <= 4; m++) AET_TEST_CLOSE(cabs(y[m] - four[m] * cexp(m * phi * _Complex_I)), 0, 1e-14);
  AetHarmonics(6, unit, y);
  AET_TEST_CLOSE(cabs(y[6] - sqrt(3003 / M_PI) / 64 * pow(s, 6) * cexp(6 * phi * _Complex_I)), 0, 1e-14);
  AET_TEST_CLOSE(creal(y[0]), sqrt(13 / M_PI) / 32 * (231 * pow(c, 6) - 315 * pow(c, 4) + 105 * c * c - 5), 1e-14);
}

/* q of any set of directions is that of the set turned. */
static void TestRotation(void)
{
  const double x[3] = {1, 2, 3}, angle = 0.8, away[3] = {0, 0, 0};
  double       p[2][3 * 9], q[2][2];
  ptrdiff_t    index[9];

  for (int i = 0; i < 9; i++) {
    double d[3];
    Direction(3, (uint64_t)i, d);
    index[i] = i;
    for (int a = 0; a < 3; a++) p[0][3 * i + a] = x[a] + (2 + 0.1 * i) * d[a];
    for (int a = 0; a < 3; a++) d[a] = p[0][3 * i + a] - x[a];
    p[1][3 * i + 1] = x[1] + cos(angle) * d[1] - sin(angle) * d[2];
    p[1][3 * i + 2] = x[2] + sin(angle) * d[1] + cos(angle) * d[2];
    p[1][3 * i] = x[0] + d[0];
  }
  for (int k = 0; k < 2; k++) {
    double complex moments[AET_BOND_MOMENTS];
    AetBondMoments(p[k], x, 9, index, moments);
    AetBondInvariants(moments, q[k]);
  }
  AET_TEST(q[0][0] > 0.1 && q[0][1] > 0.1);
  AET_TEST_CLOSE(q[0][0], q[1][0], 1e-14);
  AET_TEST_CLOSE(q[0][1], q[1][1], 1e-14);
  double complex none[AET_BOND_MOMENTS];
  AetBondMoments(p[0], away, 0, index, none);
  AetBondInvariants(none, q[0]);
  AET_TEST(q[0][0] == 0 && q[0][1] == 0);
}

static void TestFold(void)
{
  double value[6] = {0.4, 1.25, NAN, -INFINITY, 1, 0.9}, nothing[2] = {NAN, INFINITY};

  AetAscentFold(6, value);
  AET_TEST(value[0] == 0.4 && value[1] == 0.75 && value[2] == 0.4 && value[3] == 0.4 && value[4] == 1 && value[5] == 0.9);
  AetAscentFold(2, nothing);
  AET_TEST(nothing[0] == 0 && nothing[1] == 0);
}

/* Values of few steps, so that ties abound. */
static void TestAscent(void)
{
  static double    x[3 * POINTS], value[POINTS];
  static ptrdiff_t next[POINTS], end[POINTS];
  AetCells         cells;
  int              wrong = 0;

  for (int i = 0; i < 3 * POINTS; i++) x[i] = 20 * AetRandomUniform(9, 1, (uint64_t)i);
  for (int i = 0; i < POINTS; i++) value[i] = floor(20 * AetRandomUniform(9, 2, (uint64_t)i)) / 20;
  AET_TEST(AetCellsBuild(&cells, POINTS, x, 3) == 0);
  for (int i = 0; i < POINTS; i++) {
    ptrdiff_t best = -1;
    for (int j = 0; j < POINTS; j++) {
      double d = 0;
      for (int a = 0; a < 3; a++) d += (x[3 * i + a] - x[3 * j + a]) * (x[3 * i + a] - x[3 * j + a]);
      if (d <= 9 && (best < 0 || value[j] > value[best])) best = j;
    }
    next[i] = end[i] = AetAscentStep(&cells, x, value, NULL, 3, i);
    wrong += next[i] != best;
  }
  AET_TEST(wrong == 0);
  AetAscentFollow(POINTS, end);
  for (int i = 0; i < POINTS; i++) { /* one step after the other, at most as many as there are points */
    ptrdiff_t at = i;
    for (int k = 0; k < POINTS && next[at] != at; k++) at = next[at];
    wrong += next[at] != at || end[i] != at;
  }
  AET_TEST(wrong == 0);
  AetCellsFree(&cells);
}

static void TestLabels(void)
{
  const ptrdiff_t end[8] = {6, 1, -1, 6, 1, 5, 6, -1};
  ptrdiff_t       label[8], peak[8], sites[8], dropped;

  AET_TEST(AetAscentLabel(8, end, 2, label, peak, sites, &dropped) == 2 && dropped == 1);
  AET_TEST(peak[0] == 1 && peak[1] == 6 && sites[0] == 2 && sites[1] == 3);
  AET_TEST(label[0] == 1 && label[1] == 0 && label[2] == -1 && label[3] == 1 && label[4] == 0 && label[5] == -1 && label[6] == 1 &&
           label[7] == -1);
  AET_TEST(AetAscentLabel(0, end, 2, label, peak, sites, &dropped) == 0 && dropped == 0);
}

AET_TEST_MAIN("structure kernels", {"addition theorem", TestAddition}, {"closed forms", TestClosedForms}, {"rotation", TestRotation},
              {"folding", TestFold}, {"steepest ascent", TestAscent}, {"labels", TestLabels})
