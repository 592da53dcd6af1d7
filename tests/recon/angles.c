/* Refinement of angles and shifts on a small particle; series that cannot be refined. */
#include "angles_series.h"

static const Plan small = {.n = 32, .pixel_angstrom = 0.6, .diameter = "13", .error_deg = 3, .shift_px = 1, .dose = "1e6", .seed = 3};

static void Settings(AetAngleSettings *settings, PetscInt rounds)
{
  AET_TEST_CALL(AetAngleSettingsFromOptions(settings));
  settings->range_deg = 3;
  settings->shift_range_px = 3;
  settings->rounds = rounds;
}

/* Angle of the rotation common to all views, from the nominal ones. */
static double CommonDeg(AetTiltSeries tilt)
{
  double(*angles)[3], (*nominal)[9] = malloc((size_t)tilt->views * sizeof *nominal), Q[9];
  PetscInt views;

  AET_TEST_CALL(AetSimulateAngles(&views, &angles));
  for (PetscInt v = 0; v < views; v++) AetRotationFromAngles(AET_ANGLES_ZYX, angles[v], nominal[v]);
  AetRotationCommon(tilt->views, (const double(*)[9])tilt->rotation, (const double(*)[9])nominal, Q);
  AET_TEST_CALL(PetscFree(angles));
  free(nominal);
  return AetRotationAngle(Q) / AET_DEG;
}

/* Angles and shifts come back, and the report says what was done. */
static void TestComesBack(void)
{
  double(*truth)[9];
  AetTiltSeries    tilt = WrongSeries(PETSC_COMM_WORLD, &small, &truth);
  AetAngleSettings settings;
  AetAnglesReport  report;
  double           R[9], before = ErrorDeg(tilt, (const double(*)[9])truth), after, apart = 0;

  Settings(&settings, 16);
  AET_TEST_CALL(AetAnglesRefine(tilt, &settings, &report));
  after = ErrorDeg(tilt, (const double(*)[9])truth);
  printf("\n  mean error %.3f -> %.3f deg, misfit %.4f -> %.4f ", before, after, report.before, report.after);
  AET_TEST(before > 2.3);
  AET_TEST(after < 0.5);
  AET_TEST(report.changed && report.after < 0.4 * report.before);
  AET_TEST(report.mean_change_deg > 2 && report.mean_shift_px > 0.4 && report.mean_shift_px < 1.5);
  for (ptrdiff_t v = 0; v < tilt->views; v++) { /* angles and rotations say the same */
    AetRotationFromAngles(AET_ANGLES_ZYX, tilt->angles_deg[v], R);
    for (int i = 0; i < 9; i++) apart = fmax(apart, fabs(R[i] - tilt->rotation[v][i]));
  }
  AET_TEST(apart < 1e-10);
  AET_TEST_CLOSE(CommonDeg(tilt), 0, 1e-6);
  AET_TEST_CALL(AetAnglesReportFree(&report));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
  free(truth);
}

/* A view of NaN: the series is left as it is. */
static void TestNotANumber(void)
{
  double(*truth)[9], nominal[9];
  AetTiltSeries    tilt = WrongSeries(PETSC_COMM_WORLD, &small, &truth);
  AetAngleSettings settings;
  AetAnglesReport  report;

  if (tilt->v_start == 0 && tilt->v_count) tilt->image[5] = NAN;
  memcpy(nominal, tilt->rotation[3], sizeof nominal);
  Settings(&settings, 3);
  AET_TEST_CALL(AetAnglesRefine(tilt, &settings, &report));
  AET_TEST(!report.changed && report.max_change_deg == 0);
  AET_TEST(!memcmp(nominal, tilt->rotation[3], sizeof nominal));
  AET_TEST_CALL(AetAnglesReportFree(&report));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
  free(truth);
}

/* Every rank alone, and all together: the same angles. */
static void TestAnyNumberOfRanks(void)
{
  double(*truth)[9], (*again)[9], apart = 0;
  AetTiltSeries    together = WrongSeries(PETSC_COMM_WORLD, &small, &truth), alone = WrongSeries(PETSC_COMM_SELF, &small, &again);
  AetAngleSettings settings;
  AetAnglesReport  ours, mine;

  Settings(&settings, 4);
  AET_TEST_CALL(AetAnglesRefine(together, &settings, &ours));
  AET_TEST_CALL(AetAnglesRefine(alone, &settings, &mine));
  for (ptrdiff_t v = 0; v < alone->views; v++) {
    double D[9];
    AetRotationDivide(together->rotation[v], alone->rotation[v], D);
    apart = fmax(apart, AetRotationAngle(D) / AET_DEG);
  }
  AET_TEST_CLOSE(apart, 0, 1e-3);
  AET_TEST_CLOSE(ours.after / mine.after, 1, 1e-4);
  AET_TEST_CALL(AetAnglesReportFree(&ours));
  AET_TEST_CALL(AetAnglesReportFree(&mine));
  AET_TEST_CALL(AetTiltSeriesDestroy(&together));
  AET_TEST_CALL(AetTiltSeriesDestroy(&alone));
  free(truth), free(again);
}

/* Images turned about the beam by 7° and an axis 2 pixels off the middle are found. */
static void TestTiltAxis(void)
{
  Plan plan = small;
  double(*truth)[9], axis, shift;
  AetTiltSeries tilt;

  plan.error_deg = plan.shift_px = 0, plan.axis_deg = 7, plan.axis_px = 2;
  tilt = WrongSeries(PETSC_COMM_WORLD, &plan, &truth);
  AET_TEST_CALL(AetTiltAxisSearch(tilt, 10, 3, &axis, &shift));
  printf("\n  axis %.2f deg, %.2f px ", axis, shift);
  AET_TEST_CLOSE(axis, 7, 0.3);
  AET_TEST_CLOSE(shift, 2, 0.2);
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
  free(truth);
}

/* One view, nothing in the images, fewer views than ranks: finite poses within the ranges. */
static void TestHardlyASeries(void)
{
  for (int kind = 0; kind < 3; kind++) {
    const double     angles[3][3] = {{0, -20, 0}, {0, 5, 0}, {0, 40, 0}};
    AetTiltSeries    tilt = NULL;
    AetAngleSettings settings;
    AetAnglesReport  report;
    int              good = 1;

    AET_TEST_CALL(AetTiltSeriesCreate(PETSC_COMM_WORLD, kind == 0 ? 1 : 3, 18, 21, 1, AET_ANGLES_ZYX, angles, &tilt));
    for (ptrdiff_t i = 0; kind != 1 && i < tilt->v_count * 18 * 21; i++)
      tilt->image[i] = (float)AetRandomUniform(5, 0, (uint64_t)(i + tilt->v_start * 18 * 21));
    Settings(&settings, 3);
    AET_TEST_CALL(AetAnglesRefine(tilt, &settings, &report));
    for (ptrdiff_t v = 0; v < tilt->views; v++) {
      if (!(report.change_deg[v] < 25 && hypot(report.shift_px[v][0], report.shift_px[v][1]) < 9)) good = 0;
      if (!(report.misfit_after[v] >= 0 && report.misfit_after[v] <= 1)) good = 0;
    }
    AET_TEST(good);
    AET_TEST_CALL(AetAnglesReportFree(&report));
    AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
  }
}

AET_TEST_MAIN("angles", {"angles and shifts come back", TestComesBack}, {"not a number", TestNotANumber},
              {"any number of ranks", TestAnyNumberOfRanks}, {"tilt axis", TestTiltAxis}, {"hardly a series", TestHardlyASeries})
