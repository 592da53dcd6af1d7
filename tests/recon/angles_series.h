/* A tilt series of a simulated particle whose nominal angles are wrong and whose images are shifted. */
#ifndef AET_TESTS_ANGLES_SERIES_H
#define AET_TESTS_ANGLES_SERIES_H

#include "mpi_test.h"
#include "recon/kernel/rigid.h"
#include <aet4d/recon.h>
#include <aet4d/simulate.h>

static void Option(const char *key, const char *value)
{
  char name[80];

  snprintf(name, sizeof name, "-%s", key);
  AET_TEST_CALL(PetscOptionsSetValue(NULL, name, value));
}

typedef struct {
  ptrdiff_t   n; /* pixels per side */
  double      pixel_angstrom;
  const char *diameter;          /* Å */
  double      error_deg;         /* each of the three angles, uniform within ± this */
  double      shift_px;          /* the same of both shifts */
  double      axis_deg, axis_px; /* of all images about the beam; across the axis */
  const char *dose;
  uint64_t    seed;
} Plan;

/* The view's truth; and the specimen moved so that it is seen shifted. */
static void ViewTruth(const Plan *plan, PetscInt v, const double nominal_deg[3], double R[9], double shift[2])
{
  const double w[3] = {0, 0, plan->axis_deg * AET_DEG};
  double       angles[3], off[9], Q[9];

  for (int a = 0; a < 3; a++)
    angles[a] = nominal_deg[a] + plan->error_deg * (2 * AetRandomUniform(plan->seed, (uint64_t)a, (uint64_t)v) - 1);
  AetRotationFromAngles(AET_ANGLES_ZYX, angles, off);
  AetRotationExp(w, Q);
  AetRotationMultiply(Q, off, R);
  for (int a = 0; a < 2; a++) shift[a] = plan->shift_px * (2 * AetRandomUniform(plan->seed, (uint64_t)(10 + a), (uint64_t)v) - 1);
  shift[0] += plan->axis_px;
}

static void ShiftedImage(const Plan *plan, const AetSpecimen *specimen, const double R[9], const double shift[2], float *image)
{
  AetSpecimen moved = *specimen;

  moved.position = malloc(3 * (size_t)specimen->count * sizeof *moved.position);
  for (PetscInt i = 0; i < specimen->count; i++)
    for (int a = 0; a < 3; a++)
      moved.position[3 * i + a] = specimen->position[3 * i + a] + plan->pixel_angstrom * (R[a] * shift[0] + R[3 + a] * shift[1]);
  AET_TEST_CALL(AetSimulateProjections(PETSC_COMM_SELF, &moved, 1, (const double(*)[9])R, plan->n, plan->n, plan->pixel_angstrom, image));
  free(moved.position);
}

/* The series with its nominal angles, and the true rotations [views], to free(). */
static AetTiltSeries WrongSeries(MPI_Comm comm, const Plan *plan, double (**truth)[9])
{
  AetTiltSeries tilt = NULL;
  AetSpecimen   specimen;
  PetscInt      views;
  double(*angles)[3];

  AET_TEST_CALL(AetOptionsRegister(&AetSimulateOptions));
  Option("quiet", "true");
  Option("simulate_dose", plan->dose);
  Option("simulate_diameter_angstrom", plan->diameter);
  AET_TEST_CALL(AetSpecimenFromOptions(&specimen));
  AET_TEST_CALL(AetSimulateAngles(&views, &angles));
  AET_TEST_CALL(
      AetTiltSeriesCreate(comm, views, plan->n, plan->n, plan->pixel_angstrom, AET_ANGLES_ZYX, (const double(*)[3])angles, &tilt));
  *truth = malloc((size_t)views * sizeof **truth);
  for (PetscInt v = 0; v < views; v++) {
    double shift[2];
    float *image = malloc((size_t)(plan->n * plan->n) * sizeof *image);
    ViewTruth(plan, v, angles[v], (*truth)[v], shift);
    ShiftedImage(plan, &specimen, (*truth)[v], shift, image); /* on every rank: the calls assert together */
    if (v >= tilt->v_start && v < tilt->v_start + tilt->v_count)
      memcpy(tilt->image + (v - tilt->v_start) * plan->n * plan->n, image, (size_t)(plan->n * plan->n) * sizeof *image);
    free(image);
  }
  AET_TEST_CALL(AetSimulateNoise(comm, views, plan->n, plan->n, tilt->image));
  AET_TEST_CALL(PetscFree(angles));
  AetSpecimenDestroy(&specimen);
  return tilt;
}

/* Mean over the views of the angle that is left between a rotation and the true one, after the best rotation common to all. */
static double ErrorDeg(AetTiltSeries tilt, const double (*truth)[9])
{
  double Q[9], R[9], D[9], sum = 0;

  AetRotationCommon(tilt->views, (const double(*)[9])tilt->rotation, truth, Q);
  for (ptrdiff_t v = 0; v < tilt->views; v++) {
    AetRotationMultiply(tilt->rotation[v], Q, R);
    AetRotationDivide(R, truth[v], D);
    sum += AetRotationAngle(D) / AET_DEG;
  }
  return sum / (double)tilt->views;
}

#endif
