/* Facts about denoising: closer to the truth than the best that scikit-image's non-local means and total variation can do on the same
   images, the mean kept, noise alone taken away, the same bits for any number of ranks and threads. */
#include "mpi_test.h"
#include <aet4d/simulate.h>
#include <aet4d/tilt.h>
#include <omp.h>

enum { VIEWS = 3, SIZE = 144, DOSES = 3 };

/* Electrons that an atom gives, and the peak signal-to-noise ratio in dB (peak: the largest value of the truth) of the best of scikit-image
   0.19.3's denoise_nl_means (fast and slow, patch 3 … 9, distance 5 … 21, h 0.3 … 1.5 standard deviations) and denoise_tv_chambolle (weight
   0.05 … 3) on the stabilised images, brought back by the inverse used here: docs/theory/denoising.md. The images are those that
   AET_DENOISE_DUMP writes. */
static const struct {
  double counts, non_local_means, total_variation;
} doses[DOSES] = {{8, 29.88, 28.23}, {40, 36.66, 33.74}, {400, 44.07, 42.50}};
static const AetNoise truth_noise = {1, 0, 0.6};

static void Dump(const char *name, int dose, AetTiltSeries tilt)
{
  const char *folder = getenv("AET_DENOISE_DUMP");
  char        path[512];
  FILE       *file;

  if (!folder || tilt->v_count != VIEWS) return;
  snprintf(path, sizeof path, "%s/%s%d.raw", folder, name, dose);
  file = fopen(path, "wb");
  if (!file) return;
  fwrite(tilt->image, sizeof(float), (size_t)(VIEWS * SIZE * SIZE), file);
  fclose(file);
}

/* An iron-platinum particle seen along an axis and off it: the truth in electrons, and with the noise of counting and reading. */
static void MakeSeries(MPI_Comm comm, double counts, AetTiltSeries *clean, AetTiltSeries *noisy)
{
  const double angles[VIEWS][3] = {{0, 0, 0}, {0, 21, 0}, {0, -55, 0}};
  AetSpecimen  specimen;

  AET_TEST_CALL(PetscOptionsSetValue(NULL, "-simulate_diameter_angstrom", "38"));
  AET_TEST_CALL(PetscOptionsSetValue(NULL, "-simulate_rotation_deg", "0,0,0"));
  AET_TEST_CALL(AetSpecimenFromOptions(&specimen));
  AET_TEST_CALL(AetTiltSeriesCreate(comm, VIEWS, SIZE, SIZE, 0.36, AET_ANGLES_ZYX, angles, clean));
  AET_TEST_CALL(AetTiltSeriesCreate(comm, VIEWS, SIZE, SIZE, 0.36, AET_ANGLES_ZYX, angles, noisy));
  AET_TEST_CALL(AetSimulateProjections(comm, &specimen, VIEWS, (const double(*)[9])(*clean)->rotation, SIZE, SIZE, 0.36, (*clean)->image));
  for (ptrdiff_t i = 0; i < (*clean)->v_count * SIZE * SIZE; i++) {
    const uint64_t at = (uint64_t)((*clean)->v_start * SIZE * SIZE + i);
    (*clean)->image[i] *= (float)counts;
    (*noisy)->image[i] = (float)(AetRandomPoisson(21, 1, at, (*clean)->image[i]) + truth_noise.sigma * AetRandomNormal(21, 2, at));
  }
  AetSpecimenDestroy(&specimen);
}

/* In dB, of all views. Collective. */
static double PeakRatio(AetTiltSeries truth, AetTiltSeries found)
{
  double square = 0, peak = 0;

  for (ptrdiff_t i = 0; i < truth->v_count * SIZE * SIZE; i++) {
    square += pow((double)truth->image[i] - found->image[i], 2);
    peak = fmax(peak, truth->image[i]);
  }
  MPI_Allreduce(MPI_IN_PLACE, &square, 1, MPI_DOUBLE, MPI_SUM, truth->comm);
  MPI_Allreduce(MPI_IN_PLACE, &peak, 1, MPI_DOUBLE, MPI_MAX, truth->comm);
  return 10 * log10(peak * peak * (double)(truth->views * SIZE * SIZE) / square);
}

static void Expect(int dose, AetDenoiseMethod method, AetDenoiseProfile profile, const char *name, double least)
{
  const AetDenoiseSettings settings = {.enabled = PETSC_TRUE, .method = method, .profile = profile};
  AetTiltSeries            clean, noisy;
  AetDenoiseReport         report;
  double                   before, after, mean = 0, correlation = -1, residual = 0, difference = 0, ring = 0;
  char                     text[400];

  MakeSeries(MPI_COMM_WORLD, doses[dose].counts, &clean, &noisy);
  Dump("clean", dose, clean), Dump("noisy", dose, noisy);
  before = PeakRatio(clean, noisy);
  AET_TEST_CALL(AetTiltDenoise(noisy, truth_noise, &settings, &report));
  Dump(name, dose, noisy);
  after = PeakRatio(clean, noisy);
  for (int v = 0; v < VIEWS; v++) {
    mean = fmax(mean, fabs(report.view[v].mean));
    residual += report.view[v].residual / VIEWS;
    difference = fmax(difference, report.view[v].difference);
    ring = fmax(ring, report.view[v].ring);
    for (int a = 0; a < 2; a++) correlation = fmax(correlation, report.view[v].correlation[a]);
  }
  snprintf(text, sizeof text,
           "%g counts, %s: %.2f dB from %.2f (at least %.2f), mean %.4f, residual %.3f, correlated %.3f, apart %.4f, to %.3f/px, grey %.1f",
           doses[dose].counts, name, after, before, least, mean, residual, correlation, difference, ring, report.view[0].grey);
  printf("\n    %s", text);
  AetTestAssert(after > least, text, __LINE__, __FILE__);
  AetTestAssert(mean <= 0.005, text, __LINE__, __FILE__);
  AetTestAssert(correlation < 0.03 && residual > 0.6 && residual < 1.02, text, __LINE__, __FILE__);
  AetTestAssert(report.flagged == 0, text, __LINE__, __FILE__);
  if (method == AET_DENOISE_BOTH) AetTestAssert(difference > 0 && difference < 0.2, text, __LINE__, __FILE__);
  AET_TEST_CALL(AetDenoiseReportFree(&report));
  AET_TEST_CALL(AetTiltSeriesDestroy(&clean));
  AET_TEST_CALL(AetTiltSeriesDestroy(&noisy));
}

static void TestBetterThanOthers(void)
{
  for (int d = 0; d < DOSES; d++) {
    const double others = fmax(doses[d].non_local_means, doses[d].total_variation);
    Expect(d, AET_DENOISE_BOTH, AET_DENOISE_STANDARD, "bm3d", others);
    Expect(d, AET_DENOISE_WIENER, AET_DENOISE_AUTO, "wiener", others);
  }
}

static void TestProfiles(void)
{
  Expect(1, AET_DENOISE_BM3D, AET_DENOISE_AUTO, "auto", fmax(doses[1].non_local_means, doses[1].total_variation));
  Expect(1, AET_DENOISE_BM3D, AET_DENOISE_STRONG, "strong", fmax(doses[1].non_local_means, doses[1].total_variation));
}

/* White noise on a plane: what is left is far smaller, the mean stays; and Wiener's and bm3d's thresholds scale with the noise. */
static void TestPlane(void)
{
  float *image, *other;

  AET_TEST_CALL(PetscMalloc2(SIZE * SIZE, &image, SIZE * SIZE, &other));
  for (int method = 0; method < 2; method++) {
    double mean = 0, drawn = 0, square = 0, worst = 0;
    for (ptrdiff_t i = 0; i < SIZE * SIZE; i++) {
      image[i] = (float)(100 + 25 * AetRandomNormal(4, 4, (uint64_t)i));
      other[i] = image[i] / 64;
      drawn += image[i] / (SIZE * SIZE);
    }
    AET_TEST_CALL(AetDenoiseImage((AetDenoiseMethod)method, AET_DENOISE_STANDARD, 25, 1, SIZE, SIZE, image));
    AET_TEST_CALL(AetDenoiseImage((AetDenoiseMethod)method, AET_DENOISE_STANDARD, 25.0 / 64, 64, SIZE, SIZE, other));
    for (ptrdiff_t i = 0; i < SIZE * SIZE; i++) {
      mean += image[i] / (SIZE * SIZE), square += pow(image[i] - 100, 2) / (SIZE * SIZE);
      worst = fmax(worst, fabs(image[i] - 64 * other[i]));
    }
    AET_TEST_CLOSE(mean, drawn, 0.1);
    AET_TEST_CLOSE(sqrt(square), 0, 5);
    AET_TEST_CLOSE(worst, 0, 1e-3);
  }
  AET_TEST_CALL(PetscFree2(image, other));
}

/* Every rank has as many threads as its number says (main). */
static void TestAnyNumberOfRanksAndThreads(void)
{
  const AetDenoiseSettings settings = {.enabled = PETSC_TRUE, .method = AET_DENOISE_BOTH, .profile = AET_DENOISE_STANDARD};
  AetTiltSeries            clean, spread, alone;
  AetDenoiseReport         report, same;
  float                   *first;
  int                      rank;

  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  AET_TEST(AetThreads() == (rank + 1) % 3 + 1);
  MakeSeries(MPI_COMM_WORLD, 40, &clean, &spread);
  AET_TEST_CALL(AetTiltSeriesDestroy(&clean));
  MakeSeries(MPI_COMM_SELF, 40, &clean, &alone);
  AET_TEST_CALL(AetTiltDenoise(spread, truth_noise, &settings, &report));
  AET_TEST_CALL(AetTiltDenoise(alone, truth_noise, &settings, &same));
  AET_TEST(!memcmp(spread->image, alone->image + spread->v_start * SIZE * SIZE, sizeof(float) * (size_t)(spread->v_count * SIZE * SIZE)));
  AET_TEST(!memcmp(report.view, same.view, sizeof *same.view * VIEWS));
  AET_TEST_CALL(PetscMalloc1(VIEWS * SIZE * SIZE, &first));
  memcpy(first, alone->image, sizeof(float) * VIEWS * SIZE * SIZE);
  MPI_Bcast(first, VIEWS * SIZE * SIZE, MPI_FLOAT, 0, MPI_COMM_WORLD);
  AET_TEST(!memcmp(first, alone->image, sizeof(float) * VIEWS * SIZE * SIZE));
  AET_TEST_CALL(PetscFree(first));
  AET_TEST_CALL(AetDenoiseReportFree(&report));
  AET_TEST_CALL(AetDenoiseReportFree(&same));
  AET_TEST_CALL(AetTiltSeriesDestroy(&clean));
  AET_TEST_CALL(AetTiltSeriesDestroy(&spread));
  AET_TEST_CALL(AetTiltSeriesDestroy(&alone));
}

/* An image whose noise is not what is said: told by its residual. */
static void TestWrongNoiseIsFlagged(void)
{
  const AetDenoiseSettings settings = {.enabled = PETSC_TRUE, .method = AET_DENOISE_BOTH, .profile = AET_DENOISE_STANDARD};
  AetTiltSeries            clean, noisy;
  AetDenoiseReport         report;

  MakeSeries(MPI_COMM_WORLD, 40, &clean, &noisy);
  for (ptrdiff_t v = 0; v < noisy->v_count; v++) /* the second image resampled: its noise is smoothed along x */
    for (ptrdiff_t i = 0; i + 1 < SIZE * SIZE && noisy->v_start + v == 1; i++)
      noisy->image[v * SIZE * SIZE + i] = 0.5f * (noisy->image[v * SIZE * SIZE + i] + noisy->image[v * SIZE * SIZE + i + 1]);
  AET_TEST_CALL(AetTiltDenoise(noisy, (AetNoise){0.5, 0, 0.42}, &settings, &report));
  AET_TEST(report.view[1].flagged == 1);
  AET_TEST_CALL(AetDenoiseReportFree(&report));
  AET_TEST_CALL(AetTiltSeriesDestroy(&clean));
  AET_TEST_CALL(AetTiltSeriesDestroy(&noisy));
}

static PetscErrorCode DenoiseSmall(ptrdiff_t size, AetNoise noise)
{
  const AetDenoiseSettings settings = {.enabled = PETSC_TRUE, .method = AET_DENOISE_BOTH};
  const double             angles[2][3] = {{0}};
  AetTiltSeries            tilt;
  AetDenoiseReport         report = {0};
  PetscErrorCode           code;
  int                      wrong = 0;

  AET_TEST_CALL(AetTiltSeriesCreate(MPI_COMM_WORLD, 2, size, size + 1, 1, AET_ANGLES_ZYX, angles, &tilt));
  code = AetTiltDenoise(tilt, noise, &settings, &report);
  for (ptrdiff_t i = 0; i < tilt->v_count * size * (size + 1); i++) wrong += !(fabs(tilt->image[i]) < 1e-5);
  AET_TEST(wrong == 0);
  AET_TEST_CALL(AetDenoiseReportFree(&report));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
  return code;
}

/* An empty image stays empty; mistakes are told on every rank. */
static void TestMistakes(void)
{
  AET_TEST(DenoiseSmall(16, (AetNoise){1, 0, 1}) == 0);
  AET_TEST(DenoiseSmall(15, (AetNoise){1, 0, 1}) == AET_ERR_DATA && strstr(AetErrorMessage(), "expected images of at least 16 pixels"));
  AetErrorClear();
  AET_TEST(DenoiseSmall(32, (AetNoise){0, 0, 0}) == AET_ERR_INPUT && strstr(AetErrorMessage(), "found alpha 0, mu 0, sigma 0"));
  AetErrorClear();
  AET_TEST(DenoiseSmall(32, (AetNoise){1, NAN, 0}) == AET_ERR_INPUT);
  AetErrorClear();
}

int main(int argc, char **argv)
{
  static const AetTestCase tests[] = {{"better than others", TestBetterThanOthers},
                                      {"profiles", TestProfiles},
                                      {"plane", TestPlane},
                                      {"any number of ranks and threads", TestAnyNumberOfRanksAndThreads},
                                      {"wrong noise is flagged", TestWrongNoiseIsFlagged},
                                      {"mistakes", TestMistakes}};

  const char *rank = getenv("OMPI_COMM_WORLD_RANK");

  setenv("OMP_NUM_THREADS", "1", 0); /* that it is set makes AetThreads ask OpenMP */
  omp_set_num_threads((rank ? atoi(rank) + 1 : 1) % 3 + 1);
  AetOptionsRegister(&AetSimulateOptions);
  return AetTestMain(argc, argv, "tilt denoise", tests, sizeof tests / sizeof *tests);
}
