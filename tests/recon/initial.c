/* The initial model: what a method begins with. */
#include "specimen.h"

static const char *const methods[] = {"resire", "genfire", "sirt", "sart", "cgls", "lsqr"};
enum { METHODS = sizeof methods / sizeof methods[0], VIEWS = 24 };
static char file[64];

static void Write(AetVolume volume)
{
  int size;

  MPI_Comm_size(MPI_COMM_WORLD, &size);
  snprintf(file, sizeof file, "recon_initial_%d.mrc", size); /* tests of other sizes may run beside */
  AET_TEST_CALL(AetVolumeWrite(volume, file));
  MPI_Barrier(MPI_COMM_WORLD);
}

static AetVolume First(AetTiltSeries tilt, int method, const char *initial, AetReconReport *report)
{
  SpecimenOption("recon_initial", initial);
  return SpecimenReconstruct(tilt, methods[method], "2", report);
}

/* Two steps from the specimen itself stay with it; two steps from nothing are far from there. The file may be larger than the volume. */
static void TestBeginsThere(void)
{
  const ptrdiff_t larger[3] = {27, SPECIMEN + 4, SPECIMEN + 1};
  AetTiltSeries   tilt = SpecimenSeries(PETSC_COMM_WORLD, VIEWS, 75);
  AetVolume       truth = SpecimenTruth(tilt->comm), given = SpecimenVolume(tilt->comm, larger, specimen_pixel);

  Write(given);
  for (int pair = 0; pair < 2; pair++)
    for (int m = 0; m < (pair ? 1 : METHODS); m++) {
      AetReconReport from, none;
      AetVolume      a, b;
      SpecimenOption("recon_operator", pair ? "pair" : "auto");
      a = First(tilt, m, file, &from);
      b = First(tilt, m, "none", &none);
      AET_TEST(from.r1 < 0.5 * none.r1);
      AET_TEST(SpecimenCorrelation(a, truth) > 0.999);
      AET_TEST(SpecimenDistance(truth, a) < 0.5 * SpecimenDistance(truth, b));
      AET_TEST_CALL(AetVolumeDestroy(&a));
      AET_TEST_CALL(AetVolumeDestroy(&b));
    }
  AET_TEST_CALL(AetVolumeDestroy(&given));
  AET_TEST_CALL(AetVolumeDestroy(&truth));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
}

/* A model of nothing is no model. */
static void TestNothing(void)
{
  AetTiltSeries tilt = SpecimenSeries(PETSC_COMM_WORLD, VIEWS, 75);
  AetVolume     empty = SpecimenTruth(tilt->comm);

  memset(empty->data, 0, (size_t)(empty->z_count * SPECIMEN * SPECIMEN) * sizeof *empty->data);
  Write(empty);
  for (int m = 0; m < METHODS; m++) {
    AetReconReport report;
    AetVolume      a = First(tilt, m, file, &report), b = First(tilt, m, "none", &report);
    AET_TEST_CLOSE(SpecimenDistance(b, a), 0, 1e-6);
    AET_TEST_CALL(AetVolumeDestroy(&a));
    AET_TEST_CALL(AetVolumeDestroy(&b));
  }
  AET_TEST_CALL(AetVolumeDestroy(&empty));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
}

/* RESIRE forgets where it began: the least squares it ends at are the same, with a full range of views. */
static void TestSameMinimum(void)
{
  AetTiltSeries  tilt = SpecimenSeries(PETSC_COMM_WORLD, 2 * VIEWS, 90);
  AetVolume      ball = SpecimenTruth(tilt->comm), a, b;
  AetReconReport report;

  for (ptrdiff_t i = 0; i < ball->z_count * SPECIMEN * SPECIMEN; i++) ball->data[i] = 0.1f;
  Write(ball);
  SpecimenOption("recon_initial", file);
  a = SpecimenReconstruct(tilt, "resire", "200", &report);
  SpecimenOption("recon_initial", "none");
  b = SpecimenReconstruct(tilt, "resire", "200", &report);
  AET_TEST_CLOSE(SpecimenDistance(b, a), 0, 0.01);
  AET_TEST_CALL(AetVolumeDestroy(&a));
  AET_TEST_CALL(AetVolumeDestroy(&b));
  AET_TEST_CALL(AetVolumeDestroy(&ball));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
}

static void Refused(AetTiltSeries tilt, const char *method, const char *words)
{
  AetVolume      volume;
  AetReconReport report;

  SpecimenOption("recon_method", method);
  AET_TEST(AetErrorIsUser(SpecimenTry(tilt, &volume, &report)));
  AET_TEST(strstr(AetErrorMessage(), words) != NULL);
  AetErrorClear();
}

/* A model of another pixel, and a method that begins with nothing. */
static void TestRefusals(void)
{
  const ptrdiff_t n[3] = {SPECIMEN, SPECIMEN, SPECIMEN};
  AetTiltSeries   tilt = SpecimenSeries(PETSC_COMM_WORLD, 3, 60);
  AetVolume       other = SpecimenVolume(tilt->comm, n, 1.1 * specimen_pixel);

  Write(other);
  SpecimenOption("recon_initial", file);
  for (int m = 0; m < METHODS; m++) Refused(tilt, methods[m], file);
  Refused(tilt, "wbp", "recon_initial");
  SpecimenOption("recon_initial", "not-there.mrc");
  Refused(tilt, "resire", "not-there.mrc");
  AET_TEST_CALL(AetVolumeDestroy(&other));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
}

AET_TEST_MAIN("initial model", {"begins there", TestBeginsThere}, {"a model of nothing", TestNothing},
              {"the same minimum", TestSameMinimum}, {"refusals", TestRefusals})
