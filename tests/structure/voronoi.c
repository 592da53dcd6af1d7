/* Voronoi cells: of crystals, whose cells are known; that they fill space; against Voro++ where it is installed. */
#include "structure/kernel/voronoi.h"
#include "lattice_points.h"

enum { MOST = 4000 };

static int InBall(const double x[3])
{
  return Length(x) < 12;
}

/* Of the first atom, which is surrounded. */
static void Expect(int count, const double *x, double volume, const int index[4])
{
  AetAtoms   atoms = TestAtoms(count, x);
  AetVoronoi v;
  int        coordination = 0;

  AET_TEST_CALL(AetVoronoiCreate(atoms, NULL, &v));
  AET_TEST(v->closed[0]);
  AET_TEST_CLOSE(v->volume[0], volume, 1e-9 * volume);
  for (int k = 0; k < 4; k++) {
    AET_TEST(v->faces[0][k] == index[k]);
    coordination += index[k];
  }
  AET_TEST(v->coordination[0] == coordination);
  AET_TEST_CALL(AetVoronoiDestroy(&v));
  AET_TEST_CALL(AetAtomsDestroy(&atoms));
}

/* Rhombic dodecahedron, truncated octahedron, cube. */
static void TestCrystals(void)
{
  static double x[3 * MOST];
  int           count = LatticePoints(3.8, 4, fcc, 4, InBall, 0, MOST, x);

  Expect(count, x, pow(3.8, 3) / 4, (const int[4]){0, 12, 0, 0});
  count = LatticePoints(3.2, 2, bcc, 4, InBall, 0, MOST, x);
  Expect(count, x, pow(3.2, 3) / 2, (const int[4]){0, 6, 0, 8});
  count = LatticePoints(2.8, 1, fcc, 5, InBall, 0, MOST, x);
  Expect(count, x, pow(2.8, 3), (const int[4]){0, 6, 0, 0});
}

/* The cell in an icosahedron of radius 2.6 Å is a dodecahedron of inradius 1.3 Å, whose volume is 10 sqrt(130 - 58 sqrt(5)) of that cubed.
 */
static void TestIcosahedron(void)
{
  const double golden = (1 + sqrt(5)) / 2, edge = 2.6 / sqrt(1 + golden * golden);
  double       x[3 * 13] = {0};
  int          count = 1;

  for (int axis = 0; axis < 3; axis++)
    for (int sign = 0; sign < 4; sign++, count++) {
      x[3 * count + axis] = sign & 1 ? -edge : edge;
      x[3 * count + (axis + 1) % 3] = sign & 2 ? -golden * edge : golden * edge;
    }
  Expect(count, x, 10 * sqrt(130 - 58 * sqrt(5)) * pow(1.3, 3), (const int[4]){0, 0, 12, 0});
}

/* Random points repeated in all directions: the cells of one period fill it. */
static void TestFills(void)
{
  enum { POINTS = 60 };
  const double   period = 9;
  static double  to[27 * POINTS][3];
  double         x[POINTS][3], sum = 0;
  AetVoronoiWork work;
  int            walls = 0;

  AET_TEST(AetVoronoiWorkCreate(&work, 27 * POINTS) == 0);
  for (uint64_t i = 0; i < 3 * POINTS; i++) x[i / 3][i % 3] = period * AetRandomUniform(8, 1, i);
  for (int i = 0; i < POINTS; i++) {
    AetVoronoiCell cell;
    int            count = 0;
    for (int j = 0; j < 27 * POINTS; j++) {
      const int shift[3] = {j / POINTS % 3 - 1, j / POINTS / 3 % 3 - 1, j / POINTS / 9 - 1};
      for (int a = 0; a < 3; a++) to[count][a] = x[j % POINTS][a] + period * shift[a] - x[i][a];
      count += Length(to[count]) > 0;
    }
    AetVoronoiCut(&work, count, (const double(*)[3])to, 6, 0, &cell);
    walls += cell.walls;
    sum += cell.volume;
  }
  AET_TEST(walls == 0);
  AET_TEST_CLOSE(sum, pow(period, 3), 1e-9 * pow(period, 3));
  AetVoronoiWorkFree(&work);
}

enum { GAS = 400 };

/* Cells of Voro++ in the box 0 … side: volume, and faces by their edges 3 … 6 (any). Returns 0 where there is no such command. */
static int Oracle(const double *x, double side, double volume[GAS], int faces[GAS][4])
{
  char  path[] = "/tmp/aet-voronoi-XXXXXX", command[400], line[4000];
  int   file = mkstemp(path), read = 0;
  FILE *pipe, *points = file < 0 ? NULL : fdopen(file, "w");

  if (!points) return 0;
  for (int i = 0; i < GAS; i++) fprintf(points, "%d %.17g %.17g %.17g\n", i, x[3 * i], x[3 * i + 1], x[3 * i + 2]);
  fclose(points);
  snprintf(command, sizeof command, "voro++ -o -c '%%i %%v %%A' 0 %g 0 %g 0 %g %s 2>/dev/null && cat %s.vol; rm -f %s %s.vol", side, side,
           side, path, path, path, path);
  pipe = popen(command, "r");
  while (pipe && fgets(line, sizeof line, pipe)) {
    int    id, used, order[7] = {0};
    double v;
    if (sscanf(line, "%d %lf%n", &id, &v, &used) != 2 || id < 0 || id >= GAS) continue;
    sscanf(line + used, "%d %d %d %d %d %d %d", order, order + 1, order + 2, order + 3, order + 4, order + 5, order + 6);
    volume[id] = v;
    for (int k = 0; k < 4; k++) faces[id][k] = order[3 + k];
    read++;
  }
  if (pipe) pclose(pipe);
  return read == GAS;
}

static void TestOracle(void)
{
  static double  x[3 * GAS], volume[GAS], to[GAS][3];
  static int     faces[GAS][4];
  const double   side = 19;
  AetVoronoiWork work;
  int            rank, there = 0, compared = 0, wrong = 0;
  double         worst = 0;

  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  for (uint64_t i = 0; i < 3 * GAS; i++) x[i] = side * AetRandomUniform(9, 1, i);
  if (rank == 0) there = Oracle(x, side, volume, faces);
  MPI_Bcast(&there, 1, MPI_INT, 0, MPI_COMM_WORLD);
  if (!there) {
    if (rank == 0) fprintf(stderr, "skipped: no command voro++\n");
    return;
  }
  AET_TEST(AetVoronoiWorkCreate(&work, GAS) == 0);
  for (int i = 0; i < GAS && rank == 0; i++) {
    AetVoronoiCell cell;
    double         rim = INFINITY;
    int            count = 0;
    for (int a = 0; a < 3; a++) rim = fmin(rim, fmin(x[3 * i + a], side - x[3 * i + a]));
    for (int j = 0; j < GAS; j++) {
      for (int a = 0; a < 3; a++) to[count][a] = x[3 * j + a] - x[3 * i + a];
      count += j != i;
    }
    AetVoronoiCut(&work, count, (const double(*)[3])to, 6, 0, &cell);
    if (cell.walls || cell.farthest > rim) continue; /* the box cuts the other's cell */
    compared++;
    worst = fmax(worst, fabs(cell.volume / volume[i] - 1));
    for (int k = 0; k < 4; k++) wrong += cell.faces[k] != faces[i][k];
  }
  AET_TEST(rank > 0 || compared > GAS / 5);
  AET_TEST(wrong == 0);
  AET_TEST_CLOSE(worst, 0, 1e-4); /* it prints six digits */
  AetVoronoiWorkFree(&work);
}

static int InCube(const double x[3])
{
  return fabs(x[0]) < 11.5 && fabs(x[1]) < 11.5 && fabs(x[2]) < 11.5;
}

/* Cells at the surface are open: corners of cells are the centres of the spheres of tetrahedra. Inside the surface of a perfect cube all
   cells together have its volume; with noise, closed ones stick out a little. */
static void TestSurface(void)
{
  static double x[3 * MOST];

  for (int noisy = 0; noisy < 2; noisy++) {
    const int  count = LatticePoints(3.8, 4, fcc, 4, noisy ? InBall : InCube, 0.1 * noisy, MOST, x);
    AetAtoms   atoms = TestAtoms(count, x);
    AetSurface s;
    AetVoronoi v;
    double     sum = 0;
    int        wrong = 0;
    AET_TEST_CALL(AetSurfaceCreate(atoms, 4, &s));
    AET_TEST_CALL(AetVoronoiCreate(atoms, s, &v));
    for (int i = 0; i < count; i++) {
      sum += v->volume[i];
      wrong += v->closed[i] == s->surface[i];
    }
    AET_TEST(wrong == 0);
    AET_TEST_CLOSE(sum / s->volume, 1, noisy ? 0.04 : 0.01);
    AET_TEST_CALL(AetVoronoiDestroy(&v));
    AET_TEST_CALL(AetSurfaceDestroy(&s));
    AET_TEST_CALL(AetAtomsDestroy(&atoms));
  }
}

/* In a thin gas cells are large: those cut by the near atoms are those cut by all. */
static void TestCertain(void)
{
  enum { POINTS = 250 };
  static double  x[3 * POINTS], to[POINTS][3];
  AetVoronoiWork work;
  AetAtoms       atoms;
  AetVoronoi     v;
  int            wrong = 0, far = 0;

  for (uint64_t i = 0; i < 3 * POINTS; i++) x[i] = 24 * AetRandomUniform(10, 1, i);
  atoms = TestAtoms(POINTS, x);
  AET_TEST_CALL(AetVoronoiCreate(atoms, NULL, &v));
  AET_TEST(AetVoronoiWorkCreate(&work, POINTS) == 0);
  for (int i = 0; i < POINTS; i++) {
    AetVoronoiCell cell;
    int            count = 0;
    for (int j = 0; j < POINTS; j++) {
      for (int a = 0; a < 3; a++) to[count][a] = x[3 * j + a] - x[3 * i + a];
      count += j != i;
    }
    AetVoronoiCut(&work, count, (const double(*)[3])to, AET_SURFACE_ALPHA_ANGSTROM, AET_VORONOI_FACE, &cell);
    wrong += fabs(v->volume[i] - cell.volume) > 1e-9 * cell.volume || v->coordination[i] != cell.coordination;
    far += 2 * cell.farthest > 1.3 * AET_SURFACE_ALPHA_ANGSTROM;
  }
  AET_TEST(wrong == 0 && far > POINTS / 2);
  AetVoronoiWorkFree(&work);
  AET_TEST_CALL(AetVoronoiDestroy(&v));
  AET_TEST_CALL(AetAtomsDestroy(&atoms));
}

static void TestRanks(void)
{
  enum { POINTS = 301 };
  static double x[3 * POINTS];
  AetVoronoi    v[2];
  AetSurface    s[2];

  for (int i = 0; i < 3 * POINTS; i++) x[i] = 15 * AetRandomUniform(4, 2, (uint64_t)i);
  for (int k = 0; k < 2; k++) {
    AetAtoms atoms = TestAtomsOn(k ? MPI_COMM_WORLD : MPI_COMM_SELF, POINTS, x);
    AET_TEST_CALL(AetSurfaceCreate(atoms, 4, &s[k]));
    AET_TEST_CALL(AetVoronoiCreate(atoms, s[k], &v[k]));
    AET_TEST_CALL(AetAtomsDestroy(&atoms));
  }
  AET_TEST(s[0]->facets == s[1]->facets && !memcmp(s[0]->facet, s[1]->facet, 3 * (size_t)s[0]->facets * sizeof(PetscInt)));
  AET_TEST(!memcmp(s[0]->depth, s[1]->depth, POINTS * sizeof(double)) && s[0]->volume == s[1]->volume);
  AET_TEST(!memcmp(v[0]->volume, v[1]->volume, POINTS * sizeof(double)));
  AET_TEST(!memcmp(v[0]->faces, v[1]->faces, 4 * POINTS * sizeof(PetscInt)));
  for (int k = 0; k < 2; k++) {
    AET_TEST_CALL(AetVoronoiDestroy(&v[k]));
    AET_TEST_CALL(AetSurfaceDestroy(&s[k]));
  }
}

static void TestBad(void)
{
  double     x[15] = {0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2, 0, 2, 0};
  AetVoronoi v;
  AetAtoms   atoms = TestAtoms(5, x);

  TestRefused(AetVoronoiCreate(atoms, NULL, &v), AET_ERR_INPUT, "atoms 3 and 5");
  AET_TEST_CALL(AetAtomsDestroy(&atoms));
  for (int count = 0; count < 3; count++) { /* few: open cells, the cube's volume shared */
    atoms = TestAtoms(count, x);
    AET_TEST_CALL(AetVoronoiCreate(atoms, NULL, &v));
    if (count) AET_TEST(!v->closed[0]);
    if (count) AET_TEST_CLOSE(v->volume[0], count == 1 ? 512 : 8 * 8 * 5, 1e-9);
    AET_TEST_CALL(AetVoronoiDestroy(&v));
    AET_TEST_CALL(AetAtomsDestroy(&atoms));
  }
}

AET_TEST_MAIN("Voronoi cells", {"crystals", TestCrystals}, {"icosahedron", TestIcosahedron}, {"fill space", TestFills},
              {"Voro++", TestOracle}, {"certain", TestCertain}, {"surface", TestSurface}, {"ranks", TestRanks}, {"bad input", TestBad})
