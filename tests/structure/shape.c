/* The surface of solids whose area and volume are known, and the first valley of structures whose shells are known. */
#include "lattice_points.h"

enum { MOST = 40000 };

static int InCube(const double x[3])
{
  return fabs(x[0]) < 15.3 && fabs(x[1]) < 15.3 && fabs(x[2]) < 15.3; /* four cells of 3.8 Å to each side */
}

static int InBall(const double x[3])
{
  return Length(x) < 22;
}

static int InShell(const double x[3])
{
  return Length(x) < 22 && Length(x) > 9;
}

/* A perfect cube of fcc: its faces pass through lattice planes, so area and volume are exact. */
static void TestCube(void)
{
  static double x[3 * MOST];
  const int     count = LatticePoints(3.8, 4, fcc, 5, InCube, 0, MOST, x);
  AetAtoms      atoms = TestAtoms(count, x);
  AetSurface    s;
  int           wrong = 0;

  AET_TEST_CALL(AetSurfaceCreate(atoms, AET_SURFACE_ALPHA_ANGSTROM, &s));
  AET_TEST_CLOSE(s->volume, pow(8 * 3.8, 3), 1e-6);
  AET_TEST_CLOSE(s->area, 6 * pow(8 * 3.8, 2), 1e-6);
  AET_TEST(s->pieces == 1 && s->voids == 0);
  for (int i = 0; i < count; i++) {
    double depth = INFINITY;
    for (int k = 0; k < 3; k++) depth = fmin(depth, 15.2 - fabs(x[3 * i + k]));
    wrong += s->surface[i] != (depth < 0.1) || fabs(s->depth[i] - fmax(depth, 0)) > 1e-9;
  }
  AET_TEST(wrong == 0);
  wrong = 0;
  for (uint64_t i = 0; i < 2000; i++) {
    double    p[3];
    PetscBool inside = PETSC_TRUE;
    for (uint64_t k = 0; k < 3; k++) p[k] = 36 * AetRandomUniform(3, k, i) - 18, inside = inside && fabs(p[k]) < 15.2;
    wrong += AetSurfaceInside(s, p) != inside;
  }
  AET_TEST(wrong == 0);
  AET_TEST_CALL(AetSurfaceDestroy(&s));
  AET_TEST_CALL(AetAtomsDestroy(&atoms));
}

static int InInnerBall(const double x[3])
{
  return Length(x) < 18.6;
}

/* Atoms evenly on a sphere of 20 Å, filled with a crystal: what is known of a ball, less the sagitta of its facets. */
static void TestBall(void)
{
  enum { SKIN = 1600 };
  static double x[3 * MOST];
  const double  radius = 20;
  int           count = LatticePoints(3.8, 4, fcc, 6, InInnerBall, 0, MOST - SKIN, x), rim = 0, first = count;
  AetAtoms      atoms;
  AetSurface    s;
  double        worst = 0;

  for (int k = 0; k < SKIN; k++, count++) {
    const double z = 1 - (2 * k + 1.0) / SKIN, across = sqrt(1 - z * z), angle = M_PI * (3 - sqrt(5)) * k;
    x[3 * count] = radius * across * cos(angle), x[3 * count + 1] = radius * across * sin(angle), x[3 * count + 2] = radius * z;
  }
  atoms = TestAtoms(count, x);
  AET_TEST_CALL(AetSurfaceCreate(atoms, AET_SURFACE_ALPHA_ANGSTROM, &s));
  for (int i = 0; i < count; i++) {
    rim += s->surface[i] == (i >= first);
    worst = fmax(worst, fabs(radius - Length(x + 3 * i) - s->depth[i]));
  }
  AET_TEST(rim == count && s->facets == 2 * SKIN - 4); /* Euler */
  AET_TEST_CLOSE(s->volume / (4 * M_PI / 3 * pow(radius, 3)), 1, 0.01);
  AET_TEST_CLOSE(s->area / (4 * M_PI * radius * radius), 1, 0.005);
  AET_TEST_CLOSE(worst, 0, 0.06);
  AET_TEST_CALL(AetSurfaceDestroy(&s));
  AET_TEST_CALL(AetAtomsDestroy(&atoms));
}

static int Signed(const void *left, const void *right)
{
  const PetscInt64 a = *(const PetscInt64 *)left, b = *(const PetscInt64 *)right;

  return (a > b) - (a < b);
}

/* Whether every edge is passed as often one way as the other: the surface is closed and turned the same way everywhere. */
static int Closed(AetSurface s)
{
  PetscInt64 *edge[2];
  int         equal;

  for (int way = 0; way < 2; way++) {
    edge[way] = malloc(3 * (size_t)s->facets * sizeof(PetscInt64));
    for (PetscInt k = 0; k < 3 * s->facets; k++) {
      const PetscInt64 a = s->facet[k / 3][k % 3], b = s->facet[k / 3][(k + 1) % 3];
      edge[way][k] = way ? b * s->total + a : a * s->total + b;
    }
    qsort(edge[way], 3 * (size_t)s->facets, sizeof(PetscInt64), Signed);
  }
  equal = !memcmp(edge[0], edge[1], 3 * (size_t)s->facets * sizeof(PetscInt64));
  free(edge[0]);
  free(edge[1]);
  return equal;
}

/* Perfect crystals, where up to eight atoms lie on one sphere, as they are and moved by 20 pm, with two atoms nearly in one place. */
static void TestDegenerate(void)
{
  static double x[3 * MOST];
  const double  edge[3] = {3.8, 3.0, 2.6}, noises[2] = {0, 0.1155};

  for (int c = 0; c < 6; c++) {
    const int kind = c % 3;
    int count = LatticePoints(edge[kind], kind == 0 ? 4 : kind == 1 ? 2 : 1, kind == 1 ? bcc : fcc, 9, InBall, noises[c / 3], MOST - 1, x);
    AetAtoms   atoms;
    AetSurface s;
    for (int k = 0; k < 3; k++) x[3 * count + k] = x[3 * 50 + k] + (k == 0 ? 1e-9 : 0);
    atoms = TestAtoms(++count, x);
    AET_TEST_CALL(AetSurfaceCreate(atoms, AET_SURFACE_ALPHA_ANGSTROM, &s));
    AET_TEST(s->pieces == 1 && s->voids == 0);
    AET_TEST(Closed(s));
    AET_TEST(s->area > cbrt(36 * M_PI * s->volume * s->volume) && s->area < 1.1 * cbrt(36 * M_PI * s->volume * s->volume));
    AET_TEST_CLOSE(cbrt(3 * s->volume / 4 / M_PI), 22 - 0.25 * edge[kind], 0.5);
    AET_TEST_CALL(AetSurfaceDestroy(&s));
    AET_TEST_CALL(AetAtomsDestroy(&atoms));
  }
}

static void TestValley(void)
{
  static double x[3 * MOST];
  double        cutoff;
  const double  noises[2] = {0, 0.2 / sqrt(3)}; /* 20 pm in three dimensions */

  for (int k = 0; k < 2; k++)
    for (int structure = 0; structure < 2; structure++) {
      const int count =
          structure ? LatticePoints(3.2, 2, bcc, 8, InBall, noises[k], MOST, x) : LatticePoints(3.8, 4, fcc, 6, InBall, noises[k], MOST, x);
      AetAtoms atoms = TestAtoms(count, x);
      AET_TEST_CALL(AetFirstValley(atoms, &cutoff));
      /* between the shells: 0.707 and 1 cell in fcc; 1 and 1.414 in bcc, whose first two are 0.134 apart */
      AET_TEST_CLOSE(cutoff, structure ? 3.2 * 1.207 : 3.8 * 0.854, 0.15);
      AET_TEST_CALL(AetAtomsDestroy(&atoms));
    }
}

/* A ball with a hollow; two balls; atoms too far from all. */
static void TestPieces(void)
{
  static double x[3 * MOST];
  int           count = LatticePoints(3.8, 4, fcc, 6, InShell, 0.05, MOST, x);
  AetAtoms      atoms;
  AetSurface    s;
  const double  hollow[3] = {0, 0.5, 0}, matter[3] = {0, 15, 0}, far[3] = {40, 0, 0};

  x[3 * count] = 40, x[3 * count + 1] = x[3 * count + 2] = 0;
  count++;
  atoms = TestAtoms(count, x);
  AET_TEST_CALL(AetSurfaceCreate(atoms, AET_SURFACE_ALPHA_ANGSTROM, &s));
  AET_TEST(s->pieces == 1 && s->voids == 1);
  AET_TEST(!AetSurfaceInside(s, hollow) && AetSurfaceInside(s, matter) && !AetSurfaceInside(s, far));
  AET_TEST(s->void_volume > 4 / 3. * M_PI * pow(9, 3) && s->void_volume < 4 / 3. * M_PI * pow(11, 3));
  AET_TEST(s->alone[count - 1] && s->surface[count - 1] && s->depth[count - 1] == 0);
  AET_TEST_CLOSE(AetSurfaceDistance(s, far), 40 - 5.5 * 3.8, 0.3); /* to the outermost atom on the axis */
  AET_TEST_CALL(AetSurfaceDestroy(&s));
  AET_TEST_CALL(AetAtomsDestroy(&atoms));
}

static void TestBad(void)
{
  double     x[3 * 9], cutoff;
  AetSurface s;
  AetAtoms   atoms;

  for (int i = 0; i < 9; i++) x[3 * i] = 2 * (i % 3), x[3 * i + 1] = 2 * (i / 3), x[3 * i + 2] = 0.5 * x[3 * i];
  atoms = TestAtoms(9, x);
  TestRefused(AetSurfaceCreate(atoms, 4, &s), AET_ERR_INPUT, "in a plane");
  TestRefused(AetSurfaceCreate(atoms, 0, &s), AET_ERR_INPUT, "alpha");
  AET_TEST_CALL(AetAtomsDestroy(&atoms));
  x[5] += 90;
  atoms = TestAtoms(9, x);
  TestRefused(AetSurfaceCreate(atoms, 1, &s), AET_ERR_INPUT, "found none among 9");
  AET_TEST_CALL(AetAtomsDestroy(&atoms));
  for (int count = 0; count < 4; count++) {
    atoms = TestAtoms(count, x);
    TestRefused(AetSurfaceCreate(atoms, 4, &s), AET_ERR_INPUT, "at least 4 atoms");
    if (count < 2) TestRefused(AetFirstValley(atoms, &cutoff), AET_ERR_INPUT, "at least 2 atoms");
    if (count >= 2) AET_TEST_CALL(AetFirstValley(atoms, &cutoff));
    AET_TEST_CALL(AetAtomsDestroy(&atoms));
  }
}

AET_TEST_MAIN("shape", {"cube", TestCube}, {"ball", TestBall}, {"degenerate", TestDegenerate}, {"pieces", TestPieces},
              {"first valley", TestValley}, {"bad input", TestBad})
