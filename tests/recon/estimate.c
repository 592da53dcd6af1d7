/* What a method is estimated to need against what it took: one method for each process, because memory that was used once stays with a process.
   AET_ESTIMATE_METHOD names it; AET_ESTIMATE_OPTIONS holds further options. */
#include "mpi_test.h"
#include <aet4d/recon.h>

enum { N = 128, VIEWS = 40 };

/* VmHWM or VmRSS of this process, bytes. */
static double Memory(const char *key)
{
  FILE  *file = fopen("/proc/self/status", "r");
  char   line[256];
  double kilobytes = 0;

  while (file && fgets(line, sizeof line, file))
    if (!strncmp(line, key, strlen(key))) kilobytes = atof(line + strlen(key) + 1);
  if (file) fclose(file);
  return 1024 * kilobytes;
}

/* A ball and a few more, off the centre; views about the tilt axis, or all over. */
static AetTiltSeries Series(int axial)
{
  static double angles[VIEWS][3];
  AetTiltSeries tilt;

  for (int j = 0; j < VIEWS; j++) {
    angles[j][0] = axial ? 0 : 360 * AetRandomUniform(3, 1, (uint64_t)j);
    angles[j][1] = -75 + 150.0 * j / (VIEWS - 1);
    angles[j][2] = axial ? 0 : 360 * AetRandomUniform(3, 2, (uint64_t)j);
  }
  AET_TEST_CALL(AetTiltSeriesCreate(MPI_COMM_WORLD, VIEWS, N, N, 0.5, AET_ANGLES_ZYX, (const double(*)[3])angles, &tilt));
  for (ptrdiff_t i = 0; i < tilt->v_count * N * N; i++) {
    const double *R = tilt->rotation[tilt->v_start + i / (N * N)];
    for (int b = 0; b < 4; b++) {
      const double r[3] = {8.0 * b, 20.0 - 10 * b, 5.0 * b}, x = (double)(i % N - N / 2), y = (double)(i / N % N - N / 2);
      const double u = x - R[0] * r[0] - R[1] * r[1] - R[2] * r[2], v = y - R[3] * r[0] - R[4] * r[1] - R[5] * r[2];
      tilt->image[i] += (float)sqrt(fmax(0, 81 - u * u - v * v));
    }
  }
  return tilt;
}

static void TestMethod(void)
{
  const char      *method = getenv("AET_ESTIMATE_METHOD"), *options = getenv("AET_ESTIMATE_OPTIONS");
  AetTiltSeries    tilt = Series(options && strstr(options, "axial") != NULL);
  AetRecon         recon;
  AetVolume        volume;
  AetReconEstimate estimate;
  double           before, took, share, unit, seconds, mean = 0;
  int              size;

  MPI_Comm_size(MPI_COMM_WORLD, &size);
  AET_TEST_CALL(PetscOptionsSetValue(NULL, "-recon_method", method ? method : "resire"));
  AET_TEST_CALL(PetscOptionsSetValue(NULL, "-recon_iterations", "4"));
  if (options && strstr(options, "pair")) AET_TEST_CALL(PetscOptionsSetValue(NULL, "-recon_operator", "pair"));
  if (options && strstr(options, "support")) AET_TEST_CALL(PetscOptionsSetValue(NULL, "-recon_support", "auto"));
  AET_TEST_CALL(AetTransformCalibrate(MPI_COMM_WORLD, &unit));
  AET_TEST_CALL(AetReconCreate(tilt, &recon));
  AET_TEST_CALL(AetReconPlan(recon));
  AET_TEST_CALL(AetReconEstimateOn(recon, size, &estimate));
  for (ptrdiff_t i = 0; i < tilt->v_count * N * N; i++) mean += tilt->image[i]; /* every page of the images is there */
  AET_TEST(mean > 0);
  before = Memory("VmRSS:");
  AET_TEST_CALL(AetReconSolve(recon, &volume));
  took = Memory("VmHWM:") - before;
  MPI_Allreduce(MPI_IN_PLACE, &took, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
  share = estimate.bytes;
  {
    const AetReconReport *report;
    AET_TEST_CALL(AetReconGetReport(recon, &report));
    seconds = report->seconds_per_iteration;
  }
  printf("%s, %d ranks: estimated %.1f MiB, took %.1f MiB (%.3f); %.4f s an iteration estimated, %.4f s taken\n", estimate.method, size,
         share / 1048576, took / 1048576, share / took, unit * estimate.work, seconds);
  AET_TEST(share >= 0.95 * took);
  AET_TEST(share <= 1.15 * took);
  AetVolumeDestroy(&volume);
  AetReconDestroy(&recon);
  AetTiltSeriesDestroy(&tilt);
}

AET_TEST_MAIN("estimates", {"method", TestMethod})
