/* Weighted back-projection and direct Fourier inversion of Gaussians, whose projections are known. */
#include "recon_test.h"

enum { N = 36, VIEWS = 90, BLOBS = 3 };
static const double sigma[BLOBS] = {2.4, 2, 3}, place[BLOBS][3] = {{3, -2, 4}, {-6, 3, -1}, {1, 1, -6}};

/* Views over 180°: all about y, or of a single direction in 3D, every second one turned in its plane and tumbling. */
static AetTiltSeries Series(MPI_Comm comm, int count, int tumbling)
{
  double(*angles)[3] = calloc((size_t)count, sizeof *angles);
  AetTiltSeries tilt = NULL;

  for (int j = 0; j < count; j++) {
    angles[j][1] = -90 + 180.0 * j / count;
    if (tumbling) angles[j][0] = 50 * (j % 2), angles[j][2] = 20 * sin(j);
  }
  AET_TEST_CALL(AetTiltSeriesCreate(comm, count, N, N, 1, AET_ANGLES_ZYX, (const double(*)[3])angles, &tilt));
  free(angles);
  for (ptrdiff_t i = 0; i < tilt->v_count * N * N; i++)
    for (int b = 0; b < BLOBS; b++) {
      double seen[3], du, dv;
      AetRotate(tilt->rotation[tilt->v_start + i / (N * N)], place[b], seen);
      du = (double)(i % N - N / 2) - seen[0], dv = (double)(i / N % N - N / 2) - seen[1];
      tilt->image[i] += (float)(sqrt(2 * M_PI) * sigma[b] * exp(-0.5 * (du * du + dv * dv) / (sigma[b] * sigma[b])));
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
      double d = pow((double)(i % N - N / 2) - place[b][0], 2) + pow((double)(i / N % N - N / 2) - place[b][1], 2) +
                 pow((double)(i / (N * N) + volume->z_start - N / 2) - place[b][2], 2);
      volume->data[i] += (float)exp(-0.5 * d / (sigma[b] * sigma[b]));
    }
  return volume;
}

/* a ≈ density · truth + pedestal, in least squares. */
static double Density(AetVolume a, AetVolume truth, double *pedestal)
{
  const double count = (double)N * N * N;
  double       sums[4] = {0}, all[4], density;

  for (ptrdiff_t i = 0; i < a->z_count * N * N; i++) {
    const double x = truth->data[i], y = a->data[i];
    sums[0] += x, sums[1] += y, sums[2] += x * x, sums[3] += x * y;
  }
  MPI_Allreduce(sums, all, 4, MPI_DOUBLE, MPI_SUM, a->comm);
  density = (all[3] - all[0] * all[1] / count) / (all[2] - all[0] * all[0] / count);
  *pedestal = (all[1] - density * all[0]) / count;
  return density;
}

static void Check(const char *method, int tumbling)
{
  AetTiltSeries  tilt = Series(PETSC_COMM_WORLD, VIEWS, tumbling);
  AetVolume      truth = Truth(tilt->comm), volume;
  AetReconReport report;
  double         found = 0, density, pedestal;

  volume = Reconstruct(tilt, method, "0", "0.05", &report);
  AET_TEST_CALL(AetVolumeCorrelation(volume, truth, &found));
  density = Density(volume, truth, &pedestal);
  printf("\n    %s, %s: density %.4f, pedestal %.4f, correlation %.4f, R1 %.4f, residual %.4f\n", method,
         tumbling ? "tumbling" : "one axis", density, pedestal, found, report.r1, report.error);
  AET_TEST_CLOSE(density, 1, 0.015);
  AET_TEST(fabs(pedestal) < 0.01);
  AET_TEST(found > 0.99);
  AET_TEST(report.iterations == 1 && report.rfree > 0.5 * report.r1 && report.rfree < 0.25);
  AET_TEST(report.error > 0 && report.error < 0.08);
  AET_TEST_CALL(AetVolumeDestroy(&volume));
  AET_TEST_CALL(AetVolumeDestroy(&truth));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
}

static void TestOneAxis(void)
{
  Check("wbp", 0);
  Check("dfi", 0);
}

static void TestTumbling(void)
{
  Check("wbp", 1);
  Check("dfi", 1);
}

/* Σ of squared steps along x over Σ of squares. */
static double Roughness(AetVolume a)
{
  double sums[2] = {0}, all[2];

  for (ptrdiff_t i = 1; i < a->z_count * N * N; i++)
    sums[0] += i % N ? pow((double)a->data[i] - a->data[i - 1], 2) : 0, sums[1] += pow(a->data[i], 2);
  MPI_Allreduce(sums, all, 2, MPI_DOUBLE, MPI_SUM, a->comm);
  return all[0] / all[1];
}

/* Hann's window smooths. */
static void TestWindow(void)
{
  AetTiltSeries  tilt = Series(PETSC_COMM_WORLD, VIEWS, 0);
  AetReconReport report;
  AetVolume      sharp = Reconstruct(tilt, "wbp", "0", "0.05", &report), smooth;

  Option("recon_window", "hann");
  smooth = Reconstruct(tilt, "wbp", "0", "0.05", &report);
  Option("recon_window", "ram-lak");
  AET_TEST(Roughness(smooth) < 0.95 * Roughness(sharp));
  AET_TEST_CALL(AetVolumeDestroy(&sharp));
  AET_TEST_CALL(AetVolumeDestroy(&smooth));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
}

/* Nothing outside the support; values below 0 stay inside it. */
static void TestSupport(void)
{
  static const char *const method[2] = {"wbp", "dfi"};
  AetTiltSeries            tilt = Series(PETSC_COMM_WORLD, 12, 0);
  AetReconReport           report;

  for (int m = 0; m < 2; m++) {
    AetVolume free_ = Reconstruct(tilt, method[m], "0", "0.05", &report), within;
    long      count[3] = {0}, all[3];
    Option("recon_support", "auto");
    within = Reconstruct(tilt, method[m], "0", "0.05", &report);
    Option("recon_support", "none");
    for (ptrdiff_t i = 0; i < within->z_count * N * N; i++) {
      count[0] += within->data[i] == 0 && free_->data[i] != 0;
      count[1] += within->data[i] < 0;
      count[2] += m == 1 && fabsf(within->data[i]) > fabsf(free_->data[i]);
    }
    MPI_Allreduce(count, all, 3, MPI_LONG, MPI_SUM, MPI_COMM_WORLD);
    AET_TEST(all[0] > 0 && all[1] > 0 && all[2] == 0);
    AET_TEST_CALL(AetVolumeDestroy(&free_));
    AET_TEST_CALL(AetVolumeDestroy(&within));
  }
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
}

static void TestAnyNumberOfRanks(void)
{
  static const char *const method[2] = {"wbp", "dfi"};
  AetTiltSeries            together = Series(PETSC_COMM_WORLD, 20, 1), alone = Series(PETSC_COMM_SELF, 20, 1);

  for (int m = 0; m < 2; m++) {
    AetReconReport ours, mine;
    AetVolume      shared = Reconstruct(together, method[m], "0", "0.05", &ours), own = Reconstruct(alone, method[m], "0", "0.05", &mine);
    double         worst = 0, all = 0;
    for (ptrdiff_t i = 0; i < shared->z_count * N * N; i++)
      worst = fmax(worst, fabs((double)shared->data[i] - own->data[shared->z_start * N * N + i]));
    MPI_Allreduce(&worst, &all, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
    AET_TEST(all < 1e-5);
    AET_TEST_CLOSE(ours.r1 / mine.r1, 1, 1e-5);
    AET_TEST_CALL(AetVolumeDestroy(&shared));
    AET_TEST_CALL(AetVolumeDestroy(&own));
  }
  AET_TEST_CALL(AetTiltSeriesDestroy(&together));
  AET_TEST_CALL(AetTiltSeriesDestroy(&alone));
}

/* One view, and views of nothing: an answer, finite. */
static void TestHardlyASeries(void)
{
  static const char *const method[2] = {"wbp", "dfi"};

  for (int m = 0; m < 2; m++)
    for (int kind = 0; kind < 2; kind++) {
      AetTiltSeries  tilt = Series(PETSC_COMM_WORLD, kind ? 3 : 1, 0);
      AetReconReport report;
      AetVolume      volume;
      int            good = 1;
      if (kind) memset(tilt->image, 0, (size_t)(tilt->v_count * N * N) * sizeof *tilt->image);
      Option("recon_thickness", "3");
      volume = Reconstruct(tilt, method[m], "0", "0.05", &report);
      Option("recon_thickness", "0");
      for (ptrdiff_t i = 0; i < volume->z_count * N * N; i++)
        if (!(fabsf(volume->data[i]) < 1e3)) good = 0;
      AET_TEST(good);
      AET_TEST(report.error >= 0);
      AET_TEST_CALL(AetVolumeDestroy(&volume));
      AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
    }
}

AET_TEST_MAIN("direct methods", {"views about one axis", TestOneAxis}, {"tumbling views", TestTumbling}, {"window", TestWindow},
              {"support", TestSupport}, {"any number of ranks", TestAnyNumberOfRanks}, {"hardly a series", TestHardlyASeries})
