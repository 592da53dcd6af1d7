/* Settings chosen by how they predict views left out, of a noisy specimen of Gaussian atoms. */
#include "mpi_test.h"
#include <aet4d/recon.h>
#include <math.h>

enum { N = 20, VIEWS = 30, ATOMS = 30 };
static const double sigma = 1;

static void Option(const char *key, const char *value)
{
  if (value)
    AET_TEST_CALL(PetscOptionsSetValue(NULL, key, value));
  else
    AET_TEST_CALL(PetscOptionsClearValue(NULL, key));
}

static double Place(int atom, int axis)
{
  return 10 * AetRandomUniform(21, (uint64_t)axis, (uint64_t)atom) - 5;
}

/* Views over ±75°: atoms projected in closed form, noise keyed by view and pixel. */
static AetTiltSeries Series(MPI_Comm comm, int views, double noise)
{
  double(*angles)[3] = calloc((size_t)views, sizeof *angles);
  AetTiltSeries tilt = NULL;

  for (int j = 0; j < views; j++) angles[j][1] = -75 + 150.0 * j / (views - 1);
  AET_TEST_CALL(AetTiltSeriesCreate(comm, views, N, N, 1, AET_ANGLES_ZYX, (const double(*)[3])angles, &tilt));
  free(angles);
  for (ptrdiff_t i = 0; i < tilt->v_count * N * N; i++) {
    const ptrdiff_t j = tilt->v_start + i / (N * N);
    double          value = noise * AetRandomNormal(5, 9, (uint64_t)(j * N * N + i % (N * N)));
    for (int b = 0; b < ATOMS; b++) {
      const double r[3] = {Place(b, 0), Place(b, 1), Place(b, 2)};
      double       seen[3], du, dv;
      AetRotate(tilt->rotation[j], r, seen);
      du = (double)(i % N - N / 2) - seen[0], dv = (double)(i / N % N - N / 2) - seen[1];
      value += exp(-0.5 * (du * du + dv * dv) / (sigma * sigma));
    }
    tilt->image[i] = (float)value;
  }
  return tilt;
}

static AetVolume Truth(MPI_Comm comm)
{
  const ptrdiff_t n[3] = {N, N, N};
  AetVolume       volume = NULL;

  AET_TEST_CALL(AetVolumeCreate(comm, n, 1, &volume));
  for (ptrdiff_t i = 0; i < volume->z_count * N * N; i++)
    for (int b = 0; b < ATOMS; b++) {
      const double dx = (double)(i % N - N / 2) - Place(b, 0), dy = (double)(i / N % N - N / 2) - Place(b, 1),
                   dz = (double)(volume->z_start + i / (N * N) - N / 2) - Place(b, 2);
      volume->data[i] += (float)exp(-0.5 * (dx * dx + dy * dy + dz * dz) / (sigma * sigma));
    }
  return volume;
}

/* Correlation with the truth of what all views give with the options that are set. */
static double Reached(AetTiltSeries tilt, AetVolume truth, PetscInt iterations)
{
  AetRecon  recon = NULL;
  AetVolume volume = NULL;
  double    correlation = 0;
  char      text[16];

  snprintf(text, sizeof text, "%d", (int)iterations);
  Option("-recon_iterations", text);
  AET_TEST_CALL(AetReconCreate(tilt, &recon));
  AET_TEST_CALL(AetReconSetFromOptions(recon));
  AET_TEST_CALL(AetReconUseAllData(recon));
  AET_TEST_CALL(AetReconSolve(recon, &volume));
  AET_TEST_CALL(AetVolumeCorrelation(volume, truth, &correlation));
  AET_TEST_CALL(AetVolumeDestroy(&volume));
  AET_TEST_CALL(AetReconDestroy(&recon));
  Option("-recon_iterations", NULL);
  return correlation;
}

/* Sets the options that a row of the table names, or clears them. */
static void Settings(const AetScanRow *row, int set)
{
  char copy[sizeof row->settings], *state = NULL;

  snprintf(copy, sizeof copy, "%s", row->settings);
  for (char *word = strtok_r(copy, " ", &state); word; word = strtok_r(NULL, " ", &state)) {
    char key[80], *value = strchr(word, '=');
    *value++ = 0;
    snprintf(key, sizeof key, "-recon_%s", word);
    if (strcmp(word, "method")) Option(key, set ? value : NULL);
  }
}

/* Of all that was tried, on all views now: the choice by R_free is as near to the truth as any, and what fits the noise is not chosen. */
static void AgainstTruth(const char *method, double noise, double worst_least)
{
  AetTiltSeries tilt = Series(PETSC_COMM_WORLD, VIEWS, noise);
  AetVolume     truth = Truth(tilt->comm);
  double        best = -1, worst = 2, chosen = -1;
  AetScan       scan;

  Option("-recon_method", method);
  AET_TEST_CALL(AetReconScan(tilt, &scan));
  for (int i = 0; i < scan.count; i++) {
    double found;
    Settings(&scan.rows[i], 1);
    found = Reached(tilt, truth, scan.rows[i].iterations);
    Settings(&scan.rows[i], 0);
    if (getenv("AET_SHOW"))
      printf("%s %d: R1 %.4f, R_free %.4f, correlation %.4f%s\n", scan.rows[i].settings, (int)scan.rows[i].iterations, scan.rows[i].r1,
             scan.rows[i].rfree, found, scan.rows[i].chosen ? " chosen" : "");
    best = fmax(best, found), worst = fmin(worst, found);
    if (scan.rows[i].chosen) chosen = found;
  }
  if (getenv("AET_SHOW")) printf("%s, noise %g: chosen %.4f of %.4f to %.4f\n", method, noise, chosen, worst, best);
  AET_TEST(chosen >= best - 0.002);
  AET_TEST(worst < best - worst_least);
  AET_TEST_CALL(AetReconScanFree(&scan));
  AET_TEST_CALL(AetVolumeDestroy(&truth));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
  Option("-recon_method", NULL);
}

static void TestNoise(void)
{
  AgainstTruth("resire", 0.8, 0.02);
  AgainstTruth("sirt", 0.8, 0.02);
  AgainstTruth("cgls", 0.8, 0.1);
}

static AetScan ScanOf(MPI_Comm comm, int groups)
{
  AetTiltSeries tilt = Series(comm, 17, 0.3);
  AetScan       scan = {0};
  char          text[16];

  snprintf(text, sizeof text, "%d", groups);
  Option("-groups", text);
  AET_TEST_CALL(AetReconScan(tilt, &scan));
  Option("-groups", NULL);
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
  return scan;
}

/* One rank, all of them, in one group or many: the same table, bit for bit; and the crowd is thinned alike. */
static void TestGroups(void)
{
  AetScan alone, all;
  int     size;

  MPI_Comm_size(PETSC_COMM_WORLD, &size);
  Option("-recon_oversampling", "2");
  alone = ScanOf(PETSC_COMM_SELF, 1);
  AET_TEST(alone.candidates >= 20 && alone.rounds == 2);
  for (int groups = 0; groups <= size; groups++) {
    int same;
    all = ScanOf(PETSC_COMM_WORLD, groups);
    same = alone.count == all.count && alone.chosen == all.chosen && alone.left_out == all.left_out;
    AET_TEST(groups == 0 || all.groups == groups);
    for (int i = 0; same && i < all.count; i++)
      same &= !strcmp(alone.rows[i].settings, all.rows[i].settings) && alone.rows[i].iterations == all.rows[i].iterations &&
              alone.rows[i].r1 == all.rows[i].r1 && alone.rows[i].rfree == all.rows[i].rfree && alone.rows[i].final == all.rows[i].final;
    AET_TEST(same);
    AET_TEST_CALL(AetReconScanFree(&all));
  }
  Option("-recon_oversampling", NULL);
  AET_TEST(alone.rows[alone.chosen].final && alone.rows[alone.chosen].chosen);
  for (int i = 0; i < alone.count; i++) AET_TEST(!alone.rows[i].final || alone.rows[i].rfree >= alone.rows[alone.chosen].rfree);
  AET_TEST_CALL(AetReconScanFree(&alone));
}

/* A figure taken on the way is that of a run which ends there. */
static void TestCourse(void)
{
  static const char *const method[] = {"resire", "sirt", "cgls", "lsqr", "sart", "genfire"};
  AetTiltSeries            tilt = Series(PETSC_COMM_WORLD, 17, 0.3);

  Option("-recon_support", "none");
  Option("-recon_smooth", "0");
  Option("-recon_oversampling", "2");
  Option("-recon_gridding_distance", "0.5");
  Option("-recon_resolution_extension", "none");
  for (int m = 0; m < 6; m++) {
    AetScan way, there;
    char    iterations[16];
    Option("-recon_method", method[m]);
    AET_TEST_CALL(AetReconScan(tilt, &way));
    AET_TEST(way.candidates == 1 && way.rounds == 1 && way.count >= 2);
    snprintf(iterations, sizeof iterations, "%d", (int)way.rows[1].iterations);
    Option("-recon_iterations", iterations);
    AET_TEST_CALL(AetReconScan(tilt, &there));
    Option("-recon_iterations", NULL);
    AET_TEST(there.count == 1 && there.rows[0].iterations == way.rows[1].iterations);
    AET_TEST(there.rows[0].r1 == way.rows[1].r1 && there.rows[0].rfree == way.rows[1].rfree);
    AET_TEST_CALL(AetReconScanFree(&way));
    AET_TEST_CALL(AetReconScanFree(&there));
  }
  Option("-recon_method", NULL);
  Option("-recon_support", NULL);
  Option("-recon_smooth", NULL);
  Option("-recon_oversampling", NULL);
  Option("-recon_gridding_distance", NULL);
  Option("-recon_resolution_extension", NULL);
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
}

/* What the user sets stays; the choice becomes options, and goes again. */
static void TestOptions(void)
{
  AetTiltSeries tilt = Series(PETSC_COMM_WORLD, 17, 0.3);
  PetscInt      iterations;
  PetscBool     set;
  AetScan       scan;

  Option("-recon_method", "wbp");
  Option("-recon_support", "auto");
  AET_TEST_CALL(AetReconScan(tilt, &scan));
  AET_TEST(scan.candidates == 2 && scan.count == 2);
  for (int i = 0; i < scan.count; i++) AET_TEST(!strstr(scan.rows[i].settings, "support") && strstr(scan.rows[i].settings, "window="));
  AET_TEST_CALL(AetReconScanUse(&scan, PETSC_TRUE));
  AET_TEST_CALL(AetOptionIsSet("recon_window", &set));
  AET_TEST_CALL(AetOptionGetInt("recon_iterations", &iterations));
  AET_TEST(set && iterations == 1);
  AET_TEST_CALL(AetReconScanUse(&scan, PETSC_FALSE));
  AET_TEST_CALL(AetOptionIsSet("recon_window", &set));
  AET_TEST(!set);
  AET_TEST_CALL(AetReconScanFree(&scan));
  Option("-recon_method", NULL);
  Option("-recon_support", NULL);
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
}

static void TestMistakes(void)
{
  AetTiltSeries few = Series(PETSC_COMM_WORLD, 4, 0.3), tilt = Series(PETSC_COMM_WORLD, 9, 0.3);
  AetScan       scan;

  AET_TEST(AetReconScan(few, &scan) == AET_ERR_INPUT && strstr(AetErrorMessage(), "recon_auto: expected 5 views or more, found 4"));
  AetErrorClear();
  Option("-groups", "99");
  AET_TEST(AetReconScan(tilt, &scan) == AET_ERR_INPUT && strstr(AetErrorMessage(), "groups: expected 1 to"));
  Option("-groups", NULL);
  AetErrorClear();
  AET_TEST_CALL(AetTiltSeriesDestroy(&few));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
}

static void Quiet(void)
{
  Option("-quiet", "true");
}

AET_TEST_MAIN("scan", {"settings", Quiet}, {"noise", TestNoise}, {"course", TestCourse}, {"options", TestOptions},
              {"mistakes", TestMistakes}, {"groups", TestGroups})
