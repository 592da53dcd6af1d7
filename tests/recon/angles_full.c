/* The figure: nominal angles of a simulated particle of 64³ voxels in 41 views, wrong by up to 5° in all three, come back to 0.3°. */
#include "angles_series.h"

static void ComesBack(const Plan *plan)
{
  double(*truth)[9];
  AetTiltSeries    tilt = WrongSeries(PETSC_COMM_WORLD, plan, &truth);
  AetAngleSettings settings;
  AetAnglesReport  report;
  double           before = ErrorDeg(tilt, (const double(*)[9])truth), after, begin = MPI_Wtime();

  AET_TEST_CALL(AetAngleSettingsFromOptions(&settings));
  AET_TEST_CALL(AetAnglesRefine(tilt, &settings, &report));
  after = ErrorDeg(tilt, (const double(*)[9])truth);
  printf("\n  dose %s, seed %d: mean error %.3f -> %.3f deg, misfit %.4f -> %.4f, mean shift %.3f px, %.1f s ", plan->dose, (int)plan->seed,
         before, after, report.before, report.after, report.mean_shift_px, MPI_Wtime() - begin);
  AET_TEST(before > 4);
  AET_TEST(after <= 0.3);
  AET_TEST(report.changed && report.after < 0.2 * report.before);
  AET_TEST_CALL(AetAnglesReportFree(&report));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
  free(truth);
}

static void TestClean(void)
{
  ComesBack(&(Plan){.n = 64, .pixel_angstrom = 0.45, .diameter = "22", .error_deg = 5, .dose = "0", .seed = 1});
}

static void TestNoiseAndShifts(void)
{
  for (uint64_t seed = 2; seed < 5; seed++)
    ComesBack(&(Plan){.n = 64, .pixel_angstrom = 0.45, .diameter = "22", .error_deg = 5, .shift_px = 2, .dose = "1.6e5", .seed = seed});
}

AET_TEST_MAIN("angles, full size", {"clean", TestClean}, {"counting noise, shifts of up to 2 pixels", TestNoiseAndShifts})
