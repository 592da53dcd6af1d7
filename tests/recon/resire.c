/* RESIRE on small specimens whose answer is known, and on series that are hardly any. */
#include "recon_test.h"

enum { N = 24, VIEWS = 31 };

/* Atoms of the same width on a jittered lattice inside a ball: x, y, z in voxels. */
enum { ATOMS = 33 };
static void Atom(int i, double r[3])
{
  static const int place[ATOMS][3] = {{0, 0, 0},   {1, 0, 0},   {-1, 0, 0}, {0, 1, 0},   {0, -1, 0},  {0, 0, 1},    {0, 0, -1},
                                      {1, 1, 0},   {1, -1, 0},  {-1, 1, 0}, {-1, -1, 0}, {1, 0, 1},   {1, 0, -1},   {-1, 0, 1},
                                      {-1, 0, -1}, {0, 1, 1},   {0, 1, -1}, {0, -1, 1},  {0, -1, -1}, {1, 1, 1},    {1, 1, -1},
                                      {1, -1, 1},  {1, -1, -1}, {-1, 1, 1}, {-1, 1, -1}, {-1, -1, 1}, {-1, -1, -1}, {2, 0, 0},
                                      {-2, 0, 0},  {0, 2, 0},   {0, -2, 0}, {0, 0, 2},   {0, 0, -2}};

  for (int a = 0; a < 3; a++) r[a] = 4 * place[i][a] + 0.3 * AetRandomNormal(11, (uint64_t)a, (uint64_t)i);
}

static const double sigma = 1.1;

static void Images(AetTiltSeries tilt)
{
  for (ptrdiff_t j = 0; j < tilt->v_count; j++)
    for (int i = 0; i < ATOMS; i++) {
      double r[3], seen[3];
      Atom(i, r);
      AetRotate(tilt->rotation[tilt->v_start + j], r, seen);
      for (ptrdiff_t v = 0; v < tilt->ny; v++)
        for (ptrdiff_t u = 0; u < tilt->nx; u++) {
          double du = (double)(u - tilt->nx / 2) - seen[0], dv = (double)(v - tilt->ny / 2) - seen[1];
          tilt->image[(j * tilt->ny + v) * tilt->nx + u] +=
              (float)(sqrt(2 * M_PI) * sigma * exp(-0.5 * (du * du + dv * dv) / (sigma * sigma)));
        }
    }
}

static AetVolume Truth(MPI_Comm comm, const ptrdiff_t n[3])
{
  AetVolume volume = NULL;

  AET_TEST_CALL(AetVolumeCreate(comm, n, 1, &volume));
  for (int i = 0; i < ATOMS; i++) {
    double r[3];
    Atom(i, r);
    for (ptrdiff_t z = 0; z < volume->z_count; z++)
      for (ptrdiff_t y = 0; y < n[1]; y++)
        for (ptrdiff_t x = 0; x < n[2]; x++) {
          double d = pow((double)(x - n[2] / 2) - r[0], 2) + pow((double)(y - n[1] / 2) - r[1], 2) +
                     pow((double)(z + volume->z_start - n[0] / 2) - r[2], 2);
          volume->data[(z * n[1] + y) * n[2] + x] += (float)exp(-0.5 * d / (sigma * sigma));
        }
  }
  return volume;
}

/* `count` views: ±75° about y, and a little about the other axes where `tumbling`. */
static AetTiltSeries Series(MPI_Comm comm, int count, int tumbling, ptrdiff_t ny, ptrdiff_t nx)
{
  double(*angles)[3] = calloc((size_t)count, sizeof *angles);
  AetTiltSeries tilt = NULL;

  for (int j = 0; j < count; j++) {
    angles[j][1] = count > 1 ? -75 + 150.0 * j / (count - 1) : 20;
    if (tumbling) angles[j][0] = 3 * AetRandomNormal(2, 0, (uint64_t)j), angles[j][2] = 3 * AetRandomNormal(2, 1, (uint64_t)j);
  }
  AET_TEST_CALL(AetTiltSeriesCreate(comm, count, ny, nx, 1, AET_ANGLES_ZYX, (const double(*)[3])angles, &tilt));
  free(angles);
  return tilt;
}

static AetVolume Resire(AetTiltSeries tilt, const char *iterations, const char *acceleration, const char *rfree, AetReconReport *report)
{
  Option("recon_acceleration", acceleration);
  return Reconstruct(tilt, "resire", iterations, rfree, report);
}

/* A specimen comes back: its projections fit, withheld pixels are predicted, and the volume is the specimen but for the missing wedge. */
static void TestSpecimenComesBack(void)
{
  for (int kind = 0; kind < 4; kind++) {
    const int      tumbling = kind % 2;
    AetTiltSeries  tilt = Series(PETSC_COMM_WORLD, VIEWS, tumbling, N, N);
    AetReconReport report;
    AetVolume      volume, truth;
    double         correlation, lowest = 0, least;

    Images(tilt);
    Option("recon_operator", kind < 2 ? "pair" : "convolution");
    volume = Resire(tilt, "20", "ramp", "0.05", &report);
    Option("recon_operator", "auto");
    truth = Truth(tilt->comm, volume->n);
    AET_TEST_CALL(AetVolumeCorrelation(volume, truth, &correlation));
    AET_TEST(report.r1 < 0.02);
    AET_TEST(report.rfree > 0 && report.rfree < 0.03);
    AET_TEST(correlation > 0.985);
    for (ptrdiff_t i = 0; i < volume->z_count * volume->n[1] * volume->n[2]; i++) lowest = fmin(lowest, volume->data[i]);
    MPI_Allreduce(&lowest, &least, 1, MPI_DOUBLE, MPI_MIN, MPI_COMM_WORLD);
    AET_TEST(least == 0);
    AET_TEST_CALL(AetVolumeDestroy(&volume));
    AET_TEST_CALL(AetVolumeDestroy(&truth));
    AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
  }
}

/* Momentum reaches in 28 steps what plain steps reach in 100, and along the filtered gradient in 11; with either operator. */
static void TestAcceleration(void)
{
  AetTiltSeries  tilt = Series(PETSC_COMM_WORLD, VIEWS, 0, N, N);
  AetReconReport plain, fast, filtered;
  AetVolume      volume;

  Images(tilt);
  for (int o = 0; o < 2; o++) {
    Option("recon_operator", o ? "convolution" : "pair");
    volume = Resire(tilt, "100", "none", "0", &plain);
    AET_TEST_CALL(AetVolumeDestroy(&volume));
    volume = Resire(tilt, "28", "fista", "0", &fast);
    AET_TEST_CALL(AetVolumeDestroy(&volume));
    volume = Resire(tilt, "11", "ramp", "0", &filtered);
    AET_TEST_CALL(AetVolumeDestroy(&volume));
    AET_TEST(fast.r1 < plain.r1);
    AET_TEST(filtered.r1 < plain.r1);
    AET_TEST(fast.rfree < 0);
  }
  Option("recon_operator", "auto");
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
}

/* 5 % of noise, keyed by view and pixel: R1 is then a number of the data and not of rounding. */
static void Noise(AetTiltSeries tilt)
{
  const ptrdiff_t pixels = tilt->ny * tilt->nx;

  for (ptrdiff_t i = 0; i < tilt->v_count * pixels; i++)
    tilt->image[i] *= (float)(1 + 0.05 * AetRandomNormal(5, 0, (uint64_t)(tilt->v_start * pixels + i)));
}

/* Where the images see the whole object both operators lead to one volume, and the misfit that the convolution keeps by small sums is the
   one between the projections and the images. */
static void TestOperators(void)
{
  for (int tumbling = 0; tumbling < 2; tumbling++) {
    AetTiltSeries  tilt = Series(PETSC_COMM_WORLD, VIEWS, tumbling, N + 16, N + 16);
    AetReconReport by_pair, by_convolution;
    AetVolume      a, b;
    double         sums[2] = {0}, all[2];

    Images(tilt);
    Option("recon_thickness", "24"), Option("recon_width", "24");
    Option("recon_operator", "pair");
    a = Resire(tilt, "10", "fista", "0", &by_pair);
    Option("recon_operator", "auto");
    b = Resire(tilt, "10", "fista", "0", &by_convolution);
    for (ptrdiff_t i = 0; i < a->z_count * a->n[1] * a->n[2]; i++)
      sums[0] += pow((double)a->data[i] - b->data[i], 2), sums[1] += pow(a->data[i], 2);
    MPI_Allreduce(sums, all, 2, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
    AET_TEST_CLOSE(sqrt(all[0] / all[1]), 0, 0.02);
    AET_TEST_CLOSE(by_convolution.error / by_pair.error, 1, 0.02);
    AET_TEST_CLOSE(by_convolution.r1 / by_pair.r1, 1, 0.02);
    Option("recon_thickness", "0"), Option("recon_width", "0");
    AET_TEST_CALL(AetVolumeDestroy(&a));
    AET_TEST_CALL(AetVolumeDestroy(&b));
    AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
  }
}

/* Every rank alone reconstructs the whole; together they must find the same. */
static void SameOnAnyNumberOfRanks(const char *operator)
{
  AetTiltSeries  together = Series(PETSC_COMM_WORLD, VIEWS, 1, N, N), alone = Series(PETSC_COMM_SELF, VIEWS, 1, N, N);
  AetReconReport ours, mine;
  AetVolume      shared, own;
  double         largest = 0, worst = 0, all;

  Images(together), Images(alone);
  Noise(together), Noise(alone);
  Option("recon_operator", operator);
  shared = Resire(together, "12", "ramp", "0.05", &ours);
  own = Resire(alone, "12", "ramp", "0.05", &mine);
  Option("recon_operator", "auto");
  for (ptrdiff_t i = 0; i < own->n[0] * own->n[1] * own->n[2]; i++) largest = fmax(largest, own->data[i]);
  for (ptrdiff_t i = 0; i < shared->z_count * shared->n[1] * shared->n[2]; i++)
    worst = fmax(worst, fabs(shared->data[i] - own->data[i + shared->z_start * shared->n[1] * shared->n[2]]));
  MPI_Allreduce(&worst, &all, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
  AET_TEST(largest > 0 && all == 0); /* the same bits */
  AET_TEST(ours.r1 == mine.r1);
  AET_TEST(ours.rfree == mine.rfree);
  AET_TEST_CALL(AetVolumeDestroy(&shared));
  AET_TEST_CALL(AetVolumeDestroy(&own));
  AET_TEST_CALL(AetTiltSeriesDestroy(&together));
  AET_TEST_CALL(AetTiltSeriesDestroy(&alone));
}

static void TestAnyNumberOfRanks(void)
{
  SameOnAnyNumberOfRanks("pair");
  SameOnAnyNumberOfRanks("convolution");
}

/* The images show the middle of a longer row of atoms. With the object as long as they see at any tilt, their edges are no atoms' edges. */
static void TestExtended(void)
{
  const ptrdiff_t narrow = 15;
  AetTiltSeries   tilt = Series(PETSC_COMM_WORLD, VIEWS, 0, N, narrow);
  AetReconReport  report, cut;
  AetVolume       volume;

  Images(tilt);
  Option("recon_thickness", "24");
  volume = Resire(tilt, "15", "ramp", "0", &cut);
  AET_TEST_CALL(AetVolumeDestroy(&volume));
  Option("recon_extended", "true");
  Option("recon_width", "24");
  volume = Resire(tilt, "15", "ramp", "0", &report);
  Option("recon_extended", "false");
  Option("recon_width", "0");
  Option("recon_thickness", "0");
  AET_TEST(volume->n[2] == 24 && volume->n[0] == 24);
  AET_TEST(report.r1 < 0.03);
  AET_TEST(report.r1 < 0.4 * cut.r1);
  AET_TEST_CALL(AetVolumeDestroy(&volume));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
}

/* One view, views of nothing, the same angle again and again, fewer planes than ranks: an answer, finite and not negative. */
static void TestHardlyASeries(void)
{
  for (int kind = 0; kind < 4; kind++) {
    AetTiltSeries  tilt = Series(PETSC_COMM_WORLD, kind == 0 ? 1 : 5, kind == 3, 9, 11);
    AetReconReport report;
    AetVolume      volume;
    int            good = 1;

    if (kind == 2)
      for (ptrdiff_t j = 0; j < tilt->views; j++) memcpy(tilt->rotation[j], tilt->rotation[0], sizeof tilt->rotation[0]);
    if (kind != 1) Images(tilt);
    if (kind == 3 && tilt->v_start == 0 && tilt->v_count) memset(tilt->image, 0, 9 * 11 * sizeof *tilt->image);
    Option("recon_thickness", kind == 3 ? "3" : "5");
    volume = Resire(tilt, "10", kind % 2 ? "ramp" : "fista", "0.05", &report);
    Option("recon_thickness", "0");
    for (ptrdiff_t i = 0; i < volume->z_count * volume->n[1] * volume->n[2]; i++)
      if (!(volume->data[i] >= 0 && volume->data[i] < 1e3)) good = 0;
    AET_TEST(good);
    AET_TEST(report.r1 >= 0 && report.r1 < 1);
    if (kind == 0) AET_TEST(report.r1 < 0.05);
    AET_TEST_CALL(AetVolumeDestroy(&volume));
    AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
  }
}

AET_TEST_MAIN("RESIRE", {"a specimen comes back", TestSpecimenComesBack}, {"acceleration", TestAcceleration},
              {"both operators", TestOperators}, {"any number of ranks", TestAnyNumberOfRanks}, {"extended object", TestExtended},
              {"hardly a series", TestHardlyASeries})
