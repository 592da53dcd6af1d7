/* Sites of lattices against brute force; seeds in known orientations; growth of a cluster; vacant places; flux of Burgers vectors. */
#include "mpi_test.h"
#include "structure/kernel/burgers.h"
#include "structure/kernel/lattice_grow.h"
#include "structure/kernel/lattice_seed.h"
#include "structure/kernel/vacant.h"

static double Size(const double x[3])
{
  return sqrt(x[0] * x[0] + x[1] * x[1] + x[2] * x[2]);
}

/* x of a site in the undeformed lattice of nearest distance 1. */
static void Place(int kind, const int n[3], double x[3])
{
  double cell[9], f[3];

  AetSitesCell(kind, cell);
  AetSitesFraction(kind, n, f);
  AetSitesVector(cell, f, x);
}

static int IsSite(int kind, const int n[3])
{
  if (kind == AET_SITES_FCC) return (n[0] + n[1] + n[2]) % 2 == 0;
  if (kind == AET_SITES_BCC) return (n[0] - n[1]) % 2 == 0 && (n[1] - n[2]) % 2 == 0;
  return 1;
}

/* Known numbers of neighbours at known distances, from both sublattices. */
static void TestNeighbours(void)
{
  static const int near[4] = {12, 12, 8, 6}, all[4] = {12, 12, 14, 6};

  for (int kind = 0; kind < AET_SITES_KINDS; kind++)
    for (int s = 0; s < 2; s++) {
      int       offset[AET_SITES_NEAR][3], at_one = 0;
      const int from[3] = {0, 0, s}, count = AetSitesNeighbours(kind, kind == AET_SITES_HCP ? s : 0, offset);
      if (s && kind != AET_SITES_HCP) continue;
      AET_TEST(count == all[kind]);
      for (int k = 0; k < count; k++) {
        const int n[3] = {offset[k][0], offset[k][1], s + offset[k][2]};
        double    a[3], b[3];
        Place(kind, from, a);
        Place(kind, n, b);
        for (int c = 0; c < 3; c++) b[c] -= a[c];
        at_one += fabs(Size(b) - 1) < 1e-9;
      }
      AET_TEST(at_one == near[kind]);
    }
}

/* The nearest site to any point is the nearest of all sites. */
static void TestRound(void)
{
  for (int kind = 0; kind < AET_SITES_KINDS; kind++) {
    int wrong = 0;
    for (uint64_t t = 0; t < 2000; t++) {
      double cell[9], f[3], x[3], y[3], best = 1e9;
      int    n[3], m[3];
      for (uint64_t a = 0; a < 3; a++) f[a] = 2 * AetRandomUniform(1, (uint64_t)kind, 3 * t + a) - 1;
      AetSitesCell(kind, cell);
      AetSitesVector(cell, f, x);
      AetSitesRound(kind, f, n);
      for (m[0] = -5; m[0] <= 5; m[0]++)
        for (m[1] = -5; m[1] <= 5; m[1]++)
          for (m[2] = -5; m[2] <= 5; m[2]++) {
            if (!IsSite(kind, m)) continue;
            Place(kind, m, y);
            for (int a = 0; a < 3; a++) y[a] -= x[a];
            best = fmin(best, Size(y));
          }
      Place(kind, n, y);
      for (int a = 0; a < 3; a++) y[a] -= x[a];
      wrong += !IsSite(kind, n) || Size(y) > best + 1e-9;
    }
    AET_TEST(wrong == 0);
  }
}

/* Every choice of axes is a proper symmetry: volume and metric of the cell stay. */
static void TestAxes(void)
{
  for (int kind = 0; kind < AET_SITES_KINDS; kind++) {
    double P[9], cell[9];
    int    choice = 0, bad = 0;
    AetSitesCell(kind, cell);
    for (; AetSitesAxes(kind, choice, P); choice++) {
      double row[3][3];
      for (int i = 0; i < 3; i++) AetSitesVector(cell, P + 3 * i, row[i]);
      for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
          double here = 0, there = 0;
          for (int a = 0; a < 3; a++) here += row[i][a] * row[j][a], there += cell[3 * i + a] * cell[3 * j + a];
          bad += fabs(here - there) > 1e-9;
        }
      bad += row[0][0] * (row[1][1] * row[2][2] - row[1][2] * row[2][1]) + row[0][1] * (row[1][2] * row[2][0] - row[1][0] * row[2][2]) +
                 row[0][2] * (row[1][0] * row[2][1] - row[1][1] * row[2][0]) <
             0;
    }
    AET_TEST(bad == 0 && choice == (kind == AET_SITES_HCP ? 12 : 24));
  }
}

/* The neighbours of a turned and swollen site fit their own kind, and no other. */
static void TestSeed(void)
{
  for (int kind = 0; kind < AET_SITES_KINDS; kind++)
    for (uint64_t turn = 0; turn < 20; turn++) {
      AetSeedTemplate own, other;
      double c = cos(0.3 * (double)turn), s = sin(0.3 * (double)turn), v[AET_SITES_NEAR][3], cell[9], volume = 0, expected = 0, ideal[9];
      AetSeedTemplateMake(kind, &own);
      for (int k = 0; k < own.count; k++) {
        const double *x = own.vector[k], y[3] = {c * x[0] - s * x[1], s * x[0] + c * x[1], x[2]};
        v[k][0] = 2.7 * y[0], v[k][1] = 2.7 * (c * y[1] - s * y[2]), v[k][2] = 2.7 * (s * y[1] + c * y[2]);
      }
      for (int i = 1; i < own.count; i++) /* nearest first */
        for (int k = i; k > 0 && Size(v[k]) < Size(v[k - 1]) - 1e-9; k--) {
          double w[3];
          memcpy(w, v[k], sizeof w), memcpy(v[k], v[k - 1], sizeof w), memcpy(v[k - 1], w, sizeof w);
        }
      AET_TEST_CLOSE(AetSeedFit(&own, own.count, v, cell), 0, 1e-9);
      AetSitesCell(kind, ideal);
      for (int i = 0; i < 9; i++) volume += cell[i] * cell[i], expected += 2.7 * 2.7 * ideal[i] * ideal[i];
      AET_TEST_CLOSE(volume, expected, 1e-9);
      for (int k = 0; k < AET_SITES_KINDS; k++) {
        AetSeedTemplateMake(k, &other);
        if (k != kind) AET_TEST(AetSeedFit(&other, own.count, v, cell) > 0.15);
      }
    }
}

/* A cube of simple cubic sites, its atoms in a scrambled order: every list by brute force. */
enum { EDGE = 6, ATOMS = EDGE * EDGE * EDGE };
typedef struct {
  double       x[3 * ATOMS];
  ptrdiff_t    first[ATOMS + 1], near[40 * ATOMS], member[ATOMS];
  int          owner[ATOMS], visited[ATOMS], index[ATOMS][3], work[4 * ATOMS], shells;
  AetGrowAtoms atoms;
} Cube;

static int ByDistance(const void *a, const void *b)
{
  const double *x = a, *y = b;

  return (x[0] > y[0]) - (x[0] < y[0]);
}

static void CubeMake(Cube *c)
{
  ptrdiff_t all = 0;

  for (int i = 0; i < ATOMS; i++) {
    const int at = (i * 37) % ATOMS;
    c->x[3 * i] = 3.1 * (at % EDGE), c->x[3 * i + 1] = 3 * (at / EDGE % EDGE), c->x[3 * i + 2] = 2.9 * (at / EDGE / EDGE);
    c->owner[i] = c->visited[i] = -1;
  }
  for (int i = 0; i < ATOMS; i++) {
    double pair[ATOMS][2];
    int    count = 0;
    c->first[i] = all;
    for (int j = 0; j < ATOMS; j++) {
      const double d[3] = {c->x[3 * j] - c->x[3 * i], c->x[3 * j + 1] - c->x[3 * i + 1], c->x[3 * j + 2] - c->x[3 * i + 2]};
      if (j != i && Size(d) < 4.5) pair[count][0] = Size(d), pair[count++][1] = j;
    }
    qsort(pair, (size_t)count, sizeof *pair, ByDistance);
    for (int k = 0; k < count; k++) c->near[all++] = (ptrdiff_t)pair[k][1];
  }
  c->first[ATOMS] = all;
  c->shells = 0;
  c->atoms = (AetGrowAtoms){.count = ATOMS, .position = c->x, .first = c->first, .near = c->near};
}

/* All atoms of a slightly oblong lattice are indexed from one, and the fit gives its cell exactly. */
static void TestGrow(void)
{
  static Cube  c;
  const double cell[9] = {3, 0, 0, 0, 3, 0, 0, 0, 3}, edge[3] = {3.1, 3, 2.9};
  AetGrowGrain g = {.tolerance = 0.4,
                    .mismatch = 0.37,
                    .member = c.member,
                    .owner = c.owner,
                    .index = c.index,
                    .visited = c.visited,
                    .shells = &c.shells};
  ptrdiff_t    bonds;
  int          wrong = 0;

  CubeMake(&c);
  AetGrowBegin(&g, AET_SITES_SC, cell, &c.atoms, 100);
  AetGrow(&g, &c.atoms, AET_GROW_STRICT, c.work);
  AET_TEST(g.members == ATOMS);
  AetGrowFit(&g, &c.atoms);
  for (int i = 0; i < 9; i++) AET_TEST_CLOSE(g.cell[i], i % 4 ? 0 : edge[i / 4], 1e-9);
  for (int i = 0; i < ATOMS; i++)
    for (int a = 0; a < 3; a++) wrong += fabs(c.x[3 * i + a] - g.origin[a] - c.index[i][a] * edge[a]) > 1e-9;
  AET_TEST(wrong == 0);
  AET_TEST(AetGrowCut(&g, &c.atoms, &bonds) == 0 && bonds == 2 * 3 * EDGE * EDGE * (EDGE - 1));
  AET_TEST_CLOSE(AetGrowMismatch(&g, &c.atoms, 5), 0, 1e-9);
  c.index[7][0]++; /* its bonds now cross a cut */
  AET_TEST(AetGrowCut(&g, &c.atoms, &bonds) > 0);
}

/* Of two atoms in one place the nearer to the site stays. */
static void TestUnique(void)
{
  static Cube  c;
  const double cell[9] = {3.1, 0, 0, 0, 3, 0, 0, 0, 2.9};
  AetGrowGrain g = {.tolerance = 0.4,
                    .mismatch = 0.37,
                    .member = c.member,
                    .owner = c.owner,
                    .index = c.index,
                    .visited = c.visited,
                    .shells = &c.shells};

  CubeMake(&c);
  AetGrowBegin(&g, AET_SITES_SC, cell, &c.atoms, 0);
  AetGrow(&g, &c.atoms, AET_GROW_STRICT, c.work);
  AetGrowFit(&g, &c.atoms);
  const ptrdiff_t twin = c.near[c.first[40]];
  memcpy(c.index[twin], c.index[40], sizeof c.index[40]);
  for (int a = 0; a < 3; a++) c.x[3 * twin + a] = c.x[3 * 40 + a] + 0.5;
  AET_TEST(AetGrowUnique(&g, &c.atoms) == 1 && g.members == ATOMS - 1);
  AET_TEST(c.owner[twin] == -1 && c.owner[40] == 0);
}

/* An edge named forth and back is the same; around a triangle of a perfect lattice nothing is left. */
static void TestSteps(void)
{
  double    x[9], cell[1][9], inverse[1][9], nearest = 1;
  const int grain[3] = {0}, kind = AET_SITES_FCC, n[3][3] = {{0, 0, 0}, {1, 1, 0}, {2, 0, 0}};
  int       step[3][3], back[3];
  AetSitesCell(kind, cell[0]);
  AET_TEST(AetSitesInvert(cell[0], inverse[0]));
  const AetBurgersCrystal crystal = {.position = x,
                                     .grain = grain,
                                     .grains = 1,
                                     .kind = &kind,
                                     .cell = (const double(*)[9])cell,
                                     .inverse = (const double(*)[9])inverse,
                                     .nearest = &nearest};
  for (int i = 0; i < 3; i++) Place(kind, n[i], x + 3 * i);
  for (int i = 0; i < 3; i++) {
    AetBurgersStep(&crystal, 0, i, (i + 1) % 3, step[i]);
    AetBurgersStep(&crystal, 0, (i + 1) % 3, i, back);
    for (int a = 0; a < 3; a++) AET_TEST(step[i][a] == n[(i + 1) % 3][a] - n[i][a] && back[a] == -step[i][a]);
  }
}

/* Crossings along a line, with a flux out of its ends. */
static void TestDescribe(void)
{
  AetBurgersCrossing c[11];
  AetBurgersAxis     axis;

  memset(c, 0, sizeof c);
  for (int k = 0; k < 11; k++) {
    c[k].x[0] = 1 + 2 * (k - 5), c[k].x[1] = 3 - (k - 5), c[k].x[2] = 5 + (k % 2 ? 0.1 : -0.1);
    c[k].flux[0] = 1;
  }
  c[0].end = c[10].end = 1, c[0].flux[0] = -1, c[10].flux[1] = 1;
  AetBurgersDescribe(11, c, &axis);
  AET_TEST_CLOSE(axis.direction[0], 2 / sqrt(5), 1e-3);
  AET_TEST_CLOSE(axis.direction[1], -1 / sqrt(5), 1e-3);
  AET_TEST_CLOSE(axis.high - axis.low, 10 * sqrt(5), 1e-2);
  AET_TEST_CLOSE(axis.bend, 0.1, 1e-2);
  AET_TEST(axis.burgers[0] == 1 && axis.burgers[1] == 1 && axis.burgers[2] == 0); /* of the end at large x */
}

/* Expectations of three atoms for one place and of one for another, one of them twice. */
static void TestGather(void)
{
  AetExpected e[5] = {{{0, 0, 0}, 1, 0, {1, 0, 0}},
                      {{0.3, 0, 0}, 2, 0, {1, 0, 0}},
                      {{5, 0, 0}, 3, 0, {2, 0, 0}},
                      {{0, 0.3, 0}, 4, 1, {7, 0, 0}},
                      {{0, 0, 0.1}, 1, 0, {1, 0, 0}}};
  AetVacant   v[5];

  AET_TEST(AetVacantGather(5, e, 1, v) == 2);
  AET_TEST(v[0].expected == 3 && v[0].grain == 0 && v[0].index[0] == 1 && v[1].expected == 1 && v[1].index[0] == 2);
  AET_TEST_CLOSE(v[0].x[0], 0.1, 0.05);
}

AET_TEST_MAIN("lattice kernels", {"neighbours", TestNeighbours}, {"nearest site", TestRound}, {"axes", TestAxes}, {"seeds", TestSeed},
              {"growth", TestGrow}, {"one atom on a site", TestUnique}, {"steps", TestSteps}, {"line", TestDescribe},
              {"places", TestGather})
