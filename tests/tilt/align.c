/* Background, intensity and alignment against series whose truth is known. */
#include "mpi_test.h"
#include "tilt/kernel/blur.h"
#include "tilt/kernel/common_line.h"
#include "tilt/kernel/laplace_fill.h"
#include "tilt/kernel/object_mask.h"
#include "tilt/kernel/plane_fit.h"
#include "tilted.h"

static AetBackgroundSettings Background(AetBackgroundMethod method, AetNormaliseMethod normalise)
{
  return (AetBackgroundSettings){
      .method = method, .normalise = normalise, .smooth_px = 1.5, .threshold = 0.9, .dilate_px = 4, .laplace_px = 8};
}

static const AetAlignSettings aligning = {.method = AET_TILT_ALIGN_AUTO, .repeat_deg = 0.1, .damage_factor = 1.25};

/* Aligns a series and returns the residual shifts. */
static void Aligned(const Tilted *t, const char *name, double rms[2], double *most)
{
  const AetBackgroundSettings background = Background(AET_BACKGROUND_PLANE, AET_NORMALISE_TOTAL);
  AetTiltSeries               tilt;
  TiltedTruth                 truth;
  AetPreparation              record;

  TiltedCreate(t, &tilt, &truth);
  AET_TEST_CALL(AetPreparationCreate(tilt, &record));
  AET_TEST_CALL(AetTiltBackground(tilt, &background, record));
  AET_TEST_CALL(AetTiltNormalise(tilt, &background, record));
  AET_TEST_CALL(AetTiltAlign(tilt, &aligning, &background, record));
  TiltedResidual(tilt, &truth, record, rms, most);
  printf("\n    %s: shifts to %.4f px r.m.s. along x, %.4f along y, %.4f at most; %.4f px still seen\n", name, rms[0], rms[1], *most,
         record->residual_px);
  AET_TEST_CALL(AetPreparationDestroy(&record));
  TiltedFree(&tilt, &truth);
}

static void TestClean(void)
{
  const Tilted t = {.views = 37, .n = 96, .radius = 26, .width = 1.2, .reach = 10};
  const Tilted euler = {.views = 23, .n = 96, .radius = 26, .width = 1.2, .reach = 8, .euler = 1};
  double       rms[2], most;

  Aligned(&t, "without noise", rms, &most);
  AET_TEST(most <= 0.02);
  Aligned(&euler, "without noise, from all sides", rms, &most);
  AET_TEST(most <= 0.02);
}

static void TestNoisy(void)
{
  Tilted t = {
      .views = 37, .n = 96, .radius = 26, .width = 1.2, .reach = 10, .counts = 300, .base = {0.3, 0.001, -0.002}, .unevenness = 0.1};
  double rms[2], most;

  Aligned(&t, "300 counts in an atom, uneven background and intensity", rms, &most);
  AET_TEST(most <= 0.1);
  AET_TEST(rms[0] < 1.5 * TiltedMassBound(&t));
  t.counts = 20, t.sigma = 0.1;
  Aligned(&t, "20 counts in an atom and a noise of 0.1 of its height", rms, &most);
  AET_TEST(rms[0] < 1.5 * TiltedMassBound(&t));
  AET_TEST(rms[1] < 0.05);
}

AET_TEST_MAIN("alignment", {"without noise", TestClean}, {"with noise", TestNoisy})
