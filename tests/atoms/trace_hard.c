/* Tracing where it is hard: planted cases whose atoms are known. */
#include "rendered.h"

static const char *fept[] = {"Fe", "Pt"};

/* Traces the specimen, compares and frees it. */
static AetCompareResult Found(const char *what, Specimen *s, int kinds, AetTraceReport *report)
{
  AetAtoms         found, truth = Truth(s, kinds, fept);
  AetCompareResult r;
  AetVolume        volume;

  AET_TEST_CALL(AetOptionsRegister(&AetTraceOptions));
  PetscOptionsSetValue(NULL, "-trace_species", kinds > 1 ? "Fe,Pt" : "Fe");
  volume = Render(MPI_COMM_WORLD, s);
  AET_TEST_CALL(AetTrace(volume, &found, report));
  AET_TEST_CALL(AetCompare(found, truth, 1.5, &r));
  printf("\n    %s: %d of %d, recall %.4f precision %.4f %.1f pm species %.4f; smoothing %.2f expected false %.1f outside %d recovered %d ",
         what, (int)r.found, (int)r.truth, r.recall, r.precision, r.rmsd_pm, r.species_agreement, report->smoothing_angstrom,
         report->expected_false, (int)report->rejected_support, (int)report->recovered);
  AET_TEST_CALL(AetAtomsDestroy(&found));
  AET_TEST_CALL(AetAtomsDestroy(&truth));
  AET_TEST_CALL(AetVolumeDestroy(&volume));
  FreeSpecimen(s);
  return r;
}

/* A heavy atom and a light one 2.2 Å from it, in 64 directions. */
static void TestPairs(void)
{
  Specimen         s = {.n = {100, 100, 100}, .pixel = 0.35, .sigma = 0.55, .noise = 0.05, .weight = {1, 4}};
  AetTraceReport   report;
  AetCompareResult r;

  s.position = malloc(128 * 3 * sizeof(double));
  s.species = malloc(128 * sizeof(int));
  for (int i = 0; i < 64; i++) {
    double cosine = 2 * AetRandomUniform(41, 0, (uint64_t)i) - 1, sine = sqrt(1 - cosine * cosine);
    double turn = 2 * M_PI * AetRandomUniform(41, 1, (uint64_t)i), step[3] = {sine * cos(turn), sine * sin(turn), cosine};
    for (int a = 0; a < 3; a++) {
      double at = 7.5 * ((double)(a == 0 ? i % 4 : a == 1 ? i / 4 % 4 : i / 16) - 1.5);
      s.position[6 * i + a] = at;
      s.position[6 * i + 3 + a] = at + 2.2 * step[a];
    }
    s.species[2 * i] = 1;
    s.species[2 * i + 1] = 0;
  }
  s.count = 128;
  r = Found("pairs", &s, 2, &report);
  AET_TEST(r.recall == 1 && r.precision == 1 && r.species_agreement == 1 && r.rmsd_pm < 6);
}

/* Drawn out along the beam by half, as by a missing wedge of 40 degrees. */
static void TestStretched(void)
{
  Specimen         s = {.n = {84, 80, 90}, .pixel = 0.35, .sigma = 0.55, .noise = 0.05, .weight = {1, 3}, .stretch = 1.5};
  AetTraceReport   report;
  AetCompareResult r;

  MakeBall(&s, 3.85, 12, 0.1, 2);
  r = Found("stretched", &s, 2, &report);
  AET_TEST(r.recall >= 0.995 && r.precision >= 0.995 && r.species_agreement >= 0.99 && r.rmsd_pm < 8);
}

/* Atoms on one side half as bright again as on the other. */
static void TestGradient(void)
{
  Specimen         s = {.n = {84, 80, 90}, .pixel = 0.35, .sigma = 0.6, .noise = 0.08, .weight = {1, 3}, .slope = 0.2 / 12};
  AetTraceReport   report;
  AetCompareResult r;

  MakeBall(&s, 3.85, 12, 0.1, 2);
  r = Found("gradient", &s, 2, &report);
  AET_TEST(r.recall >= 0.995 && r.precision >= 0.995 && r.rmsd_pm < 8);
}

/* A rod one cell thick: every atom is on the surface. */
static void TestSurface(void)
{
  Specimen         s = {.n = {60, 64, 110}, .pixel = 0.35, .sigma = 0.6, .noise = 0.08, .weight = {1}};
  AetTraceReport   report;
  AetCompareResult r;
  int              kept = 0;

  MakeBall(&s, 3.85, 16, 0.1, 1);
  for (int i = 0; i < s.count; i++) {
    double *x = s.position + 3 * i;
    if (fabs(x[1]) < 2.5 && fabs(x[2]) < 2.5) memmove(s.position + 3 * kept++, x, 3 * sizeof *x);
  }
  s.count = kept;
  r = Found("rod", &s, 1, &report);
  AET_TEST(r.truth > 60 && r.recall == 1 && r.precision >= 0.98 && r.rmsd_pm < 10);
}

/* Noise that makes maxima as bright as the dimmer atoms all over the volume: more smoothing, support and company leave few of them. */
static void TestNoisy(void)
{
  static const double noise[3] = {0.15, 0.27, 0.31}, recall[3] = {0.99, 0.85, 0.85}, precision[3] = {0.99, 0.97, 0.95};

  for (int i = 0; i < 3; i++) {
    Specimen         s = {.n = {84, 80, 90}, .pixel = 0.35, .sigma = 0.6, .noise = noise[i], .weight = {1}};
    AetTraceReport   report;
    AetCompareResult r;
    char             what[32];
    MakeBall(&s, 3.85, 11, 0.1, 1);
    snprintf(what, sizeof what, "noise of %.0f %%", 100 * noise[i]);
    r = Found(what, &s, 1, &report);
    AET_TEST(r.recall >= recall[i] && r.precision >= precision[i]);
    AET_TEST(i == 0 ? report.smoothing_angstrom < 0.21 : report.smoothing_angstrom > 0.25);
  }
}

AET_TEST_MAIN("hard cases", {"light beside heavy", TestPairs}, {"stretched", TestStretched}, {"gradient", TestGradient},
              {"all surface", TestSurface}, {"noisy", TestNoisy})
