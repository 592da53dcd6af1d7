/* Frames with known drifts, registered and averaged. */
#include "drift_test.h"

enum { N = 128 };
static double aet_path[8 * 10 * N][2];

static DriftPlan Plan(void)
{
  return (DriftPlan){.n = N, .frames = 5, .views = 3, .inside = 1, .drift = 5, .walk = 0.5, .counts = 200, .radius = 50, .seed = 11};
}

static void Method(const char *method)
{
  PetscOptionsSetValue(NULL, "-drift_method", method);
}

/* Registers what the plan says; residuals, and the record if it is wanted. */
static void Run(const DriftPlan *plan, const char *method, double *all, double *relative, AetDriftRecord *out)
{
  AetFrames      frames;
  AetDriftRecord record;
  AetTiltSeries  tilt;
  double         pm;
  int            rejected;

  Method(method);
  DriftPaths(plan, aet_path);
  DriftMake(plan, (const double(*)[2])aet_path, &frames);
  AET_TEST_CALL(AetFramesAverage(frames, &record, &tilt));
  DriftResidual(plan, record, (const double(*)[2])aet_path, all, relative);
  AET_TEST_CALL(AetDriftRecordSummary(record, &pm, &rejected, NULL));
  AET_TEST(rejected == 0);
  printf("\n    %s, inside %d, %g counts: residual %.4f px, relative %.4f, estimated %.4f ", method, plan->inside, plan->counts, *all,
         *relative, pm / 34.7);
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
  AET_TEST_CALL(AetFramesDestroy(&frames));
  if (out)
    *out = record;
  else
    AET_TEST_CALL(AetDriftRecordDestroy(&record));
}

static void TestBetweenFrames(void)
{
  DriftPlan plan = Plan();
  double    all, relative;

  plan.inside = 0;
  Run(&plan, "rigid", &all, &relative, NULL);
  AET_TEST(all <= 0.01);
  plan.counts = 25;
  Run(&plan, "rigid", &all, &relative, NULL);
  AET_TEST(all <= 0.02);
}

static void TestWithinFrames(void)
{
  DriftPlan plan = Plan();
  double    all, relative;

  Run(&plan, "linear", &all, &relative, NULL);
  AET_TEST(all <= 0.02);
  Run(&plan, "auto", &all, &relative, NULL); /* as good, though lines might move one by one */
  AET_TEST(all <= 0.02);
  plan.counts = 25;
  Run(&plan, "auto", &all, &relative, NULL);
  AET_TEST(all <= 0.04);
  plan.inside = 3; /* steps between frames are taken for drift within them: 0.5/√4 px in the steady drift, 0.07 px over a whole frame */
  Run(&plan, "auto", &all, &relative, NULL);
  AET_TEST(relative <= 0.03 && all <= 0.1);
}

/* A walk line by line: what the frames do alike cannot be seen, a Brownian bridge of 0.5/√6/√5 = 0.09 px over the whole frame. */
static void TestWalkOf(int frames, double limit)
{
  DriftPlan      plan = Plan();
  double         all, relative, straight, ignored, sum = 0;
  AetDriftRecord record;

  plan.inside = 2, plan.frames = frames;
  Run(&plan, "linear", &ignored, &straight, NULL);
  Run(&plan, "lines", &all, &relative, &record);
  AET_TEST(relative <= limit && relative < 0.7 * straight);
  for (int v = 0; v < plan.views; v++) sum += record->residual_px[v] * record->residual_px[v] / plan.views;
  AET_TEST(sqrt(sum) > 0.6 * relative && sqrt(sum) < 1.7 * relative); /* the error it states is the error it has */
  for (int v = 0; v < plan.views; v++) AET_TEST(record->walk_px[v] >= 0.2 && record->jitter_px[v] <= 0.025 && record->walk_px[v] <= 0.8);
  AET_TEST_CALL(AetDriftRecordDestroy(&record));
}

static void TestWalkOfLines(void)
{
  TestWalkOf(5, 0.075);
  TestWalkOf(2, 0.05); /* half of each displacement is in the mean of the others */
}

/* Lines that jitter on a stage that drifts steadily: both are told apart, and the jitter is corrected as far as it is seen. */
static void TestJitter(void)
{
  DriftPlan      plan = Plan();
  double         all, relative, straight;
  AetDriftRecord record;

  plan.jitter = 0.15;
  Run(&plan, "linear", &straight, &relative, NULL);
  Run(&plan, "lines", &all, &relative, &record);
  AET_TEST(all < 0.8 * straight);
  for (int v = 0; v < plan.views; v++) AET_TEST(record->walk_px[v] <= 0.1 && record->jitter_px[v] >= 0.1 && record->jitter_px[v] <= 0.2);
  AET_TEST_CALL(AetDriftRecordDestroy(&record));
}

/* The average is the object, with no more noise than the sum of the frames has. */
static void TestAverage(void)
{
  DriftPlan      plan = Plan();
  AetFrames      frames;
  AetDriftRecord record;
  AetTiltSeries  tilt;
  AetRegister    room;
  float         *truth = malloc(sizeof(float) * N * N);
  double         sum[3] = {0};

  Method("auto");
  DriftPaths(&plan, aet_path);
  DriftMake(&plan, (const double(*)[2])aet_path, &frames);
  AET_TEST_CALL(AetFramesAverage(frames, &record, &tilt));
  AET_TEST_CALL(AetRegisterCreate(N, N, &room));
  ParticleDraw(N, N, plan.radius, plan.counts, 0.05 * plan.counts, NULL, truth);
  for (ptrdiff_t v = 0; v < tilt->v_count; v++) {
    const AetMatchOptions plain = {0};
    AetMatch              match;
    AET_TEST(AetRegisterMatch(room, &plain, truth, tilt->image + v * N * N, &match) == 0 && fabs(match.dx) < 0.02 && fabs(match.dy) < 0.02);
    for (int y = 20; y < N - 20; y++)
      for (int x = 20; x < N - 20; x++) {
        const double level = truth[y * N + x], e = tilt->image[v * N * N + y * N + x] - level;
        sum[0] += e * e / (level / plan.frames), sum[1] += e / plan.counts, sum[2]++;
      }
  }
  for (ptrdiff_t v = tilt->v_count; v < 3; v++) AET_TEST(1); /* every rank asserts as often */
  MPI_Allreduce(MPI_IN_PLACE, sum, 3, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  AET_TEST(sum[0] / sum[2] > 0.8 && sum[0] / sum[2] < 1.15); /* Poisson noise of five frames; the sinc takes the highest frequencies */
  AET_TEST_CLOSE(sum[1] / sum[2], 0, 1e-3);                  /* intensity */
  free(truth);
  AET_TEST_CALL(AetRegisterDestroy(&room));
  AET_TEST_CALL(AetDriftRecordDestroy(&record));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
  AET_TEST_CALL(AetFramesDestroy(&frames));
}

/* A blank frame, one of something else, one with a jump, one with a value that is no number. */
static void Damage(AetFrames frames)
{
  for (ptrdiff_t v = 0; v < frames->v_count; v++) {
    float *image = frames->image + v * frames->frames * N * N;
    for (int i = 0; i < N * N; i++) image[i] = 3;
    for (int i = 0; i < N * N; i++) image[N * N + i] = (float)(30 + 30 * AetRandomUniform(1, 2, (uint64_t)i));
    image[2 * N * N + 77] = NAN;
    for (int y = N - 1; y >= N / 2; y--) /* the lower half is what lies 6 px to the right */
      for (int x = N - 1; x >= 0; x--) image[3 * N * N + y * N + x] = image[3 * N * N + y * N + (x >= 6 ? x - 6 : x)];
  }
}

static void TestDamagedFrames(void)
{
  static const int state[8] = {AET_FRAME_EMPTY, AET_FRAME_UNLIKE, AET_FRAME_EMPTY, AET_FRAME_MISFIT};
  DriftPlan        plan = Plan();
  AetFrames        frames;
  AetDriftRecord   record;
  AetTiltSeries    tilt;
  int              rejected, wrong = 0;
  double           far = 0;

  plan.frames = 8, plan.drift = 2;
  Method("auto");
  DriftPaths(&plan, aet_path);
  DriftMake(&plan, (const double(*)[2])aet_path, &frames);
  Damage(frames);
  AET_TEST_CALL(AetFramesAverage(frames, &record, &tilt));
  for (int i = 0; i < plan.views * 8; i++) wrong += i % 8 == 3 ? record->state[i] < AET_FRAME_UNLIKE : record->state[i] != state[i % 8];
  AET_TEST(wrong == 0);
  AET_TEST_CALL(AetDriftRecordSummary(record, NULL, &rejected, NULL));
  AET_TEST(rejected == 4 * plan.views);
  for (ptrdiff_t v = 0; v < record->v_count; v++) /* the others lie as they should, one against the other */
    for (int f = 5; f < 8; f++)
      for (int l = 20; l < N - 20; l++) {
        const ptrdiff_t here = (v * 8 + f) * N + l, there = (v * 8 + 4) * N + l, base = record->v_start * 8 * N;
        for (int a = 0; a < 2; a++)
          far = fmax(far, fabs(record->path[here][a] - record->path[there][a] - aet_path[base + here][a] + aet_path[base + there][a]));
      }
  AET_TEST_CLOSE(far, 0, 0.1);
  AET_TEST_CALL(AetDriftRecordDestroy(&record));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
  for (ptrdiff_t i = 0; i < frames->v_count * 8 * N * N; i++) frames->image[i] = 0;
  AET_TEST(AetFramesAverage(frames, &record, &tilt) == AET_ERR_DATA && !record && !tilt);
  AetErrorClear();
  AET_TEST_CALL(AetFramesDestroy(&frames));
}

static void TestOneFrame(void)
{
  DriftPlan      plan = Plan();
  AetFrames      frames;
  AetDriftRecord record;
  AetTiltSeries  tilt;
  int            same = 1;

  plan.frames = 1;
  Method("auto");
  DriftPaths(&plan, aet_path);
  DriftMake(&plan, (const double(*)[2])aet_path, &frames);
  AET_TEST_CALL(AetFramesAverage(frames, &record, &tilt));
  for (ptrdiff_t i = 0; i < frames->v_count * N * N; i++) same &= frames->image[i] == tilt->image[i];
  AET_TEST(same && record->residual_px[0] == 0);
  AET_TEST_CALL(AetDriftRecordDestroy(&record));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
  AET_TEST_CALL(AetFramesDestroy(&frames));
}

static int SameImages(AetTiltSeries a, AetTiltSeries b, ptrdiff_t b_first)
{
  return a->v_count == 0 || !memcmp(a->image, b->image + (a->v_start - b_first) * N * N, sizeof(float) * (size_t)(a->v_count * N * N));
}

/* The record, written and read, makes the same of the same frames; one rank alone makes the same of all views. */
static void TestRecordAndRanks(void)
{
  DriftPlan      plan = Plan();
  AetFrames      frames, alone;
  AetDriftRecord record, again;
  AetTiltSeries  tilt, applied, single;
  AetFile        file;
  double         angles[3][3] = {{0}};
  char           path[64];

  Method("auto");
  DriftPaths(&plan, aet_path);
  DriftMake(&plan, (const double(*)[2])aet_path, &frames);
  AET_TEST_CALL(AetFramesAverage(frames, &record, &tilt));
  snprintf(path, sizeof path, "drift-record-%d.h5", getppid());
  AET_TEST_CALL(AetFileCreate(MPI_COMM_WORLD, path, &file));
  AET_TEST_CALL(AetDriftRecordWrite(record, file));
  AET_TEST_CALL(AetFileClose(&file));
  AET_TEST_CALL(AetFileOpen(MPI_COMM_WORLD, path, &file));
  AET_TEST_CALL(AetDriftRecordRead(MPI_COMM_WORLD, file, &again));
  AET_TEST_CALL(AetFileDestroy(&file));
  unlink(path);
  AET_TEST_CALL(AetFramesApply(again, frames, &applied));
  AET_TEST(SameImages(tilt, applied, tilt->v_start));
  AET_TEST(again->residual_px[2] == record->residual_px[2] && again->state[14] == record->state[14]);
  AET_TEST_CALL(AetFramesCreate(MPI_COMM_SELF, 3, 5, N, N, 0.347, AET_ANGLES_ZYX, (const double(*)[3])angles, NULL, &alone));
  for (int i = 0; i < 15; i++) DriftFrame(&plan, i / 5, i % 5, (const double(*)[2])(aet_path + i * N), alone->image + i * N * N);
  AET_TEST_CALL(AetFramesAverage(alone, NULL, &single));
  AET_TEST(SameImages(tilt, single, 0));
  AET_TEST_CALL(AetFramesDestroy(&alone));
  AET_TEST_CALL(AetFramesDestroy(&frames));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
  AET_TEST_CALL(AetTiltSeriesDestroy(&applied));
  AET_TEST_CALL(AetTiltSeriesDestroy(&single));
  AET_TEST_CALL(AetDriftRecordDestroy(&record));
  AET_TEST_CALL(AetDriftRecordDestroy(&again));
}

/* Two scans at right angles, each with a slow swing of its own, jitter of the lines and a steady drift: what one direction cannot see, the
   other does. The 0.1 px of jitter themselves are part of what is left. */
static void TestScanPairs(void)
{
  static const double scan_deg[2] = {0, 90};
  DriftPlan           plan = Plan();
  double              all, relative, straight;

  plan.frames = 2, plan.views = 2, plan.scan_deg = scan_deg, plan.wave = 1.5, plan.drift = 2, plan.jitter = 0.1, plan.walk = 0.2;
  Run(&plan, "linear", &straight, &relative, NULL);
  Run(&plan, "auto", &all, &relative, NULL);
  AET_TEST(all <= 0.2 && all < 0.25 * straight);
  plan.wave = 0, plan.jitter = 0, plan.drift = 3, plan.walk = 0.5, plan.inside = 2; /* the common path is seen as well */
  Run(&plan, "linear", &straight, &relative, NULL);
  Run(&plan, "auto", &all, &relative, NULL);
  AET_TEST(all <= 0.1 && all < 0.85 * straight);
}

static void TestMistakes(void)

{
  const double   scan_deg[2] = {0, 45};
  double         angles[1][3] = {{0}};
  AetFrames      frames;
  AetDriftRecord record;
  AetTiltSeries  tilt;

  Method("linear");
  AET_TEST_CALL(AetFramesCreate(MPI_COMM_WORLD, 1, 2, 20, 20, 1, AET_ANGLES_ZYX, (const double(*)[3])angles, scan_deg, &frames));
  AET_TEST(AetFramesAverage(frames, &record, &tilt) == AET_ERR_INPUT);
  AET_TEST(strstr(AetErrorMessage(), "multiples of 90") && strstr(AetErrorMessage(), "found 45"));
  AetErrorClear();
  AET_TEST_CALL(AetFramesDestroy(&frames));
  AET_TEST_CALL(AetFramesCreate(MPI_COMM_WORLD, 1, 2, 20, 24, 1, AET_ANGLES_ZYX, (const double(*)[3])angles, (double[2]){0, 90}, &frames));
  AET_TEST(AetFramesAverage(frames, &record, &tilt) == AET_ERR_INPUT && strstr(AetErrorMessage(), "square"));
  AetErrorClear();
  AET_TEST_CALL(AetFramesDestroy(&frames));
}

int main(int argc, char **argv)
{
  static const AetTestCase cases[] = {{"between frames", TestBetweenFrames},
                                      {"within frames", TestWithinFrames},
                                      {"walk of lines", TestWalkOfLines},
                                      {"jitter of lines", TestJitter},
                                      {"average", TestAverage},
                                      {"damaged frames", TestDamagedFrames},
                                      {"one frame", TestOneFrame},
                                      {"record and ranks", TestRecordAndRanks},
                                      {"scans at right angles", TestScanPairs},
                                      {"mistakes", TestMistakes}};

  AetOptionsRegister(&AetDriftOptions);
  return AetTestMain(argc, argv, "tilt drift", cases, (int)(sizeof cases / sizeof cases[0]));
}
