/* Laws of the kernels that place atoms. */
#include "mpi_test.h"
#include "simulate/kernel/cluster.h"
#include "simulate/kernel/dislocation.h"
#include "simulate/kernel/neighbours.h"
#include "simulate/kernel/nucleus.h"
#include "simulate/kernel/ordered.h"
#include "simulate/kernel/packing.h"
#include "simulate/kernel/stacking.h"

/* By cells as by all pairs, of points that are crowded in a corner too. */
static void TestNeighbours(void)
{
  enum { COUNT = 700 };
  static double     x[3 * COUNT];
  AetNeighbourCells cells;
  int               wrong = 0, all = 0;

  for (int i = 0; i < COUNT; i++)
    for (int a = 0; a < 3; a++) x[3 * i + a] = (i % 5 ? 40 : 4) * AetRandomUniform(1, (uint64_t)a, (uint64_t)i);
  AET_TEST(AetKernelNeighbourCells(COUNT, x, 3, &cells));
  for (int i = 0; i < COUNT; i++) {
    int found[COUNT], count = AetKernelNeighbours(&cells, x, x + 3 * i, i, 3, COUNT, found), expected = 0;
    for (int j = 0; j < COUNT; j++) {
      const double d = hypot(hypot(x[3 * i] - x[3 * j], x[3 * i + 1] - x[3 * j + 1]), x[3 * i + 2] - x[3 * j + 2]);
      int          listed = 0;
      for (int n = 0; n < count; n++) listed |= found[n] == j;
      expected += j != i && d <= 3;
      wrong += listed != (j != i && d <= 3);
    }
    wrong += count != expected;
    all += count;
  }
  AET_TEST(wrong == 0 && all > COUNT);
  AetKernelNeighbourCellsFree(&cells);
}

/* The displacement jumps by the Burgers vector on one half plane and is smooth elsewhere; far away, its gradient falls as 1/r. */
static void TestDislocation(void)
{
  AetDislocation d = {{1, 2, 3}, {1, 1, 1}, {2, -1, 0.5}, 0.3}; /* mixed */
  double         e[3] = {0, 1, -1}, f[3] = {2, -1, -1}, last[3], first[3], gained[3] = {0}, largest = 0;
  const int      steps = 3600;

  for (int s = 0; s <= steps; s++) {
    const double turn = 2 * M_PI * s / steps, c = cos(turn) * 5 / sqrt(2), n = sin(turn) * 5 / sqrt(6);
    double       x[3], u[3], jump = 0;
    for (int a = 0; a < 3; a++) x[a] = d.point[a] - c * e[a] + n * f[a] + 0.7;
    AetKernelDislocation(&d, x, u);
    if (!s) memcpy(first, u, sizeof u);
    for (int a = 0; a < 3 && s; a++) jump = fmax(jump, fabs(u[a] - last[a]));
    if (jump < 0.2) /* not the cut */
      for (int a = 0; a < 3 && s; a++) gained[a] += u[a] - last[a], largest = fmax(largest, jump);
    memcpy(last, u, sizeof u);
  }
  /* e, f, line: (0, 1, -1) x (2, -1, -1) = (-2, -2, -2), and -e makes the sense right-handed */
  for (int a = 0; a < 3; a++) AET_TEST_CLOSE(gained[a], d.burgers[a], 0.01);
  AET_TEST(largest < 0.01);
}

/* The edge field is in equilibrium: (1 - 2 nu) laplace u + grad div u = 0. */
static void TestElasticEquilibrium(void)
{
  const AetDislocation d = {{0, 0, 0}, {0, 0, 1}, {1, 0, 0.5}, 0.3};
  const double         h = 0.01, at[3][3] = {{3, 2, 0}, {-2, 4, 1}, {5, -3, 2}};

  for (int p = 0; p < 3; p++) {
    double second[3][3][3]; /* [component][axis][axis] */
    for (int i = 0; i < 3; i++)
      for (int j = 0; j < 3; j++)
        for (int c = 0; c < 3; c++) {
          double sum = 0;
          for (int k = 0; k < 4; k++) {
            double       x[3] = {at[p][0], at[p][1], at[p][2]}, u[3];
            const double si = k & 1 ? 1 : -1, sj = k & 2 ? 1 : -1;
            x[i] += si * h, x[j] += sj * h;
            AetKernelDislocation(&d, x, u);
            sum += si * sj * u[c] / (4 * h * h);
          }
          second[c][i][j] = sum;
        }
    for (int c = 0; c < 3; c++) {
      double laplace = 0, divergence = 0;
      for (int i = 0; i < 3; i++) laplace += second[c][i][i], divergence += second[i][c][i];
      AET_TEST_CLOSE((1 - 2 * d.poisson) * laplace + divergence, 0, 1e-5);
    }
  }
}

/* Variants differ; composition over four cells is that of the phase; the antiphase translation changes the phase and is half a face
   diagonal (of B2, half a body diagonal). */
static void TestOrdered(void)
{
  const double first[5] = {1, 0.5, 0.75, 0.25, 0.5};

  for (int phase = AET_PHASE_L10; phase <= AET_PHASE_B2; phase++)
    for (int v = 0; v < AetKernelVariants((AetPhase)phase); v++) {
      double all = 0, zero = 0, changed = 0, differs[6] = {0};
      int    shift[3];

      AetKernelAntiphase((AetPhase)phase, v, shift);
      AET_TEST(shift[0] + shift[1] + shift[2] == (phase == AET_PHASE_B2 ? 3 : 2));
      for (int k = -2; k < 2; k++)
        for (int j = -2; j < 2; j++)
          for (int i = -2; i < 2; i++) {
            const int here[3] = {i, j, k}, there[3] = {i + shift[0], j + shift[1], k + shift[2]};
            if (!AetKernelIsSite(phase == AET_PHASE_B2 ? AET_LATTICE_BCC : AET_LATTICE_FCC, (AetSite){i, j, k})) continue;
            all++;
            zero += !AetKernelOrdered((AetPhase)phase, v, here);
            changed += AetKernelOrdered((AetPhase)phase, v, here) != AetKernelOrdered((AetPhase)phase, v, there);
            for (int w = 0; w < AetKernelVariants((AetPhase)phase); w++)
              differs[w] += AetKernelOrdered((AetPhase)phase, v, here) != AetKernelOrdered((AetPhase)phase, w, here);
          }
      AET_TEST_CLOSE(zero / all, first[phase], 1e-12);
      AET_TEST(changed > 0);
      for (int w = 0; w < AetKernelVariants((AetPhase)phase); w++) AET_TEST((differs[w] > 0) == (w != v));
    }
}

/* Beyond two twins the lattice is again that of the parent; a parent site of a site below all planes is itself; a mirrored parent is a
 * site. */
static void TestStacking(void)
{
  const AetFault twins[2] = {{0, 1}, {3, 1}}, fault[1] = {{1, 0}};

  for (int k = -6; k <= 6; k++)
    for (int j = -6; j <= 6; j++)
      for (int i = -6; i <= 6; i++) {
        const AetSite site = {i, j, k};
        double        shift[3];
        int           parent[3], layer = (i + j + k) / 2;

        if ((i + j + k) & 1) continue;
        AetKernelStackingParent(2, twins, site, parent);
        AET_TEST(!((parent[0] + parent[1] + parent[2]) & 1) || (i && j));
        if ((parent[0] + parent[1] + parent[2]) & 1) AET_TEST(0);
        AetKernelStacking(2, twins, site, shift);
        if (layer <= 0) AET_TEST((parent[0] == i && parent[1] == j && parent[2] == k && shift[0] == 0) || (i && j));
        AET_TEST(AetKernelStackingZone(2, twins, site) == (layer > 0) + (layer > 3) || (i && j));
        /* in the twin, layer m is mirrored to layer -m */
        if (layer > 0 && layer <= 3) AET_TEST((parent[0] + parent[1] + parent[2]) / 2 == -layer || (i && j));
        /* beyond both, the layers have gone 3 steps back: a translation by a lattice vector, here three partials */
        if (layer > 3) AET_TEST(fabs(shift[0]) < 1e-12 || (i && j) || layer % 3 != 0);
        AetKernelStacking(1, fault, site, shift);
        AET_TEST_CLOSE(fabs(shift[0]), layer > 1 ? 1.0 / 6 : 0, (i && j) ? 1 : 1e-12);
      }
}

static int InBall(const void *radius, const double x[3])
{
  const double r = *(const double *)radius;

  return x[0] * x[0] + x[1] * x[1] + x[2] * x[2] <= r * r;
}

/* Points come apart and stay inside; what cannot fit is told. */
static void TestPacking(void)
{
  enum { COUNT = 300 };
  static double x[3 * COUNT];
  const double  radius = 8.5; /* packing fraction 0.38 of points of distance 1.8 in the ball and half a distance around it */
  double        least, nearest = 1e9;
  int           outside = 0;

  for (int i = 0; i < COUNT; i++)
    for (int a = 0; a < 3; a++) x[3 * i + a] = 8 * (AetRandomUniform(2, (uint64_t)a, (uint64_t)i) - 0.5);
  least = AetKernelPack(COUNT, x, 1.8, 2000, InBall, &radius);
  for (int i = 0; i < COUNT; i++) {
    outside += !InBall(&radius, x + 3 * i);
    for (int j = 0; j < i; j++)
      nearest = fmin(nearest, hypot(hypot(x[3 * i] - x[3 * j], x[3 * i + 1] - x[3 * j + 1]), x[3 * i + 2] - x[3 * j + 2]));
  }
  AET_TEST(least >= 1.8 && outside == 0);
  AET_TEST_CLOSE(fmin(nearest, 1.005 * 1.8), least, 1e-12);
  AET_TEST(AetKernelPack(COUNT, x, 4, 50, InBall, &radius) < 4);
}

/* 1 at the centre, half of the plateau at the radius, falling everywhere. */
static void TestNucleus(void)
{
  double last = 2;

  AET_TEST_CLOSE(AetKernelNucleusOrder(0, 6, 2), 1, 1e-12);
  AET_TEST_CLOSE(AetKernelNucleusOrder(6, 6, 2), 1 / (1 + tanh(3)), 1e-12);
  for (double d = 0; d < 20; d += 0.1) {
    AET_TEST((AetKernelNucleusOrder(d, 6, 2) < last && AetKernelNucleusOrder(d, 6, 2) > 0) || d < 0);
    last = AetKernelNucleusOrder(d, 6, 2);
  }
}

AET_TEST_MAIN("simulate kernels", {"neighbours", TestNeighbours}, {"dislocation", TestDislocation},
              {"elastic equilibrium", TestElasticEquilibrium}, {"ordered phases", TestOrdered}, {"stacking", TestStacking},
              {"packing", TestPacking}, {"nucleus", TestNucleus})
