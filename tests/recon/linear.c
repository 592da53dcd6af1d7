/* SIRT, SART, CGLS and LSQR on a small specimen whose answer is known. */
#include "recon_test.h"

enum { N = 20, VIEWS = 24, BLOBS = 12 };
static const double sigma = 1.3;

static void Blob(int b, double r[3])
{
  for (int a = 0; a < 3; a++) r[a] = 8 * AetRandomUniform(21, (uint64_t)a, (uint64_t)b) - 4;
}

/* Views over ±75° about y, tumbling a little: sums of Gaussians, projected in closed form. */
static AetTiltSeries Series(MPI_Comm comm, int count)
{
  double(*angles)[3] = calloc((size_t)count, sizeof *angles);
  AetTiltSeries tilt = NULL;

  for (int j = 0; j < count; j++) angles[j][1] = count > 1 ? -75 + 150.0 * j / (count - 1) : 0, angles[j][0] = j % 3;
  AET_TEST_CALL(AetTiltSeriesCreate(comm, count, N, N, 1, AET_ANGLES_ZYX, (const double(*)[3])angles, &tilt));
  free(angles);
  for (ptrdiff_t i = 0; i < tilt->v_count * N * N; i++)
    for (int b = 0; b < BLOBS; b++) {
      double r[3], seen[3], du, dv;
      Blob(b, r);
      AetRotate(tilt->rotation[tilt->v_start + i / (N * N)], r, seen);
      du = (double)(i % N - N / 2) - seen[0], dv = (double)(i / N % N - N / 2) - seen[1];
      tilt->image[i] += (float)(sqrt(2 * M_PI) * sigma * exp(-0.5 * (du * du + dv * dv) / (sigma * sigma)));
    }
  return tilt;
}

static AetVolume Truth(MPI_Comm comm)
{
  const ptrdiff_t n[3] = {N, N, N};
  AetVolume       volume = NULL;

  AET_TEST_CALL(AetVolumeCreate(comm, n, 1, &volume));
  for (ptrdiff_t i = 0; i < volume->z_count * N * N; i++)
    for (int b = 0; b < BLOBS; b++) {
      double r[3], d;
      Blob(b, r);
      d = pow((double)(i % N - N / 2) - r[0], 2) + pow((double)(i / N % N - N / 2) - r[1], 2) +
          pow((double)(i / (N * N) + volume->z_start - N / 2) - r[2], 2);
      volume->data[i] += (float)exp(-0.5 * d / (sigma * sigma));
    }
  return volume;
}

static const char *const methods[4] = {"sirt", "sart", "cgls", "lsqr"}, *const steps[4] = {"100", "10", "15", "15"};

/* The projections fit, withheld pixels are predicted, the volume is the specimen but for the missing wedge. */
static void TestSpecimen(void)
{
  AetTiltSeries tilt = Series(PETSC_COMM_WORLD, VIEWS);
  AetVolume     truth = Truth(tilt->comm);

  for (int m = 0; m < 4; m++) {
    AetReconReport report;
    AetVolume      volume = Reconstruct(tilt, methods[m], steps[m], "0.05", &report);
    double         correlation = 0;
    AET_TEST_CALL(AetVolumeCorrelation(volume, truth, &correlation));
    AET_TEST(report.r1 < 0.012);
    AET_TEST(report.rfree > 0 && report.rfree < 0.045);
    AET_TEST(report.error > 0 && report.error < 0.01);
    AET_TEST(correlation > 0.995);
    AET_TEST_CALL(AetVolumeDestroy(&volume));
  }
  AET_TEST_CALL(AetVolumeDestroy(&truth));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
}

/* In exact arithmetic LSQR and CGLS make the same iterates, of minimal residual in the same spaces. */
static void TestKrylovMethodsAgree(void)
{
  AetTiltSeries  tilt = Series(PETSC_COMM_WORLD, VIEWS);
  AetReconReport report;
  AetVolume      a = Reconstruct(tilt, "cgls", "8", "0", &report), b = Reconstruct(tilt, "lsqr", "8", "0", &report);

  AET_TEST(report.rfree < 0);
  AET_TEST_CLOSE(Distance(a, b), 0, 1e-3);
  AET_TEST_CALL(AetVolumeDestroy(&a));
  AET_TEST_CALL(AetVolumeDestroy(&b));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
}

/* SART of one subset is SIRT; passes over subsets lead further than as many steps. */
static void TestSubsets(void)
{
  AetTiltSeries  tilt = Series(PETSC_COMM_WORLD, VIEWS);
  AetReconReport one, many, report;
  AetVolume      a, b;

  Option("recon_subsets", "1");
  a = Reconstruct(tilt, "sart", "3", "0", &report);
  b = Reconstruct(tilt, "sirt", "3", "0", &one);
  AET_TEST_CLOSE(Distance(a, b), 0, 1e-6);
  AET_TEST_CALL(AetVolumeDestroy(&a));
  AET_TEST_CALL(AetVolumeDestroy(&b));
  Option("recon_subsets", "8");
  a = Reconstruct(tilt, "sart", "3", "0", &many);
  Option("recon_subsets", "10");
  AET_TEST(many.r1 < 0.7 * one.r1);
  AET_TEST_CALL(AetVolumeDestroy(&a));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
}

static void TestAnyNumberOfRanks(void)
{
  AetTiltSeries together = Series(PETSC_COMM_WORLD, VIEWS), alone = Series(PETSC_COMM_SELF, VIEWS);

  for (int m = 0; m < 4; m++) {
    AetReconReport ours, mine;
    AetVolume      shared = Reconstruct(together, methods[m], "4", "0.05", &ours), own = Reconstruct(alone, methods[m], "4", "0.05", &mine);
    AET_TEST_CLOSE(Distance(shared, own), 0, 1e-5);
    AET_TEST_CLOSE(ours.rfree / mine.rfree, 1, 1e-5);
    AET_TEST_CALL(AetVolumeDestroy(&shared));
    AET_TEST_CALL(AetVolumeDestroy(&own));
  }
  AET_TEST_CALL(AetTiltSeriesDestroy(&together));
  AET_TEST_CALL(AetTiltSeriesDestroy(&alone));
}

/* One view, and views of nothing: an answer, finite. */
static void TestHardlyASeries(void)
{
  for (int m = 0; m < 4; m++)
    for (int kind = 0; kind < 2; kind++) {
      AetTiltSeries  tilt = Series(PETSC_COMM_WORLD, kind ? 3 : 1);
      AetReconReport report;
      AetVolume      volume;
      int            good = 1;
      if (kind) memset(tilt->image, 0, (size_t)(tilt->v_count * N * N) * sizeof *tilt->image);
      Option("recon_thickness", "3");
      volume = Reconstruct(tilt, methods[m], "4", "0.05", &report);
      Option("recon_thickness", "0");
      for (ptrdiff_t i = 0; i < volume->z_count * N * N; i++)
        if (!(fabsf(volume->data[i]) < 1e3)) good = 0;
      AET_TEST(good);
      AET_TEST(report.r1 >= 0 && report.r1 < 1);
      AET_TEST_CALL(AetVolumeDestroy(&volume));
      AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
    }
}

AET_TEST_MAIN("linear methods", {"specimen", TestSpecimen}, {"CGLS and LSQR agree", TestKrylovMethodsAgree}, {"subsets", TestSubsets},
              {"any number of ranks", TestAnyNumberOfRanks}, {"hardly a series", TestHardlyASeries})
