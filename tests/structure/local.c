/* Local structure of perfect crystals, in thermal noise, and of what none of the names fits. */
#include "../simulate/specimen_test.h"
#include "structure/kernel/quaternion.h"
#include "structure_test.h"

enum { MOST = 4000 };

/* Unit quaternion of a turn by `degrees` about (u, v, w). */
static void Turn(double degrees, double u, double v, double w, double q[4])
{
  const double s = sin(degrees * M_PI / 360) / sqrt(u * u + v * v + w * w);

  q[0] = cos(degrees * M_PI / 360), q[1] = s * u, q[2] = s * v, q[3] = s * w;
}

/* Points of a crystal within `radius` of its first point, which comes first: rows of `cell` and a basis. Turned by q. */
static int Crystal(double cell[3][3], int basis_count, double basis[][3], double radius, const double q[4], double *x)
{
  int count = 1;

  x[0] = x[1] = x[2] = 0;
  for (int i = -9; i <= 9; i++)
    for (int j = -9; j <= 9; j++)
      for (int k = -9; k <= 9; k++)
        for (int b = 0; b < basis_count; b++) {
          double p[3], d = 0;
          for (int a = 0; a < 3; a++) {
            p[a] = (i + basis[b][0]) * cell[0][a] + (j + basis[b][1]) * cell[1][a] + (k + basis[b][2]) * cell[2][a];
            d += p[a] * p[a];
          }
          if (d < 1e-12 || d > radius * radius || count == MOST) continue;
          AetQuaternionRotate(q, p, x + 3 * count++);
        }
  return count;
}

static int Cubic(double a, int kind, double radius, const double q[4], double *x)
{
  double cell[3][3] = {{a, 0, 0}, {0, a, 0}, {0, 0, a}}, h[3][3] = {{a, 0, 0}, {-a / 2, a * sqrt(0.75), 0}, {0, 0, a * sqrt(8 / 3.)}};
  double fcc[8][3] = {{0, 0, 0}, {0, .5, .5}, {.5, 0, .5}, {.5, .5, 0}, {.25, .25, .25}, {.25, .75, .75}, {.75, .25, .75}, {.75, .75, .25}};
  double bcc[2][3] = {{0, 0, 0}, {.5, .5, .5}}, hcp[2][3] = {{0, 0, 0}, {1 / 3., 2 / 3., .5}};

  if (kind == AET_LOCAL_HCP) return Crystal(h, 2, hcp, radius, q, x);
  if (kind == AET_LOCAL_BCC) return Crystal(cell, 2, bcc, radius, q, x);
  if (kind == AET_LOCAL_SC) return Crystal(cell, 1, bcc, radius, q, x);
  return Crystal(cell, kind == AET_LOCAL_FCC ? 4 : 8, fcc, radius, q, x);
}

static AetLocal Local(int count, const double *x, int centro_neighbours)
{
  AetAtoms         atoms = TestAtoms(count, x);
  AetLocalSettings settings;
  AetLocal         local;

  AetLocalDefaults(&settings);
  settings.centro_neighbours = centro_neighbours;
  AET_TEST_CALL(AetLocalCreate(atoms, &settings, &local));
  AET_TEST_CALL(AetAtomsDestroy(&atoms));
  return local;
}

/* The first atom of a perfect crystal: its names, a fit without error, its scale, the planted orientation. */
static void ExpectPerfect(int kind, int cna, double a, int neighbours, double nearest, double centro)
{
  static double    x[3 * MOST];
  double           q[4];
  AetRotationGroup group;
  AetLocal         l;
  int              count;

  Turn(71, 1, -2, 0.4, q);
  count = Cubic(a, kind, 3.2 * a, q, x);
  l = Local(count, x, neighbours);
  AET_TEST(l->cna[0] == cna && l->ptm[0] == kind);
  AET_TEST_CLOSE(l->ptm_rmsd[0], 0, 1e-7);
  AET_TEST_CLOSE(l->ptm_scale[0], nearest, 1e-9);
  AET_TEST_CLOSE(l->centrosymmetry[0], centro, 1e-9);
  AET_TEST(l->ordering[0] == AET_LOCAL_PURE);
  if (kind == AET_LOCAL_HCP)
    AetRotationGroupHexagonal(&group);
  else
    AetRotationGroupCubic(&group);
  AET_TEST_CLOSE(AetDisorientation(&group, q, l->quaternion[0], NULL), 0, 1e-7);
  AET_TEST_CALL(AetLocalDestroy(&l));
}

static void TestPerfect(void)
{
  ExpectPerfect(AET_LOCAL_FCC, AET_LOCAL_FCC, 3.9, 12, 3.9 / sqrt(2), 0);
  /* in the plane all have an opposite; of the three above, each is nearest to the opposite of two of those below: (v + w)² = a²/3 */
  ExpectPerfect(AET_LOCAL_HCP, AET_LOCAL_HCP, 2.7, 12, 2.7, 3 * 2.7 * 2.7 / 3);
  ExpectPerfect(AET_LOCAL_SC, AET_LOCAL_OTHER, 2.8, 6, 2.8, 0);
  ExpectPerfect(AET_LOCAL_BCC, AET_LOCAL_BCC, 3, 14, 3 * sqrt(0.75), 0);
}

static void TestIcosahedron(void)
{
  const double golden = (1 + sqrt(5)) / 2;
  double       x[3 * 13] = {0};
  AetLocal     l;
  int          count = 1;

  for (int axis = 0; axis < 3; axis++)
    for (int sign = 0; sign < 4; sign++, count++) {
      x[3 * count + axis] = sign & 1 ? -1 : 1;
      x[3 * count + (axis + 1) % 3] = sign & 2 ? -golden : golden;
    }
  l = Local(count, x, 12);
  AET_TEST(l->cna[0] == AET_LOCAL_ICO && l->ptm[0] == AET_LOCAL_ICO);
  AET_TEST_CLOSE(l->ptm_rmsd[0], 0, 1e-7);
  AET_TEST_CLOSE(l->ptm_scale[0], sqrt(1 + golden * golden), 1e-9);
  AET_TEST_CLOSE(l->quaternion[0][0], 1, 1e-6); /* this very orientation, up to its own turns: the one nearest to the identity */
  AET_TEST(l->ptm[1] == AET_LOCAL_OTHER && l->ptm[12] == AET_LOCAL_OTHER);
  AET_TEST_CALL(AetLocalDestroy(&l));
}

/* Diamond has none of the neighbourhoods; no atom of it is named. */
static void TestDiamond(void)
{
  static double x[3 * MOST];
  const double  one[4] = {1, 0, 0, 0};
  const int     count = Cubic(5.43, 0, 12, one, x);
  AetLocal      l = Local(count, x, 12);
  int           named = 0;

  for (int i = 0; i < count; i++) named += l->cna[i] != AET_LOCAL_OTHER || l->ptm[i] != AET_LOCAL_OTHER;
  AET_TEST(count > 300 && named == 0);
  AET_TEST_CALL(AetLocalDestroy(&l));
}

/* In noise (r.m.s. length) atoms of the interior keep their names and their orientation; hardly any of the surface gets a wrong one.
 */
static void ExpectInNoise(int kind, double a, double nearest, double noise, double least, double limit_deg)
{
  static double    x[3 * MOST];
  const double     radius = 5.2 * nearest, inside = radius - 1.8 * nearest;
  double           q[4], square = 0;
  AetRotationGroup group;
  AetLocal         l;
  int              count, interior = 0, right = 0, wrong = 0, cna = 0;

  Turn(33, 2, 1, -0.7, q);
  count = Cubic(a, kind, radius, q, x);
  if (kind == AET_LOCAL_HCP)
    AetRotationGroupHexagonal(&group);
  else
    AetRotationGroupCubic(&group);
  for (int i = 0; i < 3 * count; i++) x[i] += noise / sqrt(3) * AetRandomNormal(11, (uint64_t)kind, (uint64_t)i);
  l = Local(count, x, 12);
  for (int i = 0; i < count; i++) {
    wrong += l->ptm[i] != kind && l->ptm[i] != AET_LOCAL_OTHER;
    if (Radius(x + 3 * i) > inside) continue;
    interior++;
    right += l->ptm[i] == kind;
    cna += l->cna[i] == kind;
    if (l->ptm[i] == kind) square += pow(AetDisorientation(&group, q, l->quaternion[i], NULL), 2);
  }
  fprintf(stderr,
          "%s, %.0f pm: %d named wrongly of %d; of %d in the interior right: %.2f %% by templates, %.2f %% by common neighbours; turned by "
          "%.2f "
          "degrees\n",
          AetLocalName(kind), 100 * noise, wrong, count, interior, 100. * right / interior, 100. * cna / interior,
          sqrt(square / right) * 180 / M_PI);
  AET_TEST(interior > 100 && right > least * interior && wrong <= 0.003 * count);
  AET_TEST(sqrt(square / right) * 180 / M_PI < limit_deg);
  AET_TEST_CALL(AetLocalDestroy(&l));
}

static void TestNoise(void)
{
  ExpectInNoise(AET_LOCAL_FCC, 3.9, 3.9 / sqrt(2), 0.2, 0.99, 2.5);
  ExpectInNoise(AET_LOCAL_HCP, 2.75, 2.75, 0.2, 0.99, 2.5);
  ExpectInNoise(AET_LOCAL_BCC, 3.1, 3.1 * sqrt(0.75), 0.2, 0.99, 2.5);
  ExpectInNoise(AET_LOCAL_SC, 2.75, 2.75, 0.2, 0.99, 4);
  ExpectInNoise(AET_LOCAL_FCC, 3.9, 3.9 / sqrt(2), 0.35, 0.6, 4);
}

/* Random rotations come back in every atom: exactly without noise, within half a degree at 6 pm, a third of what 20 pm leave. */
static void TestRotations(void)
{
  static double    x[3 * MOST];
  AetRotationGroup group;
  int              count, atoms = 0;
  double           exact = 0, square = 0;

  AetRotationGroupCubic(&group);
  for (uint64_t trial = 0; trial < 12; trial++) {
    const double noise = trial % 2 ? 0.06 : 0;
    double       q[4], length = 0;
    AetLocal     l;
    for (uint64_t a = 0; a < 4; a++) q[a] = AetRandomNormal(13, trial, a), length += q[a] * q[a];
    for (int a = 0; a < 4; a++) q[a] /= sqrt(length);
    count = Cubic(3.9, AET_LOCAL_FCC, 7, q, x);
    for (int i = 0; i < 3 * count; i++) x[i] += noise / sqrt(3) * AetRandomNormal(14, trial, (uint64_t)i);
    l = Local(count, x, 12);
    for (int i = 0; i < count; i++) {
      double away = AetDisorientation(&group, q, l->quaternion[i], NULL) * 180 / M_PI, again[4];
      if (l->ptm[i] != AET_LOCAL_FCC) continue;
      memcpy(again, l->quaternion[i], sizeof again);
      AetQuaternionReduce(&group, again);
      AET_TEST(fabs(again[0] - l->quaternion[i][0]) < 1e-12 && again[0] > 0.85); /* at most 62.8 degrees: cos(31.4 degrees) */
      if (noise > 0)
        square += away * away, atoms++;
      else
        exact = fmax(exact, away);
    }
    AET_TEST_CALL(AetLocalDestroy(&l));
  }
  fprintf(stderr, "orientation at 6 pm of noise: %.2f degrees r.m.s. of %d atoms\n", sqrt(square / atoms), atoms);
  AET_TEST(atoms > 100 && exact < 1e-5 && sqrt(square / atoms) < 0.5);
}

/* Ordered particles of the simulator: all matched atoms have the order that was planted; a random alloy has next to none. */
static double Ordered(const char *options, int a, int b)
{
  AetSpecimen      s = Make(options);
  const char      *symbol[2] = {"Fe", "Pt"};
  AetAtoms         atoms = NULL;
  AetLocalSettings settings;
  AetLocal         l;
  int              rank, named = 0, right = 0;

  AetLocalDefaults(&settings);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  AET_TEST_CALL(AetAtomsCreate(MPI_COMM_WORLD, rank ? 0 : s.count, 2, symbol, &atoms));
  for (PetscInt i = 0; i < atoms->count; i++) {
    for (int k = 0; k < 3; k++) atoms->position[3 * i + k] = s.position[3 * i + k];
    atoms->species[i] = s.species[i];
  }
  AET_TEST_CALL(AetLocalCreate(atoms, &settings, &l));
  for (PetscInt i = 0; i < l->total; i++) {
    if (l->ptm[i] == AET_LOCAL_OTHER) continue;
    named++;
    right += l->ordering[i] == (s.species[i] ? b : a);
  }
  AET_TEST(named > 100);
  AET_TEST_CALL(AetLocalDestroy(&l));
  AET_TEST_CALL(AetAtomsDestroy(&atoms));
  AetSpecimenDestroy(&s);
  return (double)right / named;
}

static void TestOrdering(void)
{
  AET_TEST(Ordered("diameter_angstrom 22 order l10", AET_LOCAL_L10, AET_LOCAL_L10) == 1);
  AET_TEST(Ordered("diameter_angstrom 22 order l12", AET_LOCAL_L12_MAJORITY, AET_LOCAL_L12_MINORITY) == 1);
  AET_TEST(Ordered("diameter_angstrom 22 order l12_ab3", AET_LOCAL_L12_MINORITY, AET_LOCAL_L12_MAJORITY) == 1);
  AET_TEST(Ordered("diameter_angstrom 22 structure bcc lattice_angstrom 3 order b2", AET_LOCAL_B2, AET_LOCAL_B2) == 1);
  AET_TEST(Ordered("diameter_angstrom 22", AET_LOCAL_L10, AET_LOCAL_L10) < 0.05);
}

/* All ranks together give bit for bit what one gives. */
static void TestRanks(void)
{
  static double    x[3 * MOST];
  const double     one[4] = {1, 0, 0, 0};
  const int        count = Cubic(3.9, AET_LOCAL_FCC, 9, one, x);
  AetLocal         l[2];
  AetLocalSettings settings;

  AetLocalDefaults(&settings);
  for (int i = 0; i < 3 * count; i++) x[i] += 0.2 * AetRandomNormal(12, 1, (uint64_t)i);
  for (int k = 0; k < 2; k++) {
    AetAtoms atoms = TestAtomsOn(k ? MPI_COMM_WORLD : MPI_COMM_SELF, count, x);
    AET_TEST_CALL(AetLocalCreate(atoms, &settings, &l[k]));
    AET_TEST_CALL(AetAtomsDestroy(&atoms));
  }
  const size_t n = (size_t)count;
  AET_TEST(!memcmp(l[0]->cna, l[1]->cna, n * sizeof(int)) && !memcmp(l[0]->ptm, l[1]->ptm, n * sizeof(int)));
  AET_TEST(!memcmp(l[0]->ptm_rmsd, l[1]->ptm_rmsd, n * sizeof(double)) && !memcmp(l[0]->ptm_scale, l[1]->ptm_scale, n * sizeof(double)));
  AET_TEST(!memcmp(l[0]->quaternion, l[1]->quaternion, 4 * n * sizeof(double)));
  AET_TEST(!memcmp(l[0]->centrosymmetry, l[1]->centrosymmetry, n * sizeof(double)));
  AET_TEST(!memcmp(l[0]->nearest, l[1]->nearest, n * sizeof *l[0]->nearest));
  for (int k = 0; k < 2; k++) AET_TEST_CALL(AetLocalDestroy(&l[k]));
}

/* No atoms, one, two; two in one place; settings that make no sense. */
static void TestFewAndBad(void)
{
  double           x[15] = {0, 0, 0, 50, 0, 0, 0, 50, 0, 0, 0, 50, 50, 0, 0};
  AetLocalSettings settings;
  AetLocal         l;
  AetAtoms         atoms;

  for (int count = 0; count <= 4; count++) {
    l = Local(count, x, 12);
    AET_TEST(l->total == count);
    for (int i = 0; i < count; i++) AET_TEST(!l->cna[i] && !l->ptm[i] && l->ptm_rmsd[i] == -1 && l->centrosymmetry[i] == -1);
    AET_TEST_CALL(AetLocalDestroy(&l));
  }
  atoms = TestAtoms(5, x);
  AetLocalDefaults(&settings);
  TestRefused(AetLocalCreate(atoms, &settings, &l), AET_ERR_INPUT, "one place");
  settings.centro_neighbours = 7;
  TestRefused(AetLocalCreate(atoms, &settings, &l), AET_ERR_INPUT, "even");
  AetLocalDefaults(&settings);
  settings.rmsd_limit = NAN;
  TestRefused(AetLocalCreate(atoms, &settings, &l), AET_ERR_INPUT, "limit");
  AET_TEST_CALL(AetAtomsDestroy(&atoms));
  x[4] = INFINITY;
  AetLocalDefaults(&settings);
  atoms = TestAtoms(5, x);
  TestRefused(AetLocalCreate(atoms, &settings, &l), AET_ERR_INPUT, "finite");
  AET_TEST_CALL(AetAtomsDestroy(&atoms));
}

AET_TEST_MAIN("local structure", {"perfect crystals", TestPerfect}, {"icosahedron", TestIcosahedron}, {"diamond", TestDiamond},
              {"thermal noise", TestNoise}, {"rotations", TestRotations}, {"order of neighbours", TestOrdering}, {"ranks", TestRanks},
              {"few atoms, bad input", TestFewAndBad})
