/* Replicas: simulated measurements have the mean and the noise of the model, on any number of ranks; what is counted of them is what was
   planted. */
#include "atoms/kernel/calibrate.h"
#include "mpi_test.h"
#include <aet4d/atoms.h>

enum { ATOMS = 60, REPLICAS = 40, VIEWS = 9, SIZE = 40, DRAWS = 20000 };
#define SIGMA 0.05 /* Å, that atoms are said to have; true is twice as much along z */

static AetTiltSeries MakeSeries(MPI_Comm comm, double floor, double slope)
{
  double        angles[VIEWS][3] = {{0}};
  AetTiltSeries tilt;

  for (int j = 0; j < VIEWS; j++) angles[j][1] = -60 + 15 * j;
  AET_TEST_CALL(AetTiltSeriesCreate(comm, VIEWS, SIZE, SIZE, 0.4, AET_ANGLES_ZYX, (const double(*)[3])angles, &tilt));
  for (ptrdiff_t p = 0; p < tilt->v_count * SIZE * SIZE; p++) { /* an atom at the origin, h = 30 */
    const ptrdiff_t at = tilt->v_start * SIZE * SIZE + p;
    const double    dx = (double)(at % SIZE - SIZE / 2), dy = (double)(at / SIZE % SIZE - SIZE / 2), s = 1.25;
    const double    P = 30 / (2 * M_PI * s * s) * exp(-0.5 * (dx * dx + dy * dy) / (s * s));
    tilt->image[p] = (float)(P + sqrt(floor + slope * P) * AetRandomNormal(3, 1, (uint64_t)at));
  }
  return tilt;
}

static AetAtoms OneAtom(MPI_Comm comm)
{
  static const char *const symbol[] = {"Pt"};
  AetAtoms                 atoms;
  int                      rank;

  MPI_Comm_rank(comm, &rank);
  AET_TEST_CALL(AetAtomsCreate(comm, rank == 0, 1, symbol, &atoms));
  return atoms;
}

/* Planted noise is found again, and the replicas have it; what the model's images miss of the atom is within a per cent of its height. */
static void Noise(void)
{
  const double      floor = 1e-3, slope = 4e-3;
  AetTiltSeries     tilt = MakeSeries(PETSC_COMM_WORLD, floor, slope), model, replica;
  AetAtoms          atoms = OneAtom(PETSC_COMM_WORLD);
  AetRefineSettings settings;
  AetBootstrapNoise noise;
  double            sums[5] = {0};

  AET_TEST_CALL(PetscOptionsSetValue(NULL, "-quiet", "true"));
  AET_TEST_CALL(AetRefineSettingsFromOptions(&settings));
  AET_TEST_CALL(AetBootstrapModel(atoms, tilt, &settings, &model, &noise));
  AET_TEST_CLOSE(noise.floor, floor, 0.1 * floor);
  AET_TEST_CLOSE(noise.per_signal, slope, 0.15 * slope);
  noise = (AetBootstrapNoise){floor, slope};
  for (int k = 0; k < 20; k++) {
    AET_TEST_CALL(AetBootstrapReplica(model, &noise, 5, k, &replica));
    for (ptrdiff_t p = 0; p < model->v_count * SIZE * SIZE; p++) {
      const double P = (double)model->image[p], d = (double)replica->image[p] - P;
      if (P < 0.5) {
        sums[0] += d * d / floor, sums[1] += P < 1e-3; /* about the dark ones */
        if (P >= 1e-3) sums[0] -= d * d / floor;
      } else {
        sums[2] += d * d / (floor + slope * P), sums[3] += 1, sums[4] += d / sqrt(floor + slope * P);
      }
    }
    AET_TEST_CALL(AetTiltSeriesDestroy(&replica));
  }
  MPI_Allreduce(MPI_IN_PLACE, sums, 5, MPI_DOUBLE, MPI_SUM, PETSC_COMM_WORLD);
  AET_TEST_CLOSE(sums[0] / sums[1], 1, 0.02);
  AET_TEST_CLOSE(sums[2] / sums[3], 1, 0.05);
  AET_TEST_CLOSE(sums[4] / sums[3], 0, 0.03);
  AET_TEST_CALL(AetAtomsDestroy(&atoms));
  AET_TEST_CALL(AetTiltSeriesDestroy(&model));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
}

/* Alone and together: the same pixels; replicas differ. Counting alone leaves dark pixels dark. */
static void Ranks(void)
{
  const AetBootstrapNoise noise = {0, 4e-3};
  AetTiltSeries           alone = MakeSeries(PETSC_COMM_SELF, 0, 0), model = MakeSeries(PETSC_COMM_WORLD, 0, 0), one, all, other;
  double                  least = 1, differ = 0;

  AET_TEST_CALL(AetBootstrapReplica(alone, &noise, 5, 3, &one));
  AET_TEST_CALL(AetBootstrapReplica(model, &noise, 5, 3, &all));
  AET_TEST_CALL(AetBootstrapReplica(alone, &noise, 5, 4, &other));
  AET_TEST(!memcmp(all->image, one->image + all->v_start * SIZE * SIZE, sizeof(float) * (size_t)(all->v_count * SIZE * SIZE)));
  for (ptrdiff_t p = 0; p < VIEWS * SIZE * SIZE; p++) {
    least = fmin(least, (double)one->image[p]);
    differ += fabs((double)one->image[p] - (double)other->image[p]);
  }
  AET_TEST(least == 0 && differ > 1);
  AET_TEST_CALL(AetTiltSeriesDestroy(&one));
  AET_TEST_CALL(AetTiltSeriesDestroy(&all));
  AET_TEST_CALL(AetTiltSeriesDestroy(&other));
  AET_TEST_CALL(AetTiltSeriesDestroy(&alone));
  AET_TEST_CALL(AetTiltSeriesDestroy(&model));
}

/* The model, or (replica >= 0) what the chain made of it: shifted as a whole, atoms off by 0.05, 0.05 and 0.1 Å, of atom i with i mod 4 = 0
   every second replica none, of i mod 10 = 1 always another name, and one atom too many. */
static AetAtoms MakeAtoms(int replica)
{
  static const char *const symbols[] = {"Fe", "Pt"};
  AetAtoms                 atoms;
  int                      rank, size, kept = 0;
  ptrdiff_t                start, count;

  MPI_Comm_rank(PETSC_COMM_WORLD, &rank), MPI_Comm_size(PETSC_COMM_WORLD, &size);
  AetBlock(ATOMS, rank, size, &start, &count);
  for (ptrdiff_t i = start; i < start + count; i++) kept += replica < 0 || i % 4 || replica % 2;
  AET_TEST_CALL(AetAtomsCreate(PETSC_COMM_WORLD, (PetscInt)(kept + (replica >= 0 && rank == 0)), 2, symbols, &atoms));
  kept = 0;
  for (ptrdiff_t i = start; i < start + count; i++) {
    if (replica >= 0 && i % 4 == 0 && replica % 2 == 0) continue;
    atoms->species[kept] = (int)(i % 2) ^ (replica >= 0 && i % 10 == 1);
    for (int a = 0; a < 3; a++) {
      const ptrdiff_t cell = a == 0 ? i % 4 : a == 1 ? i / 4 % 4 : i / 16;
      const double    error = SIGMA * (a == 2 ? 2 : 1) * AetRandomNormal(9, (uint64_t)replica, (uint64_t)(3 * i + a)) + 0.3;
      atoms->position[3 * kept + a] = 2.7 * (double)cell + (replica >= 0 ? error : 0);
      atoms->sigma[3 * kept + a] = SIGMA;
    }
    kept++;
  }
  for (int a = 0; a < 3 && replica >= 0 && rank == 0; a++) atoms->position[3 * kept + a] = -5;
  AET_TEST_CALL(AetAtomsSort(atoms));
  return atoms;
}

static void Count(void)
{
  AetAtoms           model = MakeAtoms(-1), replica;
  AetBootstrap       b;
  AetBootstrapReport report;
  double             half = 0, sum[3] = {0}, wrong = 0, rare = 0;

  AET_TEST_CALL(AetBootstrapCreate(model, 1, REPLICAS, &b));
  for (int k = 0; k < REPLICAS; k++) {
    replica = MakeAtoms(k);
    AET_TEST_CALL(AetBootstrapAdd(b, replica));
    AET_TEST_CALL(AetAtomsDestroy(&replica));
  }
  AET_TEST_CALL(AetBootstrapFinish(b, &report));
  AET_TEST_CALL(AetBootstrapDestroy(&b));
  AET_TEST(report.replicas == REPLICAS);
  AET_TEST_CLOSE(report.recall, 1 - 0.125, 1e-9);
  AET_TEST_CLOSE(report.recall_species[0], 0.75, 1e-9); /* the even atoms: half of them are there every second time */
  AET_TEST_CLOSE(report.recall_species[1], 1, 1e-9);
  AET_TEST_CLOSE(report.precision, 0.5 * (60.0 / 61 + 45.0 / 46), 1e-9);
  AET_TEST_CLOSE(report.species, 1 - 6 / 52.5, 1e-9);
  AET_TEST_CLOSE(report.named_species[1], 0.8, 1e-9);
  AET_TEST_CLOSE(report.recall_spread, 0.125 * sqrt(REPLICAS / (REPLICAS - 1.0)), 1e-9);
  AET_TEST_CLOSE(report.rmsd_pm, 100 * SIGMA * sqrt(6), 0.06 * 100 * SIGMA * sqrt(6));
  AET_TEST(report.bias_pm[0] < 1 && report.bias_pm[1] < 1 && report.bias_pm[2] < 2);
  for (int a = 0; a < 3; a++) AET_TEST_CLOSE(report.factor_median[a], a == 2 ? 2 : 1, a == 2 ? 0.1 : 0.05);
  for (PetscInt i = 0; i < model->count; i++) {
    half += model->p_found[i] < 0.6, rare += fabs(model->p_found[i] - 0.5) < 1e-9;
    wrong += model->p_found[i] > 0.6 && model->p_found[i] < 1;
    for (int a = 0; a < 3; a++) sum[a] += model->sigma_total[3 * i + a] / (SIGMA * ATOMS);
  }
  MPI_Allreduce(MPI_IN_PLACE, &half, 1, MPI_DOUBLE, MPI_SUM, PETSC_COMM_WORLD);
  MPI_Allreduce(MPI_IN_PLACE, sum, 3, MPI_DOUBLE, MPI_SUM, PETSC_COMM_WORLD);
  AET_TEST(half == 15 && wrong == 0 && rare <= 15);
  for (int a = 0; a < 3; a++) AET_TEST_CLOSE(sum[a], a == 2 ? 2 : 1, a == 2 ? 0.1 : 0.05);
  AET_TEST_CALL(AetAtomsDestroy(&model));
}

/* Normal errors of width w give w; a few far errors hardly matter. */
static void Calibrate(void)
{
  double *error = malloc(sizeof *error * DRAWS);

  for (int i = 0; i < DRAWS; i++) error[i] = 1.7 * AetRandomNormal(4, 4, (uint64_t)i);
  AET_TEST_CLOSE(AetCalibrate(DRAWS, error), 1.7, 0.03);
  for (int i = 0; i < DRAWS / 200; i++) error[200 * i] = 100;
  AET_TEST_CLOSE(AetCalibrate(DRAWS, error), 1.7, 0.06);
  error[0] = -3;
  AET_TEST_CLOSE(AetCalibrate(1, error), 0.5 * (3 + 1.5), 1e-12);
  AET_TEST(AetCalibrate(0, error) == 1);
  free(error);
}

AET_TEST_MAIN("bootstrap", {"a factor that covers", Calibrate}, {"noise", Noise}, {"ranks do not matter", Ranks},
              {"what is counted", Count})
