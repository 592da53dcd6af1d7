/* Facts about the particle: geometry of its shapes, the fcc lattice, composition, order, displacement. */
#include "mpi_test.h"
#include "simulate/kernel/particle.h"
#include <aet4d/simulate.h>

static const char *const shapes[] = {"sphere", "octahedron", "truncated_octahedron", "cube"};

static void Set(const char *key, const char *value)
{
  char name[64];

  snprintf(name, sizeof name, "-%s", key);
  AET_TEST_CALL(AetOptionsRegister(&AetSimulateOptions));
  AET_TEST_CALL(PetscOptionsSetValue(NULL, name, value));
}

static void Perfect(const char *diameter)
{
  Set("simulate_displacement_angstrom", "0");
  Set("simulate_diameter_angstrom", diameter);
  Set("simulate_shape", "truncated_octahedron");
  Set("simulate_order", "random");
  Set("simulate_composition", "0.5");
}

static double Distance(const AetSpecimen *s, PetscInt i, PetscInt j)
{
  double sum = 0;

  for (int a = 0; a < 3; a++) sum += (s->position[3 * i + a] - s->position[3 * j + a]) * (s->position[3 * i + a] - s->position[3 * j + a]);
  return sqrt(sum);
}

/* Every shape of one diameter has the volume of the sphere: counted with a million points in a cube of edge 3. */
static void TestShapesHaveOneVolume(void)
{
  const int points = 1000000;

  for (int shape = 0; shape < 4; shape++) {
    long inside = 0;

    for (int p = 0; p < points; p++) {
      double x[3];

      for (int a = 0; a < 3; a++) x[a] = 3 * (AetRandomUniform(3, (uint64_t)a, (uint64_t)p) - 0.5);
      inside += AetKernelShapeContains((AetShape)shape, 2, x);
    }
    AET_TEST_CLOSE(27.0 * (double)inside / points, 4 * M_PI / 3, 0.04);
  }
}

/* Four atoms a cell; twelve neighbours at a/√2 in the core and none nearer. */
static void TestFccNeighbours(void)
{
  for (int shape = 0; shape < 4; shape++) {
    AetSpecimen s;
    PetscInt    core = 0, wrong = 0;
    double      nearest = 1e9, a = 3.85, d = 30;

    Perfect("30");
    Set("simulate_shape", shapes[shape]);
    AET_TEST_CALL(AetSpecimenFromOptions(&s));
    AET_TEST_CLOSE((double)s.count, 4 * M_PI / 6 * d * d * d / (a * a * a), 0.15 * (double)s.count);
    for (PetscInt i = 0; i < s.count; i++) {
      const double *r = &s.position[3 * i];
      int           neighbours = 0;

      for (PetscInt j = 0; j < s.count; j++) {
        if (i == j) continue;
        nearest = fmin(nearest, Distance(&s, i, j));
        neighbours += fabs(Distance(&s, i, j) - a / sqrt(2)) < 1e-9;
      }
      if (r[0] * r[0] + r[1] * r[1] + r[2] * r[2] > 64) continue;
      core++;
      wrong += neighbours != 12;
    }
    AET_TEST_CLOSE(nearest, a / sqrt(2), 1e-9);
    AET_TEST(core > 60 && wrong == 0);
    AetSpecimenDestroy(&s);
  }
}

static void TestComposition(void)
{
  const char *fractions[] = {"0", "0.3", "1"};

  for (int f = 0; f < 3; f++) {
    AetSpecimen s;
    PetscInt    first = 0;

    Perfect("25");
    Set("simulate_composition", fractions[f]);
    AET_TEST_CALL(AetSpecimenFromOptions(&s));
    for (PetscInt i = 0; i < s.count; i++) first += s.species[i] == 0;
    AET_TEST(first == (PetscInt)lround(atof(fractions[f]) * (double)s.count));
    AET_TEST(!strcmp(s.symbol[0], "Fe") && !strcmp(s.symbol[1], "Pt"));
    AetSpecimenDestroy(&s);
  }
}

/* L1_2 (Cu3Au): a minority atom has only majority neighbours. L1_0: 8 of 12 neighbours are of the other species. */
static void TestChemicalOrder(void)
{
  for (int order = 1; order <= 2; order++) {
    AetSpecimen s;
    PetscInt    wrong = 0, seen = 0;

    Perfect("24");
    Set("simulate_order", order == 1 ? "l10" : "l12");
    AET_TEST_CALL(AetSpecimenFromOptions(&s));
    for (PetscInt i = 0; i < s.count; i++) {
      int all = 0, other = 0;

      for (PetscInt j = 0; j < s.count; j++)
        if (i != j && Distance(&s, i, j) < 3) all++, other += s.species[i] != s.species[j];
      if (all < 12 || (order == 2 && s.species[i] == 0)) continue;
      seen++;
      wrong += other != (order == 1 ? 8 : 12);
    }
    AET_TEST(seen > 20 && wrong == 0);
    AetSpecimenDestroy(&s);
  }
}

/* Displacements are of the stated r.m.s. length; a larger particle keeps every atom and every displacement of the smaller. */
static void TestDisplacement(void)
{
  AetSpecimen perfect, moved;
  double      sum = 0;

  Perfect("40");
  AET_TEST_CALL(AetSpecimenFromOptions(&perfect));
  Set("simulate_displacement_angstrom", "0.1");
  AET_TEST_CALL(AetSpecimenFromOptions(&moved));
  AET_TEST(perfect.count == moved.count);
  for (PetscInt i = 0; i < 3 * moved.count; i++) sum += pow(moved.position[i] - perfect.position[i], 2);
  AET_TEST_CLOSE(sqrt(sum / (double)moved.count), 0.1, 0.1 * 4 / sqrt(6.0 * (double)moved.count));
  AetSpecimenDestroy(&perfect);
  Set("simulate_diameter_angstrom", "20");
  AET_TEST_CALL(AetSpecimenFromOptions(&perfect));
  for (PetscInt i = 0; i < perfect.count; i++) {
    int same = 0;

    for (PetscInt j = 0; j < moved.count && !same; j++)
      same = !memcmp(&perfect.position[3 * i], &moved.position[3 * j], 3 * sizeof(double));
    if (!same) {
      AET_TEST(same);
      break;
    }
  }
  AetSpecimenDestroy(&perfect);
  AetSpecimenDestroy(&moved);
}

static void TestMistakes(void)
{
  AetSpecimen s;

  Perfect("20");
  Set("simulate_species", "[Fe, Xx]");
  AET_TEST(AetSpecimenFromOptions(&s) == AET_ERR_INPUT);
  AET_TEST(strstr(AetErrorMessage(), "Xx") != NULL);
  AetErrorClear();
  Set("simulate_species", "[Fe, Pt]");
}

AET_TEST_MAIN("specimen", {"shapes have one volume", TestShapesHaveOneVolume}, {"fcc neighbours", TestFccNeighbours},
              {"composition", TestComposition}, {"chemical order", TestChemicalOrder}, {"displacement", TestDisplacement},
              {"mistakes", TestMistakes})
