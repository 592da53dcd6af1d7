/* Facts about tilt plans: Crowther's limit, the elongation by a missing wedge as published, dose. */
#include "mpi_test.h"
#include <aet4d/simulate.h>

static AetTiltPlan Assess(const char *views, const char *most, const char *dose, const char *tolerance)
{
  double      position[6] = {15, 40, 0, -9, 3, -12};
  int         species[2] = {0};
  AetSpecimen pair = {.count = 2, .species_count = 1, .symbol = {"Pt"}, .position = position, .species = species};
  AetTiltPlan plan;
  PetscInt    count;
  double(*angles)[3];

  AET_TEST_CALL(AetOptionsRegister(&AetSimulateOptions));
  AET_TEST_CALL(PetscOptionsSetValue(NULL, "-simulate_views", views));
  AET_TEST_CALL(PetscOptionsSetValue(NULL, "-simulate_tilt_max_deg", most));
  AET_TEST_CALL(PetscOptionsSetValue(NULL, "-simulate_dose", dose));
  AET_TEST_CALL(PetscOptionsSetValue(NULL, "-simulate_dose_tolerance", tolerance));
  AET_TEST_CALL(AetSimulateAngles(&count, &angles));
  AET_TEST_CALL(AetTiltPlanAssess(&pair, count, (const double(*)[3])angles, &plan));
  AET_TEST_CALL(PetscFree(angles));
  return plan;
}

/* Both atoms are 15 Å from the axis, whatever their height: D = 30 Å; views all around: d = πD/M (Crowther, DeRosier and Klug 1970). */
static void TestCrowther(void)
{
  const AetTiltPlan all = Assess("60", "88.5", "0", "0"), part = Assess("25", "60", "0", "0");

  AET_TEST_CLOSE(all.diameter_angstrom, 30, 1e-9);
  AET_TEST_CLOSE(all.crowther_angstrom, M_PI * 30 / 60, 1e-9);
  AET_TEST_CLOSE(part.crowther_angstrom, 30 * 5 * M_PI / 180, 1e-9);
}

/* 1.55 at 60 degrees and 1.30 at 70 degrees (Radermacher and Hoppe 1980); none where views close the circle. */
static void TestElongation(void)
{
  AET_TEST_CLOSE(Assess("41", "60", "0", "0").elongation, 1.55, 0.005);
  AET_TEST_CLOSE(Assess("41", "70", "0", "0").elongation, 1.31, 0.005);
  AET_TEST_CLOSE(Assess("60", "88.5", "0", "0").elongation, 1, 1e-9);
  AET_TEST_CLOSE(Assess("61", "90", "0", "0").elongation, 1, 1e-9);
}

static void TestDose(void)
{
  const AetTiltPlan good = Assess("40", "70", "2500", "100000"), bad = Assess("41", "70", "2500", "100000"),
                    free = Assess("41", "70", "2500", "0");

  AET_TEST_CLOSE(good.dose_total, 1e5, 1e-6);
  AET_TEST(good.within_dose && !bad.within_dose && free.within_dose);
}

AET_TEST_MAIN("plan", {"Crowther's limit", TestCrowther}, {"elongation by the missing wedge", TestElongation}, {"dose", TestDose})
