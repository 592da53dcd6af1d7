/* What every registered method must bear: any number of ranks, hardly any data, data that says nothing or the same twice, an initial model;
   and what it must refuse in one line. A method that is registered is tested. */
#include "specimen.h"

enum { MOST = 33, VIEWS = 17 };
static char names[MOST][32];
static int  count;

/* The registry, and RESIRE once more, by the pair. */
static void Methods(void)
{
  count = SpecimenMethods(names);
  AET_TEST(count >= 8 && count < MOST - 1);
  snprintf(names[count++], sizeof names[0], "resire pair");
}

/* Sets the options of method m, `iterations` where it iterates at all. */
static void Choose(int m, const char *iterations)
{
  char name[sizeof names[0]];

  memcpy(name, names[m], sizeof name);
  SpecimenOption("quiet", "true");
  SpecimenOption("recon_operator", strstr(name, " pair") ? "pair" : "auto");
  name[strcspn(name, " ")] = 0;
  SpecimenOption("recon_method", name);
  SpecimenOption("recon_iterations", iterations);
}

/* Of PETSc's Krylov solvers: their reductions depend on the partition. */
static int Rounds(int m)
{
  return !strcmp(names[m], "cgls") || !strcmp(names[m], "lsqr");
}

static AetVolume Reconstruct(AetTiltSeries tilt, int m, const char *iterations, AetReconReport *report)
{
  AetVolume volume;

  Choose(m, iterations);
  AET_TEST_CALL(SpecimenTry(tilt, &volume, report));
  return volume;
}

/* Views of equal slope, ±68°, which every method takes; each of them `times` times. */
static AetTiltSeries Series(MPI_Comm comm, int times)
{
  double(*angles)[3] = calloc((size_t)(VIEWS * times), sizeof *angles);
  AetTiltSeries tilt;

  for (int i = 0; i < VIEWS; i++) {
    const int    l = 2 * (i - VIEWS / 2); /* of tan = 2 l / 20; beyond 45 degrees of cot */
    const double tangent = abs(l) <= 10 ? l / 10.0 : (l > 0 ? 10.0 : -10.0) / (20 - abs(l));
    for (int t = 0; t < times; t++) angles[i * times + t][1] = atan(tangent) * 180 / M_PI;
  }
  tilt = SpecimenAt(comm, VIEWS * times, (const double(*)[3])angles);
  free(angles);
  return tilt;
}

static int Finite(AetVolume volume)
{
  int good = 1;

  for (ptrdiff_t i = 0; i < volume->z_count * volume->n[1] * volume->n[2]; i++) good = good && fabsf(volume->data[i]) < 1e4f;
  return good;
}

static void SameOnAnyNumberOfRanks(const char *thickness)
{
  AetTiltSeries together = Series(PETSC_COMM_WORLD, 1), alone = Series(PETSC_COMM_SELF, 1);

  SpecimenOption("recon_thickness", thickness);
  for (int m = 0; m < count; m++) {
    AetReconReport ours, mine;
    AetVolume      shared = Reconstruct(together, m, "4", &ours), own = Reconstruct(alone, m, "4", &mine);
    const double   distance = SpecimenDistance(shared, own);
    if (!(distance <= (Rounds(m) ? 1e-5 : 0))) fprintf(stderr, "%s: distance %g\n", names[m], distance);
    AET_TEST(distance <= (Rounds(m) ? 1e-5 : 0));
    AET_TEST_CLOSE(ours.r1, mine.r1, 1e-6);
    AET_TEST_CLOSE(ours.rfree, mine.rfree, 1e-6);
    AET_TEST_CALL(AetVolumeDestroy(&shared));
    AET_TEST_CALL(AetVolumeDestroy(&own));
  }
  SpecimenOption("recon_thickness", "0");
  AET_TEST_CALL(AetTiltSeriesDestroy(&together));
  AET_TEST_CALL(AetTiltSeriesDestroy(&alone));
}

static void TestAnyNumberOfRanks(void)
{
  Methods();
  SameOnAnyNumberOfRanks("0");
}

/* Three ranks share five planes unevenly, and of four the last has none. */
static void TestFivePlanes(void)
{
  SameOnAnyNumberOfRanks("5");
}

/* One view: an answer, and one that explains it better than nothing does. */
static void TestOneView(void)
{
  AetTiltSeries tilt = SpecimenSeries(PETSC_COMM_WORLD, 1, 0);

  for (int m = 0; m < count; m++) {
    AetReconReport report;
    AetVolume      volume = Reconstruct(tilt, m, "10", &report);
    AET_TEST(Finite(volume));
    if (!(report.r1 < 0.9)) fprintf(stderr, "%s: R1 %g\n", names[m], report.r1);
    AET_TEST(report.r1 >= 0 && report.r1 < 0.9);
    AET_TEST_CALL(AetVolumeDestroy(&volume));
  }
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
}

static void Darken(AetTiltSeries tilt, ptrdiff_t view)
{
  for (ptrdiff_t j = 0; j < tilt->v_count; j++)
    if (view < 0 || tilt->v_start + j == view) memset(tilt->image + j * SPECIMEN * SPECIMEN, 0, SPECIMEN * SPECIMEN * sizeof *tilt->image);
}

/* A view in which the detector was blind spoils the rest little; of nothing comes nothing. */
static void TestDarkViews(void)
{
  AetTiltSeries tilt = Series(PETSC_COMM_WORLD, 1), dark = Series(PETSC_COMM_WORLD, 1);
  AetVolume     truth = SpecimenTruth(tilt->comm);

  Darken(tilt, VIEWS / 2 + 3);
  Darken(dark, -1);
  for (int m = 0; m < count; m++) {
    AetReconReport report;
    AetVolume      volume = Reconstruct(tilt, m, "10", &report), nothing;
    const double   correlation = SpecimenCorrelation(volume, truth);
    double         sum = 0;
    AET_TEST(Finite(volume));
    AET_TEST(isfinite(report.r1) && isfinite(report.error));
    if (!(correlation > 0.85)) fprintf(stderr, "%s: correlation %g\n", names[m], correlation);
    AET_TEST(correlation > 0.85);
    nothing = Reconstruct(dark, m, "4", &report);
    for (ptrdiff_t i = 0; i < nothing->z_count * SPECIMEN * SPECIMEN; i++) sum += fabs((double)nothing->data[i]);
    AET_TEST(sum == 0);
    AET_TEST(report.r1 == 0);
    AET_TEST_CALL(AetVolumeDestroy(&volume));
    AET_TEST_CALL(AetVolumeDestroy(&nothing));
  }
  AET_TEST_CALL(AetVolumeDestroy(&truth));
  AET_TEST_CALL(AetTiltSeriesDestroy(&dark));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
}

/* Every view twice says what it says once. */
static void TestTwice(void)
{
  AetTiltSeries once = Series(PETSC_COMM_WORLD, 1), twice = Series(PETSC_COMM_WORLD, 2);

  SpecimenOption("recon_rfree_fraction", "0"); /* the same is used of both */
  for (int m = 0; m < count; m++) {
    AetReconReport report;
    AetVolume      a = Reconstruct(once, m, "10", &report), b = Reconstruct(twice, m, "10", &report);
    const double   distance = SpecimenDistance(a, b);
    if (!(distance < 0.02)) fprintf(stderr, "%s: twice %g\n", names[m], distance);
    AET_TEST(distance < 0.02);
    AET_TEST_CALL(AetVolumeDestroy(&a));
    AET_TEST_CALL(AetVolumeDestroy(&b));
  }
  SpecimenOption("recon_rfree_fraction", "0.05");
  AET_TEST_CALL(AetTiltSeriesDestroy(&once));
  AET_TEST_CALL(AetTiltSeriesDestroy(&twice));
}

static void Refused(AetTiltSeries tilt, int m, const char *one, const char *other)
{
  AetVolume      volume;
  AetReconReport report;

  Choose(m, "2");
  AET_TEST(AetErrorIsUser(SpecimenTry(tilt, &volume, &report)));
  if (!strstr(AetErrorMessage(), one) || !strstr(AetErrorMessage(), other)) fprintf(stderr, "%s: %s\n", names[m], AetErrorMessage());
  AET_TEST(strstr(AetErrorMessage(), one) && strstr(AetErrorMessage(), other));
  AetErrorClear();
}

/* Numbers that are none: the view is named, whichever rank it is on. */
static void TestNotANumber(void)
{
  AetTiltSeries tilt = Series(PETSC_COMM_WORLD, 1);

  for (ptrdiff_t i = 0; i < tilt->v_count * SPECIMEN * SPECIMEN; i++)
    if (tilt->v_start * SPECIMEN * SPECIMEN + i == 11 * SPECIMEN * SPECIMEN + 45) tilt->image[i] = NAN;
  for (int m = 0; m < count; m++) Refused(tilt, m, "nan in view 11", "row 2, column 5");
  Darken(tilt, 11);
  if (tilt->v_start == 0 && tilt->v_count) tilt->image[7] = INFINITY;
  Refused(tilt, 0, "inf in view 0", "column 7");
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
}

static char *Write(AetVolume volume)
{
  static char file[64];
  int         size;

  MPI_Comm_size(MPI_COMM_WORLD, &size);
  snprintf(file, sizeof file, "recon_robustness_%d.mrc", size);
  AET_TEST_CALL(AetVolumeWrite(volume, file));
  MPI_Barrier(MPI_COMM_WORLD);
  return file;
}

/* Where everything is forbidden there is nothing to find. */
static void TestEmptySupport(void)
{
  AetTiltSeries tilt = Series(PETSC_COMM_WORLD, 1);
  AetVolume     empty = SpecimenTruth(tilt->comm);

  memset(empty->data, 0, (size_t)(empty->z_count * SPECIMEN * SPECIMEN) * sizeof *empty->data);
  SpecimenOption("recon_support", Write(empty));
  for (int m = 0; m < count; m++) Refused(tilt, m, "recon_robustness", "support");
  SpecimenOption("recon_support", "none");
  AET_TEST_CALL(AetVolumeDestroy(&empty));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
}

/* Two steps from the specimen lead to it or near it; a method that takes no step refuses the model. */
static void TestInitialModel(void)
{
  AetTiltSeries tilt = Series(PETSC_COMM_WORLD, 1);
  AetVolume     truth = SpecimenTruth(tilt->comm);

  SpecimenOption("recon_initial", Write(truth));
  for (int m = 0; m < count; m++) {
    AetReconReport report;
    AetVolume      volume;
    double         correlation;
    Choose(m, "2");
    if (SpecimenTry(tilt, &volume, &report)) {
      AET_TEST(!strcmp(names[m], "wbp") || !strcmp(names[m], "dfi"));
      AET_TEST(strstr(AetErrorMessage(), "recon_initial") != NULL);
      AetErrorClear();
      continue;
    }
    correlation = SpecimenCorrelation(volume, truth);
    if (!(correlation > 0.99)) fprintf(stderr, "%s: correlation %g\n", names[m], correlation);
    AET_TEST(correlation > 0.99);
    AET_TEST_CALL(AetVolumeDestroy(&volume));
  }
  SpecimenOption("recon_initial", "none");
  AET_TEST_CALL(AetVolumeDestroy(&truth));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
}

AET_TEST_MAIN("robustness", {"any number of ranks", TestAnyNumberOfRanks}, {"five planes", TestFivePlanes}, {"one view", TestOneView},
              {"dark views", TestDarkViews}, {"every view twice", TestTwice}, {"not a number", TestNotANumber},
              {"empty support", TestEmptySupport}, {"initial model", TestInitialModel})
