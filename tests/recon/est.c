/* Equal-slope tomography: a cluster comes back, nothing depends on the ranks, angles that fit no grid are refused. */
#include "mpi_test.h"
#include "recon/recon_private.h"

enum { ATOMS = 100, MOST_VIEWS = 64 };
static const double sigma = 1.4; /* of an atom's image, in pixels */

static void Option(const char *key, const char *value)
{
  AET_TEST_CALL(PetscOptionsSetValue(NULL, key, value));
}

/* Tilts with equal steps 1/whole of the slope about 0: tan within 45 degrees, cot beyond. */
static void EqualSlopes(int views, int whole, double (*angles)[3])
{
  for (int v = 0; v < views; v++) {
    const double q = (v - (views - 1) / 2) / (double)whole, size = fabs(q);
    angles[v][0] = angles[v][2] = 0;
    angles[v][1] = copysign((size > 1 ? M_PI / 2 - atan(2 - size) : atan(size)) * 180 / M_PI, q);
  }
}

/* A cluster of ATOMS Gaussian atoms in a sphere of 0.3 of the least size, projected in closed form. */
static void Atom(ptrdiff_t least, int i, double r[3])
{
  const double radius = 0.3 * (double)least;
  int          tries = 0;

  do
    for (int a = 0; a < 3; a++) r[a] = radius * (2 * AetRandomUniform(7, (uint64_t)(3 * tries + a), (uint64_t)i) - 1);
  while (++tries < 50 && r[0] * r[0] + r[1] * r[1] + r[2] * r[2] > radius * radius);
}

static AetTiltSeries Series(MPI_Comm comm, int views, const double (*angles)[3], ptrdiff_t ny, ptrdiff_t nx)
{
  AetTiltSeries tilt = NULL;

  Option("-quiet", "true");
  AET_TEST_CALL(AetTiltSeriesCreate(comm, views, ny, nx, 1, AET_ANGLES_ZYX, angles, &tilt));
  for (ptrdiff_t v = 0; v < tilt->v_count; v++)
    for (int b = 0; b < ATOMS; b++) {
      double r[3], seen[3];
      Atom(PetscMin(ny, nx), b, r);
      AetRotate(tilt->rotation[tilt->v_start + v], r, seen);
      for (ptrdiff_t y = 0; y < ny; y++)
        for (ptrdiff_t x = 0; x < nx; x++) {
          const double du = (double)(x - nx / 2) - seen[0], dv = (double)(y - ny / 2) - seen[1];
          tilt->image[(v * ny + y) * nx + x] += (float)(sqrt(2 * M_PI) * sigma * exp(-0.5 * (du * du + dv * dv) / (sigma * sigma)));
        }
    }
  return tilt;
}

static AetVolume Truth(MPI_Comm comm, ptrdiff_t nz, ptrdiff_t ny, ptrdiff_t nx)
{
  const ptrdiff_t n[3] = {nz, ny, nx};
  AetVolume       volume = NULL;

  AET_TEST_CALL(AetVolumeCreate(comm, n, 1, &volume));
  for (int b = 0; b < ATOMS; b++) {
    double r[3];
    Atom(PetscMin(ny, nx), b, r);
    for (ptrdiff_t i = 0; i < volume->z_count * ny * nx; i++) {
      const double d = pow((double)(i % nx - nx / 2) - r[0], 2) + pow((double)(i / nx % ny - ny / 2) - r[1], 2) +
                       pow((double)(volume->z_start + i / (ny * nx) - nz / 2) - r[2], 2);
      volume->data[i] += (float)exp(-0.5 * d / (sigma * sigma));
    }
  }
  return volume;
}

static PetscErrorCode Try(AetTiltSeries tilt, AetVolume *volume, AetReconReport *report)
{
  AetRecon              recon = NULL;
  const AetReconReport *lent;
  PetscErrorCode        code;

  *volume = NULL;
  Option("-recon_method", "est");
  AET_TEST_CALL(AetReconCreate(tilt, &recon));
  code = AetReconSolve(recon, volume);
  AET_TEST_CALL(AetReconGetReport(recon, &lent));
  *report = *lent;
  AET_TEST_CALL(AetReconDestroy(&recon));
  return code;
}

static AetVolume Solve(AetTiltSeries tilt, const char *iterations, AetReconReport *report)
{
  AetVolume volume;

  Option("-recon_iterations", iterations);
  AET_TEST_CALL(Try(tilt, &volume, report));
  return volume;
}

/* 51 equal-slope views within ±75°: R1 below 2 %, by momentum and by the plain published steps. */
static void TestCluster(void)
{
  const char *const modes[3] = {"ramp", "none", "relaxed"}, *const iterations[3] = {"100", "120", "120"};
  double(*angles)[3] = malloc(sizeof(double[MOST_VIEWS][3]));
  AetTiltSeries tilt;
  AetVolume     truth = Truth(PETSC_COMM_WORLD, 40, 40, 40);

  EqualSlopes(51, 15, angles);
  AET_TEST(angles[50][1] < 75 && angles[50][1] > 70);
  tilt = Series(PETSC_COMM_WORLD, 51, (const double(*)[3])angles, 40, 40);
  for (int m = 0; m < 3; m++) {
    AetReconReport report;
    AetVolume      volume;
    double         correlation = 0;
    Option("-recon_acceleration", m ? "none" : "ramp");
    Option("-recon_relaxation", m == 2 ? "0.5" : "0");
    volume = Solve(tilt, iterations[m], &report);
    AET_TEST_CALL(AetVolumeCorrelation(volume, truth, &correlation));
    printf("\n    %s: E %.4f, R_free %.4f, R1 %.4f, correlation %.4f", modes[m], report.error, report.rfree, report.r1, correlation);
    AET_TEST(report.r1 < 0.02);
    AET_TEST(report.error > 0 && report.error < 0.02);
    AET_TEST(report.rfree > 0 && report.rfree < 0.05);
    AET_TEST(correlation > 0.99);
    AET_TEST_CALL(AetVolumeDestroy(&volume));
  }
  Option("-recon_acceleration", "ramp");
  Option("-recon_relaxation", "0");
  AET_TEST_CALL(AetVolumeDestroy(&truth));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
  free(angles);
}

/* Every rank solves alone what all solve together: the same bits. */
static void CheckRanks(ptrdiff_t ny, const char *thickness, const char *width)
{
  double         angles[13][3];
  AetTiltSeries  together, alone;
  AetReconReport ours, mine;
  AetVolume      shared, own;

  EqualSlopes(13, 4, angles);
  together = Series(PETSC_COMM_WORLD, 13, (const double(*)[3])angles, ny, 16);
  alone = Series(PETSC_COMM_SELF, 13, (const double(*)[3])angles, ny, 16);
  Option("-recon_thickness", thickness);
  Option("-recon_width", width);
  shared = Solve(together, "30", &ours);
  own = Solve(alone, "30", &mine);
  AET_TEST(shared->n[0] == (atoi(thickness) ? atoi(thickness) : 16) && shared->n[2] == (atoi(width) ? atoi(width) : 16));
  AET_TEST(!memcmp(shared->data, own->data + shared->z_start * ny * own->n[2], sizeof(float) * (size_t)(shared->z_count * ny * own->n[2])));
  AET_TEST(ours.error == mine.error && ours.rfree == mine.rfree && ours.error > 0 && ours.rfree > 0);
  AET_TEST_CLOSE(ours.r1 / mine.r1, 1, 1e-6);
  Option("-recon_thickness", "0");
  Option("-recon_width", "0");
  AET_TEST_CALL(AetVolumeDestroy(&shared));
  AET_TEST_CALL(AetVolumeDestroy(&own));
  AET_TEST_CALL(AetTiltSeriesDestroy(&together));
  AET_TEST_CALL(AetTiltSeriesDestroy(&alone));
}

static void TestAnyNumberOfRanks(void)
{
  CheckRanks(19, "0", "0");
  CheckRanks(5, "11", "0"); /* fewer slices than ranks times two */
  CheckRanks(2, "3", "21"); /* more ranks than slices */
}

/* Nothing outside the support, nothing negative. */
static void TestSupport(void)
{
  double                angles[25][3];
  AetTiltSeries         tilt;
  AetRecon              recon = NULL;
  AetVolume             volume = NULL;
  const AetReconReport *report;
  long                  outside = 0, bright = 0, wrong = 0;

  EqualSlopes(25, 8, angles);
  tilt = Series(PETSC_COMM_WORLD, 25, (const double(*)[3])angles, 30, 30);
  Option("-recon_method", "est");
  Option("-recon_iterations", "40");
  Option("-recon_support", "auto");
  AET_TEST_CALL(AetReconCreate(tilt, &recon));
  AET_TEST_CALL(AetReconSolve(recon, &volume));
  Option("-recon_support", "none");
  AET_TEST_CALL(AetReconGetReport(recon, &report));
  for (ptrdiff_t i = 0; i < volume->z_count * 900; i++) {
    outside += recon->support->data[i] == 0;
    bright += volume->data[i] > 0.5;
    wrong += volume->data[i] < 0 || (volume->data[i] != 0 && recon->support->data[i] == 0);
  }
  MPI_Allreduce(MPI_IN_PLACE, &outside, 1, MPI_LONG, MPI_SUM, MPI_COMM_WORLD);
  MPI_Allreduce(MPI_IN_PLACE, &bright, 1, MPI_LONG, MPI_SUM, MPI_COMM_WORLD);
  printf("\n    R1 %.4f, %ld of 27000 voxels outside", report->r1, outside);
  AET_TEST(outside > 1000 && bright > 100 && wrong == 0);
  AET_TEST(report->r1 < 0.02);
  AET_TEST_CALL(AetReconDestroy(&recon));
  AET_TEST_CALL(AetVolumeDestroy(&volume));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
}

static void TestOneView(void)
{
  double         angles[1][3] = {{0, 0, 0}};
  AetTiltSeries  tilt = Series(PETSC_COMM_WORLD, 1, (const double(*)[3])angles, 16, 16);
  AetReconReport report;
  AetVolume      volume;

  Option("-recon_rfree_fraction", "0");
  volume = Solve(tilt, "60", &report);
  Option("-recon_rfree_fraction", "0.05");
  printf("\n    R1 %.4f", report.r1);
  AET_TEST(report.r1 < 0.03); /* something explains one view, and nothing was withheld */
  AET_TEST(report.rfree < 0);
  AET_TEST_CALL(AetVolumeDestroy(&volume));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
}

/* A dark view measures nothing: the others give what they give without it. All dark: nothing. */
static void TestDarkViews(void)
{
  double         angles[9][3], without[8][3], sums[2] = {0};
  AetTiltSeries  tilt, fewer;
  AetReconReport report, expected;
  AetVolume      volume, same;
  double         largest = 0;

  EqualSlopes(9, 4, angles);
  for (int v = 0; v < 8; v++) memcpy(without[v], angles[v + (v >= 3)], sizeof without[v]);
  Option("-recon_rfree_fraction", "0"); /* other points would be withheld */
  tilt = Series(PETSC_COMM_WORLD, 9, (const double(*)[3])angles, 12, 12);
  fewer = Series(PETSC_COMM_WORLD, 8, (const double(*)[3])without, 12, 12);
  if (tilt->v_start <= 3 && 3 < tilt->v_start + tilt->v_count) memset(tilt->image + (3 - tilt->v_start) * 144, 0, sizeof(float[144]));
  volume = Solve(tilt, "20", &report);
  same = Solve(fewer, "20", &expected);
  for (ptrdiff_t i = 0; i < volume->z_count * 144; i++)
    sums[0] += pow(volume->data[i] - same->data[i], 2), sums[1] += pow(same->data[i], 2);
  MPI_Allreduce(MPI_IN_PLACE, sums, 2, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  AET_TEST(sums[0] < 1e-8 * sums[1]);
  AET_TEST_CALL(AetVolumeDestroy(&volume));
  AET_TEST_CALL(AetVolumeDestroy(&same));
  memset(tilt->image, 0, sizeof(float) * (size_t)(tilt->v_count * 144));
  Option("-recon_rfree_fraction", "0.05");
  volume = Solve(tilt, "5", &report);
  for (ptrdiff_t i = 0; i < volume->z_count * 144; i++) largest = fmax(largest, fabs(volume->data[i]));
  AET_TEST(largest == 0 && report.error == 0 && report.rfree < 0 && report.r1 == 0);
  AET_TEST_CALL(AetVolumeDestroy(&volume));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
  AET_TEST_CALL(AetTiltSeriesDestroy(&fewer));
}

static double Distance(AetVolume a, AetVolume b)
{
  double sums[2] = {0};

  for (ptrdiff_t i = 0; i < a->z_count * a->n[1] * a->n[2]; i++)
    sums[0] += pow((double)a->data[i] - b->data[i], 2), sums[1] += pow(b->data[i], 2);
  MPI_Allreduce(MPI_IN_PLACE, sums, 2, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  return sqrt(sums[0] / sums[1]);
}

/* An angle measured twice says nothing new, nor does one measured from behind; 0.09 degrees beside a line is on it. */
static void TestRepeatedViews(void)
{
  double         angles[18][3];
  AetTiltSeries  once, twice;
  AetReconReport report, expected;
  AetVolume      volume, same;

  EqualSlopes(9, 3, angles);
  for (int v = 0; v < 9; v++) memcpy(angles[9 + v], angles[v], sizeof angles[v]);
  angles[9][1] += 180, angles[10][1] -= 180;
  once = Series(PETSC_COMM_WORLD, 9, (const double(*)[3])angles, 32, 32);
  twice = Series(PETSC_COMM_WORLD, 18, (const double(*)[3])angles, 32, 32);
  volume = Solve(twice, "15", &report);
  same = Solve(once, "15", &expected);
  AET_TEST_CLOSE(Distance(volume, same), 0, 1e-4);
  AET_TEST_CLOSE(report.error, expected.error, 1e-5);
  AET_TEST_CALL(AetVolumeDestroy(&volume));
  AET_TEST_CALL(AetTiltSeriesDestroy(&twice));
  for (int v = 0; v < 9; v++) angles[v][1] += 0.09;
  twice = Series(PETSC_COMM_WORLD, 9, (const double(*)[3])angles, 32, 32);
  volume = Solve(twice, "15", &report);
  AET_TEST(Distance(volume, same) < 0.05);
  AET_TEST_CALL(AetVolumeDestroy(&volume));
  AET_TEST_CALL(AetVolumeDestroy(&same));
  AET_TEST_CALL(AetTiltSeriesDestroy(&once));
  AET_TEST_CALL(AetTiltSeriesDestroy(&twice));
}

static void Refused(int views, const double (*angles)[3], const char *first, const char *second)
{
  AetTiltSeries  tilt = Series(PETSC_COMM_WORLD, views, angles, 12, 12);
  AetReconReport report;
  AetVolume      volume;

  AET_TEST(Try(tilt, &volume, &report) == AET_ERR_INPUT);
  AET_TEST(strstr(AetErrorMessage(), first) != NULL && strstr(AetErrorMessage(), second) != NULL);
  AET_TEST(strchr(AetErrorMessage(), '\n') == NULL);
  AetErrorClear();
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
}

static void TestRefusals(void)
{
  double angles[7][3];

  EqualSlopes(7, 3, angles);
  Option("-recon_extended", "true");
  Refused(7, (const double(*)[3])angles, "recon_extended", "est");
  Option("-recon_extended", "false");
  angles[2][1] = -0.43; /* between the lines of every grid of 12 pixels that has the others */
  Refused(7, (const double(*)[3])angles, "tilt_angles: view 2", "-0.43");
  EqualSlopes(7, 3, angles);
  angles[4][0] = 1.5;
  Refused(7, (const double(*)[3])angles, "tilt_angles: view 4", "1.5");
}

AET_TEST_MAIN("equal-slope tomography", {"a cluster of 100 atoms", TestCluster}, {"any number of ranks", TestAnyNumberOfRanks},
              {"support", TestSupport}, {"one view", TestOneView}, {"dark views", TestDarkViews}, {"repeated views", TestRepeatedViews},
              {"refusals", TestRefusals})
