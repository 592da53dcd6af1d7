/* Facts about the noise model: alpha and sigma come out of displaced frames of an atomic particle, the stabilised noise has variance 1, the
   inverse of the transform has no bias. */
#include "mpi_test.h"
#include <aet4d/simulate.h>
#include <aet4d/tilt.h>

enum { VIEWS = 2, FRAMES = 4, SIZE = 160 };

static void Set(const char *key, const char *value)
{
  char name[64];

  snprintf(name, sizeof name, "-%s", key);
  AET_TEST_CALL(PetscOptionsSetValue(NULL, name, value));
}

/* Frames of a gold particle that drifts by several pixels from frame to frame, an atom's integral `counts` electrons. */
static void MakeFrames(double counts, AetNoise truth, ptrdiff_t frames, AetFrames *set)
{
  double      angles[VIEWS][3] = {{0, 0, 0}, {0, 41, 0}}, displaced[3];
  AetSpecimen specimen;
  float      *image;

  Set("simulate_species", "Au");
  Set("simulate_diameter_angstrom", "36");
  AET_TEST_CALL(AetSpecimenFromOptions(&specimen));
  AET_TEST_CALL(AetFramesCreate(MPI_COMM_WORLD, VIEWS, frames, SIZE, SIZE, 0.4, AET_ANGLES_ZYX, (const double(*)[3])angles, NULL, set));
  AET_TEST_CALL(PetscMalloc1(VIEWS * SIZE * SIZE, &image));
  for (ptrdiff_t f = 0; f < frames; f++) {
    for (int a = 0; a < 2; a++) displaced[a] = 4 * (AetRandomUniform(7, (uint64_t)a, (uint64_t)f) - 0.5); /* ± 5 pixels */
    for (PetscInt i = 0; i < specimen.count; i++)
      for (int a = 0; a < 2; a++) specimen.position[3 * i + a] += displaced[a];
    AET_TEST_CALL(AetSimulateProjections(MPI_COMM_SELF, &specimen, VIEWS, (const double(*)[9])(*set)->rotation, SIZE, SIZE, 0.4, image));
    for (PetscInt i = 0; i < specimen.count; i++)
      for (int a = 0; a < 2; a++) specimen.position[3 * i + a] -= displaced[a];
    for (ptrdiff_t v = 0; v < (*set)->v_count; v++)
      for (ptrdiff_t p = 0; p < SIZE * SIZE; p++) {
        const ptrdiff_t view = (*set)->v_start + v;
        const uint64_t  at = (uint64_t)((view * frames + f) * SIZE * SIZE + p);
        const double    electrons = AetRandomPoisson(11, 1, at, counts * fmax(image[view * SIZE * SIZE + p], 0));
        (*set)->image[(v * frames + f) * SIZE * SIZE + p] =
            (float)(truth.alpha * electrons + truth.mu + truth.sigma * AetRandomNormal(11, 2, at));
      }
  }
  AET_TEST_CALL(PetscFree(image));
  AetSpecimenDestroy(&specimen);
}

/* doses of an image from 500 e/Å² to 10⁵ at the yield of gold, detectors with and without read noise, gain and offset */
static const struct {
  double   counts;
  AetNoise noise;
} cases[] = {{10, {1, 0, 0.5}},         {40, {1, 0, 0.3}},  {40, {1, 5, 2}},         {200, {37, -100, 60}},
             {200, {1e-3, 0.02, 2e-3}}, {2000, {1, 0, 10}}, {2000, {0.25, 3, 0.05}}, {40, {1, 0, 0}}};

static void ExpectNoise(AetNoise found, AetNoise truth, double counts, const char *of)
{
  char text[200];

  snprintf(text, sizeof text, "%s, %g counts: alpha %g of %g, mu %g of %g, sigma %g of %g", of, counts, found.alpha, truth.alpha, found.mu,
           truth.mu, found.sigma, truth.sigma);
  printf("\n    %s", text);
  AetTestAssert(fabs(found.alpha - truth.alpha) <= 0.03 * truth.alpha, text, __LINE__, __FILE__);
  /* without read noise, what little there is must not matter beside one electron */
  AetTestAssert(fabs(found.sigma - truth.sigma) <= 0.03 * (truth.sigma > 0 ? truth.sigma : truth.alpha), text, __LINE__, __FILE__);
  AetTestAssert(fabs(found.mu - truth.mu) <= 0.03 * fmax(truth.sigma, truth.alpha), text, __LINE__, __FILE__);
}

static void TestNoiseOfDisplacedFrames(void)
{
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
    AetFrames set;
    AetNoise  found;

    MakeFrames(cases[c].counts, cases[c].noise, FRAMES, &set);
    AET_TEST_CALL(AetNoiseFromFrames(set, &found));
    ExpectNoise(found, cases[c].noise, cases[c].counts, "frames");
    AET_TEST_CALL(AetFramesDestroy(&set));
  }
}

/* One image per angle: less to go by, so several alike. */
static void TestNoiseOfSingleImages(void)
{
  enum { COPIES = 12 };
  const AetNoise truth = {2, 1, 3};
  const double   angles[VIEWS * COPIES][3] = {{0}};
  AetFrames      set;
  AetTiltSeries  tilt;
  AetNoise       found;

  MakeFrames(100, truth, COPIES, &set);
  AET_TEST_CALL(AetTiltSeriesCreate(MPI_COMM_WORLD, VIEWS * COPIES, SIZE, SIZE, 0.4, AET_ANGLES_ZYX, angles, &tilt));
  /* every rank fills its views with the frames that it has: which they are does not matter */
  for (ptrdiff_t v = 0; v < tilt->v_count && set->v_count; v++)
    memcpy(tilt->image + v * SIZE * SIZE, set->image + v % (set->v_count * COPIES) * SIZE * SIZE, sizeof(float) * SIZE * SIZE);
  for (ptrdiff_t i = 0; i < tilt->v_count * SIZE * SIZE && !set->v_count; i++) /* a rank that has none: background */
    tilt->image[i] = (float)(truth.mu + truth.sigma * AetRandomNormal(3, 1, (uint64_t)(tilt->v_start * SIZE * SIZE + i)));
  AET_TEST_CALL(AetNoiseFromTilt(tilt, &found));
  ExpectNoise(found, truth, 100, "single images");
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
  AET_TEST_CALL(AetFramesDestroy(&set));
}

/* The same numbers however the views are spread. */
static void TestAnyNumberOfRanks(void)
{
  AetFrames set, whole;
  AetNoise  found, alone;

  MakeFrames(50, (AetNoise){1, 0, 1}, FRAMES, &set);
  AET_TEST_CALL(
      AetFramesCreate(MPI_COMM_SELF, VIEWS, FRAMES, SIZE, SIZE, 0.4, AET_ANGLES_ZYX, (const double(*)[3])set->angles_deg, NULL, &whole));
  memcpy(whole->image + set->v_start * FRAMES * SIZE * SIZE, set->image, sizeof(float) * (size_t)(set->v_count * FRAMES * SIZE * SIZE));
  MPI_Allreduce(MPI_IN_PLACE, whole->image, VIEWS * FRAMES * SIZE * SIZE, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
  AET_TEST_CALL(AetNoiseFromFrames(set, &found));
  AET_TEST_CALL(AetNoiseFromFrames(whole, &alone));
  AET_TEST(found.alpha == alone.alpha && found.mu == alone.mu && found.sigma == alone.sigma);
  AET_TEST_CALL(AetFramesDestroy(&set));
  AET_TEST_CALL(AetFramesDestroy(&whole));
}

/* Images without noise, or too small to tell. */
static void TestNothingToMeasure(void)
{
  const double  angles[1][3] = {{0}};
  AetTiltSeries tilt;
  AetNoise      noise;

  for (int small = 0; small < 2; small++) {
    AET_TEST_CALL(AetTiltSeriesCreate(MPI_COMM_WORLD, 1, small ? 7 : 64, 64, 1, AET_ANGLES_ZYX, angles, &tilt));
    AET_TEST(AetNoiseFromTilt(tilt, &noise) == AET_ERR_DATA && strstr(AetErrorMessage(), "noise: "));
    AetErrorClear();
    AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
  }
}

static void Draw(AetNoise noise, double electrons, uint64_t stream, ptrdiff_t count, float *z)
{
  for (ptrdiff_t i = 0; i < count; i++)
    z[i] = (float)(noise.alpha * AetRandomPoisson(5, stream, (uint64_t)i, electrons) + noise.mu +
                   noise.sigma * AetRandomNormal(6, stream, (uint64_t)i));
}

static void TestStabilisedVarianceAndInverse(void)
{
  enum { DRAWS = 60000 };
  static const AetNoise noises[] = {{1, 0, 0}, {1, 0, 0.7}, {40, -100, 60}, {0.01, 0.3, 0.05}, {0, 2, 3}, {1, 0, 30}};
  static const double   electrons[] = {0, 0.5, 1, 2, 4, 20, 100, 240, 260, 1000};
  float                *z;
  uint64_t              stream = 0;

  AET_TEST_CALL(PetscMalloc1(DRAWS, &z));
  for (size_t n = 0; n < sizeof noises / sizeof *noises; n++)
    for (size_t e = 0; e < sizeof electrons / sizeof *electrons; e++) {
      const AetNoise noise = noises[n];
      const double   gain = noise.alpha > 0 ? noise.alpha : noise.sigma, read = noise.sigma / gain;
      double         mean = 0, variance = 0;
      float          back;
      char           text[200];

      Draw(noise, electrons[e], stream++, DRAWS, z);
      AET_TEST_CALL(AetNoiseStabilise(noise, DRAWS, z));
      for (ptrdiff_t i = 0; i < DRAWS; i++) mean += z[i];
      mean /= DRAWS;
      for (ptrdiff_t i = 0; i < DRAWS; i++) variance += (z[i] - mean) * (z[i] - mean) / (DRAWS - 1);
      back = (float)mean;
      AET_TEST_CALL(AetNoiseUnstabilise(noise, 1, &back));
      snprintf(text, sizeof text, "alpha %g sigma %g, %g electrons: variance %.4f, inverse %.5f", noise.alpha, noise.sigma, electrons[e],
               variance, (back - noise.mu) / gain);
      /* a few electrons cannot be stabilised by a root: 1.06 at 4 of them with a read noise of 1.5, 0.62 at 0.5 without */
      if (electrons[e] >= 10 || read >= 20 || noise.alpha == 0 || (electrons[e] >= 4 && read == 0))
        AetTestAssert(fabs(variance - 1) <= 0.03, text, __LINE__, __FILE__);
      /* 0.5 % of max(1, mean), and four standard errors of the draws */
      const double truth = noise.alpha > 0 ? electrons[e] : 0, error = 4 * sqrt((truth + read * read + 0.4) / DRAWS);
      AetTestAssert(fabs((back - noise.mu) / gain - truth) <= 0.005 * fmax(1, truth) + error, text, __LINE__, __FILE__);
    }
  AET_TEST_CALL(PetscFree(z));
}

/* Sharper than draws allow: pure Poisson means, summed here. The naive inverse D²/4 - 3/8 is off by a quarter of an electron. */
static void TestInverseAgainstSums(void)
{
  for (double electrons = 0.01; electrons < 400; electrons *= 1.3) {
    double weight = exp(-electrons), mean = 0;
    float  D;

    for (int p = 0; p < 1000; weight *= electrons / ++p) mean += weight * 2 * sqrt(p + 0.375);
    D = (float)mean;
    AET_TEST_CALL(AetNoiseUnstabilise((AetNoise){1, 0, 0}, 1, &D));
    AET_TEST_CLOSE(D, electrons, 1e-3 * fmax(1, electrons));
    AET_TEST(electrons < 2 || fabs(mean * mean / 4 - 0.375 - electrons) > 0.2);
  }
}

int main(int argc, char **argv)
{
  static const AetTestCase tests[] = {{"noise of displaced frames", TestNoiseOfDisplacedFrames},
                                      {"noise of single images", TestNoiseOfSingleImages},
                                      {"any number of ranks", TestAnyNumberOfRanks},
                                      {"nothing to measure", TestNothingToMeasure},
                                      {"stabilised variance, unbiased inverse", TestStabilisedVarianceAndInverse},
                                      {"inverse against sums", TestInverseAgainstSums}};

  AetOptionsRegister(&AetSimulateOptions);
  return AetTestMain(argc, argv, "tilt noise", tests, sizeof tests / sizeof *tests);
}
