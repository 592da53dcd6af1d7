/* Supports made of the data, soft edges, smoothing in the iteration, the relaxed GENFIRE. */
#include "specimen.h"

enum { VIEWS = 24 };
static char file[64];

static void Write(AetVolume volume)
{
  int size;

  MPI_Comm_size(MPI_COMM_WORLD, &size);
  snprintf(file, sizeof file, "recon_support_%d.h5", size); /* tests of other sizes may run beside */
  AET_TEST_CALL(AetVolumeWrite(volume, file));
  MPI_Barrier(MPI_COMM_WORLD);
}

static void Reset(void)
{
  SpecimenOption("recon_support", "none");
  SpecimenOption("recon_support_soft", "0");
  SpecimenOption("recon_support_every", "0");
  SpecimenOption("recon_support_radius", "6");
  SpecimenOption("recon_smooth", "0");
  SpecimenOption("recon_relaxation", "0");
  SpecimenOption("recon_initial", "none");
  SpecimenOption("recon_operator", "auto");
  SpecimenOption("recon_rfree_fraction", "0.05");
}

/* The images with noise: what a support is good for. */
static AetTiltSeries Noisy(MPI_Comm comm, double half_range, double noise)
{
  AetTiltSeries tilt = SpecimenSeries(comm, VIEWS, half_range);

  for (ptrdiff_t i = 0; i < tilt->v_count * SPECIMEN * SPECIMEN; i++)
    tilt->image[i] += (float)(noise * AetRandomNormal(8, 1, (uint64_t)(tilt->v_start * SPECIMEN * SPECIMEN + i)));
  return tilt;
}

/* The part of the specimen's light that lies where the result is not 0, and the part of all voxels where it is not. */
static void Cover(AetVolume truth, AetVolume result, double *light, double *filled)
{
  double sums[3] = {0}, all[3];

  for (ptrdiff_t i = 0; i < truth->z_count * SPECIMEN * SPECIMEN; i++)
    sums[0] += (double)truth->data[i], sums[1] += result->data[i] != 0 ? (double)truth->data[i] : 0, sums[2] += result->data[i] != 0;
  MPI_Allreduce(sums, all, 3, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  *light = all[1] / all[0], *filled = all[2] / pow(SPECIMEN, 3);
}

/* Each of them holds the specimen and leaves much of the volume empty, in spite of noise and a missing wedge. Direct Fourier inversion is
   nowhere exactly 0 but outside the support. */
static void TestHoldTheObject(void)
{
  static const char *const choices[2] = {"auto", "otsu"};
  AetTiltSeries            tilt = Noisy(PETSC_COMM_WORLD, 60, 0.25);
  AetVolume                truth = SpecimenTruth(tilt->comm);
  AetReconReport           report;

  Reset();
  SpecimenOption("recon_support_radius", "2");
  for (int c = 0; c < 2; c++) {
    double    light, filled;
    AetVolume volume;
    SpecimenOption("recon_support", choices[c]);
    volume = SpecimenReconstruct(tilt, "dfi", "1", &report);
    Cover(truth, volume, &light, &filled);
    AET_TEST(filled < (c ? 0.5 : 0.8));
    AET_TEST_CALL(AetVolumeDestroy(&volume));
  }
  Reset();
  AET_TEST_CALL(AetVolumeDestroy(&truth));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
}

/* Shrink-wrap ends with an object of less extent that is nearer to the specimen. */
static void TestShrinkWrap(void)
{
  AetTiltSeries  tilt = Noisy(PETSC_COMM_WORLD, 60, 0.25);
  AetVolume      truth = SpecimenTruth(tilt->comm);
  AetReconReport report;

  for (int m = 0; m < 3; m++) { /* the last is RESIRE by the pair */
    const char *method = m == 1 ? "genfire" : "resire";
    AetVolume   hull, wrapped;
    double      light, filled[2];
    Reset();
    SpecimenOption("recon_operator", m == 2 ? "pair" : "auto");
    SpecimenOption("recon_support", "auto");
    hull = SpecimenReconstruct(tilt, method, "20", &report);
    Cover(truth, hull, &light, &filled[0]);
    SpecimenOption("recon_support", "shrinkwrap");
    wrapped = SpecimenReconstruct(tilt, method, "20", &report);
    Cover(truth, wrapped, &light, &filled[1]);
    AET_TEST(filled[1] < 0.9 * filled[0]);
    AET_TEST(SpecimenCorrelation(wrapped, truth) > SpecimenCorrelation(hull, truth));
    AET_TEST_CALL(AetVolumeDestroy(&hull));
    AET_TEST_CALL(AetVolumeDestroy(&wrapped));
  }
  Reset();
  AET_TEST_CALL(AetVolumeDestroy(&truth));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
}

/* The same bits on any number of ranks: smoothing, morphology, supports that change. */
static void TestAnyNumberOfRanks(void)
{
  static const char *const choices[4] = {"otsu", "shrinkwrap", "none", "none"};
  AetTiltSeries            together = Noisy(PETSC_COMM_WORLD, 70, 0.1), alone = Noisy(PETSC_COMM_SELF, 70, 0.1);
  AetReconReport           ours, mine;

  for (int c = 0; c < 4; c++)
    for (int m = 0; m < 3; m++) {
      AetVolume shared, own;
      Reset();
      SpecimenOption("recon_support", choices[c]);
      SpecimenOption("recon_support_soft", c < 2 ? "2.5" : "0");
      SpecimenOption("recon_support_every", "2");
      SpecimenOption("recon_smooth", c == 2 ? "0.8" : "0");
      SpecimenOption("recon_relaxation", c == 3 ? "0.9" : "0");
      SpecimenOption("recon_operator", m == 2 ? "pair" : "auto");
      shared = SpecimenReconstruct(together, m == 1 ? "genfire" : "resire", "7", &ours);
      own = SpecimenReconstruct(alone, m == 1 ? "genfire" : "resire", "7", &mine);
      AET_TEST(SpecimenDistance(shared, own) == 0);
      AET_TEST(ours.error == mine.error);
      AET_TEST_CALL(AetVolumeDestroy(&shared));
      AET_TEST_CALL(AetVolumeDestroy(&own));
    }
  Reset();
  AET_TEST_CALL(AetTiltSeriesDestroy(&together));
  AET_TEST_CALL(AetTiltSeriesDestroy(&alone));
}

/* A box of ones, hard or soft: direct Fourier inversion times the support is the support's profile. */
static void TestSoftEdge(void)
{
  AetTiltSeries  tilt = SpecimenSeries(PETSC_COMM_WORLD, VIEWS, 80);
  AetVolume      box = SpecimenTruth(tilt->comm), hard, soft, all;
  AetReconReport report;
  int            good = 1;

  for (ptrdiff_t i = 0; i < box->z_count * SPECIMEN * SPECIMEN; i++) box->data[i] = i % SPECIMEN >= 8 && i % SPECIMEN < 11;
  Write(box);
  all = SpecimenReconstruct(tilt, "dfi", "1", &report);
  SpecimenOption("recon_support", file);
  hard = SpecimenReconstruct(tilt, "dfi", "1", &report);
  SpecimenOption("recon_support_soft", "4");
  soft = SpecimenReconstruct(tilt, "dfi", "1", &report);
  for (ptrdiff_t i = 0; i < box->z_count * SPECIMEN * SPECIMEN; i++) {
    const double x = (double)(i % SPECIMEN), away = fmax(0, fmax(8 - x, x - 10)), edge = away < 4 ? 0.5 * (1 + cos(M_PI * away / 4)) : 0;
    if (hard->data[i] != (away > 0 ? 0 : all->data[i])) good = 0;
    if (fabs(soft->data[i] - edge * (double)all->data[i]) > 1e-6) good = 0;
  }
  AET_TEST(good);
  Reset();
  AET_TEST_CALL(AetVolumeDestroy(&all));
  AET_TEST_CALL(AetVolumeDestroy(&hard));
  AET_TEST_CALL(AetVolumeDestroy(&soft));
  AET_TEST_CALL(AetVolumeDestroy(&box));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
}

/* Mean square of the difference between neighbours along x over the mean square: what smoothing lowers. */
static double Roughness(AetVolume v)
{
  double sums[2] = {0}, all[2];

  for (ptrdiff_t i = 0; i < v->z_count * SPECIMEN * SPECIMEN; i++) {
    if (i % SPECIMEN) sums[0] += pow((double)v->data[i] - v->data[i - 1], 2);
    sums[1] += pow(v->data[i], 2);
  }
  MPI_Allreduce(sums, all, 2, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  return all[0] / all[1];
}

/* Noisy images: the smoothed volume is smoother and nearer to the specimen; it comes to rest, nowhere negative. */
static void TestSmoothing(void)
{
  AetTiltSeries  tilt = Noisy(PETSC_COMM_WORLD, 75, 0.6);
  AetVolume      truth = SpecimenTruth(tilt->comm);
  AetReconReport report;

  for (int m = 0; m < 3; m++) {
    const char *method = m == 1 ? "genfire" : "resire";
    AetVolume   rough, smooth, later;
    int         good = 1;
    Reset();
    SpecimenOption("recon_operator", m == 2 ? "pair" : "auto");
    SpecimenOption("recon_rfree_fraction", "0");
    rough = SpecimenReconstruct(tilt, method, "40", &report);
    SpecimenOption("recon_smooth", "0.9");
    smooth = SpecimenReconstruct(tilt, method, "40", &report);
    later = SpecimenReconstruct(tilt, method, "80", &report);
    AET_TEST(Roughness(smooth) < 0.7 * Roughness(rough));
    AET_TEST(SpecimenCorrelation(smooth, truth) > SpecimenCorrelation(rough, truth));
    AET_TEST_CLOSE(SpecimenDistance(smooth, later), 0, 0.01);
    for (ptrdiff_t i = 0; i < smooth->z_count * SPECIMEN * SPECIMEN; i++)
      if (smooth->data[i] < 0) good = 0;
    AET_TEST(good);
    AET_TEST_CALL(AetVolumeDestroy(&rough));
    AET_TEST_CALL(AetVolumeDestroy(&smooth));
    AET_TEST_CALL(AetVolumeDestroy(&later));
  }
  Reset();
  AET_TEST_CALL(AetVolumeDestroy(&truth));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
}

/* The relaxed iteration: the error it reports is that of the volume it returns, which is feasible. One plain iteration from a volume
   measures just that volume. */
static void TestRelaxed(void)
{
  AetTiltSeries  tilt = SpecimenSeries(PETSC_COMM_WORLD, VIEWS, 70);
  AetReconReport relaxed, again, plain;
  AetVolume      volume, same, other;
  int            good = 1;

  Reset();
  SpecimenOption("recon_relaxation", "0.9");
  volume = SpecimenReconstruct(tilt, "genfire", "25", &relaxed);
  for (ptrdiff_t i = 0; i < volume->z_count * SPECIMEN * SPECIMEN; i++)
    if (volume->data[i] < 0) good = 0;
  AET_TEST(good);
  Write(volume);
  SpecimenOption("recon_relaxation", "0");
  other = SpecimenReconstruct(tilt, "genfire", "25", &plain);
  SpecimenOption("recon_initial", file);
  same = SpecimenReconstruct(tilt, "genfire", "1", &again);
  AET_TEST(SpecimenDistance(volume, same) == 0);
  AET_TEST_CLOSE(again.error, relaxed.error, 1e-9);
  AET_TEST_CLOSE(again.rfree, relaxed.rfree, 1e-9);
  AET_TEST(relaxed.error < 1.2 * plain.error);
  AET_TEST(relaxed.r1 < plain.r1);
  Reset();
  AET_TEST_CALL(AetVolumeDestroy(&volume));
  AET_TEST_CALL(AetVolumeDestroy(&same));
  AET_TEST_CALL(AetVolumeDestroy(&other));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
}

static void Refused(AetTiltSeries tilt, const char *words)
{
  AetVolume      volume;
  AetReconReport report;

  AET_TEST(AetErrorIsUser(SpecimenTry(tilt, &volume, &report)));
  AET_TEST(strstr(AetErrorMessage(), words) != NULL);
  AetErrorClear();
}

static void TestRefusals(void)
{
  AetTiltSeries tilt = SpecimenSeries(PETSC_COMM_WORLD, 3, 60);

  Reset();
  SpecimenOption("recon_method", "sirt");
  SpecimenOption("recon_support", "shrinkwrap");
  Refused(tilt, "shrinkwrap");
  SpecimenOption("recon_support", "none");
  SpecimenOption("recon_smooth", "1");
  Refused(tilt, "recon_smooth");
  SpecimenOption("recon_smooth", "0");
  memset(tilt->image, 0, (size_t)(tilt->v_count * SPECIMEN * SPECIMEN) * sizeof *tilt->image);
  SpecimenOption("recon_support", "otsu");
  Refused(tilt, "otsu");
  Reset();
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
}

AET_TEST_MAIN("supports", {"hold the object", TestHoldTheObject}, {"shrink-wrap", TestShrinkWrap},
              {"any number of ranks", TestAnyNumberOfRanks}, {"soft edge", TestSoftEdge}, {"smoothing", TestSmoothing},
              {"relaxed", TestRelaxed}, {"refusals", TestRefusals})
