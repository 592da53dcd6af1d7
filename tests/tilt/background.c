/* Background, intensity, repeats and the record against series whose truth is known. */
#include "mpi_test.h"
#include "tilted.h"
#include <unistd.h>

static AetBackgroundSettings Background(AetBackgroundMethod method)
{
  return (AetBackgroundSettings){
      .method = method, .normalise = AET_NORMALISE_TOTAL, .smooth_px = 1.5, .threshold = 0.9, .dilate_px = 4, .laplace_px = 8};
}

/* What a background estimate leaves in the object, as a part of its intensity: largest over the views. The image of the object alone is the
   truth. */
static double Residue(const Tilted *t, AetBackgroundMethod method, PetscBool clip)
{
  Tilted                alone = *t;
  AetBackgroundSettings settings = Background(method);
  AetTiltSeries         tilt, object;
  TiltedTruth           truth, ignored;
  double                worst = 0;

  settings.clip = clip;
  alone.counts = alone.sigma = alone.curve = alone.base[0] = alone.base[1] = alone.base[2] = 0;
  TiltedCreate(t, &tilt, &truth);
  TiltedCreate(&alone, &object, &ignored);
  AET_TEST_CALL(AetTiltBackground(tilt, &settings, NULL));
  for (ptrdiff_t v = 0; v < tilt->v_count; v++) {
    double left = 0, sum = 0;
    for (ptrdiff_t i = v * t->n * t->n; i < (v + 1) * t->n * t->n; i++) {
      if (object->image[i] < 0.01) continue;
      left += tilt->image[i] - object->image[i], sum += object->image[i];
    }
    worst = fmax(worst, fabs(left) / sum);
  }
  MPI_Allreduce(MPI_IN_PLACE, &worst, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
  TiltedFree(&tilt, &truth);
  TiltedFree(&object, &ignored);
  return worst;
}

static void TestBackground(void)
{
  const Tilted plane = {.views = 9, .n = 96, .radius = 24, .width = 1.2, .reach = 5, .base = {2, 0.01, -0.005}};
  const Tilted curved = {.views = 9, .n = 96, .radius = 24, .width = 1.2, .reach = 5, .base = {2, 0.01, -0.005}, .curve = 0.5};
  Tilted       weak = plane;
  double       exact, bent, laplace, noisy, clipped;

  exact = Residue(&plane, AET_BACKGROUND_PLANE, PETSC_FALSE);
  bent = Residue(&curved, AET_BACKGROUND_PLANE, PETSC_FALSE);
  laplace = Residue(&curved, AET_BACKGROUND_LAPLACE, PETSC_FALSE);
  weak.counts = 1, weak.sigma = 0.3; /* 2 counts in a pixel of the background, 3 in the highest of an atom */
  noisy = Residue(&weak, AET_BACKGROUND_PLANE, PETSC_FALSE);
  clipped = Residue(&weak, AET_BACKGROUND_PLANE, PETSC_TRUE);
  printf("\n    left of a background, relative to the object: plane %.1e; a curved one by a plane %.1e, by Laplace %.1e; at 2 counts %.1e, "
         "clipped %.1e\n",
         exact, bent, laplace, noisy, clipped);
  AET_TEST(exact < 1e-3);
  AET_TEST(laplace < 0.01 && laplace < 0.5 * bent);
  /* counting noise of the object's pixels alone, some 1700 of 3 counts over a sum of 1500, is 0.05 */
  AET_TEST(noisy < 0.15);
  AET_TEST(clipped > noisy);
}

/* Factors between the images, whatever background was left. */
static void TestNormalise(void)
{
  const Tilted t = {.views = 11, .n = 96, .radius = 24, .width = 1.2, .reach = 5, .base = {0.3, 0.002, 0}, .unevenness = 0.2};
  const AetBackgroundSettings settings = Background(AET_BACKGROUND_NONE);
  AetTiltSeries               tilt;
  TiltedTruth                 truth;
  AetPreparation              record;
  double                      product, worst = 0;

  TiltedCreate(&t, &tilt, &truth);
  AET_TEST_CALL(AetPreparationCreate(tilt, &record));
  AET_TEST_CALL(AetTiltNormalise(tilt, &settings, record));
  product = record->view[0].scale * truth.scale[0];
  for (ptrdiff_t v = 0; v < t.views; v++) worst = fmax(worst, fabs(record->view[v].scale * truth.scale[v] / product - 1));
  printf("\n    intensities made even to %.1e\n", worst);
  AET_TEST(worst < 2e-3);
  AET_TEST_CALL(AetPreparationDestroy(&record));
  TiltedFree(&tilt, &truth);
}

/* An image without an object is refused on every rank, in one line. */
static void TestEmpty(void)
{
  const Tilted                t = {.views = 5, .n = 96, .radius = 24, .width = 1.2};
  const AetBackgroundSettings settings = Background(AET_BACKGROUND_PLANE);
  AetTiltSeries               tilt;
  TiltedTruth                 truth;

  TiltedCreate(&t, &tilt, &truth);
  for (ptrdiff_t v = 0; v < tilt->v_count; v++)
    if (tilt->v_start + v == 3) memset(tilt->image + v * t.n * t.n, 0, sizeof(float) * (size_t)(t.n * t.n));
  AET_TEST(AetTiltBackground(tilt, &settings, NULL) == AET_ERR_DATA);
  AET_TEST(strstr(AetErrorMessage(), "image 3") != NULL);
  AetErrorClear();
  TiltedFree(&tilt, &truth);
}

/* A repeated image agrees with the first within its noise; one in which a tenth of the atoms moved does not. */
static void TestDamage(void)
{
  const AetAlignSettings      align = {.method = AET_TILT_ALIGN_AUTO, .repeat_deg = 0.1, .damage_factor = 1.25};
  const AetBackgroundSettings settings = Background(AET_BACKGROUND_PLANE);
  Tilted t = {.views = 6, .n = 96, .radius = 24, .width = 1.2, .reach = 3, .counts = 300, .sigma = 0.05, .base = {0.2, 0, 0}, .repeat = 1};
  const double   noise[2] = {1 / 300.0, 0.05};
  AetTiltSeries  tilt;
  TiltedTruth    truth;
  AetPreparation record;

  for (int damaged = 0; damaged < 2; damaged++) {
    t.moved = damaged ? 0.1 : 0;
    TiltedCreate(&t, &tilt, &truth);
    AET_TEST_CALL(AetPreparationCreate(tilt, &record));
    AET_TEST_CALL(AetTiltBackground(tilt, &settings, record));
    AET_TEST_CALL(AetTiltAlign(tilt, &align, &settings, record));
    AET_TEST_CALL(AetTiltDamage(tilt, &align, &settings, noise, record));
    if (AET_TEST(record->repeats == 1 && record->repeat[0].views[0] == 0 && record->repeat[0].views[1] == 5)) {
      const AetRepeat *repeat = record->repeat;
      printf("\n    %s: correlation %.4f, R %.4f; noise allows %.4f, %.4f\n", damaged ? "a tenth of the atoms moved" : "unchanged",
             repeat->correlation, repeat->r, repeat->correlation_expected, repeat->r_expected);
      AET_TEST(repeat->flagged == (PetscBool)damaged);
      if (!damaged) AET_TEST_CLOSE(repeat->r, repeat->r_expected, 0.1 * repeat->r_expected);
      if (!damaged) AET_TEST_CLOSE(repeat->correlation, repeat->correlation_expected, 5e-3);
    }
    AET_TEST_CALL(AetPreparationDestroy(&record));
    TiltedFree(&tilt, &truth);
  }
}

/* The record survives the file, and moves another signal as it moved the first. */
static void TestRecord(void)
{
  const Tilted                t = {.views = 5, .n = 64, .radius = 18, .width = 1.2, .reach = 4};
  AetTiltSeries               tilt, second, back;
  TiltedTruth                 truth, same;
  AetPreparation              record, copy;
  double                      worst = 0;
  int                         differ = 0;
  char                        path[64] = "tilt_record.h5";
  const AetAlignSettings      align = {.method = AET_TILT_ALIGN_AUTO, .repeat_deg = 0.1, .damage_factor = 1.25};
  const AetBackgroundSettings settings = Background(AET_BACKGROUND_PLANE);
  PetscMPIInt                 size, rank;

  MPI_Comm_size(MPI_COMM_WORLD, &size);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  snprintf(path, sizeof path, "tilt_record_%d.h5", size);
  TiltedCreate(&t, &tilt, &truth);
  TiltedCreate(&t, &second, &same);
  AET_TEST_CALL(AetPreparationCreate(tilt, &record));
  AET_TEST_CALL(AetTiltAlign(tilt, &align, &settings, record));
  AET_TEST_CALL(AetTiltSeriesWriteWith(tilt, record, path));
  AET_TEST_CALL(AetPreparationRead(MPI_COMM_WORLD, path, &copy));
  AET_TEST(copy->views == t.views && copy->ny == t.n && copy->nx == t.n && copy->pixel_angstrom == 0.35);
  AET_TEST(!memcmp(copy->view, record->view, sizeof(AetPreparedView) * (size_t)t.views));
  AET_TEST_CALL(AetPreparationApply(copy, second));
  for (ptrdiff_t i = 0; i < tilt->v_count * t.n * t.n; i++) worst = fmax(worst, fabs(tilt->image[i] - second->image[i]));
  AET_TEST(worst < 1e-5);
  AET_TEST_CALL(AetTiltSeriesRead(MPI_COMM_WORLD, path, &back));
  for (ptrdiff_t i = 0; i < tilt->v_count * t.n * t.n; i++) differ += back->image[i] != tilt->image[i];
  AET_TEST(differ == 0);
  AET_TEST_CALL(AetPreparationDestroy(&record));
  AET_TEST_CALL(AetPreparationDestroy(&copy));
  AET_TEST_CALL(AetTiltSeriesDestroy(&back));
  TiltedFree(&tilt, &truth);
  TiltedFree(&second, &same);
  MPI_Barrier(MPI_COMM_WORLD);
  if (!rank) unlink(path);
}

AET_TEST_MAIN("background, intensity, repeats, record", {"background", TestBackground}, {"intensity", TestNormalise},
              {"no object", TestEmpty}, {"repeats", TestDamage}, {"record", TestRecord})
