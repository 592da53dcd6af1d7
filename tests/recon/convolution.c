/* AᵀA as a convolution: against the sum over pairs of voxels, and against the projector pair where its images cut nothing off. */
#include "recon/convolution.h"
#include "mpi_test.h"
#include "recon/kernel/detector.h"

static const double general[6][3] = {{0, 0, 0}, {10, -63, 4}, {-35, 71, 20}, {160, 33, -80}, {0, 90, 0}, {45, 45, 45}};
static const double axial[5][3] = {{0, -72, 0}, {0, 0, 0}, {0, 33.3, 0}, {0, 110, 0}, {0, 90, 0}};

static AetTiltSeries Series(int views, const double (*angles)[3], ptrdiff_t ny, ptrdiff_t nx)
{
  AetTiltSeries tilt = NULL;

  AET_TEST_CALL(AetTiltSeriesCreate(PETSC_COMM_WORLD, views, ny, nx, 1, AET_ANGLES_ZYX, angles, &tilt));
  return tilt;
}

static void Slab(const ptrdiff_t n[3], ptrdiff_t *start, ptrdiff_t *count)
{
  int rank, size;

  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  AetBlock(n[0], rank, size, start, count);
}

/* |a - b| / |b| over all ranks. */
static double Difference(ptrdiff_t count, const float *a, const float *b)
{
  double sums[2] = {0}, all[2];

  for (ptrdiff_t i = 0; i < count; i++) sums[0] += pow((double)a[i] - b[i], 2), sums[1] += (double)b[i] * b[i];
  MPI_Allreduce(sums, all, 2, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  return sqrt(all[0] / all[1]);
}

static double Sinc(double t)
{
  return fabs(t) < 1e-12 ? 1 : sin(M_PI * t) / (M_PI * t);
}

static float Voxel(const ptrdiff_t n[3], ptrdiff_t z, ptrdiff_t y, ptrdiff_t x)
{
  return (float)AetRandomNormal(5, 0, (uint64_t)((z * n[1] + y) * n[2] + x));
}

/* Σ over all voxels and used views of sinc sinc, written out. */
static float Brute(const AetTiltSeries tilt, const unsigned char *used, const ptrdiff_t n[3], ptrdiff_t z, ptrdiff_t y, ptrdiff_t x)
{
  double sum = 0;

  for (ptrdiff_t c = 0; c < n[0]; c++)
    for (ptrdiff_t b = 0; b < n[1]; b++)
      for (ptrdiff_t a = 0; a < n[2]; a++)
        for (ptrdiff_t j = 0; j < tilt->views; j++) {
          const double *R = tilt->rotation[j], d[3] = {(double)(x - a), (double)(y - b), (double)(z - c)};
          double        u = R[0] * d[0] + R[1] * d[1] + R[2] * d[2], v = R[3] * d[0] + R[4] * d[1] + R[5] * d[2];
          if (!used || used[j]) sum += Sinc(u) * Sinc(v) * (double)Voxel(n, c, b, a);
        }
  return (float)sum;
}

static double BruteError(int views, const double (*angles)[3], const unsigned char *used, ptrdiff_t nz, ptrdiff_t ny, ptrdiff_t nx)
{
  const ptrdiff_t n[3] = {nz, ny, nx};
  AetTiltSeries   tilt = Series(views, angles, 3, 3);
  AetConvolution  convolution = NULL;
  ptrdiff_t       start, count, i = 0;
  float          *volume, *exact;
  double          error;

  Slab(n, &start, &count);
  volume = calloc((size_t)(count * ny * nx) + 1, sizeof *volume), exact = calloc((size_t)(count * ny * nx) + 1, sizeof *exact);
  for (ptrdiff_t z = start; z < start + count; z++)
    for (ptrdiff_t y = 0; y < ny; y++)
      for (ptrdiff_t x = 0; x < nx; x++, i++) volume[i] = Voxel(n, z, y, x), exact[i] = Brute(tilt, used, n, z, y, x);
  AET_TEST_CALL(AetConvolutionCreate(tilt, used, n, &convolution));
  AET_TEST_CALL(AetConvolutionApply(convolution, volume, volume));
  error = Difference(i, volume, exact);
  AET_TEST_CALL(AetConvolutionDestroy(&convolution));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
  free(volume), free(exact);
  return error;
}

/* Of any volume, whatever its sizes. */
static void TestPairsOfVoxels(void)
{
  const unsigned char some[6] = {1, 0, 1, 1, 0, 1};

  AET_TEST_CLOSE(BruteError(6, general, NULL, 6, 6, 6), 0, 1e-6);
  AET_TEST_CLOSE(BruteError(6, general, NULL, 5, 8, 7), 0, 1e-6);
  AET_TEST_CLOSE(BruteError(6, general, NULL, 9, 1, 4), 0, 1e-6);
  AET_TEST_CLOSE(BruteError(6, general, NULL, 1, 5, 6), 0, 1e-6);
  AET_TEST_CLOSE(BruteError(6, general, some, 7, 6, 5), 0, 1e-6);
  AET_TEST_CLOSE(BruteError(5, axial, NULL, 6, 6, 6), 0, 1e-6);
  AET_TEST_CLOSE(BruteError(5, axial, NULL, 5, 7, 9), 0, 1e-6);
  AET_TEST_CLOSE(BruteError(5, axial, some, 3, 1, 8), 0, 1e-6);
}

/* Random heights of Gaussians so wide that the images' borders cut nothing off at 1e-6, inside a ball of radius 8. */
static void RandomBlobs(const ptrdiff_t n[3], float *volume)
{
  const double sigma = 2;
  ptrdiff_t    start, count;

  Slab(n, &start, &count);
  for (uint64_t b = 0; b < 60; b++) {
    double r[3], height = AetRandomNormal(9, 3, b), size = 0;
    for (int a = 0; a < 3; a++) r[a] = 16 * AetRandomUniform(9, (uint64_t)a, b) - 8, size += r[a] * r[a];
    if (size > 64) continue;
    for (ptrdiff_t z = 0; z < count; z++)
      for (ptrdiff_t y = 0; y < n[1]; y++)
        for (ptrdiff_t x = 0; x < n[2]; x++) {
          double d =
              pow((double)(x - n[2] / 2) - r[0], 2) + pow((double)(y - n[1] / 2) - r[1], 2) + pow((double)(z + start - n[0] / 2) - r[2], 2);
          volume[(z * n[1] + y) * n[2] + x] += (float)(height * exp(-0.5 * d / (sigma * sigma)));
        }
  }
}

static double PairError(int views, const double (*angles)[3], const ptrdiff_t n[3], ptrdiff_t ny, ptrdiff_t nx)
{
  AetTiltSeries  tilt = Series(views, angles, ny, nx);
  AetConvolution convolution = NULL;
  AetProjector   projector = NULL;
  ptrdiff_t      start, count;
  float         *volume, *pair, *images;
  double         error;

  Slab(n, &start, &count);
  volume = calloc((size_t)(count * n[1] * n[2]) + 1, sizeof *volume), pair = calloc((size_t)(count * n[1] * n[2]) + 1, sizeof *pair);
  images = calloc((size_t)(tilt->v_count * ny * nx) + 1, sizeof *images);
  RandomBlobs(n, volume);
  AET_TEST_CALL(AetProjectorCreate(tilt, n, 2, 8, &projector));
  AET_TEST_CALL(AetProjectorForward(projector, volume, images));
  AET_TEST_CALL(AetProjectorAdjoint(projector, images, pair));
  AET_TEST_CALL(AetConvolutionCreate(tilt, NULL, n, &convolution));
  AET_TEST_CALL(AetConvolutionApply(convolution, volume, volume));
  error = Difference(count * n[1] * n[2], volume, pair);
  AET_TEST_CALL(AetConvolutionDestroy(&convolution));
  AET_TEST_CALL(AetProjectorDestroy(&projector));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
  free(volume), free(pair), free(images);
  return error;
}

static void TestPair(void)
{
  const ptrdiff_t cube[3] = {38, 38, 38}, unequal[3] = {37, 41, 40};

  AET_TEST_CLOSE(PairError(6, general, cube, 40, 40), 0, 1e-5);
  AET_TEST_CLOSE(PairError(6, general, unequal, 39, 41), 0, 1e-5);
  AET_TEST_CLOSE(PairError(5, axial, cube, 38, 40), 0, 1e-5);
  AET_TEST_CLOSE(PairError(5, axial, unequal, 43, 39), 0, 1e-5);
}

/* One row of the kernel against two sines each, at whole places, halves and nothing. */
static void TestRow(void)
{
  enum { COUNT = 40 };
  const AetDetectorRow rows[4] = {{-3, 1, 2, 0}, {0.3, 0.7, -0.2, 0.1}, {-10, 0.25, 5, -0.5}, {1e-11, 0, 0.5, 1e-3}};
  double               table[4 * COUNT], sum[COUNT], worst = 0;

  for (int r = 0; r < 4; r++) {
    for (int x = 0; x < COUNT; x++) sum[x] = 1;
    AetDetectorTable(COUNT, rows[r].du, rows[r].dv, table);
    AetDetectorRespond(COUNT, &rows[r], table, sum);
    for (int x = 0; x < COUNT; x++)
      worst = fmax(worst, fabs(sum[x] - 1 - Sinc(rows[r].u0 + x * rows[r].du) * Sinc(rows[r].v0 + x * rows[r].dv)));
  }
  AET_TEST_CLOSE(worst, 0, 1e-12);
}

AET_TEST_MAIN("convolution", {"a row of the kernel", TestRow}, {"pairs of voxels", TestPairsOfVoxels}, {"the projector pair", TestPair})
