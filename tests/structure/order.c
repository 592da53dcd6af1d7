/* Bond-orientational order of perfect structures as in the literature (Steinhardt 1983; Mickel et al., J. Chem. Phys. 138 (2013) 044501),
   and neighbours against brute force. */
#include "structure_test.h"

enum { MOST = 2000 };

/* Appends the points of a lattice a (columns cell[k]) with a basis, within `radius` of its first point, which comes first. */
static int Crystal(double cell[3][3], int basis_count, double basis[][3], double radius, double *x)
{
  int count = 1;

  x[0] = x[1] = x[2] = 0;
  for (int i = -5; i <= 5; i++)
    for (int j = -5; j <= 5; j++)
      for (int k = -5; k <= 5; k++)
        for (int b = 0; b < basis_count; b++) {
          double p[3], d = 0;
          for (int a = 0; a < 3; a++) {
            p[a] = (i + basis[b][0]) * cell[0][a] + (j + basis[b][1]) * cell[1][a] + (k + basis[b][2]) * cell[2][a];
            d += p[a] * p[a];
          }
          if (d < 1e-12 || d > radius * radius || count == MOST) continue;
          for (int a = 0; a < 3; a++) x[3 * count + a] = p[a];
          count++;
        }
  return count;
}

/* Turned and moved, so that no bond lies along an axis. */
static void Turn(int count, double *x)
{
  for (int i = 0; i < count; i++) {
    double *p = x + 3 * i, y = 0.6 * p[1] - 0.8 * p[2], z = 0.8 * p[1] + 0.6 * p[2], u = cos(0.4) * p[0] - sin(0.4) * y;
    p[1] = sin(0.4) * p[0] + cos(0.4) * y - 3;
    p[0] = u + 7, p[2] = z + 0.5;
  }
}

/* The first atom's own and averaged order. */
static void Expect(int count, double *x, double cutoff, int coordination, double q4, double q6, int averaged)
{
  AetAtoms      atoms;
  AetNeighbours neighbours;
  AetBondOrder  order;

  Turn(count, x);
  atoms = TestAtoms(count, x);
  AET_TEST_CALL(AetNeighboursCreate(atoms, cutoff, &neighbours));
  AET_TEST_CALL(AetBondOrderCreate(neighbours, &order));
  AET_TEST(order->coordination[0] == coordination);
  AET_TEST_CLOSE(order->q4[0], q4, 1e-6);
  AET_TEST_CLOSE(order->q6[0], q6, 1e-6);
  if (averaged) {
    AET_TEST_CLOSE(order->q4_averaged[0], q4, 1e-6);
    AET_TEST_CLOSE(order->q6_averaged[0], q6, 1e-6);
    AET_TEST_CLOSE(order->order[0], hypot(q4, q6) / hypot(0.190941, 0.574524), 2e-6);
  }
  AET_TEST_CALL(AetBondOrderDestroy(&order));
  AET_TEST_CALL(AetNeighboursDestroy(&neighbours));
  AET_TEST_CALL(AetAtomsDestroy(&atoms));
}

static void TestCrystals(void)
{
  static double x[3 * MOST];
  double        cubic[3][3] = {{3.8, 0, 0}, {0, 3.8, 0}, {0, 0, 3.8}}, r = 2.7;
  double        hexagonal[3][3] = {{r, 0, 0}, {-r / 2, r * sqrt(0.75), 0}, {0, 0, r * sqrt(8 / 3.)}};
  double        fcc[4][3] = {{0, 0, 0}, {0, .5, .5}, {.5, 0, .5}, {.5, .5, 0}}, bcc[2][3] = {{0, 0, 0}, {.5, .5, .5}};
  double        hcp[2][3] = {{0, 0, 0}, {1 / 3., 2 / 3., .5}}, sc[1][3] = {{0, 0, 0}};
  int           count;

  count = Crystal(cubic, 4, fcc, 8, x);
  Expect(count, x, 3.3, 12, 0.190941, 0.574524, 1);
  count = Crystal(hexagonal, 2, hcp, 8, x);
  Expect(count, x, 3.3, 12, 0.097222, 0.484762, 1);
  count = Crystal(cubic, 2, bcc, 10, x);
  Expect(count, x, 4.4, 14, 0.036370, 0.510688, 1);
  count = Crystal(cubic, 1, sc, 10, x);
  Expect(count, x, 4.4, 6, 0.763763, 0.353553, 1);
}

static void TestIcosahedron(void)
{
  const double golden = (1 + sqrt(5)) / 2;
  double       x[3 * 13] = {0};
  int          count = 1;

  for (int axis = 0; axis < 3; axis++)
    for (int sign = 0; sign < 4; sign++, count++) {
      x[3 * count + axis] = sign & 1 ? -1 : 1;
      x[3 * count + (axis + 1) % 3] = sign & 2 ? -golden : golden;
    }
  Expect(count, x, 1.95, 12, 0, 0.663325, 0);
}

static int Compare(const void *left, const void *right)
{
  const ptrdiff_t a = *(const ptrdiff_t *)left, b = *(const ptrdiff_t *)right;

  return (a > b) - (a < b);
}

static void TestNeighbours(void)
{
  enum { POINTS = 500 };
  static double x[3 * POINTS];
  AetAtoms      atoms;
  AetNeighbours n;
  PetscInt      all;
  int           wrong = 0;

  for (int i = 0; i < 3 * POINTS; i++) x[i] = 18 * AetRandomUniform(4, 1, (uint64_t)i) - 7;
  atoms = TestAtoms(POINTS, x);
  AET_TEST_CALL(AetNeighboursCreate(atoms, 3.1, &n));
  MPI_Allreduce(&n->count, &all, 1, MPIU_INT, MPI_SUM, MPI_COMM_WORLD);
  AET_TEST(n->total == POINTS && all == POINTS);
  for (PetscInt i = 0; i < n->count; i++) {
    const ptrdiff_t self = n->start + i;
    ptrdiff_t      *list = n->index + n->first[i], found = n->first[i + 1] - n->first[i], k = 0;
    qsort(list, (size_t)found, sizeof *list, Compare);
    for (ptrdiff_t j = 0; j < POINTS; j++) {
      double d = 0;
      for (int a = 0; a < 3; a++) d += (x[3 * self + a] - x[3 * j + a]) * (x[3 * self + a] - x[3 * j + a]);
      if (j == self || d > 3.1 * 3.1) continue;
      wrong += k >= found || list[k] != j;
      k++;
    }
    wrong += k != found;
  }
  AET_TEST(wrong == 0);
  AET_TEST_CALL(AetNeighboursDestroy(&n));
  AET_TEST_CALL(AetAtomsDestroy(&atoms));
}

/* All ranks together give bit for bit what one gives. */
static void TestRanks(void)
{
  enum { POINTS = 301 };
  static double x[3 * POINTS];
  AetBondOrder  order[2];
  AetNuclei     nuclei[2];
  const size_t  doubles = POINTS * sizeof(double);

  for (int i = 0; i < 3 * POINTS; i++) x[i] = 15 * AetRandomUniform(4, 2, (uint64_t)i);
  for (int k = 0; k < 2; k++) {
    AetAtoms          atoms = TestAtomsOn(k ? MPI_COMM_WORLD : MPI_COMM_SELF, POINTS, x);
    AetNeighbours     n;
    AetNucleiSettings settings;
    AetNucleiDefaults(&settings);
    settings.threshold = 0.2;
    AET_TEST_CALL(AetNeighboursCreate(atoms, 3.3, &n));
    AET_TEST_CALL(AetBondOrderCreate(n, &order[k]));
    AET_TEST_CALL(AetNucleiCreate(atoms, order[k]->order, NULL, &settings, &nuclei[k]));
    AET_TEST_CALL(AetNeighboursDestroy(&n));
    AET_TEST_CALL(AetAtomsDestroy(&atoms));
  }
  AET_TEST(!memcmp(order[0]->q4, order[1]->q4, doubles) && !memcmp(order[0]->q6_averaged, order[1]->q6_averaged, doubles));
  AET_TEST(!memcmp(order[0]->order, order[1]->order, doubles));
  AET_TEST(nuclei[0]->count > 1 && nuclei[0]->count == nuclei[1]->count);
  AET_TEST(!memcmp(nuclei[0]->label, nuclei[1]->label, POINTS * sizeof *nuclei[0]->label));
  AET_TEST(!memcmp(nuclei[0]->centre, nuclei[1]->centre, 3 * (size_t)nuclei[0]->count * sizeof(double)));
  for (int k = 0; k < 2; k++) {
    AET_TEST_CALL(AetNucleiDestroy(&nuclei[k]));
    AET_TEST_CALL(AetBondOrderDestroy(&order[k]));
  }
}

/* No atoms at all, fewer than ranks, and one alone. */
static void TestFew(void)
{
  const double x[6] = {0, 0, 0, 50, 0, 0};

  for (int count = 0; count <= 2; count++) {
    AetAtoms      atoms = TestAtoms(count, x);
    AetNeighbours neighbours;
    AetBondOrder  order;
    AET_TEST_CALL(AetNeighboursCreate(atoms, 3, &neighbours));
    AET_TEST_CALL(AetBondOrderCreate(neighbours, &order));
    AET_TEST(order->total == count);
    for (int i = 0; i < count; i++) AET_TEST(order->coordination[i] == 0 && order->q4[i] == 0 && order->order[i] == 0);
    AET_TEST_CALL(AetBondOrderDestroy(&order));
    AET_TEST_CALL(AetNeighboursDestroy(&neighbours));
    AET_TEST_CALL(AetAtomsDestroy(&atoms));
  }
}

static void TestBad(void)
{
  double        x[12] = {0, 0, 0, 1, 0, 0, 0, 2, 0, 1, 0, 0};
  AetNeighbours n;
  AetAtoms      atoms = TestAtoms(4, x);

  TestRefused(AetNeighboursCreate(atoms, 0, &n), AET_ERR_INPUT, "cut-off");
  TestRefused(AetNeighboursCreate(atoms, NAN, &n), AET_ERR_INPUT, "cut-off");
  TestRefused(AetNeighboursCreate(atoms, 3, &n), AET_ERR_INPUT, "atoms 2 and 4");
  AET_TEST_CALL(AetAtomsDestroy(&atoms));
  x[10] = NAN;
  atoms = TestAtoms(4, x);
  TestRefused(AetNeighboursCreate(atoms, 3, &n), AET_ERR_INPUT, "atom 4");
  AET_TEST_CALL(AetAtomsDestroy(&atoms));
}

AET_TEST_MAIN("bond order", {"crystals", TestCrystals}, {"icosahedron", TestIcosahedron}, {"neighbours", TestNeighbours},
              {"ranks", TestRanks}, {"few atoms", TestFew}, {"bad input", TestBad})
