/* Cells and pairs against brute force. */
#include "atoms/kernel/cells.h"
#include "atoms/kernel/pair.h"
#include "mpi_test.h"

enum { POINTS = 700 };

static void Cloud(uint64_t stream, int count, double *x)
{
  for (int i = 0; i < 3 * count; i++) x[i] = 30 * AetRandomUniform(3, stream, (uint64_t)i) - 12;
}

static void TestNeighbours(void)
{
  static double x[3 * POINTS];
  AetCells      cells;
  ptrdiff_t     near[POINTS];
  int           wrong = 0;

  Cloud(1, POINTS, x);
  for (int a = 0; a < 3; a++) x[a] = 1e5; /* an outlier must neither exhaust memory nor hide others */
  AET_TEST(AetCellsBuild(&cells, POINTS, x, 2.5) == 0);
  for (int i = 0; i < POINTS; i++) {
    ptrdiff_t found = AetCellsNear(&cells, x, x + 3 * i, 2.5, POINTS, near), expected = 0;
    for (int j = 0; j < POINTS; j++) {
      double    d = 0;
      ptrdiff_t listed = 0;
      for (int a = 0; a < 3; a++) d += (x[3 * i + a] - x[3 * j + a]) * (x[3 * i + a] - x[3 * j + a]);
      for (ptrdiff_t k = 0; k < found; k++) listed += near[k] == j;
      expected += d <= 2.5 * 2.5;
      wrong += listed != (d <= 2.5 * 2.5);
    }
    wrong += found != expected;
  }
  AET_TEST(wrong == 0);
  AetCellsFree(&cells);
}

static void TestFarPoint(void)
{
  static double x[3 * POINTS];
  double        away[3] = {500, 0, 0};
  AetCells      cells;
  ptrdiff_t     near[4];

  Cloud(1, POINTS, x);
  AET_TEST(AetCellsBuild(&cells, POINTS, x, 2.5) == 0);
  AET_TEST(AetCellsNear(&cells, x, away, 2.5, 4, near) == 0);
  AetCellsFree(&cells);
  AET_TEST(AetCellsBuild(&cells, 0, x, 2.5) == 0);
  AET_TEST(AetCellsNear(&cells, x, away, 2.5, 4, near) == 0);
  AetCellsFree(&cells);
}

/* Greedy pairing by repeated search of the nearest free pair. */
static void BrutePairs(int na, const double *a, int nb, const double *b, double cutoff, ptrdiff_t *partner)
{
  char taken[POINTS] = {0};

  for (int i = 0; i < na; i++) partner[i] = -1;
  for (;;) {
    double best = cutoff * cutoff;
    int    bi = -1, bj = -1;
    for (int i = 0; i < na; i++)
      for (int j = 0; j < nb && partner[i] < 0; j++) {
        double d = 0;
        for (int c = 0; c < 3; c++) d += (a[3 * i + c] - b[3 * j + c]) * (a[3 * i + c] - b[3 * j + c]);
        if (!taken[j] && d < best) best = d, bi = i, bj = j;
      }
    if (bi < 0) return;
    partner[bi] = bj;
    taken[bj] = 1;
  }
}

static void TestPairs(void)
{
  static double a[3 * 200], b[3 * 180];
  ptrdiff_t     fast[200], slow[200];
  double        none[3] = {0};
  int           wrong = 0, paired = 0;

  Cloud(5, 200, a);
  Cloud(6, 180, b);
  AET_TEST(AetPairPoints(200, a, none, 180, b, 4, fast) == 0);
  BrutePairs(200, a, 180, b, 4, slow);
  for (int i = 0; i < 200; i++) wrong += fast[i] != slow[i], paired += slow[i] >= 0;
  AET_TEST(wrong == 0);
  AET_TEST(paired > 100);
}

AET_TEST_MAIN("cells", {"neighbours against brute force", TestNeighbours}, {"far and empty", TestFarPoint},
              {"pairs against brute force", TestPairs})
