/* Two measured particles whose bond order and nuclei were published: the same order parameter, and the same nuclei atom by atom. */
#include "structure_test.h"

static double *Table(const char *file, ptrdiff_t *rows, ptrdiff_t *columns)
{
  char    path[600];
  double *values = NULL;

  AetTestData("atoms/hea", path, sizeof path);
  snprintf(path + strlen(path), sizeof path - strlen(path), "/%s", file);
  AET_TEST_CALL(AetTableRead(MPI_COMM_WORLD, path, rows, columns, &values));
  return values;
}

/* Published positions [N][3] from their (3,N) array. */
static double *Model(int particle, ptrdiff_t *count)
{
  char      file[100];
  ptrdiff_t rows, columns;
  double   *table, *position;

  snprintf(file, sizeof file, "BOO_HEA_%d_nanoparticle.mat:model", particle);
  table = Table(file, &rows, &columns);
  AET_TEST(rows == 3 && columns > 3);
  *count = columns;
  AET_TEST_CALL(PetscMalloc1(3 * (size_t)columns, &position));
  for (ptrdiff_t i = 0; i < columns; i++)
    for (int a = 0; a < 3; a++) position[3 * i + a] = table[a * columns + i];
  AET_TEST_CALL(PetscFree(table));
  return position;
}

static void ExpectOrder(int particle, const double *order, ptrdiff_t count)
{
  char      file[100];
  ptrdiff_t rows, columns;
  double   *published, worst = 0;

  snprintf(file, sizeof file, "BOO_HEA_%d_nanoparticle.mat:order", particle);
  published = Table(file, &rows, &columns);
  AET_TEST(rows * columns == count);
  for (ptrdiff_t i = 0; i < count; i++) worst = fmax(worst, fabs(order[i] - published[i]));
  AET_TEST_CLOSE(worst, 0, 1e-12);
  AET_TEST_CALL(PetscFree(published));
}

/* The fourth column of the published table names the nucleus by its peak, counted from 1, or is -1. */
static void ExpectLabels(int particle, AetNuclei nuclei, const char *name)
{
  char      file[100];
  ptrdiff_t rows, columns, wrong = 0;
  double   *published;

  snprintf(file, sizeof file, "Nuclei_atoms_HEA_%d_nanoparticle.mat:%s", particle, name);
  published = Table(file, &rows, &columns);
  AET_TEST(rows == nuclei->total && columns == 5);
  for (ptrdiff_t i = 0; i < rows; i++) {
    const PetscInt k = nuclei->label[i];
    wrong += (k < 0 ? -1 : nuclei->peak[k] + 1) != (PetscInt)published[columns * i + 3];
  }
  AET_TEST(wrong == 0);
  AET_TEST_CALL(PetscFree(published));
}

static void Particle(int particle, int nuclei_expected, int maxima_expected)
{
  AetNucleiSettings settings;
  AetNeighbours     neighbours;
  AetBondOrder      order;
  AetNuclei         nuclei;
  AetAtoms          atoms;
  ptrdiff_t         count, rows, columns;
  double           *position = Model(particle, &count), *valley = Table("valleyposition.mat", &rows, &columns);

  atoms = TestAtoms(count, position);
  AET_TEST_CALL(AetNeighboursCreate(atoms, valley[particle - 1], &neighbours));
  AET_TEST_CALL(AetBondOrderCreate(neighbours, &order));
  ExpectOrder(particle, order->order, count);
  AetNucleiDefaults(&settings);
  AET_TEST_CALL(AetNucleiCreate(atoms, order->order, NULL, &settings, &nuclei));
  AET_TEST(nuclei->count == nuclei_expected && nuclei->count + nuclei->dropped == maxima_expected);
  ExpectLabels(particle, nuclei, "indGrain");
  AET_TEST_CALL(AetNucleiDestroy(&nuclei));
  settings.min_sites = 1;
  AET_TEST_CALL(AetNucleiCreate(atoms, order->order, NULL, &settings, &nuclei));
  ExpectLabels(particle, nuclei, "indGrain_ori"); /* before small ones were dropped */
  AET_TEST_CALL(AetNucleiDestroy(&nuclei));
  AET_TEST_CALL(AetBondOrderDestroy(&order));
  AET_TEST_CALL(AetNeighboursDestroy(&neighbours));
  AET_TEST_CALL(AetAtomsDestroy(&atoms));
  AET_TEST_CALL(PetscFree(position));
  AET_TEST_CALL(PetscFree(valley));
}

static void TestThree(void)
{
  Particle(3, 33, 95);
}

static void TestTwentyFive(void)
{
  Particle(25, 56, 86);
}

int main(int argc, char **argv)
{
  static const AetTestCase cases[] = {{"HEA 3", TestThree}, {"HEA 25", TestTwentyFive}};
  char                     path[400];

  if (!AetTestData("atoms/hea/valleyposition.mat", path, sizeof path)) {
    if (AetInitialize(&argc, &argv) || AetFinalize()) return 2;
    return 77;
  }
  return AetTestMain(argc, argv, "published nuclei", cases, 2);
}
