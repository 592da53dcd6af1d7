/* Pair distributions: of a gas, which is 1; of fcc, whose shells are known; of ordered alloys; of hard spheres in disorder. */
#include "lattice_points.h"

enum { MOST = 9000 };

static int InBall(const double x[3])
{
  return Length(x) < 24;
}

static int Anywhere(const double x[3])
{
  return Length(x) < 24 && fabs(x[2]) < 15;
}

static AetPairs Pairs(AetAtoms atoms, double bin, double reach)
{
  AetSurface s;
  AetPairs   p;

  AET_TEST_CALL(AetSurfaceCreate(atoms, AET_SURFACE_ALPHA_ANGSTROM, &s));
  AET_TEST_CALL(AetPairsCreate(atoms, s, bin, reach, &p));
  AET_TEST_CALL(AetSurfaceDestroy(&s));
  AET_TEST_CALL(AetAtomsDestroy(&atoms));
  return p;
}

/* Points drawn evenly over a ball and a disc. Of the pairs at 20 Å half are missing: that is what the correction is for. */
static void TestGas(void)
{
  static double x[3 * MOST];

  for (int shape = 0; shape < 2; shape++) {
    AetPairs p;
    int      count = 0, beyond = 0, used = 0;
    double   mean = 0, worst = 0;
    for (uint64_t i = 0; count < 4500; i++) {
      for (uint64_t k = 0; k < 3; k++) x[3 * count + (int)k] = 48 * AetRandomUniform(21, k, i) - 24;
      count += shape ? Anywhere(x + 3 * count) : InBall(x + 3 * count);
    }
    p = Pairs(TestAtoms(count, x), 0.5, 20);
    for (PetscInt k = 4; k < p->bins; k++) { /* from 2 Å on, where there are enough pairs */
      const double pairs = p->centres * p->density * 4 * M_PI * p->r[k] * p->r[k] * 0.5 * p->inside[k];
      beyond += fabs(p->g[k] - 1) > 3.5 * sqrt(2 / pairs) + 0.01;
      worst = fmax(worst, fabs(p->g[k] - 1));
      mean += p->g[k];
      used++;
    }
    printf("gas: g - 1 of at most %.3f, mean %.4f, inside at 20 Å %.2f\n", worst, mean / used - 1, p->inside[p->bins - 1]);
    AET_TEST(beyond == 0);
    AET_TEST_CLOSE(mean / used, 1, 0.01);
    AET_TEST(p->inside[p->bins - 1] < 0.55);
    AET_TEST_CALL(AetPairsDestroy(&p));
  }
}

/* Shell n of fcc lies at a sqrt(n / 2). */
static void TestCrystal(void)
{
  static double x[3 * MOST];
  const double  a = 3.85;
  const int     shell[6] = {12, 6, 24, 12, 24, 8}, count = LatticePoints(a, 4, fcc, 7, InBall, 0, MOST, x);
  AetPairs      p = Pairs(TestAtoms(count, x), 0.1, 14);

  AET_TEST_CLOSE(p->density * pow(a, 3) / 4, 1, 0.015);
  AET_TEST(p->peaks >= 6);
  for (int n = 0; n < 6; n++) {
    const double r = a * sqrt((n + 1) / 2.), middle[2] = {r - 0.25, r + 0.25};
    AET_TEST_CLOSE(p->peak[n], r, 0.05); /* half a bin */
    AET_TEST_CLOSE((p->running[(int)(middle[1] / 0.1)] - p->running[(int)(middle[0] / 0.1)]) / shell[n], 1, 0.03);
  }
  AET_TEST_CLOSE(p->first_peak, a * sqrt(0.5), 0.05);
  AET_TEST_CLOSE(p->first_valley, 0.854 * a, 0.1);
  AET_TEST_CLOSE(p->coordination, 12, 0.25);
  AET_TEST_CALL(AetPairsDestroy(&p));
}

/* Layers of two species (L1_0): 4 of the own and 8 of the other kind in the first shell. A third symbol has no atoms. */
static void TestSpecies(void)
{
  static double x[3 * MOST];
  const char   *symbol[3] = {"Fe", "Pt", "Au"};
  const int     count = LatticePoints(3.85, 4, fcc, 7, InBall, 0.05, MOST, x);
  AetAtoms      atoms;
  AetPairs      p;
  int           rank;
  double        both = 0;

  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  AET_TEST_CALL(AetAtomsCreate(MPI_COMM_WORLD, rank ? 0 : count, 3, symbol, &atoms));
  for (int i = 0; i < 3 * count && rank == 0; i++) atoms->position[i] = x[i];
  for (int i = 0; i < count && rank == 0; i++) atoms->species[i] = (int)lround(x[3 * i + 2] / (3.85 / 2)) & 1;
  p = Pairs(atoms, 0.1, 14);
  AET_TEST(p->species_count == 3 && !strcmp(p->symbol[1], "Pt"));
  for (int a = 0; a < 2; a++)
    for (int b = 0; b < 2; b++) AET_TEST_CLOSE(p->coordination_species[a][b], a == b ? 4 : 8, 0.35);
  AET_TEST(p->species_density[2] == 0 && p->coordination_species[0][2] == 0);
  for (int a = 0; a < 2; a++)
    for (int b = 0; b < 2; b++)
      both += p->species_density[a] * p->species_density[b] * p->g_species[(a * 3 + b) * p->bins + 47] / (p->density * p->density);
  AET_TEST_CLOSE(both, p->g[47], 0.02 * p->g[47]); /* the whole is the mean of the parts */
  AET_TEST_CALL(AetPairsDestroy(&p));
}

/* Spheres of 2.4 Å added at random where there is room: nothing below that, and no order far away. */
static void TestDisorder(void)
{
  static double x[3 * MOST];
  int           count = 0;
  double        mean = 0, worst = 0, early = 0;
  AetPairs      p;

  for (uint64_t i = 0; count < 2200; i++) {
    double *q = x + 3 * count;
    int     room;
    for (uint64_t k = 0; k < 3; k++) q[k] = 48 * AetRandomUniform(22, k, i) - 24;
    room = InBall(q);
    for (int j = 0; j < count && room; j++) {
      const double d[3] = {q[0] - x[3 * j], q[1] - x[3 * j + 1], q[2] - x[3 * j + 2]};
      room = Length(d) > 2.4;
    }
    count += room;
  }
  p = Pairs(TestAtoms(count, x), 0.4, 20);
  for (PetscInt k = 0; k < 6; k++) early = fmax(early, p->g[k]);
  for (PetscInt k = 30; k < 50; k++) mean += p->g[k] / 20, worst = fmax(worst, fabs(p->g[k] - 1));
  AET_TEST(early == 0);
  AET_TEST_CLOSE(mean, 1, 0.01);
  AET_TEST_CLOSE(worst, 0, 0.05);
  AET_TEST_CALL(AetPairsDestroy(&p));
}

static void TestRanks(void)
{
  enum { POINTS = 901 };
  static double x[3 * POINTS];
  AetPairs      p[2];

  for (int i = 0; i < 3 * POINTS; i++) x[i] = 24 * AetRandomUniform(4, 2, (uint64_t)i);
  for (int k = 0; k < 2; k++) p[k] = Pairs(TestAtomsOn(k ? MPI_COMM_WORLD : MPI_COMM_SELF, POINTS, x), 0.5, 10);
  AET_TEST(p[0]->centres > 100 && p[0]->centres < POINTS);
  AET_TEST(!memcmp(p[0]->g, p[1]->g, (size_t)p[0]->bins * sizeof(double)) && p[0]->density == p[1]->density);
  AET_TEST(!memcmp(p[0]->inside, p[1]->inside, (size_t)p[0]->bins * sizeof(double)));
  for (int k = 0; k < 2; k++) AET_TEST_CALL(AetPairsDestroy(&p[k]));
}

static double Published(const char *file, int particle)
{
  char      path[600];
  ptrdiff_t rows, columns;
  double   *table, value;

  AetTestData("atoms/hea", path, sizeof path);
  snprintf(path + strlen(path), sizeof path - strlen(path), "/%s", file);
  AET_TEST_CALL(AetTableRead(MPI_COMM_WORLD, path, &rows, &columns, &table));
  AET_TEST(rows * columns == 25);
  value = table[particle - 1];
  AET_TEST_CALL(PetscFree(table));
  return value;
}

/* First peak and valley as published for two measured particles; how theirs were smoothed is not known. */
static void TestMeasured(void)
{
  char path[600];

  if (!AetTestData("atoms/hea", path, sizeof path)) return;
  for (int particle = 3; particle <= 25; particle += 22) {
    char      file[700];
    ptrdiff_t rows, columns;
    double   *table, *x, cutoff;
    AetAtoms  atoms;
    AetPairs  p;
    snprintf(file, sizeof file, "%s/BOO_HEA_%d_nanoparticle.mat:model", path, particle);
    AET_TEST_CALL(AetTableRead(MPI_COMM_WORLD, file, &rows, &columns, &table));
    x = malloc(3 * (size_t)columns * sizeof *x);
    for (ptrdiff_t i = 0; i < 3 * columns; i++) x[i] = table[i % 3 * columns + i / 3];
    atoms = TestAtoms(columns, x);
    AET_TEST_CALL(AetFirstValley(atoms, &cutoff));
    p = Pairs(atoms, 0.1, 20);
    AET_TEST_CLOSE(p->first_peak, Published("peakposition.mat:peakposition", particle), 0.02);
    AET_TEST_CLOSE(p->first_valley, Published("valleyposition.mat:valleyposition", particle), 0.06);
    AET_TEST_CLOSE(cutoff, p->first_valley, 0.06);
    AET_TEST_CALL(AetPairsDestroy(&p));
    AET_TEST_CALL(PetscFree(table));
    free(x);
  }
}

static void TestBad(void)
{
  const double x[15] = {0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2, 2, 2, 2};
  AetAtoms     atoms = TestAtoms(5, x), fewer = TestAtoms(4, x);
  AetSurface   s;
  AetPairs     p;

  AET_TEST_CALL(AetSurfaceCreate(atoms, 4, &s));
  TestRefused(AetPairsCreate(atoms, s, 0, 20, &p), AET_ERR_INPUT, "bin");
  TestRefused(AetPairsCreate(atoms, s, 0.1, INFINITY, &p), AET_ERR_INPUT, "bin");
  TestRefused(AetPairsCreate(fewer, s, 0.1, 20, &p), AET_ERR_INPUT, "the same 4 atoms");
  AET_TEST_CALL(AetPairsCreate(atoms, s, 0.1, 20, &p)); /* nobody is inside */
  AET_TEST(p->centres == 0 && p->g[20] == 0 && p->peaks == 0 && p->first_valley == 0);
  AET_TEST_CALL(AetPairsDestroy(&p));
  AET_TEST_CALL(AetSurfaceDestroy(&s));
  AET_TEST_CALL(AetAtomsDestroy(&fewer));
  AET_TEST_CALL(AetAtomsDestroy(&atoms));
}

AET_TEST_MAIN("pair distribution", {"gas", TestGas}, {"crystal", TestCrystal}, {"species", TestSpecies}, {"disorder", TestDisorder},
              {"measured", TestMeasured}, {"ranks", TestRanks}, {"bad input", TestBad})
