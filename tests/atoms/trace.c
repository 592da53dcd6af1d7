/* Tracing of volumes whose atoms are known. */
#include "rendered.h"

static const char *fept[] = {"Fe", "Pt"};

static void SetSpecies(const char *species)
{
  AET_TEST_CALL(AetOptionsRegister(&AetTraceOptions));
  PetscOptionsSetValue(NULL, "-trace_species", species);
}

/* An FePt-like ball of some 800 atoms at 0.35 Å voxels. */
static Specimen Ball(double sigma, double noise)
{
  Specimen s = {.n = {84, 80, 90}, .pixel = 0.35, .sigma = sigma, .noise = noise, .weight = {1, 3}};

  MakeBall(&s, 3.85, 12, 0.1, 2);
  return s;
}

static void TraceBall(double sigma, double noise, double offset, double rmsd_pm, double species)
{
  Specimen         s = Ball(sigma, noise);
  AetVolume        volume;
  AetAtoms         found, truth = Truth(&s, 2, fept);
  AetTraceReport   report;
  AetCompareResult r;

  s.offset = offset;
  SetSpecies("Fe,Pt");
  volume = Render(MPI_COMM_WORLD, &s);
  AET_TEST_CALL(AetTrace(volume, &found, &report));
  AET_TEST_CALL(AetCompare(found, truth, 1.5, &r));
  printf("\n    sigma %.2f noise %.2f offset %g: %d of %d, recall %.4f precision %.4f rmsd %.2f pm species %.4f p95 %.1f starts %.3f thr "
         "%.3f; %d maxima, fit %d distance %d checks %d recovered %d ",
         sigma, noise, offset, (int)r.found, (int)r.truth, r.recall, r.precision, r.rmsd_pm, r.species_agreement, r.percentile95_pm,
         report.start_disagreement, report.threshold, (int)report.maxima, (int)report.rejected_fit, (int)report.rejected_distance,
         (int)report.rejected_checks, (int)report.recovered);
  AET_TEST(r.recall >= 0.995);
  AET_TEST(r.precision >= 0.995);
  AET_TEST(r.rmsd_pm <= rmsd_pm);
  AET_TEST(r.species_agreement >= species);
  AET_TEST(report.by_species[0] + report.by_species[1] == found->total);
  AET_TEST(report.fitted + report.recovered == report.rejected_fit + report.rejected_distance + report.rejected_checks +
                                                   report.rejected_support + report.doubtful + found->total);
  AET_TEST_CALL(AetAtomsDestroy(&found));
  AET_TEST_CALL(AetAtomsDestroy(&truth));
  AET_TEST_CALL(AetVolumeDestroy(&volume));
  FreeSpecimen(&s);
}

static void TestClean(void)
{
  TraceBall(0.6, 0, 0, 0.1, 1); /* the tails of neighbours move a top by 2 pm; the joint fit knows them */
  TraceBall(0.7, 0, 0, 0.1, 1);
}

static void TestNoise(void)
{
  TraceBall(0.6, 0.1, 0, 10, 0.99);
  TraceBall(0.7, 0.05, 0, 6, 0.99);
}

static void TestBackground(void)
{
  TraceBall(0.7, 0.05, -7, 10, 0.99);
  TraceBall(0.7, 0.05, 40, 10, 0.99);
}

/* Light atoms between heavy ones that make no maximum of their own: without the search on flanks a tenth of all atoms is missing. */
static void TestHidden(void)
{
  Specimen         s = Ball(0.8, 0.03);
  AetVolume        volume = Render(MPI_COMM_WORLD, &s);
  AetAtoms         found, truth = Truth(&s, 2, fept);
  AetTraceReport   report;
  AetCompareResult r;

  SetSpecies("Fe,Pt");
  PetscOptionsSetValue(NULL, "-trace_hidden", "false");
  AET_TEST_CALL(AetTrace(volume, &found, &report));
  PetscOptionsClearValue(NULL, "-trace_hidden");
  AET_TEST_CALL(AetCompare(found, truth, 1.5, &r));
  AET_TEST(r.recall < 0.95 && report.recovered == 0);
  AET_TEST_CALL(AetAtomsDestroy(&found));
  AET_TEST_CALL(AetTrace(volume, &found, &report));
  AET_TEST_CALL(AetCompare(found, truth, 1.5, &r));
  AET_TEST(r.recall >= 0.995 && r.precision >= 0.995 && r.rmsd_pm <= 10 && r.species_agreement >= 0.99);
  AET_TEST(report.recovered > 20);
  AET_TEST_CALL(AetAtomsDestroy(&found));
  AET_TEST_CALL(AetAtomsDestroy(&truth));
  AET_TEST_CALL(AetVolumeDestroy(&volume));
  FreeSpecimen(&s);
}

/* Noise as strong as half an atom: what is claimed after the doubtful have gone is better placed, and more of it is there. */
static void TestDoubtful(void)
{
  Specimen         s = Ball(0.7, 0.5);
  AetVolume        volume = Render(MPI_COMM_WORLD, &s);
  AetAtoms         found, truth = Truth(&s, 2, fept);
  AetTraceReport   report;
  AetCompareResult r[2];

  SetSpecies("Fe,Pt");
  for (int all = 0; all < 2; all++) {
    PetscOptionsSetValue(NULL, "-trace_max_uncertainty_angstrom", all ? "0" : "0.5");
    AET_TEST_CALL(AetTrace(volume, &found, &report));
    AET_TEST_CALL(AetCompare(found, truth, 1.5, &r[all]));
    AET_TEST(all ? report.doubtful == 0 : report.doubtful > 0);
    printf("\n    doubtful %d: recall %.3f precision %.3f %.1f pm ", (int)report.doubtful, r[all].recall, r[all].precision, r[all].rmsd_pm);
    AET_TEST_CALL(AetAtomsDestroy(&found));
  }
  PetscOptionsClearValue(NULL, "-trace_max_uncertainty_angstrom");
  AET_TEST(r[0].rmsd_pm < r[1].rmsd_pm && r[0].precision > r[1].precision && r[0].recall <= r[1].recall);
  AET_TEST_CALL(AetAtomsDestroy(&truth));
  AET_TEST_CALL(AetVolumeDestroy(&volume));
  FreeSpecimen(&s);
}

/* Noise far from the specimen, as bright as its atoms but sparser: only the support tells that it is none. */
static void TestSupport(void)
{
  Specimen         s = Ball(0.6, 0.05);
  AetAtoms         found, truth = Truth(&s, 2, fept);
  AetTraceReport   report;
  AetCompareResult r[2];
  AetVolume        volume;
  int              atoms = s.count, more = 0;

  s.position = realloc(s.position, (size_t)(atoms + 60) * 3 * sizeof *s.position);
  s.species = realloc(s.species, (size_t)(atoms + 60) * sizeof *s.species);
  for (uint64_t i = 0; more < 60 && i < 2000; i++) {
    double *x = s.position + 3 * s.count, square = 0;
    for (int a = 0; a < 3; a++) {
      x[a] = 0.35 * ((double)s.n[2 - a] - 12) * (AetRandomUniform(33, (uint64_t)a, i) - 0.5);
      square += x[a] * x[a];
    }
    if (square < 16 * 16) continue;
    s.species[s.count++] = 0;
    more++;
  }
  SetSpecies("Fe,Pt");
  volume = Render(MPI_COMM_WORLD, &s);
  for (int none = 0; none < 2; none++) {
    PetscOptionsSetValue(NULL, "-trace_support", none ? "none" : "tight");
    AET_TEST_CALL(AetTrace(volume, &found, &report));
    AET_TEST_CALL(AetCompare(found, truth, 1.5, &r[none]));
    AET_TEST(none ? report.rejected_support == 0 : report.rejected_support > 20);
    AET_TEST_CALL(AetAtomsDestroy(&found));
  }
  PetscOptionsClearValue(NULL, "-trace_support");
  printf("\n    support: recall %.4f precision %.4f; without %.4f %.4f ", r[0].recall, r[0].precision, r[1].recall, r[1].precision);
  AET_TEST(r[0].recall >= 0.995 && r[0].precision >= 0.99);
  AET_TEST(r[1].recall >= 0.995 && r[1].precision < 0.96);
  AET_TEST_CALL(AetAtomsDestroy(&truth));
  AET_TEST_CALL(AetVolumeDestroy(&volume));
  FreeSpecimen(&s);
}

/* Crystals that fill the volume to its faces, all of it or a layer: their outermost atoms have half of their neighbours, and stay. */
static void TestFilled(void)
{
  for (int layer = 0; layer < 2; layer++) {
    Specimen         s = {.n = {64, 60, 62}, .pixel = 0.35, .sigma = 0.6, .noise = 0.05, .weight = {1}};
    AetVolume        volume;
    AetAtoms         found, truth;
    AetTraceReport   report;
    AetCompareResult r;
    int              kept = 0;

    MakeBall(&s, 3.85, 25, 0.1, 1);
    for (int i = 0; i < s.count; i++) {
      double *x = s.position + 3 * i;
      int     in = fabs(x[2]) < (layer ? 5 : 10.2) && fabs(x[1]) < 9.5 && fabs(x[0]) < 9.8;
      if (in) memmove(s.position + 3 * kept, x, 3 * sizeof *x), s.species[kept++] = 0;
    }
    s.count = kept;
    truth = Truth(&s, 1, fept);
    SetSpecies("Fe");
    volume = Render(MPI_COMM_WORLD, &s);
    AET_TEST_CALL(AetTrace(volume, &found, &report));
    AET_TEST_CALL(AetCompare(found, truth, 1.5, &r));
    printf("\n    %s: recall %.4f precision %.4f of %d, outside %d ", layer ? "layer" : "filled", r.recall, r.precision, kept,
           (int)report.rejected_support);
    AET_TEST(r.recall >= 0.995 && r.precision >= 0.995);
    AET_TEST_CALL(AetAtomsDestroy(&found));
    AET_TEST_CALL(AetAtomsDestroy(&truth));
    AET_TEST_CALL(AetVolumeDestroy(&volume));
    FreeSpecimen(&s);
  }
}

/* The volume on the world against the same volume on every rank alone: slabs are thinner than the halo. */
static void TestRanks(void)
{
  Specimen       s = Ball(0.8, 0.03);
  AetVolume      volume, alone;
  AetAtoms       found, serial;
  AetTraceReport report, serial_report;
  double        *x, *y, farthest = 0;
  int           *a, *b, wrong = 0;

  SetSpecies("Fe,Pt");
  volume = Render(MPI_COMM_WORLD, &s);
  alone = Render(MPI_COMM_SELF, &s);
  AET_TEST_CALL(AetTrace(volume, &found, &report));
  AET_TEST_CALL(AetTrace(alone, &serial, &serial_report));
  AET_TEST(found->total == serial->total && found->total > 400 && report.recovered > 10);
  AET_TEST(!memcmp(&report, &serial_report, sizeof report));
  AET_TEST_CALL(AetAtomsGather(found, &x, &a));
  AET_TEST_CALL(AetAtomsGather(serial, &y, &b));
  for (PetscInt i = 0; i < found->total && i < serial->total; i++) {
    for (int k = 0; k < 3; k++) farthest = fmax(farthest, fabs(x[3 * i + k] - y[3 * i + k]));
    wrong += a[i] != b[i];
  }
  AET_TEST_CLOSE(farthest, 0, 1e-9);
  AET_TEST(wrong == 0);
  PetscFree(x);
  PetscFree(y);
  PetscFree(a);
  PetscFree(b);
  AET_TEST_CALL(AetAtomsDestroy(&found));
  AET_TEST_CALL(AetAtomsDestroy(&serial));
  AET_TEST_CALL(AetVolumeDestroy(&alone));
  AET_TEST_CALL(AetVolumeDestroy(&volume));
  FreeSpecimen(&s);
}

/* Traces `data`-like volumes filled by value(z, y, x); returns the number of atoms, which all are in `found`. */
static PetscInt TraceFilled(const ptrdiff_t n[3], double pixel, float (*value)(ptrdiff_t, ptrdiff_t, ptrdiff_t), AetAtoms *found)
{
  AetVolume      volume;
  AetTraceReport report;

  AET_TEST_CALL(AetVolumeCreate(MPI_COMM_WORLD, n, pixel, &volume));
  for (ptrdiff_t z = 0; z < volume->z_count; z++)
    for (ptrdiff_t y = 0; y < n[1]; y++)
      for (ptrdiff_t x = 0; x < n[2]; x++) volume->data[(z * n[1] + y) * n[2] + x] = value(z + volume->z_start, y, x);
  AET_TEST_CALL(AetTrace(volume, found, &report));
  AET_TEST_CALL(AetVolumeDestroy(&volume));
  return *found ? (*found)->total : -1;
}

static double Gaussian(double z, double y, double x)
{
  return exp(-0.5 * (z * z + y * y + x * x) / 4);
}
static float Zero(ptrdiff_t z, ptrdiff_t y, ptrdiff_t x)
{
  return 0;
}
static float Constant(ptrdiff_t z, ptrdiff_t y, ptrdiff_t x)
{
  return 3.5f;
}
static float Negative(ptrdiff_t z, ptrdiff_t y, ptrdiff_t x)
{
  return -(float)Gaussian((double)z - 10, (double)y - 10, (double)x - 10);
}
static float One(ptrdiff_t z, ptrdiff_t y, ptrdiff_t x)
{
  return (float)Gaussian((double)z - 10.3, (double)y - 9.6, (double)x - 10.1);
}
static float Shifted(ptrdiff_t z, ptrdiff_t y, ptrdiff_t x)
{
  return One(z, y, x) - 50;
}
static float Plateau(ptrdiff_t z, ptrdiff_t y, ptrdiff_t x)
{
  return fminf(0.8f, (float)Gaussian((double)z - 10.5, (double)y - 10.5, (double)x - 10.5));
}
static float Border(ptrdiff_t z, ptrdiff_t y, ptrdiff_t x)
{
  return (float)(Gaussian((double)z - 1.2, (double)y - 10, (double)x - 19) + Gaussian((double)z - 19, (double)y - 10, (double)x - 1.2));
}
/* 2.5 voxels apart, so two maxima; the brighter one at the higher index */
static float Close(ptrdiff_t z, ptrdiff_t y, ptrdiff_t x)
{
  return (float)(exp(-((double)((z - 8) * (z - 8) + (y - 10) * (y - 10) + (x - 10) * (x - 10)))) +
                 1.5 * exp(-((double)((z - 11) * (z - 11) + (y - 10) * (y - 10) + (x - 10) * (x - 10)))));
}

static void TestNothing(void)
{
  const ptrdiff_t n[3] = {21, 21, 21}, thin[3] = {2, 9, 9}, single[3] = {1, 1, 1};
  AetAtoms        found;

  SetSpecies("Fe,Pt");
  AET_TEST(TraceFilled(n, 0.35, Zero, &found) == 0);
  AET_TEST_CALL(AetAtomsDestroy(&found));
  AET_TEST(TraceFilled(n, 0.35, Constant, &found) == 0);
  AET_TEST_CALL(AetAtomsDestroy(&found));
  AET_TEST(TraceFilled(n, 0.35, Negative, &found) == 0);
  AET_TEST_CALL(AetAtomsDestroy(&found));
  AET_TEST(TraceFilled(thin, 0.35, One, &found) == 0);
  AET_TEST_CALL(AetAtomsDestroy(&found));
  AET_TEST(TraceFilled(single, 0.35, One, &found) == 0);
  AET_TEST_CALL(AetAtomsDestroy(&found));
}

/* The only atom of `found` (of every rank's list together). */
static void AtomAt(AetAtoms found, double z, double y, double x, double tolerance)
{
  double *p;
  int    *species;

  AET_TEST_CALL(AetAtomsGather(found, &p, &species));
  AET_TEST_CLOSE(p[0], x, tolerance);
  AET_TEST_CLOSE(p[1], y, tolerance);
  AET_TEST_CLOSE(p[2], z, tolerance);
  PetscFree(p);
  PetscFree(species);
}

static void TestSingle(void)
{
  const ptrdiff_t n[3] = {21, 21, 21};
  AetAtoms        found;

  SetSpecies("Ta");
  AET_TEST(TraceFilled(n, 0.35, One, &found) == 1);
  AtomAt(found, 0.35 * 0.3, -0.35 * 0.4, 0.35 * 0.1, 1e-3);
  AET_TEST_CALL(AetAtomsDestroy(&found));
  AET_TEST(TraceFilled(n, 0.35, Shifted, &found) == 1);
  AtomAt(found, 0.35 * 0.3, -0.35 * 0.4, 0.35 * 0.1, 1e-3);
  AET_TEST_CALL(AetAtomsDestroy(&found));
  AET_TEST(TraceFilled(n, 0.35, Plateau, &found) == 1); /* 27 and more equal voxels are one atom, at their middle */
  AtomAt(found, 0.35 * 0.5, 0.35 * 0.5, 0.35 * 0.5, 0.02);
  AET_TEST_CALL(AetAtomsDestroy(&found));
  AET_TEST(TraceFilled(n, 0.35, Close, &found) == 1); /* 1.05 Å apart: the brighter stays */
  AtomAt(found, 0.35, 0, 0, 0.1);
  AET_TEST_CALL(AetAtomsDestroy(&found));
  AET_TEST(TraceFilled(n, 0.8, Close, &found) == 2); /* 2.4 Å apart: both */
  AET_TEST_CALL(AetAtomsDestroy(&found));
  AET_TEST(TraceFilled(n, 0.35, Border, &found) == 2);
  AET_TEST_CALL(AetAtomsDestroy(&found));
}

static void TestSettings(void)
{
  const ptrdiff_t n[3] = {5, 5, 5};
  AetVolume       volume;
  AetAtoms        found;
  AetTraceReport  report;

  SetSpecies("Fe");
  AET_TEST_CALL(AetVolumeCreate(MPI_COMM_WORLD, n, 0, &volume));
  AET_TEST(AetTrace(volume, &found, &report) == AET_ERR_INPUT && !found);
  AET_TEST(strstr(AetErrorMessage(), "trace_pixel_angstrom") != NULL);
  AetErrorClear();
  SetSpecies("A,B,C,D,E,F,G,H,I");
  AET_TEST(AetTrace(volume, &found, &report) == AET_ERR_INPUT);
  AET_TEST(strstr(AetErrorMessage(), "trace_species") != NULL);
  AetErrorClear();
  SetSpecies("Fe");
  volume->pixel_angstrom = 0.35;
  if (volume->z_start == 0) volume->data[31] = NAN;
  AET_TEST(AetTrace(volume, &found, &report) == AET_ERR_DATA && !found);
  AET_TEST(strstr(AetErrorMessage(), "finite") != NULL);
  AetErrorClear();
  AET_TEST_CALL(AetVolumeDestroy(&volume));
}

AET_TEST_MAIN("trace", {"clean", TestClean}, {"noise", TestNoise}, {"constant background", TestBackground},
              {"on the flanks of others", TestHidden}, {"doubtful", TestDoubtful}, {"support", TestSupport}, {"filled volumes", TestFilled},
              {"any number of ranks", TestRanks}, {"nothing to find", TestNothing}, {"one atom", TestSingle}, {"settings", TestSettings})
