/* TV on balls of constant density; its minimum against one found by other means, with a certificate. */
#include "balls.h"

enum { N = 24, VIEWS = 24 };

static void Weight(double weight)
{
  char text[40];

  snprintf(text, sizeof text, "%.8g", weight);
  Option("recon_tv_weight", text);
}

/* Without noise, by either operator: the images fit, withheld data is predicted, the balls come back, and nothing is negative. */
static void TestBalls(void)
{
  for (int pair = 0; pair < 2; pair++) {
    AetTiltSeries  tilt = BallSeries(PETSC_COMM_WORLD, VIEWS, 70, N, N, 1);
    AetReconReport report;
    AetVolume      volume;
    double         likeness;

    Option("recon_operator", pair ? "pair" : "convolution");
    Weight(0.0003);
    volume = Reconstruct(tilt, "tv", "100", "0.05", &report);
    likeness = Likeness(volume);
    printf("\n    %s: R1 %.4f, R_free %.4f, correlation %.4f\n", pair ? "pair" : "convolution", report.r1, report.rfree, likeness);
    AET_TEST(report.r1 < 0.015);
    AET_TEST(report.rfree > 0 && report.rfree < 0.03);
    AET_TEST(likeness > 0.995);
    AET_TEST(AllWithin(volume, 0, 10));
    AET_TEST_CALL(AetVolumeDestroy(&volume));
    AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
  }
  Option("recon_operator", "auto");
}

/* Where noise is added, TV at its default weight is nearer to the balls than RESIRE after any number of steps. */
static void TestNoise(void)
{
  static const char *const steps[6] = {"2", "4", "6", "10", "20", "40"};
  AetTiltSeries            tilt = BallSeries(PETSC_COMM_WORLD, VIEWS, 70, N, N, 1);
  AetReconReport           report;
  AetVolume                volume;
  double                   best = 0, likeness;

  AddNoise(tilt, 1);
  for (int s = 0; s < 6; s++) {
    volume = Reconstruct(tilt, "resire", steps[s], "0", &report);
    likeness = Likeness(volume);
    printf("\n    resire, %s iterations: %.4f", steps[s], likeness);
    best = fmax(best, likeness);
    AET_TEST_CALL(AetVolumeDestroy(&volume));
  }
  for (int w = -3; w < 4; w++) {
    Weight(0.003 * pow(2, w));
    volume = Reconstruct(tilt, "tv", "60", "0.05", &report);
    printf("\n    tv, weight %.5f: %.4f, R_free %.4f", 0.003 * pow(2, w), Likeness(volume), report.rfree);
    AET_TEST_CALL(AetVolumeDestroy(&volume));
  }
  Weight(0.003);
  volume = Reconstruct(tilt, "tv", "60", "0", &report);
  AET_TEST(Likeness(volume) > best);
  AET_TEST_CALL(AetVolumeDestroy(&volume));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
}

/* ---- the minimum, found by other means: every rank alone, all of it in double, AᵀA entry by entry */

enum { M = 7, VOXELS = M * M * M, FEW = 5 };
typedef struct {
  double *G, c[VOXELS], weight, data; /* AᵀA, Aᵀb, μ, Σ b² */
} Problem;

static double Sinc(double t)
{
  return fabs(t) < 1e-12 ? 1 : sin(M_PI * t) / (M_PI * t);
}

static void Difference(int i, const double *x, double d[3])
{
  d[0] = i / (M * M) + 1 < M ? x[i + M * M] - x[i] : 0;
  d[1] = i / M % M + 1 < M ? x[i + M] - x[i] : 0;
  d[2] = i % M + 1 < M ? x[i + 1] - x[i] : 0;
}

/* result = Dᵀ y + G x - c. */
static void Slope(const Problem *p, const double *x, double (*y)[3], double *result)
{
  for (int i = 0; i < VOXELS; i++) {
    result[i] = -p->c[i];
    for (int j = 0; j < VOXELS; j++) result[i] += p->G[i * VOXELS + j] * x[j];
  }
  for (int i = 0; i < VOXELS; i++) {
    if (i / (M * M) + 1 < M) result[i] -= y[i][0], result[i + M * M] += y[i][0];
    if (i / M % M + 1 < M) result[i] -= y[i][1], result[i + M] += y[i][1];
    if (i % M + 1 < M) result[i] -= y[i][2], result[i + 1] += y[i][2];
  }
}

static double Quadratic(const Problem *p, const double *x)
{
  double sum = 0;

  for (int i = 0; i < VOXELS; i++)
    for (int j = 0; j < VOXELS; j++) sum += 0.5 * x[i] * p->G[i * VOXELS + j] * x[j];
  return sum;
}

static double PrimalValue(const Problem *p, const double *x)
{
  double sum = 0.5 * p->data + Quadratic(p, x);

  for (int i = 0; i < VOXELS; i++) {
    double d[3];
    Difference(i, x, d);
    sum += p->weight * sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]) - p->c[i] * x[i];
  }
  return sum;
}

/* A bound from below: ½|b|² - ½ w·G w for every w and y with |y| ≤ μ and G w - c + Dᵀ y ≥ 0. x plus as much of a constant as that takes. */
static double DualValue(const Problem *p, const double *x, double (*y)[3])
{
  double slope[VOXELS], w[VOXELS], most = 0;

  Slope(p, x, y, slope);
  for (int i = 0; i < VOXELS; i++) {
    double row = 0;
    for (int j = 0; j < VOXELS; j++) row += p->G[i * VOXELS + j];
    most = fmax(most, -slope[i] / row);
  }
  for (int i = 0; i < VOXELS; i++) w[i] = x[i] + most;
  return 0.5 * p->data - Quadratic(p, w);
}

/* Plain primal-dual steps with numbers for step lengths, as published. */
static void SolveSlowly(const Problem *p, int iterations, double *x, double (*y)[3])
{
  double norm = 0, sigma, tau, slope[VOXELS], ahead[VOXELS];

  for (int i = 0; i < VOXELS; i++) {
    double row = 0;
    for (int j = 0; j < VOXELS; j++) row += fabs(p->G[i * VOXELS + j]);
    norm = fmax(norm, row);
  }
  sigma = 0.05 * norm / 12, tau = 1 / (norm / 2 + 12 * sigma);
  for (int k = 0; k < iterations; k++) {
    Slope(p, x, y, slope);
    for (int i = 0; i < VOXELS; i++) {
      double next = fmax(0, x[i] - tau * slope[i]);
      ahead[i] = 2 * next - x[i], x[i] = next;
    }
    for (int i = 0; i < VOXELS; i++) {
      double d[3], length = 0;
      Difference(i, ahead, d);
      for (int a = 0; a < 3; a++) y[i][a] += sigma * d[a], length += y[i][a] * y[i][a];
      length = fmax(1, sqrt(length) / p->weight);
      for (int a = 0; a < 3; a++) y[i][a] /= length;
    }
  }
}

static void MakeProblem(AetTiltSeries tilt, double relative, Problem *p)
{
  const ptrdiff_t n[3] = {M, M, M};
  AetProjector    projector = NULL;
  float           back[VOXELS], largest = 0;

  p->G = calloc((size_t)VOXELS * VOXELS, sizeof *p->G);
  for (int i = 0; i < VOXELS; i++)
    for (int j = 0; j < VOXELS; j++)
      for (ptrdiff_t v = 0; v < tilt->views; v++) {
        const double *R = tilt->rotation[v], d[3] = {i % M - j % M, i / M % M - j / M % M, i / (M * M) - j / (M * M)};
        p->G[i * VOXELS + j] += Sinc(R[0] * d[0] + R[1] * d[1] + R[2] * d[2]) * Sinc(R[3] * d[0] + R[4] * d[1] + R[5] * d[2]);
      }
  AET_TEST_CALL(AetProjectorCreate(tilt, n, 2, 8, &projector));
  AET_TEST_CALL(AetProjectorAdjoint(projector, tilt->image, back));
  AET_TEST_CALL(AetProjectorDestroy(&projector));
  for (int i = 0; i < VOXELS; i++) p->c[i] = (double)back[i], largest = fmaxf(largest, back[i]);
  p->weight = relative * (double)largest, p->data = 0;
  for (ptrdiff_t i = 0; i < tilt->views * tilt->ny * tilt->nx; i++) p->data += (double)tilt->image[i] * tilt->image[i];
}

/* The value that TV reaches is within a thousandth of the least there is. */
static void TestMinimum(void)
{
  static const double weights[3] = {0.002, 0.01, 0.05};
  const int           side = 13;

  for (int w = 0; w < 3; w++) {
    AetTiltSeries  tilt = BallSeries(PETSC_COMM_SELF, FEW, 60, M, side, 1);
    AetReconReport report;
    AetVolume      volume;
    Problem        problem;
    double         x[VOXELS] = {0}, found[VOXELS], (*y)[3] = calloc(VOXELS, sizeof *y), least, bound, value;

    for (int i = 0; i < FEW * M * side; i++) { /* something small enough to end inside the images; no row knows of the next */
      double u = i % side - side / 2, v = i / side % M - M / 2;
      tilt->image[i] = (float)((fabs(u) < 2 && fabs(v) < 2 ? 3 : 0) + (u * u + v * v < 9) + 0.2 * AetRandomNormal(3, 1, (uint64_t)i));
    }
    MakeProblem(tilt, weights[w], &problem);
    SolveSlowly(&problem, 2000, x, y);
    least = PrimalValue(&problem, x), bound = DualValue(&problem, x, y);
    Option("recon_operator", "convolution"), Option("recon_thickness", "7"), Option("recon_width", "7");
    Weight(weights[w]);
    volume = Reconstruct(tilt, "tv", w < 2 ? "60" : "300", "0", &report);
    for (int i = 0; i < VOXELS; i++) found[i] = (double)volume->data[i];
    value = PrimalValue(&problem, found);
    printf("\n    weight %.3f: least %.6f, bound %.6f, found %.6f", weights[w], least, bound, value);
    AET_TEST(bound <= least && least - bound < 1e-3 * least);
    AET_TEST(value >= bound && value - bound < 1e-3 * value);
    Option("recon_operator", "auto"), Option("recon_thickness", "0"), Option("recon_width", "0");
    AET_TEST_CALL(AetVolumeDestroy(&volume));
    AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
    free(problem.G), free(y);
  }
  Weight(0.003);
}

/* Every rank alone makes the same bits as all together. */
static void TestAnyNumberOfRanks(void)
{
  AetTiltSeries together = BallSeries(PETSC_COMM_WORLD, VIEWS, 70, N, N, 1), alone = BallSeries(PETSC_COMM_SELF, VIEWS, 70, N, N, 1);

  AddNoise(together, 0.5), AddNoise(alone, 0.5);
  for (int pair = 0; pair < 2; pair++) {
    AetReconReport ours, mine;
    AetVolume      shared, own;
    Option("recon_operator", pair ? "pair" : "convolution");
    shared = Reconstruct(together, "tv", "8", "0.05", &ours), own = Reconstruct(alone, "tv", "8", "0.05", &mine);
    AET_TEST(AllWithin(own, 0, 10) && Distance(shared, own) == 0);
    AET_TEST(ours.r1 == mine.r1 && ours.rfree == mine.rfree && ours.rfree > 0);
    AET_TEST_CALL(AetVolumeDestroy(&shared));
    AET_TEST_CALL(AetVolumeDestroy(&own));
  }
  Option("recon_operator", "auto");
  AET_TEST_CALL(AetTiltSeriesDestroy(&together));
  AET_TEST_CALL(AetTiltSeriesDestroy(&alone));
}

/* One view, views of nothing, the same angle again and again, fewer planes than ranks, by either operator: an answer. */
static void TestHardlyASeries(void)
{
  for (int kind = 0; kind < 8; kind++) {
    AetTiltSeries  tilt = BallSeries(PETSC_COMM_WORLD, kind % 4 == 0 ? 1 : 5, 50, 9, 11, 1);
    AetReconReport report;
    AetVolume      volume;

    for (ptrdiff_t j = 0; j < tilt->views && kind % 4 == 2; j++) memcpy(tilt->rotation[j], tilt->rotation[0], sizeof tilt->rotation[0]);
    if (kind % 4 == 1) memset(tilt->image, 0, (size_t)(tilt->v_count * 9 * 11) * sizeof *tilt->image);
    if (kind % 4 == 3 && tilt->v_start == 0 && tilt->v_count) memset(tilt->image, 0, 9 * 11 * sizeof *tilt->image);
    Option("recon_thickness", kind % 4 == 3 ? "3" : "5");
    Option("recon_operator", kind / 4 ? "pair" : "convolution");
    volume = Reconstruct(tilt, "tv", "20", "0.05", &report);
    AET_TEST(AllWithin(volume, 0, 1e3));
    AET_TEST(report.r1 >= 0 && report.r1 < 1);
    if (kind % 4 == 1) AET_TEST(AllWithin(volume, 0, 0));
    AET_TEST_CALL(AetVolumeDestroy(&volume));
    AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
  }
  Option("recon_thickness", "0");
  Option("recon_operator", "auto");
}

/* Images that show the middle of the balls, with a border of zeros that was not measured: with a volume as wide as the balls the edges of
   the images leave no edges in it. */
static void TestExtended(void)
{
  const ptrdiff_t narrow = 13, border = 2;
  AetTiltSeries   tilt = BallSeries(PETSC_COMM_WORLD, VIEWS, 60, N, narrow, 1);
  AetReconReport  report, cut;
  AetVolume       volume;

  for (ptrdiff_t i = 0; i < tilt->v_count * N * narrow; i++)
    if (i % narrow < border) tilt->image[i] = 0;
  Option("recon_thickness", "24"), Option("recon_width", "13");
  volume = Reconstruct(tilt, "tv", "40", "0", &cut);
  AET_TEST_CALL(AetVolumeDestroy(&volume));
  Option("recon_extended", "true"), Option("recon_width", "24");
  volume = Reconstruct(tilt, "tv", "40", "0.05", &report);
  Option("recon_extended", "false"), Option("recon_width", "0"), Option("recon_thickness", "0");
  AET_TEST(volume->n[2] == 24 && AllWithin(volume, 0, 10));
  AET_TEST(report.r1 < 0.02 && report.rfree < 0.05);
  printf("\n    R1 %.4f, R_free %.4f; as wide as the images %.4f", report.r1, report.rfree, cut.r1);
  AET_TEST(report.r1 < 0.5 * cut.r1);
  AET_TEST_CALL(AetVolumeDestroy(&volume));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
}

/* Nothing is where the support is 0: where direct inversion, which is 0 nowhere else, is 0. */
static void TestSupport(void)
{
  AetTiltSeries  tilt = BallSeries(PETSC_COMM_WORLD, VIEWS, 70, N, N, 1);
  AetReconReport report;
  AetVolume      inside, volume;
  long           count[2] = {0}, all[2];

  Option("recon_support", "auto");
  inside = Reconstruct(tilt, "dfi", "0", "0", &report);
  volume = Reconstruct(tilt, "tv", "60", "0.05", &report);
  Option("recon_support", "none");
  for (ptrdiff_t i = 0; i < LocalVoxels(volume); i++)
    count[0] += inside->data[i] == 0, count[1] += inside->data[i] == 0 && volume->data[i] != 0;
  MPI_Allreduce(count, all, 2, MPI_LONG, MPI_SUM, MPI_COMM_WORLD);
  AET_TEST(all[0] > 1000 && all[1] == 0);
  AET_TEST(Likeness(volume) > 0.99);
  AET_TEST_CALL(AetVolumeDestroy(&inside));
  AET_TEST_CALL(AetVolumeDestroy(&volume));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
}

AET_TEST_MAIN("TV", {"balls", TestBalls}, {"noise", TestNoise}, {"the minimum", TestMinimum}, {"any number of ranks", TestAnyNumberOfRanks},
              {"hardly a series", TestHardlyASeries}, {"extended object", TestExtended}, {"support", TestSupport})
