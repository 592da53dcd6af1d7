/* Refinement: moved atoms come back, their uncertainties hold, ranks do not matter, and what cannot be refined is refused. */
#include "mpi_test.h"
#include <aet4d/atoms.h>

enum { SIDE = 5, ATOMS = SIDE * SIDE * SIDE, VIEWS = 31, SIZE = 56 };

/* A disordered cube of atoms, every third heavy; the same on every rank. */
static void Truth(double position[ATOMS][3], int species[ATOMS])
{
  for (int i = 0; i < ATOMS; i++) {
    const int cell[3] = {i % SIDE, i / SIDE % SIDE, i / SIDE / SIDE};
    for (int a = 0; a < 3; a++) position[i][a] = 2.7 * (cell[a] - SIDE / 2) + 0.15 * AetRandomNormal(7, 1, (uint64_t)(3 * i + a));
    species[i] = i % 3 == 0;
  }
}

/* Gaussian images of the atoms with noise of 2 % of an atom's height, and the atoms moved by 0.2 Å as a start. */
static void Make(MPI_Comm comm, double noise, AetTiltSeries *tilt, AetAtoms *atoms)
{
  static const char *const symbols[] = {"Fe", "Pt"};
  double                   position[ATOMS][3], angles[VIEWS][3] = {{0}}, height[2] = {1, 2.5}, sigma = 0.35 / 0.4;
  int                      species[ATOMS], rank, size;
  ptrdiff_t                start, count;

  Truth(position, species);
  for (int j = 0; j < VIEWS; j++) angles[j][1] = -70 + 140.0 * j / (VIEWS - 1);
  AET_TEST_CALL(AetTiltSeriesCreate(comm, VIEWS, SIZE, SIZE, 0.4, AET_ANGLES_ZYX, (const double(*)[3])angles, tilt));
  for (ptrdiff_t j = 0; j < (*tilt)->v_count; j++)
    for (ptrdiff_t p = 0; p < SIZE * SIZE; p++) {
      double sum = 0;
      for (int i = 0; i < ATOMS; i++) {
        double seen[3], dx, dy;
        AetRotate((*tilt)->rotation[(*tilt)->v_start + j], position[i], seen);
        dx = (double)(p % SIZE - SIZE / 2) - seen[0] / 0.4, dy = (double)(p / SIZE - SIZE / 2) - seen[1] / 0.4;
        if (dx * dx + dy * dy < 50)
          sum += height[species[i]] / (2 * M_PI * sigma * sigma) * exp(-0.5 * (dx * dx + dy * dy) / (sigma * sigma));
      }
      sum += noise * AetRandomNormal(9, 4, (uint64_t)(((*tilt)->v_start + j) * SIZE * SIZE + p));
      (*tilt)->image[j * SIZE * SIZE + p] = (float)sum;
    }
  MPI_Comm_rank(comm, &rank), MPI_Comm_size(comm, &size);
  AetBlock(ATOMS, rank, size, &start, &count);
  AET_TEST_CALL(AetAtomsCreate(comm, (PetscInt)count, 2, symbols, atoms));
  for (ptrdiff_t i = 0; i < count; i++) {
    for (int a = 0; a < 3; a++)
      (*atoms)->position[3 * i + a] = position[start + i][a] + 0.12 * AetRandomNormal(8, 2, (uint64_t)(3 * (start + i) + a));
    (*atoms)->species[i] = species[start + i];
  }
}

static AetRefineSettings Defaults(void)
{
  AetRefineSettings settings;

  AET_TEST_CALL(AetRefineSettingsFromOptions(&settings));
  return settings;
}

/* Errors of the found atoms against the truth, matched by the nearest. */
static void Errors(AetAtoms atoms, double *rms, double within[3])
{
  double truth[ATOMS][3], sums[5] = {0}, all[5];
  int    species[ATOMS];

  Truth(truth, species);
  for (PetscInt i = 0; i < atoms->count; i++) {
    int    best = 0;
    double least = 1e9;
    for (int k = 0; k < ATOMS; k++) {
      double square = 0;
      for (int a = 0; a < 3; a++) square += (atoms->position[3 * i + a] - truth[k][a]) * (atoms->position[3 * i + a] - truth[k][a]);
      if (square < least) least = square, best = k;
    }
    sums[0] += least, sums[1] += 3;
    for (int a = 0; a < 3; a++)
      for (int k = 0; k < 3; k++) sums[2 + k] += fabs(atoms->position[3 * i + a] - truth[best][a]) < (k + 1) * atoms->sigma[3 * i + a];
  }
  MPI_Allreduce(sums, all, 5, MPI_DOUBLE, MPI_SUM, atoms->comm);
  *rms = sqrt(all[0] / ATOMS);
  for (int k = 0; k < 3; k++) within[k] = all[2 + k] / all[1];
}

static void Refines(void)
{
  AetTiltSeries     tilt;
  AetAtoms          atoms;
  AetRefineSettings settings = Defaults();
  AetRefineReport   report;
  double            rms, within[3];

  settings.shifts = PETSC_FALSE; /* the images are in place; with shifts the whole may drift by what they share */
  Make(PETSC_COMM_WORLD, 0.02, &tilt, &atoms);
  Errors(atoms, &rms, within);
  AET_TEST(rms > 0.15);
  AET_TEST_CALL(AetRefine(atoms, tilt, &settings, &report));
  Errors(atoms, &rms, within);
  AET_TEST(rms < 0.03);
  AET_TEST_CLOSE(within[0], 0.68, 0.1);
  AET_TEST_CLOSE(within[1], 0.95, 0.06);
  AET_TEST(!report.tabulated && report.r1 < 0.7 * report.r1_before);
  AET_TEST_CLOSE(report.height[1] / report.height[0], 2.5, 0.02);
  AET_TEST_CLOSE(report.b_factor[0], 8 * M_PI * M_PI * 0.35 * 0.35, 0.3);
  AET_TEST_CLOSE(sqrt(report.noise_floor), 0.02, 0.002);
  AET_TEST(report.sigma_median_pm > 0 && report.at_limit == 0);
  AET_TEST_CALL(AetAtomsDestroy(&atoms));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
}

/* Angles that are wrong by half a degree come back with the atoms. */
static void Angles(void)
{
  AetTiltSeries     tilt;
  AetAtoms          atoms;
  AetRefineSettings settings = Defaults();
  AetRefineReport   report[2];
  double            rms[2], within[3], given[VIEWS][9], square[2] = {0};

  settings.shifts = PETSC_FALSE, settings.probes = 0, settings.cycles = 6;
  for (int k = 0; k < 2; k++) {
    Make(PETSC_COMM_WORLD, 0.02, &tilt, &atoms);
    for (int j = 0; j < VIEWS; j++) {
      double R[9], angles[3];
      memcpy(given[j], tilt->rotation[j], sizeof R);
      for (int a = 0; a < 3; a++) angles[a] = tilt->angles_deg[j][a] + 0.5 * AetRandomNormal(11, 6, (uint64_t)(3 * j + a));
      AetRotationFromAngles(AET_ANGLES_ZYX, angles, R);
      memcpy(tilt->rotation[j], R, sizeof R);
    }
    settings.angles = (PetscBool)k;
    AET_TEST_CALL(AetRefine(atoms, tilt, &settings, &report[k]));
    Errors(atoms, &rms[k], within);
    for (int j = 0; j < VIEWS; j++)
      for (int a = 0; a < 9; a++) square[k] += pow(tilt->rotation[j][a] - given[j][a], 2) / (2 * VIEWS);
    AET_TEST_CALL(AetAtomsDestroy(&atoms));
    AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
  }
  printf("\n    angles wrong by %.3f and, refined, %.3f degrees; atoms by %.1f and %.1f pm; R1 %.4f and %.4f\n",
         180 / M_PI * sqrt(square[0]), 180 / M_PI * sqrt(square[1]), 100 * rms[0], 100 * rms[1], report[0].r1, report[1].r1);
  AET_TEST(report[0].turn_rms_deg == 0 && report[1].turn_rms_deg > 0.5 && report[1].turn_rms_deg < 1.2);
  AET_TEST(square[1] < 0.05 * square[0]);
  AET_TEST(report[1].r1 < 0.92 * report[0].r1 && rms[1] < 0.75 * rms[0]); /* most of R1 is noise */
}

/* Alone and together: the same bits. */
static void Ranks(void)
{
  AetTiltSeries     tilt[2];
  AetAtoms          atoms[2];
  AetRefineSettings settings = Defaults();
  AetRefineReport   report;
  double           *position[2];
  int              *species[2];

  settings.cycles = 2, settings.probes = 2;
  for (int k = 0; k < 2; k++) {
    Make(k ? PETSC_COMM_SELF : PETSC_COMM_WORLD, 0.02, &tilt[k], &atoms[k]);
    AET_TEST_CALL(AetRefine(atoms[k], tilt[k], &settings, &report));
    AET_TEST_CALL(AetAtomsGather(atoms[k], &position[k], &species[k]));
  }
  AET_TEST(!memcmp(position[0], position[1], sizeof(double) * 3 * ATOMS));
  AET_TEST(!memcmp(atoms[0]->sigma, atoms[1]->sigma + 3 * atoms[0]->start, sizeof(double) * 3 * (size_t)atoms[0]->count));
  for (int k = 0; k < 2; k++) {
    AET_TEST_CALL(PetscFree(position[k]));
    AET_TEST_CALL(PetscFree(species[k]));
    AET_TEST_CALL(AetAtomsDestroy(&atoms[k]));
    AET_TEST_CALL(AetTiltSeriesDestroy(&tilt[k]));
  }
}

static void Refuse(AetTiltSeries tilt, AetAtoms atoms, const char *says)
{
  AetRefineSettings settings = Defaults();
  AetRefineReport   report;
  PetscErrorCode    code = AetRefine(atoms, tilt, &settings, &report);

  AET_TEST(code != 0);
  AET_TEST(strstr(AetErrorMessage(), says) != NULL);
  AetErrorClear();
}

static void BadInput(void)
{
  AetTiltSeries tilt;
  AetAtoms      atoms;

  Make(PETSC_COMM_WORLD, 0, &tilt, &atoms);
  strcpy(atoms->symbol[1], "Xx");
  Refuse(tilt, atoms, "species Xx: expected an element with a scattering factor");
  strcpy(atoms->symbol[1], "Pt");
  if (atoms->start == 0 && atoms->count) atoms->position[0] = 300;
  Refuse(tilt, atoms, "expected an atom inside at least 2 images");
  if (atoms->start == 0 && atoms->count) atoms->position[0] = NAN;
  Refuse(tilt, atoms, "expected a finite position");
  if (atoms->start == 0 && atoms->count > 1) memcpy(atoms->position, atoms->position + 3, 3 * sizeof(double));
  if (atoms->count > 1 || atoms->total == atoms->count) Refuse(tilt, atoms, "at one place");
  AET_TEST_CALL(AetAtomsDestroy(&atoms));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
}

AET_TEST_MAIN("refine", {"moved atoms come back", Refines}, {"wrong angles come back", Angles}, {"ranks do not matter", Ranks},
              {"what cannot be refined", BadInput})
