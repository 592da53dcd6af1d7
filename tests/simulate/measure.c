/* Facts about the images: where an atom is seen, how much of it, its width, counting statistics, independence of the ranks. */
#include "mpi_test.h"
#include <aet4d/simulate.h>

enum { VIEWS = 7, SIZE = 48 };

static int rank, size;

static void Set(const char *key, const char *value)
{
  char name[64];

  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  snprintf(name, sizeof name, "-%s", key);
  AET_TEST_CALL(AetOptionsRegister(&AetSimulateOptions));
  AET_TEST_CALL(PetscOptionsSetValue(NULL, name, value));
}

/* General angles: no two alike, all three in use. */
static void GeneralAngles(double angles[VIEWS][3], double R[VIEWS][9])
{
  for (int v = 0; v < VIEWS; v++) {
    for (int a = 0; a < 3; a++) angles[v][a] = 180 * (AetRandomUniform(5, (uint64_t)a, (uint64_t)v) - 0.5);
    AetRotationFromAngles(AET_ANGLES_ZYX, angles[v], R[v]);
  }
}

static void Moments(const float *image, ptrdiff_t ny, ptrdiff_t nx, double *sum, double *u, double *v, double *variance_u)
{
  double s = 0, x = 0, y = 0, xx = 0;

  for (ptrdiff_t j = 0; j < ny; j++)
    for (ptrdiff_t i = 0; i < nx; i++) {
      double w = image[j * nx + i];
      s += w, x += w * (double)i, y += w * (double)j, xx += w * (double)(i * i);
    }
  *sum = s, *u = x / s, *v = y / s, *variance_u = xx / s - (x / s) * (x / s);
}

/* geometry.md: u = (R r)_x / pixel + floor(Nx/2), v = (R r)_y / pixel + floor(Ny/2), R = (Rz Ry Rx)ᵀ; written out here by hand. */
static void TestAtomIsSeenWhereTheGeometrySays(void)
{
  double      position[3] = {2.31, -1.77, 3.05}, angles[VIEWS][3], R[VIEWS][9], pixel = 0.37;
  int         species[1] = {0};
  AetSpecimen atom = {.count = 1, .species_count = 1, .symbol = {"Au"}, .position = position, .species = species};
  ptrdiff_t   start, count, ny = SIZE, nx = SIZE + 5;
  float      *images;

  Set("simulate_b_factor_angstrom2", "6");
  Set("simulate_source_fwhm_angstrom", "0.6");
  GeneralAngles(angles, R);
  AetBlock(VIEWS, rank, size, &start, &count);
  AET_TEST_CALL(PetscCalloc1((size_t)((count + 1) * ny * nx), &images));
  AET_TEST_CALL(AetSimulateProjections(MPI_COMM_WORLD, &atom, VIEWS, R, ny, nx, pixel, images));
  double worst_place = 0, worst_sum = 0, worst_width = 0,
         sigma2 = (6 / (8 * M_PI * M_PI) + 0.36 / (8 * log(2))) / (pixel * pixel) + 1.0 / 12;
  for (ptrdiff_t view = 0; view < count; view++) {
    const double *d = angles[start + view], a = d[0] * AET_DEG, b = d[1] * AET_DEG, c = d[2] * AET_DEG;
    /* columns of M = Rz(a) Ry(b) Rx(c) */
    double m0[3] = {cos(a) * cos(b), sin(a) * cos(b), -sin(b)};
    double m1[3] = {cos(a) * sin(b) * sin(c) - sin(a) * cos(c), sin(a) * sin(b) * sin(c) + cos(a) * cos(c), cos(b) * sin(c)};
    double seen_x = m0[0] * position[0] + m0[1] * position[1] + m0[2] * position[2];
    double seen_y = m1[0] * position[0] + m1[1] * position[1] + m1[2] * position[2];
    double sum, u, v, width;

    Moments(&images[view * ny * nx], ny, nx, &sum, &u, &v, &width);
    worst_place = fmax(worst_place, fmax(fabs(u - (seen_x / pixel + (double)(nx / 2))), fabs(v - (seen_y / pixel + (double)(ny / 2)))));
    worst_sum = fmax(worst_sum, fabs(sum - 1));
    worst_width = fmax(worst_width, fabs(width - sigma2));
  }
  AET_TEST_CLOSE(worst_place, 0, 1e-5);
  AET_TEST_CLOSE(worst_sum, 0, 1e-5);
  AET_TEST_CLOSE(worst_width, 0, 1e-4);
  AET_TEST_CALL(PetscFree(images));
}

static void Images(float **images, AetSpecimen *specimen, ptrdiff_t *n, ptrdiff_t *start, ptrdiff_t *count)
{
  double angles[VIEWS][3], R[VIEWS][9];

  Set("simulate_diameter_angstrom", "14");
  GeneralAngles(angles, R);
  AET_TEST_CALL(AetSpecimenFromOptions(specimen));
  AET_TEST_CALL(AetSimulateImageSize(specimen, 0.4, n));
  AetBlock(VIEWS, rank, size, start, count);
  AET_TEST_CALL(PetscCalloc1((size_t)((*count + 1) * *n * *n), images));
  AET_TEST_CALL(AetSimulateProjections(MPI_COMM_WORLD, specimen, VIEWS, R, *n, *n, 0.4, *images));
}

/* Every view holds the sum of (Z/79)^1.7: nothing is cut off, whatever the angle. */
static void TestIntensityIsConserved(void)
{
  AetSpecimen s;
  ptrdiff_t   n, start, count;
  float      *images;
  double      expected = 0, worst = 0;

  Images(&images, &s, &n, &start, &count);
  for (PetscInt i = 0; i < s.count; i++) expected += pow((s.species[i] ? 78 : 26) / 79.0, 1.7);
  for (ptrdiff_t v = 0; v < count; v++) {
    double sum = 0;

    for (ptrdiff_t p = 0; p < n * n; p++) sum += images[v * n * n + p];
    worst = fmax(worst, fabs(sum / expected - 1));
  }
  AET_TEST_CLOSE(worst, 0, 1e-5);
  AET_TEST_CALL(PetscFree(images));
  AetSpecimenDestroy(&s);
}

/* Counts n = image · dose · section of a flat image: mean and variance are those of Poisson. */
static void TestCountsArePoisson(void)
{
  const double mean = 3.7, scale = 200 * 0.05;
  const int    side = 400;
  ptrdiff_t    start, count;
  float       *images;
  double       local[3] = {0}, all[3];

  Set("simulate_dose", "200");
  Set("simulate_cross_section_angstrom2", "0.05");
  AetBlock(VIEWS, rank, size, &start, &count);
  AET_TEST_CALL(PetscMalloc1((size_t)((count + 1) * side * side), &images));
  for (ptrdiff_t p = 0; p < count * side * side; p++) images[p] = (float)(mean / scale);
  AET_TEST_CALL(AetSimulateNoise(MPI_COMM_WORLD, VIEWS, side, side, images));
  for (ptrdiff_t p = 0; p < count * side * side; p++) {
    double k = images[p] * scale;

    local[0] += k, local[1] += (k - mean) * (k - mean), local[2] += fabs(k - round(k)) > 1e-4;
  }
  MPI_Allreduce(local, all, 3, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  double pixels = (double)VIEWS * side * side;
  AET_TEST_CLOSE(all[0] / pixels, mean, 5 * sqrt(mean / pixels));
  AET_TEST_CLOSE(all[1] / pixels, mean, 5 * sqrt((2 * mean * mean + mean) / pixels));
  AET_TEST(all[2] == 0);
  AET_TEST_CALL(PetscFree(images));
}

/* The noisy images of a distributed run are, bit for bit, those of one rank. */
static void TestRanksAgree(void)
{
  AetSpecimen s;
  ptrdiff_t   n, start, count;
  float      *images, *alone;
  double      angles[VIEWS][3], R[VIEWS][9];

  Set("simulate_dose", "1e4");
  Images(&images, &s, &n, &start, &count);
  GeneralAngles(angles, R);
  AET_TEST_CALL(AetSimulateNoise(MPI_COMM_WORLD, VIEWS, n, n, images));
  AET_TEST_CALL(PetscMalloc1((size_t)(VIEWS * n * n), &alone));
  AET_TEST_CALL(AetSimulateProjections(MPI_COMM_SELF, &s, VIEWS, R, n, n, 0.4, alone));
  AET_TEST_CALL(AetSimulateNoise(MPI_COMM_SELF, VIEWS, n, n, alone));
  AET_TEST(!memcmp(&alone[start * n * n], images, sizeof *images * (size_t)(count * n * n)));
  AET_TEST_CALL(PetscFree(images));
  AET_TEST_CALL(PetscFree(alone));
  AetSpecimenDestroy(&s);
}

static void TestTiltPlan(void)
{
  PetscInt views;
  double(*angles)[3];

  Set("simulate_views", "41");
  Set("simulate_tilt_max_deg", "70");
  AET_TEST_CALL(AetSimulateAngles(&views, &angles));
  AET_TEST(views == 41);
  AET_TEST_CLOSE(angles[0][1], -70, 1e-12);
  AET_TEST_CLOSE(angles[20][1], 0, 1e-12);
  AET_TEST_CLOSE(angles[40][1] - angles[39][1], 3.5, 1e-12);
  AET_TEST(angles[3][0] == 0 && angles[3][2] == 0);
  AET_TEST_CALL(PetscFree(angles));
}

/* tan or cot of every tilt is a whole number of equal steps (or a half, for an even number of views), and the range is used but for a step.
 */
static void TestEqualSlopes(void)
{
  static const int    views[4] = {51, 50, 2, 1};
  static const double most[4] = {75, 60, 30, 75};

  Set("simulate_angles_scheme", "equal_slope");
  for (int c = 0; c < 4; c++) {
    PetscInt count;
    double(*angles)[3], half, last;
    char text[2][16];

    snprintf(text[0], sizeof text[0], "%d", views[c]);
    snprintf(text[1], sizeof text[1], "%g", most[c]);
    Set("simulate_views", text[0]);
    Set("simulate_tilt_max_deg", text[1]);
    AET_TEST_CALL(AetSimulateAngles(&count, &angles));
    AET_TEST(count == views[c]);
    half = count > 1 ? 0.5 * (tan(angles[count / 2][1] * AET_DEG) - tan(angles[count / 2 - 1][1] * AET_DEG)) : 1;
    AET_TEST_CLOSE(1 / (2 * half), round(1 / (2 * half)), count > 1 ? 1e-9 : 1);
    for (PetscInt v = 0; v < count; v++) {
      const double slope = tan(angles[v][1] * AET_DEG), steps = (fabs(slope) > 1 ? 1 / slope : slope) / half;

      AET_TEST_CLOSE(steps, round(steps), 1e-9);
      AET_TEST(v == 0 || angles[v][1] > angles[v - 1][1]);
      AET_TEST_CLOSE(angles[v][1], -angles[count - 1 - v][1], 1e-9);
      AET_TEST(angles[v][0] == 0 && angles[v][2] == 0);
    }
    last = angles[count - 1][1];
    AET_TEST(last <= most[c] + 1e-9);
    AET_TEST(count < 50 || last > most[c] - 5);
    AET_TEST_CALL(PetscFree(angles));
  }
  Set("simulate_angles_scheme", "even");
}

/* Of orientations drawn evenly from all: every element of R has the mean 0 and the mean square 1/3, and none depends on another view. */
static void TestRandomOrientations(void)
{
  PetscInt count;
  double(*angles)[3], mean[9] = {0}, square[9] = {0}, R[9];

  Set("simulate_angles_scheme", "random");
  Set("simulate_views", "20000");
  AET_TEST_CALL(AetSimulateAngles(&count, &angles));
  for (PetscInt v = 0; v < count; v++) {
    AetRotationFromAngles(AET_ANGLES_ZYX, angles[v], R);
    for (int i = 0; i < 9; i++) mean[i] += R[i] / count, square[i] += R[i] * R[i] / count;
  }
  for (int i = 0; i < 9; i++) {
    AET_TEST_CLOSE(mean[i], 0, 0.02); /* five standard deviations */
    AET_TEST_CLOSE(square[i], 1.0 / 3, 0.011);
  }
  AET_TEST_CALL(PetscFree(angles));
  Set("simulate_angles_scheme", "even");
}

AET_TEST_MAIN("measure", {"an atom is seen where the geometry says", TestAtomIsSeenWhereTheGeometrySays},
              {"intensity is conserved", TestIntensityIsConserved}, {"counts are Poisson", TestCountsArePoisson},
              {"ranks agree", TestRanksAgree}, {"tilt plan", TestTiltPlan}, {"equal slopes", TestEqualSlopes},
              {"random orientations are even over all rotations", TestRandomOrientations})
