/* A small specimen of Gaussian blobs, its views in closed form, and one call that reconstructs it: for tests of what every method does. */
#ifndef AET_TESTS_RECON_SPECIMEN_H
#define AET_TESTS_RECON_SPECIMEN_H

#include "mpi_test.h"
#include <aet4d/recon.h>

enum { SPECIMEN = 20, SPECIMEN_BLOBS = 12 };
static const double specimen_sigma = 1.3, specimen_pixel = 0.4;

static inline void SpecimenOption(const char *key, const char *value)
{
  char flag[64];

  snprintf(flag, sizeof flag, "-%s", key);
  AET_TEST_CALL(PetscOptionsSetValue(NULL, flag, value));
}

static inline void SpecimenBlob(int b, double r[3])
{
  for (int a = 0; a < 3; a++) r[a] = 8 * AetRandomUniform(21, (uint64_t)a, (uint64_t)b) - 4;
}

/* Images of the specimen in the orientations of `angles`, filled in. */
static inline AetTiltSeries SpecimenAt(MPI_Comm comm, int views, const double (*angles)[3])
{
  const int     n = SPECIMEN;
  AetTiltSeries tilt = NULL;

  AET_TEST_CALL(AetTiltSeriesCreate(comm, views, n, n, specimen_pixel, AET_ANGLES_ZYX, angles, &tilt));
  for (ptrdiff_t i = 0; i < tilt->v_count * n * n; i++)
    for (int b = 0; b < SPECIMEN_BLOBS; b++) {
      double r[3], seen[3], du, dv;
      SpecimenBlob(b, r);
      AetRotate(tilt->rotation[tilt->v_start + i / (n * n)], r, seen);
      du = (double)(i % n - n / 2) - seen[0], dv = (double)(i / n % n - n / 2) - seen[1];
      tilt->image[i] += (float)(sqrt(2 * M_PI) * specimen_sigma * exp(-0.5 * (du * du + dv * dv) / (specimen_sigma * specimen_sigma)));
    }
  return tilt;
}

/* Views over ±half_range about the tilt axis. */
static inline AetTiltSeries SpecimenSeries(MPI_Comm comm, int views, double half_range)
{
  double(*angles)[3] = calloc((size_t)views, sizeof *angles);
  AetTiltSeries tilt;

  for (int j = 0; j < views; j++) angles[j][1] = views > 1 ? -half_range + 2 * half_range * j / (views - 1) : 0;
  tilt = SpecimenAt(comm, views, (const double(*)[3])angles);
  free(angles);
  return tilt;
}

/* The specimen in a volume of n voxels. */
static inline AetVolume SpecimenVolume(MPI_Comm comm, const ptrdiff_t n[3], double pixel)
{
  AetVolume volume = NULL;

  AET_TEST_CALL(AetVolumeCreate(comm, n, pixel, &volume));
  for (ptrdiff_t i = 0; i < volume->z_count * n[1] * n[2]; i++)
    for (int b = 0; b < SPECIMEN_BLOBS; b++) {
      double r[3], d;
      SpecimenBlob(b, r);
      d = pow((double)(i % n[2] - n[2] / 2) - r[0], 2) + pow((double)(i / n[2] % n[1] - n[1] / 2) - r[1], 2) +
          pow((double)(i / (n[1] * n[2]) + volume->z_start - n[0] / 2) - r[2], 2);
      volume->data[i] += (float)exp(-0.5 * d / (specimen_sigma * specimen_sigma));
    }
  return volume;
}

static inline AetVolume SpecimenTruth(MPI_Comm comm)
{
  const ptrdiff_t n[3] = {SPECIMEN, SPECIMEN, SPECIMEN};

  return SpecimenVolume(comm, n, specimen_pixel);
}

/* By the options that are set; the code, and NULL with it where the reconstruction was refused. */
static inline PetscErrorCode SpecimenTry(AetTiltSeries tilt, AetVolume *volume, AetReconReport *report)
{
  AetRecon              recon = NULL;
  const AetReconReport *lent;
  PetscErrorCode        code;

  *volume = NULL;
  AET_TEST_CALL(AetReconCreate(tilt, &recon));
  AET_TEST_CALL(AetReconSetFromOptions(recon));
  code = AetReconSolve(recon, volume);
  AET_TEST_CALL(AetReconGetReport(recon, &lent));
  *report = *lent;
  AET_TEST_CALL(AetReconDestroy(&recon));
  return code;
}

static inline AetVolume SpecimenReconstruct(AetTiltSeries tilt, const char *method, const char *iterations, AetReconReport *report)
{
  AetVolume volume;

  SpecimenOption("quiet", "true");
  SpecimenOption("recon_method", method);
  SpecimenOption("recon_iterations", iterations);
  AET_TEST_CALL(SpecimenTry(tilt, &volume, report));
  return volume;
}

/* Relative l2 distance of b from a; b may be complete on this rank, and is then compared from the plane where a begins. */
static inline double SpecimenDistance(AetVolume a, AetVolume b)
{
  const ptrdiff_t shift = (a->z_start - b->z_start) * a->n[1] * a->n[2];
  double          sums[2] = {0}, all[2];

  for (ptrdiff_t i = 0; i < a->z_count * a->n[1] * a->n[2]; i++)
    sums[0] += pow((double)a->data[i] - b->data[i + shift], 2), sums[1] += pow(a->data[i], 2);
  MPI_Allreduce(sums, all, 2, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  return sqrt(all[0] / (all[1] > 0 ? all[1] : 1));
}

static inline double SpecimenCorrelation(AetVolume a, AetVolume b)
{
  double correlation = 0;

  AET_TEST_CALL(AetVolumeCorrelation(a, b, &correlation));
  return correlation;
}

/* The choices of `recon_method`, in order. Returns how many. */
static inline int SpecimenMethods(char names[32][32])
{
  int count = 0;

  for (int i = 0; i < AetReconOptions.count; i++) {
    const char *at = AetReconOptions.options[i].choices;
    if (strcmp(AetReconOptions.options[i].key, "recon_method")) continue;
    while (at && *at && count < 32) {
      const size_t length = strcspn(at, "|");
      snprintf(names[count++], 32, "%.*s", (int)length, at);
      at += length + (at[length] == '|');
    }
  }
  return count;
}

#endif
