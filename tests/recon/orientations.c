/* Orientations of which nothing is known, on a small particle; series in which they cannot be found; volumes laid on each other. */
#include "orientations_series.h"

static const Views small = {.diameter_angstrom = 18, .views = 80, .n = 32, .pixel_angstrom = 0.9, .shift_px = 2, .dose = "300", .seed = 21};

static void Settings(AetOrientationSettings *settings)
{
  AET_TEST_CALL(AetOrientationSettingsFromOptions(settings));
  settings->starts = 2;
  settings->refine = PETSC_FALSE;
}

static AetVolume Reconstruct(AetTiltSeries tilt)
{
  AetRecon  recon;
  AetVolume volume = NULL;

  Option("recon_iterations", "20");
  AET_TEST_CALL(AetReconCreate(tilt, &recon));
  AET_TEST_CALL(AetReconSetFromOptions(recon));
  AET_TEST_CALL(AetReconSetUp(recon));
  AET_TEST_CALL(AetReconSolve(recon, &volume));
  AET_TEST_CALL(AetReconDestroy(&recon));
  return volume;
}

/* The volume from the orientations that were found is the particle's, turned, perhaps mirrored. */
static void TestFinds(void)
{
  AetSpecimen            specimen = Particle(&small);
  double                 ratio, R[9], apart = 0, before, after;
  AetTiltSeries          tilt = RandomViews(PETSC_COMM_WORLD, &small, &specimen, &ratio);
  AetVolume              truth = TrueVolume(PETSC_COMM_WORLD, &small, &specimen, 5), volume = Reconstruct(tilt), aligned;
  AetOrientationSettings settings;
  AetOrientationsReport  report;
  AetVolumeAlignment     alignment;

  AET_TEST_CALL(AetVolumeAlign(volume, truth, &alignment, &aligned));
  before = Resolved(aligned, truth, small.pixel_angstrom);
  AET_TEST_CALL(AetVolumeDestroy(&aligned));
  AET_TEST_CALL(AetVolumeDestroy(&volume));
  Settings(&settings);
  settings.starts = 4;
  AET_TEST_CALL(AetOrientationsFind(tilt, &settings, &report));
  volume = Reconstruct(tilt);
  AET_TEST_CALL(AetVolumeAlign(volume, truth, &alignment, &aligned));
  after = Resolved(aligned, truth, small.pixel_angstrom);
  printf("\n  %d atoms, signal to noise %.2f, diameter %.1f A; correlated above 0.5 down to %.2f A, with angles 0 to %.2f A ",
         (int)specimen.count, ratio, report.diameter_angstrom, after, before);
  AET_TEST(after < 3 && before > 5);
  AET_TEST(report.views == small.views && report.left_out == 0 && report.starts == 4);
  for (int s = 0; s < 4; s++) AET_TEST(report.start_misfit[report.best] <= report.start_misfit[s]);
  AET_TEST(report.mean_shift_px > 0.5 && report.mean_shift_px < 3);
  AET_TEST(report.diameter_angstrom > 13 && report.diameter_angstrom < 22);
  for (ptrdiff_t v = 0; v < tilt->views; v++) { /* angles and rotations say the same */
    AetRotationFromAngles(AET_ANGLES_ZYX, tilt->angles_deg[v], R);
    for (int i = 0; i < 9; i++) apart = fmax(apart, fabs(R[i] - tilt->rotation[v][i]));
  }
  AET_TEST(apart < 1e-10);
  AET_TEST_CALL(AetVolumeDestroy(&aligned));
  AET_TEST_CALL(AetVolumeDestroy(&volume));
  AET_TEST_CALL(AetVolumeDestroy(&truth));
  AET_TEST_CALL(AetOrientationsReportFree(&report));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
  FreeParticle(&specimen);
}

static void Darken(AetTiltSeries tilt, ptrdiff_t view, float value)
{
  const ptrdiff_t pixels = tilt->ny * tilt->nx, here = view - tilt->v_start;

  for (ptrdiff_t i = 0; here >= 0 && here < tilt->v_count && i < pixels; i++) tilt->image[here * pixels + i] = value;
}

/* Every rank alone, and all together: the same bits. Two views without light leave the series, the others stay in order. */
static void TestAnyNumberOfRanks(void)
{
  Views                  plan = small;
  AetSpecimen            specimen = Particle(&plan);
  AetOrientationSettings settings;
  AetOrientationsReport  ours, mine;
  AetTiltSeries          together, alone;
  int                    same = 1;

  plan.views = 14;
  together = RandomViews(PETSC_COMM_WORLD, &plan, &specimen, NULL), alone = RandomViews(PETSC_COMM_SELF, &plan, &specimen, NULL);
  Darken(together, 2, 0), Darken(alone, 2, 0);
  Darken(together, 9, 3), Darken(alone, 9, 3); /* even light shows nothing, too */
  Settings(&settings);
  AET_TEST_CALL(AetOrientationsFind(together, &settings, &ours));
  AET_TEST_CALL(AetOrientationsFind(alone, &settings, &mine));
  AET_TEST(ours.left_out == 2 && together->views == 12 && alone->views == 12);
  for (ptrdiff_t v = 0; v < 12; v++)
    if (memcmp(together->rotation[v], alone->rotation[v], sizeof alone->rotation[v])) same = 0;
  for (ptrdiff_t v = together->v_start; v < together->v_start + together->v_count; v++)
    if (memcmp(together->image + (v - together->v_start) * plan.n * plan.n, alone->image + v * plan.n * plan.n,
               (size_t)(plan.n * plan.n) * sizeof(float)))
      same = 0;
  AET_TEST(same);
  AET_TEST(ours.misfit == mine.misfit && ours.best == mine.best && ours.misfit > 0 && ours.misfit < 1);
  AET_TEST_CALL(AetOrientationsReportFree(&ours));
  AET_TEST_CALL(AetOrientationsReportFree(&mine));
  AET_TEST_CALL(AetTiltSeriesDestroy(&together));
  AET_TEST_CALL(AetTiltSeriesDestroy(&alone));
  FreeParticle(&specimen);
}

/* Two views, three of which one is dark, a pixel that is no number, a dot: refused, in one line. */
static void TestRefused(void)
{
  static const char *const said[4] = {"at least 3 views", "at least 3 views", "view 2", "at least 8 pixels"};
  AetSpecimen              specimen = Particle(&small);

  for (int kind = 0; kind < 4; kind++) {
    Views                  plan = small;
    AetOrientationSettings settings;
    AetOrientationsReport  report;
    AetTiltSeries          tilt;
    PetscErrorCode         code;
    plan.views = kind ? 3 : 2;
    tilt = RandomViews(PETSC_COMM_WORLD, &plan, &specimen, NULL);
    if (kind == 1) Darken(tilt, 1, 0);
    if (kind == 2) Darken(tilt, 2, NAN);
    for (ptrdiff_t v = 0; kind == 3 && v < 3; v++) Darken(tilt, v, 0);
    for (ptrdiff_t v = 0; kind == 3 && v < tilt->v_count; v++) tilt->image[v * small.n * small.n + 500] = 1;
    Settings(&settings);
    PetscCallAbort(PETSC_COMM_SELF, PetscPushErrorHandler(PetscReturnErrorHandler, NULL));
    code = AetOrientationsFind(tilt, &settings, &report);
    PetscCallAbort(PETSC_COMM_SELF, PetscPopErrorHandler());
    AET_TEST(code == (kind == 2 ? AET_ERR_DATA : AET_ERR_INPUT));
    AET_TEST(strstr(AetErrorMessage(), said[kind]) != NULL);
    AetErrorClear();
    AET_TEST_CALL(AetOrientationsReportFree(&report));
    AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
  }
  FreeParticle(&specimen);
}

/* A particle turned, mirrored and moved by known amounts is laid back where it was. */
static void TestAlign(void)
{
  for (int mirrored = 0; mirrored < 2; mirrored++) {
    const double       w[3] = {0.7, -1.9, 0.4}, shift[3] = {1.3, -2.1, 0.8};
    AetSpecimen        specimen = Particle(&small), moved = Particle(&small);
    AetVolume          fixed = TrueVolume(PETSC_COMM_WORLD, &small, &specimen, 40), moving, aligned;
    AetVolumeAlignment alignment;
    double             Q[9], apart = 0;

    AetRotationExp(w, Q);
    for (int i = 0; i < 3 && mirrored; i++) Q[3 + i] = -Q[3 + i];
    for (PetscInt i = 0; i < moved.count; i++) {
      AetRotate(Q, specimen.position + 3 * i, moved.position + 3 * i);
      for (int a = 0; a < 3; a++) moved.position[3 * i + a] += shift[a] * small.pixel_angstrom;
    }
    moving = TrueVolume(PETSC_COMM_WORLD, &small, &moved, 40);
    AET_TEST_CALL(AetVolumeAlign(moving, fixed, &alignment, &aligned));
    for (int i = 0; i < 9; i++) apart = fmax(apart, fabs(alignment.matrix[i] - Q[i]));
    for (int a = 0; a < 3; a++) apart = fmax(apart, 0.1 * fabs(alignment.shift_px[a] - shift[a]));
    printf("\n  %s: off by %.4f, correlation %.4f ", mirrored ? "mirrored" : "turned", apart, alignment.correlation);
    AET_TEST(alignment.mirrored == (PetscBool)mirrored);
    AET_TEST(apart < 0.02);
    AET_TEST(alignment.correlation > 0.98);
    AET_TEST_CALL(AetVolumeDestroy(&fixed));
    AET_TEST_CALL(AetVolumeDestroy(&moving));
    AET_TEST_CALL(AetVolumeDestroy(&aligned));
    FreeParticle(&specimen), FreeParticle(&moved);
  }
}

AET_TEST_MAIN("orientations", {"a particle from all sides", TestFinds}, {"any number of ranks, dark views", TestAnyNumberOfRanks},
              {"what is refused", TestRefused}, {"alignment of volumes", TestAlign})
