/* p_species after refinement: atoms misnamed at the start are recognised, and the probabilities are true. */
#include "mpi_test.h"
#include <aet4d/atoms.h>

enum { SIDE = 7, ATOMS = SIDE * SIDE * SIDE, VIEWS = 21, SIZE = 64 };

static int Truth(int i, double position[3])
{
  const int cell[3] = {i % SIDE, i / SIDE % SIDE, i / SIDE / SIDE};

  for (int a = 0; a < 3; a++) position[a] = 2.7 * (cell[a] - SIDE / 2) + 0.15 * AetRandomNormal(7, 1, (uint64_t)(3 * i + a));
  return AetRandomUniform(7, 2, (uint64_t)i) < 0.4;
}

/* Gaussian images of a disordered cube of two species with heights 1 and `ratio`; every twelfth atom is misnamed; without probabilities, or
   with traced ones that are sure of their names. */
static void Make(MPI_Comm comm, double ratio, double noise, double traced, AetTiltSeries *tilt, AetAtoms *atoms)
{
  static const char *const symbols[] = {"Mo", "Ag"};
  double                   angles[VIEWS][3] = {{0}}, sigma = 0.35 / 0.4;
  int                      rank, size;
  ptrdiff_t                start, count;

  for (int j = 0; j < VIEWS; j++) angles[j][1] = -70 + 140.0 * j / (VIEWS - 1);
  AET_TEST_CALL(AetTiltSeriesCreate(comm, VIEWS, SIZE, SIZE, 0.4, AET_ANGLES_ZYX, (const double(*)[3])angles, tilt));
  for (ptrdiff_t j = 0; j < (*tilt)->v_count; j++) {
    float *image = (*tilt)->image + j * SIZE * SIZE;
    for (ptrdiff_t p = 0; p < SIZE * SIZE; p++)
      image[p] = (float)(noise * AetRandomNormal(9, 4, (uint64_t)(((*tilt)->v_start + j) * SIZE * SIZE + p)));
    for (int i = 0; i < ATOMS; i++) {
      double    x[3], seen[3], u[2];
      const int heavy = Truth(i, x);
      AetRotate((*tilt)->rotation[(*tilt)->v_start + j], x, seen);
      u[0] = seen[0] / 0.4 + SIZE / 2, u[1] = seen[1] / 0.4 + SIZE / 2;
      for (int y = (int)u[1] - 6; y <= (int)u[1] + 7; y++)
        for (int c = (int)u[0] - 6; c <= (int)u[0] + 7; c++)
          if (y >= 0 && y < SIZE && c >= 0 && c < SIZE)
            image[y * SIZE + c] += (float)((heavy ? ratio : 1) / (2 * M_PI * sigma * sigma) *
                                           exp(-0.5 * ((c - u[0]) * (c - u[0]) + (y - u[1]) * (y - u[1])) / (sigma * sigma)));
    }
  }
  MPI_Comm_rank(comm, &rank), MPI_Comm_size(comm, &size);
  AetBlock(ATOMS, rank, size, &start, &count);
  AET_TEST_CALL(AetAtomsCreate(comm, (PetscInt)count, 2, symbols, atoms));
  for (ptrdiff_t i = 0; i < count; i++) {
    (*atoms)->species[i] = Truth((int)(start + i), (*atoms)->position + 3 * i);
    if ((start + i) % 12 == 5) (*atoms)->species[i] = !(*atoms)->species[i];
    (*atoms)->confidence[i] = traced;
    for (int a = 0; a < 3; a++) (*atoms)->position[3 * i + a] += 0.05 * AetRandomNormal(8, 2, (uint64_t)(3 * (start + i) + a));
    (*atoms)->intensity[i] = (double)(start + i);
  }
  AET_TEST_CALL(AetAtomsSort(*atoms));
}

static void Run(double ratio, double noise, double traced, double sums[4], AetRefineReport *report)
{
  AetTiltSeries     tilt;
  AetAtoms          atoms;
  AetRefineSettings settings;
  double            mine[4] = {0}, x[3];

  AET_TEST_CALL(AetRefineSettingsFromOptions(&settings));
  settings.shifts = PETSC_FALSE, settings.cycles = 2, settings.probes = 2, settings.positions_iterations = 2,
  settings.profile = 2; /* Gaussian */
  Make(MPI_COMM_WORLD, ratio, noise, traced, &tilt, &atoms);
  AET_TEST_CALL(AetRefine(atoms, tilt, &settings, report));
  for (PetscInt i = 0; i < atoms->count; i++) {
    const int     truth = Truth((int)atoms->intensity[i], x);
    const double *p = atoms->probability + 2 * i;
    mine[0] += (atoms->species[i] == truth) / (double)ATOMS;
    mine[1] += ((p[1] > p[0]) == truth) / (double)ATOMS;
    mine[2] += fmax(p[0], p[1]) / ATOMS;
    mine[3] += fabs(p[0] + p[1] - 1) + fabs(p[atoms->species[i]] - atoms->confidence[i]);
  }
  MPI_Allreduce(mine, sums, 4, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  printf("\n    ratio %.2f noise %.3f: named right %.4f, by p_species %.4f, expected %.4f (report %.4f) ", ratio, noise, sums[0], sums[1],
         sums[2], report->expected_accuracy);
  AET_TEST_CALL(AetAtomsDestroy(&atoms));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
}

/* Atoms of other programs carry no probability: all is by the images. */
static void TestForeign(void)
{
  AetRefineReport report;
  double          s[4];

  Run(1.4, 0.02, 0, s, &report);
  AET_TEST(s[0] < 0.93 && s[1] > 0.995 && report.species_by_images);
  AET_TEST_CLOSE(s[2], s[1], 0.01);
  AET_TEST_CLOSE(s[3], 0, 1e-9);
  AET_TEST_CLOSE(report.expected_accuracy, s[2], 1e-9);
}

static void TestOverlap(void)
{
  AetRefineReport report;
  double          s[4];

  Run(1.3, 0.09, 0, s, &report);
  AET_TEST(s[1] > 0.85 && s[1] < 0.995);
  AET_TEST_CLOSE(s[2], s[1], 0.04);
}

/* Sure probabilities give way to the images where these are nearly as sure, and stay where the images tell little. */
static void TestTraced(void)
{
  AetRefineReport report;
  double          s[4];

  Run(1.3, 0.09, 0.999, s, &report);
  AET_TEST(report.species_by_images && s[1] > 0.97);
  Run(1.15, 0.15, 0.999, s, &report);
  AET_TEST(!report.species_by_images);
  AET_TEST_CLOSE(s[2], 0.999, 1e-9);
}

AET_TEST_MAIN("species after refinement", {"foreign atoms", TestForeign}, {"overlap", TestOverlap}, {"traced", TestTraced})
