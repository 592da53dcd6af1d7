/* Names of atoms where the intensity drifts over the specimen, and whether the probabilities are true. */
#include "rendered.h"
#include <aet4d/recon.h>
#include <aet4d/simulate.h>

static void Options(const char *species, const char *method)
{
  AET_TEST_CALL(AetOptionsRegister(&AetTraceOptions));
  PetscOptionsSetValue(NULL, "-trace_species", species);
  PetscOptionsSetValue(NULL, "-trace_classify", method);
}

/* Multiplies the volume by 1 ± `most` along a slanted line, `reach` Å from the middle on. */
static void Drift(AetVolume volume, double most, double reach)
{
  const ptrdiff_t *n = volume->n;

  for (ptrdiff_t k = 0; k < volume->z_count; k++)
    for (ptrdiff_t y = 0; y < n[1]; y++)
      for (ptrdiff_t x = 0; x < n[2]; x++) {
        const double at = 0.6 * (double)(x - n[2] / 2) + 0.3 * (double)(y - n[1] / 2) + 0.74 * (double)(volume->z_start + k - n[0] / 2);
        const double part = fmax(-1.2, fmin(1.2, at * volume->pixel_angstrom / reach));
        volume->data[(k * n[1] + y) * n[2] + x] *= (float)(1 + most * part);
      }
}

/* Traces with a method and compares. */
static AetCompareResult Named(AetVolume volume, AetAtoms truth, const char *species, const char *method, AetTraceReport *report,
                              AetAtoms *kept)
{
  AetAtoms         found;
  AetCompareResult r;

  Options(species, method);
  AET_TEST_CALL(AetTrace(volume, &found, report));
  AET_TEST_CALL(AetCompare(found, truth, 1.5, &r));
  printf("\n    %s: agreement %.4f, expected %.4f (%.4f), span %.2f, starts %.3f ", method, r.species_agreement, report->expected_accuracy,
         r.expected_agreement, report->intensity_span, report->start_disagreement);
  if (kept)
    *kept = found;
  else
    AET_TEST_CALL(AetAtomsDestroy(&found));
  return r;
}

static Specimen Ball(double ratio, double noise)
{
  Specimen s = {.n = {90, 90, 90}, .pixel = 0.35, .sigma = 0.6, .noise = noise, .weight = {1, ratio}};

  MakeBall(&s, 3.85, 13, 0.08, 2);
  return s;
}

static const char *const moag[] = {"Mo", "Ag"};

/* The drift is larger than the step from one species to the other: no threshold on intensity can name these atoms. */
static void TestDrift(void)
{
  Specimen         s = Ball(1.35, 0.02);
  AetVolume        volume = Render(MPI_COMM_WORLD, &s);
  AetAtoms         truth = Truth(&s, 2, moag);
  AetTraceReport   report;
  AetCompareResult r[3];

  r[0] = Named(volume, truth, "Mo,Ag", "probabilistic", &report, NULL);
  AET_TEST(r[0].species_agreement > 0.995 && report.intensity_span < 1.06);
  Drift(volume, 0.3, 13);
  r[0] = Named(volume, truth, "Mo,Ag", "probabilistic", &report, NULL);
  AET_TEST(r[0].species_agreement > 0.995 && r[0].recall > 0.995);
  AET_TEST_CLOSE(report.intensity_span, 1.3 / 0.7, 0.15);
  AET_TEST_CLOSE(report.expected_accuracy, r[0].species_agreement, 0.01);
  r[1] = Named(volume, truth, "Mo,Ag", "local", &report, NULL);
  r[2] = Named(volume, truth, "Mo,Ag", "unbiased", &report, NULL);
  AET_TEST(r[2].species_agreement < 0.9 && r[1].species_agreement > r[2].species_agreement + 0.02);
  AET_TEST_CALL(AetAtomsDestroy(&truth));
  AET_TEST_CALL(AetVolumeDestroy(&volume));
  FreeSpecimen(&s);
}

/* Three species, as in alloys of light, middling and heavy metals, in a drift that takes each beyond the next. */
static void TestThree(void)
{
  static const char *const symbols[] = {"Ni", "Rh", "Pt"};
  Specimen                 s = {.n = {90, 90, 90}, .pixel = 0.35, .sigma = 0.6, .noise = 0.04, .weight = {1, 1.5, 2.3}};
  AetVolume                volume;
  AetAtoms                 truth;
  AetTraceReport           report;
  AetCompareResult         r;

  MakeBall(&s, 3.85, 13, 0.08, 3);
  volume = Render(MPI_COMM_WORLD, &s);
  truth = Truth(&s, 3, symbols);
  Drift(volume, 0.3, 13);
  r = Named(volume, truth, "Ni,Rh,Pt", "probabilistic", &report, NULL);
  AET_TEST(r.species_agreement > 0.99 && r.recall > 0.98);
  for (int k = 0; k < 3; k++) AET_TEST(r.recall_species[k] > 0.97);
  r = Named(volume, truth, "Ni,Rh,Pt", "unbiased", &report, NULL);
  AET_TEST(r.species_agreement < 0.95);
  AET_TEST_CALL(AetAtomsDestroy(&truth));
  AET_TEST_CALL(AetVolumeDestroy(&volume));
  FreeSpecimen(&s);
}

/* Species apart from each other, one in each half: a field would explain that too, but not as well. */
static void TestSegregated(void)
{
  Specimen         s = Ball(1.35, 0.05);
  AetVolume        volume;
  AetAtoms         truth;
  AetTraceReport   report;
  AetCompareResult r;

  for (int i = 0; i < s.count; i++) s.species[i] = s.position[3 * i] > 0;
  volume = Render(MPI_COMM_WORLD, &s);
  truth = Truth(&s, 2, moag);
  r = Named(volume, truth, "Mo,Ag", "probabilistic", &report, NULL);
  AET_TEST(r.species_agreement > 0.99);
  AET_TEST_CALL(AetAtomsDestroy(&truth));
  AET_TEST_CALL(AetVolumeDestroy(&volume));
  FreeSpecimen(&s);
}

/* Where the species overlap, the probabilities tell how often the names are right. */
static void TestCalibration(void)
{
  Specimen         s = {.n = {116, 116, 116}, .pixel = 0.35, .sigma = 0.6, .noise = 0.09, .weight = {1, 1.25}};
  AetVolume        volume;
  AetAtoms         truth, found;
  AetTraceReport   report;
  AetCompareResult r;
  double           sums[4] = {0}, all[4], *x;
  int             *species;

  MakeBall(&s, 3.85, 17.5, 0.08, 2);
  volume = Render(MPI_COMM_WORLD, &s);
  truth = Truth(&s, 2, moag);
  Drift(volume, 0.3, 17.5);
  r = Named(volume, truth, "Mo,Ag", "probabilistic", &report, &found);
  AET_TEST(r.species_agreement > 0.75 && r.species_agreement < 0.98); /* hard, but not hopeless */
  AET_TEST_CLOSE(report.expected_accuracy, r.species_agreement, 0.03);
  AET_TEST_CLOSE(r.expected_agreement, r.species_agreement, 0.03);
  AET_TEST_CALL(AetAtomsGather(truth, &x, &species));
  for (PetscInt i = 0; i < found->count; i++) { /* the certain and the doubtful */
    const double *f = found->position + 3 * i, p = found->confidence[i];
    for (PetscInt t = 0; t < truth->total; t++) {
      if (hypot(hypot(f[0] - x[3 * t], f[1] - x[3 * t + 1]), f[2] - x[3 * t + 2]) > 1) continue;
      sums[p < 0.9 ? 0 : 2] += p - (found->species[i] == species[t]);
      sums[p < 0.9 ? 1 : 3] += 1;
      break;
    }
  }
  MPI_Allreduce(sums, all, 4, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  AET_TEST(all[1] > 60 && all[3] > 60);
  AET_TEST_CLOSE(all[0] / all[1], 0, 0.08);
  AET_TEST_CLOSE(all[2] / all[3], 0, 0.04);
  PetscFree(x);
  PetscFree(species);
  AET_TEST_CALL(AetAtomsDestroy(&found));
  AET_TEST_CALL(AetAtomsDestroy(&truth));
  AET_TEST_CALL(AetVolumeDestroy(&volume));
  FreeSpecimen(&s);
}

/* Every method names alike alone and together. */
static void TestRanks(void)
{
  const char *const method[] = {"probabilistic", "local", "unbiased", "kmeans"};
  Specimen          s = Ball(1.3, 0.1);
  AetTraceReport    report;

  s.count = 400;
  for (int m = 0; m < 4; m++) {
    AetAtoms found[2];
    double  *x[2];
    int     *species[2], wrong = 0;
    Options("Mo,Ag", method[m]);
    for (int alone = 0; alone < 2; alone++) {
      AetVolume volume = Render(alone ? MPI_COMM_SELF : MPI_COMM_WORLD, &s);
      AET_TEST_CALL(AetTrace(volume, &found[alone], &report));
      AET_TEST_CALL(AetAtomsGather(found[alone], &x[alone], &species[alone]));
      AET_TEST_CALL(AetVolumeDestroy(&volume));
    }
    AET_TEST(found[0]->total == found[1]->total && found[0]->total > 300);
    for (PetscInt i = 0; i < found[0]->total; i++) wrong += species[0][i] != species[1][i];
    for (PetscInt i = 0; i < 2 * found[0]->count; i++)
      wrong += fabs(found[0]->probability[i] - found[1]->probability[2 * found[0]->start + i]) > 1e-9;
    AET_TEST(wrong == 0);
    for (int alone = 0; alone < 2; alone++) {
      AET_TEST_CALL(AetAtomsDestroy(&found[alone]));
      PetscFree(x[alone]);
      PetscFree(species[alone]);
    }
  }
  FreeSpecimen(&s);
}

/* The whole way: images of a described particle with counting noise, its reconstruction with a planted drift, names. */
static void Simulated(const char *species, const char *dose, double least)
{
  AetSpecimen      specimen;
  AetTiltSeries    tilt;
  AetRecon         recon;
  AetVolume        volume;
  AetAtoms         truth;
  AetTraceReport   report;
  AetCompareResult r[2];
  PetscInt         views;
  double(*angles)[3];
  const char *symbols[AET_SPECIES_MAX];
  ptrdiff_t   size;
  int         rank;

  PetscOptionsSetValue(NULL, "-simulate_species", species);
  PetscOptionsSetValue(NULL, "-simulate_dose", dose);
  AET_TEST_CALL(AetSpecimenFromOptions(&specimen));
  AET_TEST_CALL(AetSimulateAngles(&views, &angles));
  AET_TEST_CALL(AetSimulateImageSize(&specimen, 0.4, &size));
  AET_TEST_CALL(AetTiltSeriesCreate(MPI_COMM_WORLD, views, size, size, 0.4, AET_ANGLES_ZYX, (const double(*)[3])angles, &tilt));
  AET_TEST_CALL(AetSimulateProjections(MPI_COMM_WORLD, &specimen, views, (const double(*)[9])tilt->rotation, size, size, 0.4, tilt->image));
  AET_TEST_CALL(AetSimulateNoise(MPI_COMM_WORLD, views, size, size, tilt->image));
  AET_TEST_CALL(AetReconCreate(tilt, &recon));
  AET_TEST_CALL(AetReconSetFromOptions(recon));
  AET_TEST_CALL(AetReconSetUp(recon));
  AET_TEST_CALL(AetReconSolve(recon, &volume));
  for (int s = 0; s < specimen.species_count; s++) symbols[s] = specimen.symbol[s];
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  AET_TEST_CALL(AetAtomsCreate(MPI_COMM_WORLD, rank ? 0 : (PetscInt)specimen.count, specimen.species_count, symbols, &truth));
  if (!rank) memcpy(truth->position, specimen.position, 3 * sizeof(double) * (size_t)specimen.count);
  if (!rank) memcpy(truth->species, specimen.species, sizeof(int) * (size_t)specimen.count);
  AET_TEST_CALL(AetAtomsSort(truth));
  for (int drift = 0; drift < 2; drift++) {
    if (drift) Drift(volume, 0.3, 11);
    r[drift] = Named(volume, truth, species, "probabilistic", &report, NULL);
    AET_TEST(r[drift].recall > 0.98 && r[drift].species_agreement >= least);
    AET_TEST_CLOSE(report.expected_accuracy, r[drift].species_agreement, 0.02);
  }
  AET_TEST_CALL(AetAtomsDestroy(&truth));
  AET_TEST_CALL(AetReconDestroy(&recon));
  AET_TEST_CALL(AetVolumeDestroy(&volume));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
  AetSpecimenDestroy(&specimen);
  PetscFree(angles);
}

static void TestSimulated(void)
{
  AET_TEST_CALL(AetOptionsRegister(&AetSimulateOptions));
  AET_TEST_CALL(AetOptionsRegister(&AetReconOptions));
  PetscOptionsSetValue(NULL, "-simulate_diameter_angstrom", "22");
  PetscOptionsSetValue(NULL, "-simulate_composition", "0.28");
  PetscOptionsSetValue(NULL, "-simulate_displacement_angstrom", "0.1");
  PetscOptionsSetValue(NULL, "-simulate_pixel_angstrom", "0.4");
  PetscOptionsSetValue(NULL, "-recon_iterations", "40");
  Simulated("Fe,Pt", "1.6e5", 0.995);
  Simulated("Fe,Pt", "2e4", 0.99);
  Simulated("Mo,Ag", "1.6e5", 0.98); /* neighbours in brightness: 21 % apart, the drift is ± 30 % */
}

AET_TEST_MAIN("classify", {"drift", TestDrift}, {"three species", TestThree}, {"segregated", TestSegregated},
              {"calibration", TestCalibration}, {"ranks", TestRanks}, {"simulated FePt", TestSimulated})
