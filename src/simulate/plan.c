/* What a tilt plan can give, before it is measured (docs/theory/planning.md). */
#include <aet4d/simulate.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WHOLE_DEG 180.0
#define SAME_DEG 1e-6

static int CompareDouble(const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;

  return x < y ? -1 : x > y;
}

/* Twice the farthest distance of an atom from the tilt axis. */
static double Across(const AetSpecimen *specimen)
{
  double farthest = 0;

  for (PetscInt i = 0; i < specimen->count; i++) farthest = fmax(farthest, hypot(specimen->position[3 * i], specimen->position[3 * i + 2]));
  return 2 * farthest;
}

/* Range and largest step of tilts about y. A range that closes with a step of its own size, as -90 ... 87 by 3 does, leaves no wedge. */
static PetscErrorCode Tilts(PetscInt views, const double (*angles_deg)[3], AetTiltPlan *plan)
{
  double *theta, range;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(views, &theta));
  for (PetscInt v = 0; v < views; v++) theta[v] = angles_deg[v][1];
  qsort(theta, (size_t)views, sizeof *theta, CompareDouble);
  for (PetscInt v = 1; v < views; v++) plan->step_deg = fmax(plan->step_deg, theta[v] - theta[v - 1]);
  range = theta[views - 1] - theta[0];
  plan->range_deg = range + plan->step_deg >= WHOLE_DEG - SAME_DEG ? WHOLE_DEG : range;
  PetscCall(PetscFree(theta));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetTiltPlanAssess(const AetSpecimen *specimen, PetscInt views, const double (*angles_deg)[3], AetTiltPlan *plan)
{
  double dose;
  int    about_y = 1;

  PetscFunctionBegin;
  memset(plan, 0, sizeof *plan);
  plan->views = views;
  plan->diameter_angstrom = Across(specimen);
  PetscCall(AetOptionGetReal("simulate_dose", &dose));
  PetscCall(AetOptionGetReal("simulate_dose_tolerance", &plan->dose_tolerance));
  plan->dose_total = dose * (double)views;
  plan->within_dose = plan->dose_tolerance == 0 || plan->dose_total <= plan->dose_tolerance * (1 + 1e-12);
  for (PetscInt v = 0; v < views; v++) about_y &= fabs(angles_deg[v][0]) < SAME_DEG && fabs(angles_deg[v][2]) < SAME_DEG;
  if (!about_y || views < 2) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(Tilts(views, angles_deg, plan));
  plan->crowther_angstrom = plan->diameter_angstrom * plan->step_deg * AET_DEG;
  if (plan->range_deg > 0) {
    const double T = 0.5 * plan->range_deg * AET_DEG, mixed = sin(T) * cos(T);
    plan->elongation = sqrt((T + mixed) / (T - mixed));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
