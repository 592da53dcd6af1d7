/* What tests of reconstruction methods do alike: options, one reconstruction, volumes compared. */
#ifndef AET_TESTS_RECON_TEST_H
#define AET_TESTS_RECON_TEST_H

#include "mpi_test.h"
#include <aet4d/recon.h>

/* `key` without its dash. */
static inline void Option(const char *key, const char *value)
{
  char name[80];

  snprintf(name, sizeof name, "-%s", key);
  AET_TEST_CALL(PetscOptionsSetValue(NULL, name, value));
}

/* By the options as they are; the report's arrays are not lent on. */
static inline AetVolume Reconstruct(AetTiltSeries tilt, const char *method, const char *iterations, const char *rfree,
                                    AetReconReport *report)
{
  AetRecon              recon = NULL;
  AetVolume             volume = NULL;
  const AetReconReport *lent;

  Option("quiet", "true");
  Option("recon_method", method);
  Option("recon_iterations", iterations);
  Option("recon_rfree_fraction", rfree);
  AET_TEST_CALL(AetReconCreate(tilt, &recon));
  AET_TEST_CALL(AetReconSetFromOptions(recon));
  AET_TEST_CALL(AetReconSolve(recon, &volume));
  AET_TEST_CALL(AetReconGetReport(recon, &lent));
  *report = *lent;
  report->r1_view = report->rfree_shell = NULL;
  AET_TEST_CALL(AetReconDestroy(&recon));
  return volume;
}

static inline ptrdiff_t LocalVoxels(AetVolume volume)
{
  return volume->z_count * volume->n[1] * volume->n[2];
}

/* |a - b| / |a| of a volume in slabs and one that every rank has, or has in the same slabs. */
static inline double Distance(AetVolume a, AetVolume b)
{
  const ptrdiff_t shift = (a->z_start - b->z_start) * a->n[1] * a->n[2];
  double          sums[2] = {0}, all[2];

  for (ptrdiff_t i = 0; i < LocalVoxels(a); i++) sums[0] += pow((double)a->data[i] - b->data[i + shift], 2), sums[1] += pow(a->data[i], 2);
  MPI_Allreduce(sums, all, 2, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  return all[0] > 0 ? sqrt(all[0] / all[1]) : 0;
}

/* Whether every value is within lowest … highest, and a number. */
static inline int AllWithin(AetVolume volume, double lowest, double highest)
{
  for (ptrdiff_t i = 0; i < LocalVoxels(volume); i++)
    if (!(volume->data[i] >= lowest && volume->data[i] <= highest)) return 0;
  return 1;
}

#endif
