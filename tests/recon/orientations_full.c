/* The figure: 200 noisy views of unknown orientation to a volume whose Fourier shell correlation with the truth is above 0.5 at 2.5 Å. */
#include "orientations_series.h"

static const Views plans[] = {
    {.diameter_angstrom = 30, .views = 200, .n = 64, .pixel_angstrom = 0.6, .shift_px = 2, .dose = "500", .seed = 11},
    {.amorphous = PETSC_TRUE,
     .diameter_angstrom = 28,
     .views = 200,
     .n = 64,
     .pixel_angstrom = 0.6,
     .shift_px = 2,
     .dose = "230",
     .seed = 12},
};

static void Find(const Views *plan)
{
  AetSpecimen            specimen = Particle(plan);
  double                 ratio, begin = MPI_Wtime(), period;
  AetTiltSeries          tilt = RandomViews(PETSC_COMM_WORLD, plan, &specimen, &ratio);
  AetVolume              truth = TrueVolume(PETSC_COMM_WORLD, plan, &specimen, 5), volume, aligned;
  AetOrientationSettings settings;
  AetOrientationsReport  report;
  AetVolumeAlignment     alignment;
  AetRecon               recon;

  AET_TEST_CALL(AetOrientationSettingsFromOptions(&settings));
  settings.angles.rounds = 8; /* they begin within half a step of the grid */
  printf("\n  %d atoms, signal to noise %.2f, made in %.1f s ", (int)specimen.count, ratio, MPI_Wtime() - begin);
  begin = MPI_Wtime();
  AET_TEST_CALL(AetOrientationsFind(tilt, &settings, &report));
  printf("\n  diameter %.1f A, misfits of the starts", report.diameter_angstrom);
  for (PetscInt s = 0; s < report.starts; s++) printf(" %.4f", report.start_misfit[s]);
  printf(", at %.2f A %.4f; refined by %.2f deg, misfit %.4f -> %.4f; %.1f s ", report.angstrom, report.misfit,
         report.angles.mean_change_deg, report.angles.before, report.angles.after, MPI_Wtime() - begin);
  begin = MPI_Wtime();
  AET_TEST_CALL(AetReconCreate(tilt, &recon));
  AET_TEST_CALL(AetReconSetFromOptions(recon));
  AET_TEST_CALL(AetReconSetUp(recon));
  AET_TEST_CALL(AetReconSolve(recon, &volume));
  AET_TEST_CALL(AetReconDestroy(&recon));
  printf("\n  reconstructed in %.1f s ", MPI_Wtime() - begin);
  begin = MPI_Wtime();
  AET_TEST_CALL(AetVolumeAlign(volume, truth, &alignment, &aligned));
  period = Resolved(aligned, truth, plan->pixel_angstrom);
  printf("\n  aligned in %.1f s (%s hand), correlation %.3f, above 0.5 down to %.2f A ", MPI_Wtime() - begin,
         alignment.mirrored ? "other" : "same", alignment.correlation, period);
  AET_TEST(ratio < 1.1);
  AET_TEST(period <= 2.5);
  AET_TEST(report.angles.changed && report.angles.after < report.angles.before);
  AET_TEST_CALL(AetVolumeDestroy(&aligned));
  AET_TEST_CALL(AetVolumeDestroy(&volume));
  AET_TEST_CALL(AetVolumeDestroy(&truth));
  AET_TEST_CALL(AetOrientationsReportFree(&report));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
  FreeParticle(&specimen);
}

static void TestCrystal(void)
{
  Find(&plans[0]);
}

static void TestAmorphous(void)
{
  Find(&plans[1]);
}

AET_TEST_MAIN("orientations of which nothing is known", {"crystal", TestCrystal}, {"amorphous", TestAmorphous})
