/* GENFIRE on the shared data, against its true volumes and the figures that its authors' program (GENFIRE-Python, 100 iterations) reaches:
   vesicle errK 0.0644, R_free 0.0681, correlation 0.9664; fept_321 errK about 0.19. The vesicle's images were made by linear interpolation
   of a spectrum: the last tenth of its shells holds more of that error than of the object, so its mean FSC is asked up to 0.9 of Nyquist.
 */
#include "mpi_test.h"
#include "recon/recon_private.h"

static void SetOption(const char *key, const char *value)
{
  PetscOptionsSetValue(NULL, key, value);
}

static int OpenTilt(const char *projections, const char *angles, AetTiltSeries *tilt)
{
  char path[512];

  SetOption("-quiet", "true");
  AetOptionsRegister(&AetTiltOptions);
  AetOptionsRegister(&AetReconOptions);
  if (!AetTestData(projections, path, sizeof path)) return 0;
  SetOption("-tilt_projections", path);
  if (!AetTestData(angles, path, sizeof path)) return 0;
  SetOption("-tilt_angles", path);
  return AET_TEST(AetTiltSeriesReadFromOptions(MPI_COMM_WORLD, tilt) == 0);
}

static int ReadVolume(const char *relative, AetVolume *volume)
{
  char         path[512];
  AetArrayInfo info;
  float       *data;

  if (!AetTestData(relative, path, sizeof path) || !AET_TEST(AetArrayRead(MPI_COMM_WORLD, path, &info, &data) == 0)) return 0;
  AET_TEST_CALL(AetVolumeCreate(MPI_COMM_WORLD, info.n, 1, volume));
  PetscFree((*volume)->data);
  (*volume)->data = data;
  return 1;
}

static void Reconstruct(AetTiltSeries tilt, const char *oversampling, const char *support, AetRecon *recon, AetVolume *volume,
                        const AetReconReport **report)
{
  SetOption("-recon_method", "genfire");
  SetOption("-recon_oversampling", oversampling);
  SetOption("-recon_support", support);
  AET_TEST_CALL(AetReconCreate(tilt, recon));
  AET_TEST_CALL(AetReconSetFromOptions(*recon));
  AET_TEST_CALL(AetReconSolve(*recon, volume));
  AET_TEST_CALL(AetReconGetReport(*recon, report));
}

static void Agreement(AetVolume volume, AetVolume truth, double *correlation, double mean[2])
{
  double *fsc;
  int     shells, most;

  AET_TEST_CALL(AetVolumeCorrelation(volume, truth, correlation));
  AET_TEST_CALL(AetFourierShellCorrelation(volume, truth, &shells, &fsc));
  most = (int)(0.9 * (shells - 1));
  mean[0] = mean[1] = 0;
  for (int s = 0; s < shells; s++) mean[0] += fsc[s] / shells;
  for (int s = 0; s <= most; s++) mean[1] += fsc[s] / (most + 1);
  PetscFree(fsc);
}

static void Figures(const char *name, const AetReconReport *report)
{
  printf("\n    %s: errK %.4f, R_free %.4f, R1 %.4f, %d iterations, %.3f s each\n", name, report->error, report->rfree, report->r1,
         (int)report->iterations, report->seconds_per_iteration);
}

static void TestVesicle(void)
{
  AetTiltSeries         tilt;
  AetVolume             volume, model;
  AetRecon              recon;
  const AetReconReport *report;
  double                correlation, mean[2];

  if (!OpenTilt("tilt/vesicle/projections.mat", "tilt/vesicle/angles.mat", &tilt) || !ReadVolume("tilt/vesicle/model.mat", &model)) return;
  Reconstruct(tilt, "3", "none", &recon, &volume, &report);
  Agreement(volume, model, &correlation, mean);
  Figures("vesicle", report);
  printf("    vesicle: correlation with the model %.4f, mean FSC %.4f, to 0.9 of Nyquist %.4f\n", correlation, mean[0], mean[1]);
  AET_TEST(report->error <= 0.065);
  AET_TEST(report->rfree > 0 && report->rfree <= 0.069);
  AET_TEST(correlation >= 0.966);
  AET_TEST(mean[1] >= 0.97);
  AetReconDestroy(&recon);
  AetVolumeDestroy(&volume);
  AetVolumeDestroy(&model);
  AetTiltSeriesDestroy(&tilt);
}

static void TestIronPlatinum(void)
{
  AetTiltSeries         tilt;
  AetVolume             volume;
  AetRecon              recon;
  const AetReconReport *report;
  char                  support[512];

  if (!OpenTilt("tilt/fept_321/projections_FePt.mat", "tilt/fept_321/angles.mat", &tilt)) return;
  if (!AetTestData("tilt/fept_321/support_FePt.mat", support, sizeof support)) return;
  Reconstruct(tilt, "3", support, &recon, &volume, &report);
  Figures("fept_321", report);
  AET_TEST(report->error <= 0.191);
  AetReconDestroy(&recon);
  AetVolumeDestroy(&volume);
  AetTiltSeriesDestroy(&tilt);
}

static void TestGlass(void)
{
  AetTiltSeries         tilt;
  AetVolume             volume, truth;
  AetRecon              recon;
  const AetReconReport *report;
  double                correlation, mean[2];

  if (!OpenTilt("tilt/metallic_glass_sample/sample_projections_amorphous.mat", "tilt/metallic_glass_sample/sample_angles_amorphous.mat",
                &tilt))
    return;
  if (!ReadVolume("tilt/metallic_glass_sample/ground_truth_amorphous_vol.mat", &truth)) return;
  Reconstruct(tilt, "3", "none", &recon, &volume, &report);
  Agreement(volume, truth, &correlation, mean);
  Figures("metallic glass", report);
  printf("    metallic glass: correlation with the truth %.4f, mean FSC %.4f\n", correlation, mean[0]);
  AET_TEST(correlation >= 0.98);
  AET_TEST(report->r1 <= 0.05);
  AetReconDestroy(&recon);
  AetVolumeDestroy(&volume);
  AetVolumeDestroy(&truth);
  AetTiltSeriesDestroy(&tilt);
}

/* The automatic support: smaller than the volume, and next to nothing of the object is outside it. */
static void CheckSupport(const char *name, const char *projections, const char *angles, const char *truth_file, double largest)
{
  AetTiltSeries         tilt;
  AetVolume             volume, truth;
  AetRecon              recon;
  const AetReconReport *report;
  double                sums[3] = {0}, correlation, mean[2];

  if (!OpenTilt(projections, angles, &tilt) || !ReadVolume(truth_file, &truth)) return;
  Reconstruct(tilt, "3", "auto", &recon, &volume, &report);
  for (ptrdiff_t i = 0; i < truth->z_count * truth->n[1] * truth->n[2]; i++) {
    sums[0] += recon->support->data[i];
    sums[1] += truth->data[i];
    sums[2] += truth->data[i] * (1 - recon->support->data[i]);
  }
  MPI_Allreduce(MPI_IN_PLACE, sums, 3, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  sums[0] /= (double)(truth->n[0] * truth->n[1] * truth->n[2]);
  Agreement(volume, truth, &correlation, mean);
  Figures(name, report);
  printf("    %s: support is %.3f of the volume, without it %.2e of the object; correlation %.4f, mean FSC %.4f\n", name, sums[0],
         sums[2] / sums[1], correlation, mean[0]);
  AET_TEST(sums[0] < largest);
  AET_TEST(sums[2] / sums[1] < 1e-3);
  AetReconDestroy(&recon);
  AetVolumeDestroy(&volume);
  AetVolumeDestroy(&truth);
  AetTiltSeriesDestroy(&tilt);
}

static void TestAutoSupport(void)
{
  CheckSupport("vesicle, auto", "tilt/vesicle/projections.mat", "tilt/vesicle/angles.mat", "tilt/vesicle/model.mat", 0.6);
  CheckSupport("metallic glass, auto", "tilt/metallic_glass_sample/sample_projections_amorphous.mat",
               "tilt/metallic_glass_sample/sample_angles_amorphous.mat", "tilt/metallic_glass_sample/ground_truth_amorphous_vol.mat", 1.1);
}

AET_TEST_MAIN("genfire on shared data", {"vesicle", TestVesicle}, {"iron-platinum", TestIronPlatinum}, {"metallic glass", TestGlass},
              {"automatic support", TestAutoSupport})
