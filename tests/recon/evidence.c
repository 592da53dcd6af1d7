/* R_free of every method, of a noisy specimen of Gaussian atoms. */
#include "mpi_test.h"
#include <aet4d/recon.h>
#include <math.h>

enum { N = 20, VIEWS = 24, ATOMS = 30, METHODS_MAX = 64 };
static const double sigma = 0.9;

static void Option(const char *key, const char *value)
{
  AET_TEST_CALL(PetscOptionsSetValue(NULL, key, value));
}

/* `views` views over ±75° of 24, without view `without` (-1: all): atoms projected in closed form, noise keyed by view and pixel. */
static AetTiltSeries Series(MPI_Comm comm, int views, int without, double noise)
{
  const int count = views - (without >= 0);
  double(*angles)[3] = calloc((size_t)views, sizeof *angles);
  int          *view = calloc((size_t)views, sizeof *view);
  AetTiltSeries tilt = NULL;

  for (int j = 0, k = 0; j < views; j++)
    if (j != without) angles[k][1] = -75 + 150.0 * j / (VIEWS - 1), view[k++] = j;
  AET_TEST_CALL(AetTiltSeriesCreate(comm, count, N, N, 1, AET_ANGLES_ZYX, (const double(*)[3])angles, &tilt));
  for (ptrdiff_t i = 0; i < tilt->v_count * N * N; i++) {
    const ptrdiff_t j = tilt->v_start + i / (N * N);
    double          value = noise * AetRandomNormal(5, 9, (uint64_t)(view[j] * N * N + i % (N * N)));
    for (int b = 0; b < ATOMS; b++) {
      double r[3], seen[3], du, dv;
      for (int a = 0; a < 3; a++) r[a] = 10 * AetRandomUniform(21, (uint64_t)a, (uint64_t)b) - 5;
      AetRotate(tilt->rotation[j], r, seen);
      du = (double)(i % N - N / 2) - seen[0], dv = (double)(i / N % N - N / 2) - seen[1];
      value += exp(-0.5 * (du * du + dv * dv) / (sigma * sigma));
    }
    tilt->image[i] = (float)value;
  }
  free(angles);
  free(view);
  return tilt;
}

/* The names of recon_method's choices, which are those of the registry. */
static int Methods(char names[METHODS_MAX][32])
{
  const char *choices = AetReconOptions.options[0].choices;
  int         count = 0;

  AET_TEST(!strcmp(AetReconOptions.options[0].key, "recon_method"));
  while (*choices && count < METHODS_MAX) {
    const size_t length = strcspn(choices, "|");
    snprintf(names[count++], 32, "%.*s", (int)length, choices);
    choices += length + (choices[length] == '|');
  }
  AET_TEST(count >= 8 && count < METHODS_MAX);
  return count;
}

static AetVolume Reconstruct(AetTiltSeries tilt, const char *method, const char *iterations, const char *fraction, AetReconReport *report)
{
  AetRecon              recon = NULL;
  AetVolume             volume = NULL;
  const AetReconReport *lent;

  Option("-recon_method", method);
  Option("-recon_iterations", iterations);
  Option("-recon_rfree_fraction", fraction);
  AET_TEST_CALL(AetReconCreate(tilt, &recon));
  AET_TEST_CALL(AetReconSolve(recon, &volume));
  AET_TEST_CALL(AetReconGetReport(recon, &lent));
  *report = *lent;
  AET_TEST_CALL(AetReconDestroy(&recon));
  return volume;
}

static AetReconReport Report(AetTiltSeries tilt, const char *method, const char *iterations, const char *fraction)
{
  AetReconReport report;
  AetVolume      volume = Reconstruct(tilt, method, iterations, fraction, &report);

  AET_TEST_CALL(AetVolumeDestroy(&volume));
  return report;
}

static double Difference(AetVolume a, AetVolume b)
{
  double worst = 0, all;

  for (ptrdiff_t i = 0; i < a->z_count * a->n[1] * a->n[2]; i++) worst = fmax(worst, fabs((double)a->data[i] - b->data[i]));
  MPI_Allreduce(&worst, &all, 1, MPI_DOUBLE, MPI_MAX, a->comm);
  return all;
}

/* Every method tells how it predicts what it was not shown, worse than it fits what it was; asked for none, it tells none. */
static void TestEveryMethod(void)
{
  AetTiltSeries tilt = Series(PETSC_COMM_WORLD, VIEWS, -1, 0.1);
  char          name[METHODS_MAX][32];
  const int     count = Methods(name);

  for (int m = 0; m < count; m++) {
    if (!strcmp(name[m], "est")) continue; /* takes equal slopes only: est.c */
    AetReconReport with = Report(tilt, name[m], "8", "0.1"), without = Report(tilt, name[m], "8", "0");
    if (getenv("AET_SHOW")) printf("%s: R1 %.4f, R_free %.4f\n", name[m], with.r1, with.rfree);
    AET_TEST(with.rfree > 0 && with.rfree < 1);
    AET_TEST(with.rfree > 0.8 * with.r1); /* GENFIRE's is of magnitudes alone */
    AET_TEST(without.rfree < 0);
  }
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
}

/* The reported volume of methods that are run twice is that of all views; their R_free is how the volume of the others, reconstructed from
   a series that never held it, projects along the view left out. */
static void TestLeftOutByHand(void)
{
  static const char *const method[2] = {"wbp", "cgls"};
  AetTiltSeries            tilt = Series(PETSC_COMM_WORLD, VIEWS, -1, 0.1);

  for (int m = 0; m < 2; m++) {
    AetReconReport with, without;
    AetVolume      a = Reconstruct(tilt, method[m], "5", "0.05", &with), b = Reconstruct(tilt, method[m], "5", "0", &without);
    int            found = 0;
    AET_TEST(Difference(a, b) == 0);
    for (int j = 0; j < VIEWS; j++) {
      AetTiltSeries  others = Series(PETSC_COMM_WORLD, VIEWS, j, 0.1);
      AetReconReport report;
      AetVolume      volume = Reconstruct(others, method[m], "5", "0", &report);
      AetProjector   projector = NULL;
      float         *images = calloc((size_t)(tilt->v_count * N * N) + 1, sizeof *images);
      double         sums[2] = {0}, all[2];
      AET_TEST_CALL(AetProjectorCreate(tilt, volume->n, 2, 6, &projector));
      AET_TEST_CALL(AetProjectorForward(projector, volume->data, images));
      for (ptrdiff_t i = 0; i < tilt->v_count * N * N; i++)
        if (tilt->v_start + i / (N * N) == j) sums[0] += fabs(images[i] - tilt->image[i]), sums[1] += fabs(tilt->image[i]);
      MPI_Allreduce(sums, all, 2, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
      found += fabs(all[0] / all[1] - with.rfree) < 1e-6;
      free(images);
      AET_TEST_CALL(AetProjectorDestroy(&projector));
      AET_TEST_CALL(AetVolumeDestroy(&volume));
      AET_TEST_CALL(AetTiltSeriesDestroy(&others));
    }
    AET_TEST(found == 1);
    AET_TEST_CALL(AetVolumeDestroy(&a));
    AET_TEST_CALL(AetVolumeDestroy(&b));
  }
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
}

/* Noise fitted: with too many iterations R1 falls on and R_free rises. */
static void TestOverFit(void)
{
  static const char *const method[] = {"resire", "resire", "cgls", "sirt"}, *const operator_[] = {"pair", "convolution"};
  static const char *const few[] = {"8", "8", "3", "20"}, *const many[] = {"200", "200", "40", "600"};
  AetTiltSeries tilt = Series(PETSC_COMM_WORLD, VIEWS, -1, 0.8);

  for (int m = 0; m < 4; m++) {
    AetReconReport early, late;
    if (m < 2) Option("-recon_operator", operator_[m]);
    early = Report(tilt, method[m], few[m], "0.1");
    late = Report(tilt, method[m], many[m], "0.1");
    Option("-recon_operator", "auto");
    if (getenv("AET_SHOW"))
      printf("%s: %s iterations R1 %.4f, R_free %.4f; %s: %.4f, %.4f\n", method[m], few[m], early.r1, early.rfree, many[m], late.r1,
             late.rfree);
    AET_TEST(late.r1 < 0.9995 * early.r1);
    AET_TEST(late.rfree > 1.015 * early.rfree); /* positivity leaves noise little room; without it, as in CGLS, R_free goes beyond 2 */
  }
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
}

/* On a plateau iterations end: fewer of them, and nearly nothing lost; the withheld data has been let go by then. */
static void TestPlateau(void)
{
  static const char *const method[] = {"resire", "resire", "sirt", "genfire"}, *const operator_[] = {"pair", "convolution", "auto", "auto"};
  AetTiltSeries tilt = Series(PETSC_COMM_WORLD, VIEWS, -1, 0.3);

  for (int m = 0; m < 4; m++) {
    AetReconReport rested, whole;
    AetVolume      a, b;
    double         correlation = 0;
    Option("-recon_operator", operator_[m]);
    b = Reconstruct(tilt, method[m], "240", "0.1", &whole);
    Option("-recon_plateau", "0.001");
    a = Reconstruct(tilt, method[m], "240", "0.1", &rested);
    Option("-recon_plateau", "0");
    AET_TEST_CALL(AetVolumeCorrelation(a, b, &correlation));
    if (getenv("AET_SHOW"))
      printf("%s: %d iterations, error %.5f (all: %.5f), R1 %.4f (%.4f), R_free %.4f (%.4f), correlation %.4f\n", method[m],
             (int)rested.iterations, rested.error, whole.error, rested.r1, whole.r1, rested.rfree, whole.rfree, correlation);
    AET_TEST(whole.iterations == 240);
    AET_TEST(rested.iterations > 10 && rested.iterations < 200);
    AET_TEST(rested.error < 1.03 * whole.error);
    AET_TEST(rested.rfree > 0);
    AET_TEST(correlation > 0.94);
    AET_TEST_CALL(AetVolumeDestroy(&a));
    AET_TEST_CALL(AetVolumeDestroy(&b));
  }
  Option("-recon_operator", "auto");
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
}

/* At rest without the withheld data, iterations go on with it until they are at rest again: the volume is that of all data. */
static void TestPlateauReleases(void)
{
  AetTiltSeries  tilt = Series(PETSC_COMM_WORLD, VIEWS, -1, 0.3);
  AetReconReport with, without;
  AetVolume      a, b;
  double         correlation = 0;

  Option("-recon_plateau", "0.0001");
  a = Reconstruct(tilt, "resire", "2000", "0.3", &with);
  b = Reconstruct(tilt, "resire", "2000", "0", &without);
  Option("-recon_plateau", "0");
  AET_TEST_CALL(AetVolumeCorrelation(a, b, &correlation));
  AET_TEST(with.iterations < 1000 && without.iterations < with.iterations);
  AET_TEST(with.rfree > 1.05 * with.r1);
  AET_TEST_CLOSE(with.r1 / without.r1, 1, 0.01);
  AET_TEST(correlation > 0.99);
  if (getenv("AET_SHOW"))
    printf("released: %d and %d iterations, R1 %.4f and %.4f, correlation %.5f\n", (int)with.iterations, (int)without.iterations, with.r1,
           without.r1, correlation);
  AET_TEST_CALL(AetVolumeDestroy(&a));
  AET_TEST_CALL(AetVolumeDestroy(&b));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
}

/* GENFIRE's schedule of resolutions is followed to its end, whatever errK does within a stage. */
static void TestScheduleIsKept(void)
{
  AetTiltSeries  tilt = Series(PETSC_COMM_WORLD, VIEWS, -1, 0.3);
  AetReconReport report;

  Option("-recon_plateau", "0.5");
  Option("-recon_resolution_extension", "extension+suppression");
  report = Report(tilt, "genfire", "60", "0.1");
  Option("-recon_resolution_extension", "none");
  Option("-recon_plateau", "0");
  AET_TEST(report.iterations == 60);
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
}

/* The same bits on one rank and on all. */
static void TestRanks(void)
{
  AetTiltSeries            together = Series(PETSC_COMM_WORLD, VIEWS, -1, 0.1), alone = Series(PETSC_COMM_SELF, VIEWS, -1, 0.1);
  static const char *const method[] = {"wbp", "dfi", "cgls", "resire"};

  for (int m = 0; m < 4; m++) {
    AetReconReport ours = Report(together, method[m], "6", "0.1"), mine = Report(alone, method[m], "6", "0.1");
    AET_TEST_CLOSE(ours.rfree / mine.rfree, 1, 1e-6);
  }
  AET_TEST_CALL(AetTiltSeriesDestroy(&together));
  AET_TEST_CALL(AetTiltSeriesDestroy(&alone));
}

/* Where a view cannot be spared, none is. */
static void TestFewViews(void)
{
  AetTiltSeries  tilt = Series(PETSC_COMM_WORLD, 5, -1, 0.1);
  AetReconReport few = Report(tilt, "wbp", "1", "0.05"), enough = Report(tilt, "wbp", "1", "0.25");

  AET_TEST(few.rfree < 0);
  AET_TEST(enough.rfree > 0);
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
}

static void Quiet(void)
{
  Option("-quiet", "true");
}

AET_TEST_MAIN("evidence", {"settings", Quiet}, {"every method", TestEveryMethod}, {"left out by hand", TestLeftOutByHand},
              {"over-fit", TestOverFit}, {"plateau", TestPlateau}, {"released", TestPlateauReleases}, {"schedule", TestScheduleIsKept},
              {"ranks", TestRanks}, {"few views", TestFewViews})
