/* The Poisson likelihood on balls of constant density, counted electron by electron. */
#include "balls.h"

enum { N = 24, VIEWS = 24 };

/* Images become counts about their values. */
static void Count(AetTiltSeries tilt, double background)
{
  const ptrdiff_t pixels = tilt->ny * tilt->nx;

  for (ptrdiff_t i = 0; i < tilt->v_count * pixels; i++)
    tilt->image[i] =
        (float)(AetRandomPoisson(8, 1, (uint64_t)(tilt->v_start * pixels + i), (double)tilt->image[i] + background) - background);
}

/* Two weights of TV, for comparison. */
static void TotalVariation(AetTiltSeries tilt)
{
  static const char *const weights[2] = {"0.01", "0.03"};

  for (int w = 0; w < 2; w++) {
    AetReconReport report;
    AetVolume      volume;
    Option("recon_tv_weight", weights[w]);
    volume = Reconstruct(tilt, "tv", "60", "0.05", &report);
    printf("\n    tv, weight %s: correlation %.4f, R_free %.4f", weights[w], Likeness(volume), report.rfree);
    AET_TEST_CALL(AetVolumeDestroy(&volume));
  }
}

static double Best(AetTiltSeries tilt, const char *method, double *rfree)
{
  static const char *const steps[6] = {"2", "4", "6", "10", "16", "24"};
  double                   best = 0;

  for (int s = 0; s < 6; s++) {
    AetReconReport report;
    AetVolume      volume = Reconstruct(tilt, method, steps[s], "0.05", &report);
    double         likeness = Likeness(volume);
    printf("\n    %s, %s iterations: correlation %.4f, R_free %.4f", method, steps[s], likeness, report.rfree);
    if (likeness > best) best = likeness, *rfree = report.rfree;
    AET_TEST_CALL(AetVolumeDestroy(&volume));
  }
  return best;
}

/* 0 to some 20 counts a pixel: at its best iteration the right likelihood is nearer to the truth than least squares at theirs. */
static void TestFewCounts(void)
{
  double gaussian, poisson, rfree[2];

  for (int dose = 0; dose < 2; dose++) {
    AetTiltSeries series = BallSeries(PETSC_COMM_WORLD, VIEWS, 70, N, N, dose ? 0.2 : 1);
    Count(series, 0);
    gaussian = Best(series, "resire", &rfree[0]);
    Option("recon_acceleration", "none");
    gaussian = fmax(gaussian, Best(series, "resire", &rfree[0]));
    Option("recon_acceleration", "ramp");
    poisson = Best(series, "poisson", &rfree[1]);
    TotalVariation(series);
    AET_TEST(poisson > gaussian + 0.01);
    AET_TEST_CALL(AetTiltSeriesDestroy(&series));
  }
}

/* Without noise the balls come back. */
static void TestBalls(void)
{
  AetTiltSeries  tilt = BallSeries(PETSC_COMM_WORLD, VIEWS, 70, N, N, 0.01);
  AetReconReport report;
  AetVolume      volume = Reconstruct(tilt, "poisson", "40", "0.05", &report);
  double         likeness = Likeness(volume);

  printf("\n    R1 %.4f, R_free %.4f, correlation %.4f", report.r1, report.rfree, likeness);
  AET_TEST(report.r1 < 0.02 && report.rfree > 0 && report.rfree < 0.05);
  AET_TEST(likeness > 0.985);
  AET_TEST(AllWithin(volume, 0, 0.1));
  AET_TEST_CALL(AetVolumeDestroy(&volume));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
}

/* Σ m - n log m, up to a constant; `quotient` becomes n / m. */
static double Likelihood(AetTiltSeries tilt, double background, const float *Ax, float *quotient)
{
  double sum = 0, all;

  for (ptrdiff_t i = 0; i < tilt->v_count * tilt->ny * tilt->nx; i++) {
    double m = fmax((double)Ax[i] + background, 1e-3), n = fmax((double)tilt->image[i] + background, 0);
    sum += m - (n > 0 ? n * log(m) : 0), quotient[i] = (float)(n / m);
  }
  MPI_Allreduce(&sum, &all, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  return all;
}

/* Plain expectation maximisation, x <- x / Aᵀ1 · Aᵀ(n / (A x + β)); the likelihoods after `early` and after `late` iterations. */
static void PlainEM(AetTiltSeries tilt, AetVolume x, double background, int early, int late, double *first, double *last)
{
  const size_t pixels = (size_t)(tilt->v_count * tilt->ny * tilt->nx), voxels = (size_t)LocalVoxels(x);
  float       *Ax = calloc(pixels + 1, sizeof *Ax), *quotient = calloc(pixels + 1, sizeof *Ax), *one = calloc(voxels + 1, sizeof *one),
        *back = calloc(voxels + 1, sizeof *one);
  AetProjector projector = NULL;

  AET_TEST_CALL(AetProjectorCreate(tilt, x->n, 2, 6, &projector));
  for (size_t i = 0; i < pixels; i++) Ax[i] = 1;
  AET_TEST_CALL(AetProjectorAdjoint(projector, Ax, one));
  for (size_t i = 0; i < voxels; i++) x->data[i] = 0.1F;
  for (int k = 0; k <= late; k++) {
    AET_TEST_CALL(AetProjectorForward(projector, x->data, Ax));
    *last = Likelihood(tilt, background, Ax, quotient);
    if (k == early) *first = *last;
    AET_TEST_CALL(AetProjectorAdjoint(projector, quotient, back));
    for (size_t i = 0; i < voxels && k < late; i++) x->data[i] *= fmaxf(back[i], 0) / one[i];
  }
  AET_TEST_CALL(AetProjectorDestroy(&projector));
  free(Ax), free(quotient), free(one), free(back);
}

static double LikelihoodOf(AetTiltSeries tilt, double background, AetVolume x)
{
  float       *Ax = calloc((size_t)(tilt->v_count * tilt->ny * tilt->nx) + 1, sizeof *Ax);
  AetProjector projector = NULL;
  double       value;

  AET_TEST_CALL(AetProjectorCreate(tilt, x->n, 2, 6, &projector));
  AET_TEST_CALL(AetProjectorForward(projector, x->data, Ax));
  value = Likelihood(tilt, background, Ax, Ax);
  AET_TEST_CALL(AetProjectorDestroy(&projector));
  free(Ax);
  return value;
}

/* The likelihood of plain expectation maximisation run long is reached, and in fewer steps. */
static void TestMaximum(void)
{
  static const char *const steps[3] = {"20", "40", "100"};
  AetTiltSeries            tilt = BallSeries(PETSC_COMM_WORLD, 12, 60, N, N, 1);
  AetReconReport           report;
  AetVolume                volume, plain;
  double                   early = 0, late = 0, found[3];

  Count(tilt, 2);
  Option("recon_background", "2");
  for (int s = 0; s < 3; s++) {
    volume = Reconstruct(tilt, "poisson", steps[s], "0", &report);
    found[s] = LikelihoodOf(tilt, 2, volume);
    if (s < 2) AET_TEST_CALL(AetVolumeDestroy(&volume));
  }
  Option("recon_background", "-1");
  AET_TEST_CALL(AetVolumeDuplicate(volume, &plain));
  PlainEM(tilt, plain, 2, 40, 400, &early, &late);
  printf("\n    found in 20, 40, 100: %.3f %.3f %.3f; plain, 40: %.3f, 400: %.3f", found[0], found[1], found[2], early, late);
  AET_TEST(found[0] < early && found[1] < early && found[2] < late + 1e-4 * fabs(late - early));
  AET_TEST_CALL(AetVolumeDestroy(&volume));
  AET_TEST_CALL(AetVolumeDestroy(&plain));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
}

/* A background that was counted and subtracted: pixels are negative, and their variance tells how much it was. In other units, the same. */
static void TestBackground(void)
{
  AetTiltSeries  tilt = BallSeries(PETSC_COMM_WORLD, VIEWS, 70, 32, 32, 1);
  AetReconReport report;
  AetVolume      told, guessed, scaled;

  Count(tilt, 3);
  Option("recon_background", "3");
  told = Reconstruct(tilt, "poisson", "10", "0", &report);
  Option("recon_background", "-1");
  guessed = Reconstruct(tilt, "poisson", "10", "0", &report);
  AET_TEST_CLOSE(Distance(told, guessed), 0, 0.05);
  for (ptrdiff_t i = 0; i < tilt->v_count * 32 * 32; i++) tilt->image[i] /= 64;
  Option("recon_counts_per_unit", "64");
  scaled = Reconstruct(tilt, "poisson", "10", "0", &report);
  Option("recon_counts_per_unit", "1");
  for (ptrdiff_t i = 0; i < LocalVoxels(scaled); i++) scaled->data[i] *= 64;
  AET_TEST_CLOSE(Distance(guessed, scaled), 0, 1e-5);
  AET_TEST_CALL(AetVolumeDestroy(&told));
  AET_TEST_CALL(AetVolumeDestroy(&guessed));
  AET_TEST_CALL(AetVolumeDestroy(&scaled));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
}

/* Every rank alone makes the same bits as all together. */
static void TestAnyNumberOfRanks(void)
{
  AetTiltSeries  together = BallSeries(PETSC_COMM_WORLD, VIEWS, 70, N, N, 1), alone = BallSeries(PETSC_COMM_SELF, VIEWS, 70, N, N, 1);
  AetReconReport ours, mine;
  AetVolume      shared, own;

  Count(together, 1), Count(alone, 1);
  shared = Reconstruct(together, "poisson", "8", "0.05", &ours), own = Reconstruct(alone, "poisson", "8", "0.05", &mine);
  AET_TEST(AllWithin(own, 0, 100) && Distance(shared, own) == 0);
  AET_TEST(ours.r1 == mine.r1 && ours.rfree == mine.rfree && ours.rfree > 0);
  AET_TEST_CALL(AetVolumeDestroy(&shared));
  AET_TEST_CALL(AetVolumeDestroy(&own));
  AET_TEST_CALL(AetTiltSeriesDestroy(&together));
  AET_TEST_CALL(AetTiltSeriesDestroy(&alone));
}

/* One view, views of nothing, the same angle again and again, fewer planes than ranks: an answer. */
static void TestHardlyASeries(void)
{
  for (int kind = 0; kind < 4; kind++) {
    AetTiltSeries  tilt = BallSeries(PETSC_COMM_WORLD, kind == 0 ? 1 : 5, 50, 9, 11, 1);
    AetReconReport report;
    AetVolume      volume;

    for (ptrdiff_t j = 0; j < tilt->views && kind == 2; j++) memcpy(tilt->rotation[j], tilt->rotation[0], sizeof tilt->rotation[0]);
    if (kind == 1) memset(tilt->image, 0, (size_t)(tilt->v_count * 9 * 11) * sizeof *tilt->image);
    if (kind == 3 && tilt->v_start == 0 && tilt->v_count) memset(tilt->image, 0, 9 * 11 * sizeof *tilt->image);
    Option("recon_thickness", kind == 3 ? "3" : "5");
    volume = Reconstruct(tilt, "poisson", "20", "0.05", &report);
    AET_TEST(AllWithin(volume, 0, 1e3));
    AET_TEST(report.r1 >= 0 && report.r1 < 1);
    if (kind == 1) AET_TEST(AllWithin(volume, 0, 0));
    AET_TEST_CALL(AetVolumeDestroy(&volume));
    AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
  }
  Option("recon_thickness", "0");
}

/* Images of the middle of the balls with a border that was not measured, and a support. */
static void TestExtended(void)
{
  const ptrdiff_t narrow = 13, border = 2;
  AetTiltSeries   tilt = BallSeries(PETSC_COMM_WORLD, VIEWS, 60, N, narrow, 1);
  AetReconReport  report;
  AetVolume       volume;

  for (ptrdiff_t i = 0; i < tilt->v_count * N * narrow; i++)
    if (i % narrow < border) tilt->image[i] = 0;
  Option("recon_extended", "true"), Option("recon_width", "24"), Option("recon_thickness", "24");
  volume = Reconstruct(tilt, "poisson", "30", "0.05", &report);
  Option("recon_extended", "false"), Option("recon_width", "0"), Option("recon_thickness", "0");
  printf("\n    R1 %.4f, R_free %.4f", report.r1, report.rfree);
  AET_TEST(volume->n[2] == 24 && AllWithin(volume, 0, 100));
  AET_TEST(report.r1 < 0.03 && report.rfree < 0.08);
  AET_TEST_CALL(AetVolumeDestroy(&volume));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
}

AET_TEST_MAIN("Poisson likelihood", {"few counts", TestFewCounts}, {"balls", TestBalls}, {"the maximum", TestMaximum},
              {"background", TestBackground}, {"any number of ranks", TestAnyNumberOfRanks}, {"hardly a series", TestHardlyASeries},
              {"extended object", TestExtended})
