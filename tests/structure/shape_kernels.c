/* Triangulation, triangles in a tree, shells: against laws and searches of everything. */
#include "mpi_test.h"
#include "structure/kernel/alpha_shape.h"
#include "structure/kernel/pairs.h"
#include "structure/kernel/triangles.h"
#include "structure/kernel/valley.h"

static double Distance(const double a[3], const double b[3])
{
  return sqrt((a[0] - b[0]) * (a[0] - b[0]) + (a[1] - b[1]) * (a[1] - b[1]) + (a[2] - b[2]) * (a[2] - b[2]));
}

static void TestRadius(void)
{
  const double x[15] = {1, 1, 1, 1, -1, -1, -1, 1, -1, -1, -1, 1, 1, 1, 3};

  AET_TEST_CLOSE(AetCircumradius(x, (const int[4]){0, 1, 2, 3}), sqrt(3), 1e-14); /* about the origin */
  AET_TEST(isinf(AetCircumradius(x, (const int[4]){0, 1, 4, 0})));
}

/* The centre of the sphere through four points, by Cramer's rule. */
static void Centre(const double *x, const int v[4], double centre[3])
{
  double m[3][3], half[3] = {0}, minor[3][3], volume;

  for (int e = 0; e < 3; e++)
    for (int k = 0; k < 3; k++) {
      m[e][k] = x[3 * v[e + 1] + k] - x[3 * v[0] + k];
      half[e] += m[e][k] * m[e][k] / 2;
    }
  for (int e = 0; e < 3; e++)
    for (int k = 0; k < 3; k++) {
      const int a = (e + 1) % 3, b = (e + 2) % 3, c = (k + 1) % 3, d = (k + 2) % 3;
      minor[e][k] = m[a][c] * m[b][d] - m[a][d] * m[b][c];
    }
  volume = m[0][0] * minor[0][0] + m[0][1] * minor[0][1] + m[0][2] * minor[0][2];
  for (int k = 0; k < 3; k++)
    centre[k] = x[3 * v[0] + k] + (half[0] * minor[0][k] + half[1] * minor[1][k] + half[2] * minor[2][k]) / volume;
}

/* No point lies in the sphere of a tetrahedron; faces are shared by two. With an alpha beyond all spheres the shape is the hull, and its
   facets are those without a neighbour. */
static void TestDelaunay(void)
{
  enum { POINTS = 80 };
  double        x[3 * POINTS];
  AetTetrahedra t;
  AetAlphaShape shape;
  char          message[200];
  int           wrong = 0, rim = 0;

  for (uint64_t i = 0; i < 3 * POINTS; i++) x[i] = AetRandomUniform(31, 0, i);
  AET_TEST(AetDelaunay(POINTS, x, &t, sizeof message, message) == 0);
  for (ptrdiff_t i = 0; i < t.count; i++) {
    const int   *v = t.vertex[i];
    const double radius = AetCircumradius(x, v);
    double       centre[3];
    Centre(x, v, centre);
    for (int p = 0; p < POINTS; p++) wrong += Distance(centre, x + 3 * p) < radius * (1 - 1e-9);
    for (int k = 0; k < 4; k++) {
      const int next = t.neighbour[i][k];
      int       back = 0;
      rim += next < 0;
      for (int j = 0; next >= 0 && j < 4; j++) back += t.neighbour[next][j] == i && t.vertex[next][j] != v[k];
      wrong += next >= 0 && back != 1;
    }
  }
  AET_TEST(wrong == 0);
  AET_TEST(AetAlphaShapeBuild(&shape, POINTS, x, &t, 1e12) == 0);
  AET_TEST(shape.facets == rim && shape.kept == t.count && shape.pieces == 1 && shape.voids == 0);
  AetAlphaShapeFree(&shape);
  AetTetrahedraFree(&t);
}

/* The nearest of random triangles, against points all over them. */
static void TestNearest(void)
{
  enum { TRIANGLES = 40, STEPS = 60 };
  double          x[9 * TRIANGLES], worst = 0;
  int             triangle[TRIANGLES][3], below = 0;
  AetTriangleTree tree;

  for (uint64_t i = 0; i < 9 * TRIANGLES; i++) x[i] = 10 * AetRandomUniform(32, i / 9, 0) + 2 * AetRandomUniform(32, 100, i);
  for (int i = 0; i < 3 * TRIANGLES; i++) triangle[i / 3][i % 3] = i;
  AET_TEST(AetTrianglesBuild(&tree, TRIANGLES, (const int(*)[3])triangle, x) == 0);
  for (uint64_t trial = 0; trial < 30; trial++) {
    double at[3], best = INFINITY, found;
    for (uint64_t k = 0; k < 3; k++) at[k] = 14 * AetRandomUniform(33, k, trial) - 1;
    for (int i = 0; i < TRIANGLES; i++)
      for (int u = 0; u <= STEPS; u++)
        for (int v = 0; u + v <= STEPS; v++) {
          double p[3];
          for (int k = 0; k < 3; k++) p[k] = (x[9 * i + k] * (STEPS - u - v) + x[9 * i + 3 + k] * u + x[9 * i + 6 + k] * v) / STEPS;
          best = fmin(best, Distance(at, p));
        }
    found = AetTrianglesNearest(&tree, at);
    below += found > best + 1e-12;
    worst = fmax(worst, best - found);
  }
  AET_TEST(below == 0);
  AET_TEST_CLOSE(worst, 0, 0.02);
  AetTrianglesFree(&tree);
}

/* Two triangles to each face of a cube: a ray from inside leaves it an odd number of times, through edges and their middles too. */
static void TestCross(void)
{
  static const int square[6][4] = {{0, 1, 3, 2}, {4, 6, 7, 5}, {0, 4, 5, 1}, {2, 3, 7, 6}, {0, 2, 6, 4}, {1, 5, 7, 3}};
  int              triangle[12][3], even = 0, wrong = 0;
  double           x[24];
  AetTriangleTree  tree;

  for (int c = 0; c < 8; c++)
    for (int k = 0; k < 3; k++) x[3 * c + k] = c >> k & 1 ? 1 : -1;
  for (int f = 0; f < 12; f++)
    for (int k = 0; k < 3; k++) triangle[f][k] = square[f / 2][k == 0 ? 0 : k + f % 2];
  AET_TEST(AetTrianglesBuild(&tree, 12, (const int(*)[3])triangle, x) == 0);
  for (int d = 0; d < 27; d++) { /* faces' diagonals and the cube's edges; towards corners there is no rule */
    const double direction[3] = {d % 3 - 1, d / 3 % 3 - 1, d / 9 - 1}, origin[3] = {0};
    const int    zeros = (direction[0] == 0) + (direction[1] == 0) + (direction[2] == 0);
    if (zeros == 1 || zeros == 2) even += AetTrianglesCross(&tree, origin, direction, INFINITY, 0, NULL) % 2 == 0;
  }
  AET_TEST(even == 0);
  for (uint64_t i = 0; i < 500; i++) {
    double p[3], t[8], direction[3] = {0.6, 0, 0.8};
    int    inside = 1, found;
    for (uint64_t k = 0; k < 3; k++) p[k] = 3 * AetRandomUniform(34, k, i) - 1.5, inside = inside && fabs(p[k]) < 1;
    wrong += AetTrianglesInside(&tree, p) != inside;
    found = AetTrianglesCross(&tree, p, direction, 10, 8, t);
    if (inside) wrong += found != 1 || fabs(t[0] - fmin((1 - p[0]) / 0.6, (1 - p[2]) / 0.8)) > 1e-12;
    if (inside) wrong += AetTrianglesCross(&tree, p, direction, t[0] - 1e-9, 8, t) != 0; /* beyond the reach */
  }
  AET_TEST(wrong == 0);
  AetTrianglesFree(&tree);
}

static void TestShells(void)
{
  const double t[3] = {0.8, 1.26, 1.8}, turn[3] = {0.3, 0.8, 0.1};
  int64_t      inside[25] = {0};
  int          wrong = 0;
  double       mean[3] = {0}, square[6] = {0}, cube[3] = {0};

  AetPairsInside(3, t, 25, 0.1, inside);
  for (int k = 0; k < 25; k++) { /* middles at 0.05, 0.15, … */
    const double r = 0.1 * (k + 0.5);
    wrong += inside[k] != (r < 0.8 || (r > 1.26 && r < 1.8));
  }
  AET_TEST(wrong == 0);
  for (int k = 0; k < 500; k++) { /* even to the second moment */
    double d[3], p[3];
    AetPairsDirection(k, 500, turn, d);
    AetPairsHalton(k, p);
    for (int a = 0; a < 3; a++) mean[a] += d[a] / 500, square[a] += d[a] * d[a] / 500, square[3 + a] += d[a] * d[(a + 1) % 3] / 500;
    for (int a = 0; a < 3; a++) cube[a] += p[a] / 500;
  }
  for (int a = 0; a < 3; a++) {
    AET_TEST_CLOSE(mean[a], 0, 2e-3);
    AET_TEST_CLOSE(square[a], 1 / 3., 1e-3);
    AET_TEST_CLOSE(square[3 + a], 0, 1e-3);
    AET_TEST_CLOSE(cube[a], 0.5, 0.01);
  }
}

/* Gaussian shells of known distance. */
static void TestValley(void)
{
  enum { BINS = 300 };
  double g[BINS], peak, valley, top[4], height[4];

  for (int k = 0; k < BINS; k++) {
    const double r = 0.03 * (k + 0.5);
    g[k] = 4 * exp(-0.5 * pow((r - 2.8) / 0.15, 2)) + 2 * exp(-0.5 * pow((r - 4.6) / 0.15, 2));
  }
  AET_TEST(AetValleyFind(BINS, 0.03, g, 2.75, &peak, &valley) == 1);
  AET_TEST_CLOSE(peak, 2.8, 0.02);
  AET_TEST_CLOSE(valley, 3.7, 0.1);
  AET_TEST(AetPeaksFind(BINS, 0.03, g, 0, 4, top, height) == 2);
  AET_TEST_CLOSE(top[0], 2.8, 0.01);
  AET_TEST_CLOSE(top[1], 4.6, 0.01);
  for (int k = 0; k < BINS; k++) g[k] = 1 + 0.02 * AetRandomNormal(35, 0, (uint64_t)k);
  AET_TEST(AetValleyFind(BINS, 0.03, g, 2.75, &peak, &valley) == 0);
  AET_TEST_CLOSE(valley, AET_VALLEY_GUESS * 2.75, 1e-12);
  AET_TEST(AetPeaksFind(BINS, 0.03, g, 0, 4, top, height) == 0);
}

AET_TEST_MAIN("kernels of the shape", {"radius", TestRadius}, {"Delaunay", TestDelaunay}, {"nearest", TestNearest}, {"cross", TestCross},
              {"shells", TestShells}, {"valley", TestValley})
