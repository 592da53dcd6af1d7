/* The projector pair against projections known in closed form, against sums without a grid, and against itself. */
#include "mpi_test.h"
#include <aet4d/recon.h>

static const double general[5][3] = {{0, 0, 0}, {10, -63, 4}, {-35, 71, 20}, {160, 33, -80}, {0, 90, 0}};
static const double axial[4][3] = {{0, -72, 0}, {0, 0, 0}, {0, 33.3, 0}, {0, 110, 0}};

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

static double SumOver(double local)
{
  double total;

  MPI_Allreduce(&local, &total, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  return total;
}

/* Gaussians off the centre, in voxels (x, y, z), heights; σ so wide that sampling and cropping lose nothing at 1e-6. */
enum { BLOBS = 4 };
static const double blob[BLOBS][4] = {{3, -2, 1, 1}, {-4, 3, 4, 0.6}, {1, 4, -5, 1.4}, {-2, -3, -3, 0.8}};
static const double sigma = 2.1;

static void Gaussians(const ptrdiff_t n[3], float *volume)
{
  ptrdiff_t start, count, i = 0;

  Slab(n, &start, &count);
  for (ptrdiff_t z = start; z < start + count; z++)
    for (ptrdiff_t y = 0; y < n[1]; y++)
      for (ptrdiff_t x = 0; x < n[2]; x++, i++) {
        double r[3] = {(double)(x - n[2] / 2), (double)(y - n[1] / 2), (double)(z - n[0] / 2)}, sum = 0;
        for (int b = 0; b < BLOBS; b++) {
          double d = pow(r[0] - blob[b][0], 2) + pow(r[1] - blob[b][1], 2) + pow(r[2] - blob[b][2], 2);
          sum += blob[b][3] * exp(-0.5 * d / (sigma * sigma));
        }
        volume[i] = (float)sum;
      }
}

/* u = (R r)_x + floor(nx/2), v = (R r)_y + floor(ny/2): geometry.md, written out. */
static double ProjectedGaussians(const double R[9], ptrdiff_t ny, ptrdiff_t nx, ptrdiff_t v, ptrdiff_t u)
{
  double sum = 0;

  for (int b = 0; b < BLOBS; b++) {
    double du = R[0] * blob[b][0] + R[1] * blob[b][1] + R[2] * blob[b][2] + (double)(nx / 2 - u);
    double dv = R[3] * blob[b][0] + R[4] * blob[b][1] + R[5] * blob[b][2] + (double)(ny / 2 - v);
    sum += blob[b][3] * sqrt(2 * M_PI) * sigma * exp(-0.5 * (du * du + dv * dv) / (sigma * sigma));
  }
  return sum;
}

static double GaussianError(int views, const double (*angles)[3], const ptrdiff_t n[3], ptrdiff_t ny, ptrdiff_t nx)
{
  AetTiltSeries tilt = Series(views, angles, ny, nx);
  AetProjector  projector;
  ptrdiff_t     start, count;
  float        *volume, *images;
  double        error = 0, norm = 0;

  Slab(n, &start, &count);
  volume = calloc((size_t)(count * n[1] * n[2]) + 1, sizeof *volume);
  images = calloc((size_t)(tilt->v_count * ny * nx) + 1, sizeof *images);
  Gaussians(n, volume);
  AET_TEST_CALL(AetProjectorCreate(tilt, n, 2, 6, &projector));
  AET_TEST_CALL(AetProjectorForward(projector, volume, images));
  for (ptrdiff_t j = 0; j < tilt->v_count; j++)
    for (ptrdiff_t v = 0; v < ny; v++)
      for (ptrdiff_t u = 0; u < nx; u++) {
        double exact = ProjectedGaussians(tilt->rotation[tilt->v_start + j], ny, nx, v, u),
               difference = images[(j * ny + v) * nx + u] - exact;
        error += difference * difference, norm += exact * exact;
      }
  error = sqrt(SumOver(error) / SumOver(norm));
  AET_TEST_CALL(AetProjectorDestroy(&projector));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
  free(volume), free(images);
  return error;
}

static void TestGaussians(void)
{
  const ptrdiff_t cube[3] = {38, 38, 38}, odd[3] = {37, 35, 39}, flat[3] = {42, 36, 35};

  AET_TEST_CLOSE(GaussianError(5, general, cube, 38, 38), 0, 1e-5);
  AET_TEST_CLOSE(GaussianError(5, general, odd, 39, 37), 0, 1e-5);
  AET_TEST_CLOSE(GaussianError(5, general, flat, 41, 40), 0, 1e-5);
  AET_TEST_CLOSE(GaussianError(4, axial, cube, 38, 38), 0, 1e-5);
  AET_TEST_CLOSE(GaussianError(4, axial, odd, 34, 41), 0, 1e-5);
}

/* At no tilt the projection is the plain sum over z, of any volume, every frequency included; images narrower than it show its middle. */
static void TestUntilted(void)
{
  const ptrdiff_t n[3] = {7, 10, 13};
  const double    zero[2][3] = {{0, 0, 0}, {0, 0, 0}}, nearly[2][3] = {{0, 0, 0}, {0, 1e-7, 1e-7}}; /* the second takes the general path */

  for (int general_path = 0; general_path < 2; general_path++)
    for (ptrdiff_t narrower = 0; narrower < 5; narrower += 4) {
      const ptrdiff_t ny = n[1], nx = n[2] - narrower;
      AetTiltSeries   tilt = Series(2, general_path ? nearly : zero, ny, nx);
      AetProjector    projector;
      ptrdiff_t       start, count;
      float          *volume, *images;
      double          worst = 0;

      Slab(n, &start, &count);
      volume = calloc((size_t)(count * n[1] * n[2]) + 1, sizeof *volume);
      images = calloc((size_t)(tilt->v_count * ny * nx) + 1, sizeof *images);
      for (ptrdiff_t i = 0; i < count * n[1] * n[2]; i++) volume[i] = (float)AetRandomUniform(1, 2, (uint64_t)(i + start * n[1] * n[2]));
      AET_TEST_CALL(AetProjectorCreate(tilt, n, 2, 6, &projector));
      AET_TEST_CALL(AetProjectorForward(projector, volume, images));
      for (ptrdiff_t j = 0; j < tilt->v_count; j++)
        for (ptrdiff_t v = 0; v < ny; v++)
          for (ptrdiff_t u = 0; u < nx; u++) {
            double sum = 0;
            for (ptrdiff_t z = 0; z < n[0]; z++)
              sum += (float)AetRandomUniform(1, 2, (uint64_t)((z * n[1] + v) * n[2] + u - nx / 2 + n[2] / 2));
            worst = fmax(worst, fabs(images[(j * ny + v) * nx + u] - sum));
          }
      AET_TEST_CLOSE(worst, 0, 1e-4);
      AET_TEST_CALL(AetProjectorDestroy(&projector));
      AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
      free(volume), free(images);
    }
}

/* ⟨A x, y⟩ = ⟨x, Aᵀ y⟩ for random x and y, not negative, so that the products themselves are large. */
static void DotProduct(int views, const double (*angles)[3], const ptrdiff_t n[3], ptrdiff_t ny, ptrdiff_t nx, int width)
{
  AetTiltSeries tilt = Series(views, angles, ny, nx);
  AetProjector  projector;
  ptrdiff_t     start, count, voxels, pixels;
  float        *x, *Ax, *y, *Aty;
  double        left = 0, right = 0, scale = 0;

  Slab(n, &start, &count);
  voxels = count * n[1] * n[2], pixels = tilt->v_count * ny * nx;
  x = calloc((size_t)voxels + 1, sizeof *x), Aty = calloc((size_t)voxels + 1, sizeof *x);
  y = calloc((size_t)pixels + 1, sizeof *x), Ax = calloc((size_t)pixels + 1, sizeof *x);
  for (ptrdiff_t i = 0; i < voxels; i++) x[i] = (float)AetRandomUniform(1, 0, (uint64_t)(i + start * n[1] * n[2]));
  for (ptrdiff_t i = 0; i < pixels; i++) y[i] = (float)AetRandomUniform(1, 1, (uint64_t)(i + tilt->v_start * ny * nx));
  AET_TEST_CALL(AetProjectorCreate(tilt, n, 2, width, &projector));
  AET_TEST_CALL(AetProjectorForward(projector, x, Ax));
  AET_TEST_CALL(AetProjectorAdjoint(projector, y, Aty));
  for (ptrdiff_t i = 0; i < pixels; i++) left += (double)Ax[i] * y[i], scale += (double)Ax[i] * Ax[i];
  for (ptrdiff_t i = 0; i < voxels; i++) right += (double)Aty[i] * x[i];
  scale = sqrt(SumOver(scale)) * sqrt((double)(views * ny * nx));
  AET_TEST_CLOSE((SumOver(left) - SumOver(right)) / scale, 0, 1e-7);
  AET_TEST_CLOSE(SumOver(left) / SumOver(right), 1, 1e-6);
  AET_TEST_CALL(AetProjectorDestroy(&projector));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
  free(x), free(y), free(Ax), free(Aty);
}

static void TestAdjoint(void)
{
  const ptrdiff_t cube[3] = {24, 24, 24}, flat[3] = {5, 22, 31};

  for (int width = 4; width <= 8; width += 2) DotProduct(5, general, cube, 24, 24, width);
  DotProduct(5, general, flat, 21, 18, 6);
  DotProduct(5, general, flat, 35, 40, 7);
  DotProduct(4, axial, cube, 24, 24, 6);
  DotProduct(4, axial, flat, 17, 40, 5);
  DotProduct(1, general + 1, flat, 9, 9, 6);
}

AET_TEST_MAIN("projector", {"Gaussians in closed form", TestGaussians}, {"untilted", TestUntilted}, {"adjoint", TestAdjoint})
