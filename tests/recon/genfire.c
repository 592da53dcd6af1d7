/* Facts about GENFIRE over ranks: gridded values are the images' transforms, a known object comes back, nothing depends on the ranks. */
#include "mpi_test.h"
#include "recon/gridding.h"
#include "recon/kernel/plane.h"
#include "recon/recon_private.h"

#define VIEWS 24

static void SetOption(const char *key, const char *value)
{
  PetscOptionsSetValue(NULL, key, value);
}

/* A sum of three Gaussians: its projection along any view is known in closed form. Positions and widths in voxels. */
static const double blob[3][5] = {{2.3, -1.1, 0.7, 1.6, 1}, {-2.5, 2.2, 1.4, 1.3, 0.7}, {0.4, 0.9, -2.6, 1.5, 1.2}};

static double Project(const double R[9], double v, double u)
{
  double sum = 0;

  for (int b = 0; b < 3; b++) {
    double r[3], w = blob[b][3];
    AetRotate(R, blob[b], r);
    sum += blob[b][4] * sqrt(2 * M_PI) * w * exp(-(pow(u - r[0], 2) + pow(v - r[1], 2)) / (2 * w * w));
  }
  return sum;
}

static double Density(double z, double y, double x)
{
  double sum = 0;

  for (int b = 0; b < 3; b++)
    sum += blob[b][4] * exp(-(pow(x - blob[b][0], 2) + pow(y - blob[b][1], 2) + pow(z - blob[b][2], 2)) / (2 * blob[b][3] * blob[b][3]));
  return sum;
}

static void FillTilt(AetTiltSeries tilt)
{
  for (ptrdiff_t i = 0; i < tilt->v_count * tilt->ny * tilt->nx; i++) {
    ptrdiff_t view = tilt->v_start + i / (tilt->ny * tilt->nx), y = i / tilt->nx % tilt->ny, x = i % tilt->nx;
    tilt->image[i] = (float)Project(tilt->rotation[view], (double)(y - tilt->ny / 2), (double)(x - tilt->nx / 2));
  }
}

/* `views` about y with a little of the other angles, the later ones repeating the first `distinct`. */
static AetTiltSeries MakeTilt(MPI_Comm comm, ptrdiff_t views, ptrdiff_t distinct, ptrdiff_t ny, ptrdiff_t nx)
{
  double(*angles)[3] = malloc(sizeof(double[3]) * (size_t)views);
  AetTiltSeries tilt;

  for (ptrdiff_t v = 0; v < views; v++) {
    ptrdiff_t d = v % distinct;
    angles[v][0] = 3 * sin((double)d);
    angles[v][1] = distinct > 1 ? -90 + 180.0 * (double)d / (double)distinct : 0;
    angles[v][2] = 2 * cos((double)d);
  }
  SetOption("-quiet", "true");
  AET_TEST(AetTiltSeriesCreate(comm, views, ny, nx, 1, AET_ANGLES_ZYX, (const double(*)[3])angles, &tilt) == 0);
  FillTilt(tilt);
  free(angles);
  return tilt;
}

static AetVolume Solve(AetTiltSeries tilt, const char *iterations, AetReconReport *report)
{
  AetRecon              recon;
  AetVolume             volume = NULL;
  const AetReconReport *found;

  AetOptionsRegister(&AetReconOptions);
  SetOption("-recon_method", "genfire");
  SetOption("-recon_iterations", iterations);
  AET_TEST_CALL(AetReconCreate(tilt, &recon));
  AET_TEST_CALL(AetReconSolve(recon, &volume));
  AET_TEST_CALL(AetReconGetReport(recon, &found));
  *report = *found;
  report->r1_view = report->rfree_shell = NULL;
  AET_TEST_CALL(AetReconDestroy(&recon));
  return volume;
}

/* Largest difference of a slab of `part` from the same planes of `whole` (which lies complete on this rank), and the largest value. */
static void Difference(AetVolume part, AetVolume whole, double *difference, double *largest)
{
  double local[2] = {0};

  for (ptrdiff_t i = 0; i < part->z_count * part->n[1] * part->n[2]; i++) {
    double w = whole->data[part->z_start * part->n[1] * part->n[2] + i];
    local[0] = fmax(local[0], fabs(part->data[i] - w));
    local[1] = fmax(local[1], fabs(w));
  }
  MPI_Allreduce(MPI_IN_PLACE, local, 2, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
  *difference = local[0];
  *largest = local[1];
}

/* The definition, voxel by voxel. Returns the number of views that measure k. */
static int Measure(AetTiltSeries whole, const ptrdiff_t N[3], double distance, const ptrdiff_t k[3], double complex *value)
{
  double complex sum = 0;
  double         weights = 0;
  int            views = 0;

  if (2 * k[0] == N[0] || 2 * labs(k[1]) == N[1] || 2 * k[2] == N[2]) return 0;
  for (ptrdiff_t j = 0; j < whole->views; j++) {
    double   v, u, d;
    AetPlane plane;
    AetPlaneInit(whole->rotation[j], N, &plane);
    if (!AetPlaneFoot(&plane, k[0], k[1], k[2], &v, &u, &d) || d > distance) continue;
    for (ptrdiff_t y = 0; y < whole->ny; y++)
      for (ptrdiff_t x = 0; x < whole->nx; x++) {
        double phase = -2 * M_PI * (v * (double)(y - whole->ny / 2) + u * (double)(x - whole->nx / 2));
        sum += whole->image[(j * whole->ny + y) * whole->nx + x] * (cos(phase) + CMPLX(0, 1) * sin(phase)) / fmax(d, 1e-5);
      }
    weights += 1 / fmax(d, 1e-5);
    views++;
  }
  *value = views ? sum / weights : 0;
  return views;
}

static void TestGridding(void)
{
  const ptrdiff_t N[3] = {15, 20, 24}, row = N[2] / 2 + 1;
  AetTiltSeries   tilt = MakeTilt(MPI_COMM_WORLD, 7, 7, 10, 13), whole = MakeTilt(MPI_COMM_SELF, 7, 7, 10, 13);
  AetMeasured     m;
  int             rank, size, same = 1, pairs = 1, counts[2] = {0};
  ptrdiff_t       start, count;
  double          worst = 0, largest = 0;

  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  AetBlock(N[1], rank, size, &start, &count);
  AET_TEST_CALL(AetMeasuredCreate(tilt, N, start, count, 0.6, 0.1, 5, &m));
  for (ptrdiff_t c = 0; c < m.columns; c++) {
    for (ptrdiff_t z = 0; z < N[0]; z++) {
      ptrdiff_t      k[3] = {AetSignedFrequency(z, N[0]), AetSignedFrequency(start + c / row, N[1]), c % row}, at = -1;
      double complex value = 0;
      for (ptrdiff_t i = m.begin[c]; i < m.begin[c + 1]; i++)
        if (m.kz[i] == z) at = i;
      if ((Measure(whole, N, 0.6, k, &value) > 0) != (at >= 0)) same = 0;
      if (at < 0) continue;
      worst = fmax(worst, cabs(value - m.value[at]));
      largest = fmax(largest, cabs(value));
      counts[at >= m.begin[c] + m.enforced[c]]++;
    }
    /* the partner of a point of kx = 0 in the same row (ky = 0) shares its fate */
    if (start + c / row == 0 && c % row == 0)
      for (ptrdiff_t i = m.begin[c]; i < m.begin[c + 1]; i++)
        for (ptrdiff_t p = m.begin[c]; p < m.begin[c + 1]; p++)
          if ((m.kz[i] + m.kz[p]) % N[0] == 0 && (i < m.begin[c] + m.enforced[c]) != (p < m.begin[c] + m.enforced[c])) pairs = 0;
  }
  MPI_Allreduce(MPI_IN_PLACE, &largest, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
  MPI_Allreduce(MPI_IN_PLACE, counts, 2, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
  AET_TEST(same);
  AET_TEST(pairs);
  AET_TEST_CLOSE(worst / largest, 0, 1e-6);
  AET_TEST_CLOSE((double)counts[1] / (counts[0] + counts[1]), 0.1, 0.04);
  AET_TEST_CALL(AetMeasuredDestroy(&m));
  AetTiltSeriesDestroy(&tilt);
  AetTiltSeriesDestroy(&whole);
}

static void TestKnownObject(void)
{
  AetTiltSeries  tilt = MakeTilt(MPI_COMM_WORLD, VIEWS, VIEWS, 18, 20);
  AetReconReport report;
  AetVolume      volume = Solve(tilt, "60", &report);
  double         local[2] = {0};

  for (ptrdiff_t i = 0; i < volume->z_count * 18 * 20; i++) {
    double truth = Density((double)(volume->z_start + i / 360 - 10), (double)(i / 20 % 18 - 9), (double)(i % 20 - 10));
    local[0] += pow(volume->data[i] - truth, 2);
    local[1] += truth * truth;
  }
  MPI_Allreduce(MPI_IN_PLACE, local, 2, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  printf("\n    relative error %.4f, errK %.4f, R_free %.4f, R1 %.4f", sqrt(local[0] / local[1]), report.error, report.rfree, report.r1);
  AET_TEST(sqrt(local[0] / local[1]) < 0.02);
  AET_TEST(report.error < 0.03);
  AET_TEST(report.rfree > 0 && report.rfree < 0.05);
  AET_TEST(report.r1 < 0.02);
  AET_TEST(report.shells == 21 && report.iterations == 60);
  AetVolumeDestroy(&volume);
  AetTiltSeriesDestroy(&tilt);
}

/* Every rank solves alone what all solve together. */
static void CheckRanks(const char *thickness, const char *extension)
{
  AetTiltSeries  tilt = MakeTilt(MPI_COMM_WORLD, 9, 9, 14, 12), alone = MakeTilt(MPI_COMM_SELF, 9, 9, 14, 12);
  AetReconReport report, expected;
  AetVolume      volume, whole;
  double         difference, largest;

  SetOption("-recon_thickness", thickness);
  SetOption("-recon_resolution_extension", extension);
  volume = Solve(tilt, "25", &report);
  whole = Solve(alone, "25", &expected);
  Difference(volume, whole, &difference, &largest);
  AET_TEST_CLOSE(difference / largest, 0, 1e-5);
  AET_TEST_CLOSE(report.error, expected.error, 1e-6);
  AET_TEST_CLOSE(report.rfree, expected.rfree, 1e-6);
  AET_TEST_CLOSE(report.r1, expected.r1, 1e-6);
  SetOption("-recon_thickness", "0");
  SetOption("-recon_resolution_extension", "none");
  AetVolumeDestroy(&volume);
  AetVolumeDestroy(&whole);
  AetTiltSeriesDestroy(&tilt);
  AetTiltSeriesDestroy(&alone);
}

static void TestRanks(void)
{
  CheckRanks("0", "none");
  CheckRanks("0", "extension");
  CheckRanks("3", "extension+suppression"); /* fewer planes than ranks */
}

/* Released high frequencies agree less with what was measured there, and the volume of the last stage is the one that is kept. */
static void TestExtension(void)
{
  AetTiltSeries     tilt = MakeTilt(MPI_COMM_WORLD, VIEWS, VIEWS, 18, 20);
  const char *const modes[] = {"none", "extension", "extension+suppression"};
  double            error[3];

  for (int i = 0; i < 3; i++) {
    AetReconReport report;
    AetVolume      volume;
    SetOption("-recon_resolution_extension", modes[i]);
    volume = Solve(tilt, "40", &report);
    error[i] = report.error;
    AetVolumeDestroy(&volume);
  }
  printf("\n    errK %.4f, %.4f, %.4f", error[0], error[1], error[2]);
  AET_TEST_CLOSE(error[1] / error[0], 1, 0.05);
  AET_TEST(error[2] > 1.05 * error[0] && error[2] < 3 * error[0]);
  SetOption("-recon_resolution_extension", "none");
  AetTiltSeriesDestroy(&tilt);
}

static void TestDarkViews(void)
{
  AetTiltSeries  tilt = MakeTilt(MPI_COMM_WORLD, 5, 5, 12, 12);
  AetReconReport report;
  AetVolume      volume;
  double         largest = 0;

  for (ptrdiff_t i = 0; i < tilt->v_count * 144; i++) tilt->image[i] = 0;
  volume = Solve(tilt, "5", &report);
  for (ptrdiff_t i = 0; i < volume->z_count * 144; i++) largest = fmax(largest, fabs(volume->data[i]));
  AET_TEST(largest == 0 && report.error == 0 && report.rfree < 0 && report.r1 == 0);
  AetVolumeDestroy(&volume);
  AetTiltSeriesDestroy(&tilt);
}

static void TestOneView(void)
{
  AetTiltSeries  tilt = MakeTilt(MPI_COMM_WORLD, 1, 1, 16, 16);
  AetReconReport report;
  AetVolume      volume;

  SetOption("-recon_rfree_fraction", "0");
  volume = Solve(tilt, "40", &report);
  printf("\n    R1 %.4f", report.r1);
  AET_TEST(report.r1 < 0.02); /* something explains one view, and nothing was withheld */
  AET_TEST(report.rfree < 0 && report.shells == 0);
  SetOption("-recon_rfree_fraction", "0.05");
  AetVolumeDestroy(&volume);
  AetTiltSeriesDestroy(&tilt);
}

static void TestRepeatedViews(void)
{
  AetTiltSeries  once = MakeTilt(MPI_COMM_SELF, 6, 6, 12, 12), twice = MakeTilt(MPI_COMM_WORLD, 12, 6, 12, 12);
  AetReconReport report, expected;
  AetVolume      volume = Solve(twice, "15", &report), whole = Solve(once, "15", &expected);
  double         difference, largest;

  Difference(volume, whole, &difference, &largest);
  AET_TEST_CLOSE(difference / largest, 0, 1e-4); /* an angle measured twice says nothing new */
  AET_TEST_CLOSE(report.error, expected.error, 1e-5);
  AetVolumeDestroy(&volume);
  AetVolumeDestroy(&whole);
  AetTiltSeriesDestroy(&once);
  AetTiltSeriesDestroy(&twice);
}

static void TestRefusal(void)
{
  AetTiltSeries tilt = MakeTilt(MPI_COMM_WORLD, 5, 5, 12, 12);
  AetRecon      recon;

  SetOption("-recon_method", "genfire");
  SetOption("-recon_extended", "true");
  AET_TEST_CALL(AetReconCreate(tilt, &recon));
  AET_TEST(AetReconSetUp(recon) == AET_ERR_INPUT);
  AET_TEST(strstr(AetErrorMessage(), "recon_extended") != NULL);
  AetErrorClear();
  AET_TEST_CALL(AetReconDestroy(&recon));
  SetOption("-recon_extended", "false");
  SetOption("-recon_support", "/nowhere/support.mat");
  AET_TEST_CALL(AetReconCreate(tilt, &recon));
  AET_TEST(AetReconSetUp(recon) == AET_ERR_OPEN);
  AetErrorClear();
  AET_TEST_CALL(AetReconDestroy(&recon));
  SetOption("-recon_support", "none");
  AetTiltSeriesDestroy(&tilt);
}

/* The hull holds the object, leaves most of the rest out, and is the same on any number of ranks. */
static void TestHull(void)
{
  AetTiltSeries tilt = MakeTilt(MPI_COMM_WORLD, 15, 15, 30, 32), alone = MakeTilt(MPI_COMM_SELF, 15, 15, 30, 32);
  AetRecon      recon, single;
  double        sums[3] = {0}, difference, largest;

  SetOption("-recon_method", "genfire");
  SetOption("-recon_support", "auto");
  AET_TEST_CALL(AetReconCreate(tilt, &recon));
  AET_TEST_CALL(AetReconSetUp(recon));
  AET_TEST_CALL(AetReconCreate(alone, &single));
  AET_TEST_CALL(AetReconSetUp(single));
  Difference(recon->support, single->support, &difference, &largest);
  AET_TEST_CLOSE(difference, 0, 1e-4);
  for (ptrdiff_t i = 0; i < recon->z_count * 960; i++) {
    double density = Density((double)(recon->z_start + i / 960 - 16), (double)(i / 32 % 30 - 15), (double)(i % 32 - 16));
    sums[0] += density;
    sums[1] += density * (1 - recon->support->data[i]);
    sums[2] += recon->support->data[i] / (32.0 * 30 * 32);
  }
  MPI_Allreduce(MPI_IN_PLACE, sums, 3, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  printf("\n    %.1e of the object outside %.3f of the volume", sums[1] / sums[0], sums[2]);
  AET_TEST(sums[1] / sums[0] < 1e-4);
  AET_TEST(sums[2] < 0.4);
  AET_TEST_CALL(AetReconDestroy(&recon));
  AET_TEST_CALL(AetReconDestroy(&single));
  SetOption("-recon_support", "none");
  AetTiltSeriesDestroy(&tilt);
  AetTiltSeriesDestroy(&alone);
}

static float Pattern(ptrdiff_t z, ptrdiff_t y, ptrdiff_t x)
{
  return (float)(labs(z * 49 + y * 7 + x) % 97) / 97;
}

/* A file of another size: origin upon origin, more planes cut off, missing rows zero. */
static void TestSupportFile(void)
{
  const ptrdiff_t n[3] = {19, 8, 12}; /* the volume will be 12 x 14 x 12 */
  AetTiltSeries   tilt = MakeTilt(MPI_COMM_WORLD, 3, 3, 14, 12);
  AetVolume       file;
  AetRecon        recon;
  int             same = 1, size;
  char            name[64], twin[64];

  MPI_Comm_size(MPI_COMM_WORLD, &size);
  snprintf(name, sizeof name, "recon_genfire_support_%d.h5", size);
  snprintf(twin, sizeof twin, "recon_genfire_support_%d.xdmf", size);
  AET_TEST_CALL(AetVolumeCreate(MPI_COMM_WORLD, n, 1, &file));
  for (ptrdiff_t i = 0; i < file->z_count * 96; i++) file->data[i] = Pattern(file->z_start + i / 96 - 9, i / 12 % 8 - 4, i % 12 - 6);
  AET_TEST_CALL(AetVolumeWrite(file, name));
  SetOption("-recon_method", "genfire");
  SetOption("-recon_support", name);
  AET_TEST_CALL(AetReconCreate(tilt, &recon));
  AET_TEST_CALL(AetReconSetUp(recon));
  for (ptrdiff_t i = 0; i < recon->z_count * 168; i++) {
    ptrdiff_t z = recon->z_start + i / 168 - 6, y = i / 12 % 14 - 7, x = i % 12 - 6;
    if (recon->support->data[i] != (y >= -4 && y < 4 ? Pattern(z, y, x) : 0)) same = 0;
  }
  AET_TEST(same);
  AET_TEST_CALL(AetReconDestroy(&recon));
  /* weights beyond 1 are no support */
  if (file->z_count) file->data[0] = 1.5f;
  AET_TEST_CALL(AetVolumeWrite(file, name));
  SetOption("-recon_thickness", "19");
  AET_TEST_CALL(AetReconCreate(tilt, &recon));
  AET_TEST(AetReconSetUp(recon) == AET_ERR_DATA);
  AetErrorClear();
  AET_TEST_CALL(AetReconDestroy(&recon));
  SetOption("-recon_thickness", "0");
  SetOption("-recon_support", "none");
  AetVolumeDestroy(&file);
  AetTiltSeriesDestroy(&tilt);
  remove(name);
  remove(twin);
}

AET_TEST_MAIN("genfire", {"gridded values", TestGridding}, {"known object", TestKnownObject}, {"any number of ranks", TestRanks},
              {"resolution extension", TestExtension}, {"dark views", TestDarkViews}, {"one view", TestOneView},
              {"repeated views", TestRepeatedViews}, {"hull", TestHull}, {"support of a file", TestSupportFile}, {"refusals", TestRefusal})
