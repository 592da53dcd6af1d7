/* Arithmetic of chemical order, against what can be counted or written down. */
#include "mpi_test.h"
#include "structure/kernel/boundary.h"
#include "structure/kernel/components.h"
#include "structure/kernel/evidence.h"
#include "structure/kernel/phase.h"
#include "structure/kernel/short_range.h"
#include "structure/kernel/smooth4.h"

/* The sublattices are those of the parities, and each template is the half or the quarter of the sites that it says. */
static void TestPhase(void)
{
  const float all[4] = {1, 1, 1, 1}, none[4] = {0, 0, 0, 0}, half[4] = {0.5f, 0.5f, 0.5f, 0.5f}, three[4] = {0, 1, 1, 1},
              one[4] = {1, 0, 0, 0};
  int seen[4] = {0};

  for (int k = -3; k <= 4; k++)
    for (int j = -3; j <= 4; j++)
      for (int i = -3; i <= 4; i++) {
        const int index[3] = {i, j, k}, c = AetPhaseSublattice(index);
        AET_TEST((c < 0) == (((i + j + k) % 2) != 0));
        if (c < 0) continue;
        seen[c]++;
        for (int axis = 0; axis < 3; axis++)
          for (int odd = 0; odd < 2; odd++) AET_TEST((AetPhaseMaskL10(axis, odd) >> c & 1) == (abs(index[axis] + odd) % 2));
      }
  for (int c = 0; c < 4; c++) AET_TEST(seen[c] == 64);
  AET_TEST_CLOSE(AetPhaseOrder(1, all, three, one), 1, 1e-12);
  AET_TEST_CLOSE(AetPhaseOrder(2, all, three, one), -1.0 / 3, 1e-12); /* m = 1/2, by chance 5/8 */
  AET_TEST_CLOSE(AetPhaseOrder(3, all, half, half), 0, 1e-12);
  AET_TEST_CLOSE(AetPhaseOrder(15, all, three, one), -0.5, 1e-12);
  AET_TEST_CLOSE(AetPhaseOrder(1, none, none, none), 0, 0);
  AET_TEST_CLOSE(AetPhaseOrder(2, one, one, none), 0, 0); /* one sublattice alone has no order */
}

/* Smoothing along a line and over rows against the sum. */
static void TestSmooth(void)
{
  enum { COUNT = 9, REACH = 5 };
  float  in[4 * COUNT], line[4 * COUNT], rows[4 * COUNT], weight[REACH + 1];
  double worst = 0;

  AetSmoothWeights(1.9, 3.8, REACH, weight);
  AET_TEST_CLOSE(weight[2], exp(-0.5), 1e-6);
  for (int q = 0; q < 4 * COUNT; q++) in[q] = (float)AetRandomUniform(1, 1, (uint64_t)q);
  AetSmoothLine4(COUNT, REACH, weight, in, line);
  AetSmoothRows(COUNT, 4, 4, REACH, weight, in, 0, COUNT, rows);
  for (int i = 0; i < COUNT; i++)
    for (int c = 0; c < 4; c++) {
      double sum = 0;
      for (int j = 0; j < COUNT; j++)
        if (abs(i - j) <= REACH) sum += weight[abs(i - j)] * in[4 * j + c];
      worst = fmax(worst, fmax(fabs(line[4 * i + c] - sum), fabs(rows[4 * i + c] - sum)));
    }
  AET_TEST_CLOSE(worst, 0, 1e-5);
}

/* Rows of neighbours along one direction: regions end where the group changes and where a neighbour is missing. */
static void TestComponents(void)
{
  enum { COUNT = 12 };
  static ptrdiff_t near[COUNT][AET_FCC_ABOUT];
  const int        group[COUNT] = {3, 3, 3, 5, 5, -1, 5, 5, 5, 5, 5, 3};
  ptrdiff_t        label[COUNT], queue[COUNT];
  const ptrdiff_t  expected[COUNT] = {0, 0, 0, -1, -1, -1, 1, 1, 1, -1, -1, -1};

  for (int i = 0; i < COUNT; i++) {
    for (int n = 0; n < AET_FCC_ABOUT; n++) near[i][n] = -1;
    near[i][1] = i < COUNT - 1 && i != 8 ? i + 1 : -1; /* nothing joins 8 and 9 */
    near[i][2] = i > 0 && i != 9 ? i - 1 : -1;
    near[i][15] = i < 9 ? i + 3 : -1; /* second neighbours do not count */
  }
  AET_TEST(AetComponents(COUNT, (const ptrdiff_t(*)[AET_FCC_ABOUT])near, group, 3, label, queue) == 2);
  for (int i = 0; i < COUNT; i++) AET_TEST(label[i] == expected[i]);
  AET_TEST(AetComponents(COUNT, (const ptrdiff_t(*)[AET_FCC_ABOUT])near, group, 1, label, queue) == 5);
  for (int n = 0; n < AET_FCC_ABOUT; n++) {
    const int *d = AetFccNear[n], square = d[0] * d[0] + d[1] * d[1] + d[2] * d[2];
    AET_TEST(square == (n < AET_FCC_NEAR ? 2 : 4) && AetPhaseSublattice(d) >= 0);
  }
}

/* A rate is recovered from evidence that was drawn with it, and the posteriors add up to what is true. */
static void TestEvidence(void)
{
  enum { COUNT = 20000 };
  static double ratio[COUNT];
  double        sum = 0, rate;
  int           wrong = 0;

  for (int i = 0; i < COUNT; i++) {
    const int    antisite = AetRandomUniform(3, 1, (uint64_t)i) < 0.02;
    const double seen = (antisite ? 1.5 : -1.5) + AetRandomNormal(3, 2, (uint64_t)i);
    wrong += antisite;
    ratio[i] = exp(3 * seen);
  }
  rate = AetRate(COUNT, ratio, 1, 0.01);
  for (int i = 0; i < COUNT; i++) sum += AetPosterior(rate, ratio[i]);
  AET_TEST_CLOSE(rate * COUNT / wrong, 1, 0.1);
  AET_TEST_CLOSE(sum / wrong, 1, 0.1);
  AET_TEST_CLOSE(AetRate(0, ratio, 50, 0.03), 0.03, 1e-9);
  for (int i = 0; i < COUNT; i++) ratio[i] = i % 100 ? 1 / 99.0 : 99; /* as many wrong names as one in a hundred makes */
  AET_TEST(AetPosterior(AetRate(COUNT, ratio, 1, 0.01), 99) < 0.05);
  AET_TEST_CLOSE(AetSpeciesRatio(0.2, 0.5), 4, 1e-12);
  AET_TEST_CLOSE(AetSpeciesRatio(0.25, 0.25), 1, 1e-12); /* a probability equal to the composition says nothing */
  AET_TEST_CLOSE(AetSpeciesRatio(0, 0.5), 1e12, 1);
  AET_TEST_CLOSE(AetSpeciesRatio(1, 0.5), 1e-12, 1e-15);
}

/* A box cut out of fcc: the bonds that leave it through a face give the face's area and normal; all of them cancel. */
static void TestBoundary(void)
{
  enum { SIDE = 12 };
  static double vector[SIDE * SIDE][3];
  const double  crossing = 4 * 12 * 0.5 / 6; /* edge 1: 4 sites, bonds of length² 1/2 */
  ptrdiff_t     count = 0;
  double        whole[2][3] = {{0, 0, 2}, {0, 0, -2}};

  for (int i = 0; i < SIDE; i++)
    for (int j = 0; j < SIDE; j++) {
      if ((i + j) % 2) continue; /* the sites of one layer (001); each has four bonds to the next, (±1 0 1)/2 and (0 ±1 1)/2 */
      vector[count][0] = vector[count][1] = 0;
      vector[count++][2] = 4 * 0.5;
    }
  AetBoundaryShape flat = AetBoundaryMeasure(count, (const double(*)[3])vector, (const double(*)[3])vector, crossing);
  AET_TEST_CLOSE(flat.area, 0.25 * SIDE * SIDE, 1e-9);
  AET_TEST_CLOSE(flat.normal[2], 1, 1e-12);
  AET_TEST_CLOSE(flat.flatness, 1, 1e-12);
  AetBoundaryShape closed = AetBoundaryMeasure(2, (const double(*)[3])whole, (const double(*)[3])whole, crossing);
  AET_TEST_CLOSE(closed.area, 1, 1e-12);
  AET_TEST_CLOSE(closed.flatness, 0, 1e-12);
  AET_TEST(AetBoundaryMeasure(0, (const double(*)[3])whole, (const double(*)[3])whole, crossing).area == 0);
}

static void TestShortRange(void)
{
  const double bonds[4] = {4, 8, 8, 4}, half[2] = {0.5, 0.5}, random[4] = {9, 21, 21, 49}, third[2] = {0.3, 0.7}, empty[4] = {0};
  double       alpha[4];

  AetWarrenAlpha(2, bonds, half, alpha);
  for (int k = 0; k < 4; k++) AET_TEST_CLOSE(alpha[k], -1.0 / 3, 1e-12); /* first shell of L1_0 */
  AetWarrenAlpha(2, random, third, alpha);
  for (int k = 0; k < 4; k++) AET_TEST_CLOSE(alpha[k], 0, 1e-12);
  AetWarrenAlpha(2, empty, half, alpha);
  AET_TEST(alpha[0] == 0 && alpha[3] == 0);
  AetWarrenSigma(2, random, third, alpha);
  AET_TEST_CLOSE(alpha[1], sqrt(0.3 * 0.7 / 30) / 0.7, 1e-12);
  alpha[1] = 0.2, alpha[2] = 0.4;
  AetWarrenSymmetrise(2, alpha);
  AET_TEST_CLOSE(alpha[1], 0.3, 1e-12);
  AET_TEST_CLOSE(alpha[2], 0.3, 1e-12);
}

AET_TEST_MAIN("chemistry kernels", {"templates", TestPhase}, {"smoothing", TestSmooth}, {"regions", TestComponents},
              {"evidence", TestEvidence}, {"boundaries", TestBoundary}, {"short-range order", TestShortRange})
