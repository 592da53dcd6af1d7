/* RESIRE on the shared data: a measured film that runs past its images, and two simulated specimens against their true volumes. */
#include "mpi_test.h"
#include <aet4d/recon.h>

static void Option(const char *key, const char *value)
{
  PetscOptionsSetValue(NULL, key, value);
}

static int OpenTilt(const char *projections, const char *angles, AetTiltSeries *tilt)
{
  char path[512];

  Option("-quiet", "true");
  AetOptionsRegister(&AetTiltOptions);
  AetOptionsRegister(&AetReconOptions);
  if (!AetTestData(projections, path, sizeof path)) return 0;
  Option("-tilt_projections", path);
  if (!AetTestData(angles, path, sizeof path)) return 0;
  Option("-tilt_angles", path);
  return AET_TEST(AetTiltSeriesReadFromOptions(MPI_COMM_WORLD, tilt) == 0);
}

static AetVolume Reconstruct(const char *name, AetTiltSeries tilt, const char *iterations, const char *rfree, AetReconReport *report)
{
  AetRecon              recon = NULL;
  AetVolume             volume = NULL;
  const AetReconReport *lent;

  Option("-recon_method", "resire");
  Option("-recon_iterations", iterations);
  Option("-recon_rfree_fraction", rfree);
  AET_TEST_CALL(AetReconCreate(tilt, &recon));
  AET_TEST_CALL(AetReconSetFromOptions(recon));
  AET_TEST_CALL(AetReconSolve(recon, &volume));
  AET_TEST_CALL(AetReconGetReport(recon, &lent));
  *report = *lent;
  printf("\n    %s: R1 %.4f, R_free %.4f, %d iterations, %.3f s each, %.0f MB on the largest rank\n", name, report->r1, report->rfree,
         (int)report->iterations, report->seconds_per_iteration, 1e-6 * AetPeakMemory());
  AET_TEST_CALL(AetReconDestroy(&recon));
  return volume;
}

static double CorrelationWith(AetVolume volume, const char *relative)
{
  char         path[512];
  AetArrayInfo info;
  AetVolume    truth;
  float       *data;
  double       correlation = 0;

  if (!AetTestData(relative, path, sizeof path)) return 0;
  AET_TEST_CALL(AetArrayRead(MPI_COMM_WORLD, path, &info, &data));
  AET_TEST_CALL(AetVolumeCreate(MPI_COMM_WORLD, info.n, 1, &truth));
  PetscFree(truth->data);
  truth->data = data;
  AET_TEST_CALL(AetVolumeCorrelation(volume, truth, &correlation));
  AET_TEST_CALL(AetVolumeDestroy(&truth));
  printf("    correlation with the true volume %.4f\n", correlation);
  return correlation;
}

static void Simulated(const char *name, const char *projections, const char *angles, const char *truth, double r1, double rfree,
                      double least)
{
  AetTiltSeries  tilt;
  AetVolume      volume;
  AetReconReport report;

  if (!OpenTilt(projections, angles, &tilt)) return;
  volume = Reconstruct(name, tilt, "60", "0.05", &report);
  AET_TEST(report.r1 <= r1);
  AET_TEST(report.rfree > 0 && report.rfree <= rfree);
  AET_TEST(CorrelationWith(volume, truth) >= least);
  AET_TEST_CALL(AetVolumeDestroy(&volume));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
}

static void TestVesicle(void)
{
  Simulated("vesicle", "tilt/vesicle/projections.mat", "tilt/vesicle/angles.mat", "tilt/vesicle/model.mat", 0.005, 0.01, 0.998);
}

static void TestGlass(void)
{
  Simulated("metallic glass", "tilt/metallic_glass_sample/sample_projections_amorphous.mat",
            "tilt/metallic_glass_sample/sample_angles_amorphous.mat", "tilt/metallic_glass_sample/ground_truth_amorphous_vol.mat", 0.003,
            0.01, 0.985);
}

/* 60 plain steps reach R1 0.195 here. */
static void TestFilm(void)
{
  AetTiltSeries  tilt;
  AetVolume      volume;
  AetReconReport report;

  if (!OpenTilt("tilt/ta_film_band2/projections.mat", "tilt/ta_film_band2/angles.mat", &tilt)) return;
  Option("-recon_extended", "true");
  Option("-recon_thickness", "181");
  volume = Reconstruct("film", tilt, "20", "0.05", &report);
  AET_TEST(volume->n[0] == 181 && volume->n[1] == 77 && volume->n[2] == 601);
  AET_TEST(report.r1 <= 0.185);
  AET_TEST(report.rfree > 0 && report.rfree <= 0.36);
  AET_TEST_CALL(AetVolumeDestroy(&volume));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
  Option("-recon_extended", "false");
  Option("-recon_thickness", "0");
}

/* The example of RESIRE's authors, 437 voxels wide behind images of 61: 100 plain steps reach R1 0.0106. */
static void TestFilmExample(void)
{
  AetTiltSeries  tilt;
  AetVolume      volume;
  AetReconReport report;

  if (!OpenTilt("tilt/film_example/example_projections.mat", "tilt/film_example/angles.mat", &tilt)) return;
  Option("-recon_extended", "true");
  Option("-recon_width", "437"), Option("-recon_thickness", "61");
  volume = Reconstruct("film example", tilt, "25", "0", &report);
  AET_TEST(volume->n[0] == 61 && volume->n[1] == 61 && volume->n[2] == 437);
  AET_TEST(report.r1 <= 0.0105);
  AET_TEST_CALL(AetVolumeDestroy(&volume));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
  Option("-recon_extended", "false");
  Option("-recon_width", "0"), Option("-recon_thickness", "0");
}

AET_TEST_MAIN("RESIRE on data", {"vesicle", TestVesicle}, {"metallic glass", TestGlass}, {"tantalum film", TestFilm},
              {"film example", TestFilmExample})
