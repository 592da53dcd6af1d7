/* Resolution by half sets, of a simulated specimen of Gaussian atoms. */
#include "mpi_test.h"
#include <aet4d/recon.h>

enum { N = 24, ATOMS = 40 };
static const double sigma = 0.8, pixel = 0.5;

static void Option(const char *key, const char *value)
{
  AET_TEST_CALL(PetscOptionsSetValue(NULL, key, value));
}

/* Views first, first + stride, ... of `views` over ±90°: atoms projected in closed form, noise keyed by view and pixel. */
static AetTiltSeries Series(MPI_Comm comm, int views, int first, int stride, double noise)
{
  const int count = (views - first + stride - 1) / stride;
  double(*angles)[3] = calloc((size_t)count, sizeof *angles);
  AetTiltSeries tilt = NULL;

  for (int j = 0; j < count; j++) angles[j][1] = -90 + 180.0 * (first + j * stride) / views;
  AET_TEST_CALL(AetTiltSeriesCreate(comm, count, N, N, pixel, AET_ANGLES_ZYX, (const double(*)[3])angles, &tilt));
  free(angles);
  for (ptrdiff_t i = 0; i < tilt->v_count * N * N; i++) {
    const ptrdiff_t j = tilt->v_start + i / (N * N), view = first + j * stride;
    double          value = noise * AetRandomNormal(5, 9, (uint64_t)(view * N * N + i % (N * N)));
    for (int b = 0; b < ATOMS; b++) {
      double r[3], seen[3], du, dv;
      for (int a = 0; a < 3; a++) r[a] = 12 * AetRandomUniform(21, (uint64_t)a, (uint64_t)b) - 6;
      AetRotate(tilt->rotation[j], r, seen);
      du = (double)(i % N - N / 2) - seen[0], dv = (double)(i / N % N - N / 2) - seen[1];
      value += exp(-0.5 * (du * du + dv * dv) / (sigma * sigma));
    }
    tilt->image[i] = (float)value;
  }
  return tilt;
}

static AetResolution Resolve(MPI_Comm comm, int views, double noise)
{
  AetTiltSeries tilt = Series(comm, views, 0, 1, noise);
  AetResolution r = {0};

  AET_TEST_CALL(AetReconHalfSets(tilt, &r));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
  return r;
}

/* Noise lowers the resolution, step by step; without it, the halves agree as far as the sampling of 24 views reaches. */
static void TestNoise(void)
{
  const double  noise[3] = {0, 0.4, 2};
  AetResolution r[3];

  for (int i = 0; i < 3; i++) {
    r[i] = Resolve(PETSC_COMM_WORLD, 48, noise[i]);
    AET_TEST(r[i].shells == N / 2 + 1);
    AET_TEST_CLOSE(r[i].frequency[N / 2], 1 / (2 * pixel), 1e-12);
    AET_TEST(r[i].angstrom_05 >= r[i].angstrom_0143);
    AET_TEST(r[i].angstrom_0143 >= 2 * pixel);
    AET_TEST(r[i].angstrom_half_bit >= 2 * pixel);
    AET_TEST(r[i].half_bit[N / 2] < r[i].half_bit[1]); /* more coefficients in larger shells */
    if (getenv("AET_SHOW")) printf("noise %g: %g %g %g\n", noise[i], r[i].angstrom_05, r[i].angstrom_0143, r[i].angstrom_half_bit);
  }
  AET_TEST(r[0].fsc[1] > 0.99);
  AET_TEST(r[0].fsc[4] > 0.95);
  for (int i = 1; i < 3; i++) {
    AET_TEST(r[i].angstrom_05 > 1.1 * r[i - 1].angstrom_05);
    AET_TEST(r[i].angstrom_half_bit > 1.05 * r[i - 1].angstrom_half_bit);
  }
  for (int i = 0; i < 3; i++) AET_TEST_CALL(AetResolutionFree(&r[i]));
}

/* The halves are the reconstructions of the series of the even and of the odd views, each simulated by itself. */
static void TestHalvesAreTheHalves(void)
{
  AetResolution r = Resolve(PETSC_COMM_WORLD, 25, 0.3);
  AetVolume     half[2] = {NULL, NULL};
  double       *fsc = NULL;
  int           shells = 0, same = 1;

  for (int parity = 0; parity < 2; parity++) {
    AetTiltSeries tilt = Series(PETSC_COMM_WORLD, 25, parity, 2, 0.3);
    AetRecon      recon = NULL;
    AET_TEST_CALL(AetReconCreate(tilt, &recon));
    AET_TEST_CALL(AetReconSolve(recon, &half[parity]));
    AET_TEST_CALL(AetReconDestroy(&recon));
    AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
  }
  AET_TEST_CALL(AetFourierShellCorrelation(half[0], half[1], &shells, &fsc));
  AET_TEST(shells == r.shells);
  for (int s = 0; s < shells; s++) same &= fsc[s] == r.fsc[s];
  AET_TEST(same);
  AET_TEST_CALL(PetscFree(fsc));
  for (int parity = 0; parity < 2; parity++) AET_TEST_CALL(AetVolumeDestroy(&half[parity]));
  AET_TEST_CALL(AetResolutionFree(&r));
}

/* One rank and all of them: the same bits, with fewer views than ranks too. */
static void TestRanks(void)
{
  for (int views = 3; views <= 25; views += 22) {
    AetResolution alone = Resolve(PETSC_COMM_SELF, views, 0.3), all = Resolve(PETSC_COMM_WORLD, views, 0.3);
    int           same = alone.shells == all.shells;
    for (int s = 0; same && s < all.shells; s++) same &= alone.fsc[s] == all.fsc[s] && alone.half_bit[s] == all.half_bit[s];
    AET_TEST(same);
    AET_TEST(alone.angstrom_05 == all.angstrom_05 && alone.angstrom_half_bit == all.angstrom_half_bit);
    AET_TEST_CALL(AetResolutionFree(&alone));
    AET_TEST_CALL(AetResolutionFree(&all));
  }
}

static void TestOneView(void)
{
  AetTiltSeries tilt = Series(PETSC_COMM_WORLD, 1, 0, 1, 0);
  AetResolution r;

  AET_TEST(AetReconHalfSets(tilt, &r) == AET_ERR_INPUT);
  AetErrorClear();
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
}

static void Quiet(void)
{
  Option("-quiet", "true");
  Option("-recon_iterations", "15");
}

AET_TEST_MAIN("half sets", {"settings", Quiet}, {"noise", TestNoise}, {"halves", TestHalvesAreTheHalves}, {"ranks", TestRanks},
              {"one view", TestOneView})
