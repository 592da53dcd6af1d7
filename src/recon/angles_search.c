/* Projection matching: the volume's projections at candidate orientations against the measured image, each at its best shift. */
#include "recon/angles_private.h"
#include "recon/kernel/rigid.h"
#include "recon/kernel/view_fit.h"
#include <math.h>
#include <string.h>

/* Correlation coefficient of image and projection at the best shift within `range` small pixels; `place` is that shift. */
static double Match(AetAngleLevel *level, int thread, double range, const float *image, const float *projection, double place[2])
{
  const ptrdiff_t M = level->M, pixels = level->pixels;
  float          *a = AetAngleLevelPlane(level, thread, 1), *b = AetAngleLevelPlane(level, thread, 2);
  double          sums[4] = {0}, peak;

  for (ptrdiff_t i = 0; i < pixels; i++) {
    sums[0] += image[i], sums[1] += (double)image[i] * image[i];
    sums[2] += projection[i], sums[3] += (double)projection[i] * projection[i];
  }
  sums[1] -= sums[0] * sums[0] / (double)(M * M), sums[3] -= sums[2] * sums[2] / (double)(M * M);
  AetAngleLevelToSpectrum(level, image, b);
  AetAngleLevelToSpectrum(level, projection, a);
  AetViewCorrelate(M, (float)(1 / (double)(M * M)), (float complex *)a, (float complex *)b, (float complex *)a);
  fftwf_execute_dft_c2r(level->to_image, (fftwf_complex *)a, a);
  peak = AetViewPeak(M, range, a, place);
  return sums[1] > 0 && sums[3] > 0 ? peak / sqrt(sums[1] * sums[3]) : 0;
}

/* Candidate `index` of (2 reach + 1)³: R after a small rotation in the frame of the image. */
static void Candidate(const double R[9], int index, int reach, double step, double out[9])
{
  const int side = 2 * reach + 1;
  double    w[3], Q[9];

  for (int a = 0; a < 3; a++, index /= side) w[a] = (index % side - reach) * step;
  AetRotationExp(w, Q);
  AetRotationMultiply(Q, R, out);
}

typedef struct {
  double score, shift[2];
  int    index;
} Best;

static void Compare(AetAngleLevel *level, int index, double range, const float *images, Best *best)
{
  const int     threads = AetThreads();
  AetTiltSeries tilt = level->tilt;

#pragma omp parallel for num_threads(threads) schedule(static, 1)
  for (int t = 0; t < threads; t++)
    for (ptrdiff_t v = t; v < tilt->v_count; v += threads) {
      double place[2], score = Match(level, t, range, tilt->image + v * level->pixels, images + v * level->pixels, place);
      if (score > best[v].score) best[v] = (Best){score, {place[0], place[1]}, index};
    }
}

PetscErrorCode AetAnglesSearch(AetAngleLevel *level, double step_deg, int reach)
{
  AetTiltSeries tilt = level->tilt;
  AetPoses     *now = &level->angles->now;
  const int     count = (2 * reach + 1) * (2 * reach + 1) * (2 * reach + 1);
  float        *images;
  Best         *best;
  double(*rotation)[9];

  PetscFunctionBegin;
  PetscCall(PetscMalloc3((size_t)(tilt->v_count * level->pixels), &images, (size_t)tilt->v_count, &best, (size_t)tilt->views, &rotation));
  for (ptrdiff_t v = 0; v < tilt->v_count; v++) best[v] = (Best){-2, {0, 0}, count / 2};
  for (int c = 0; c < count; c++) {
    for (ptrdiff_t v = 0; v < tilt->views; v++) Candidate(now->rotation[v], c, reach, step_deg * AET_DEG, rotation[v]);
    PetscCall(AetAngleLevelProject(level, (const double(*)[9])rotation, level->volume->data, images));
    Compare(level, c, level->angles->settings.shift_range_px / level->ratio, images, best);
  }
  for (ptrdiff_t v = 0; v < tilt->v_count; v++) {
    ptrdiff_t global = tilt->v_start + v;
    double    R[9];
    Candidate(now->rotation[global], best[v].index, reach, step_deg * AET_DEG, R);
    memcpy(now->rotation[global], R, sizeof R);
    for (int a = 0; a < 2; a++) now->shift[global][a] += best[v].shift[a] * level->ratio;
    AetAnglesClip(level->angles, global, now->rotation[global], now->shift[global]);
  }
  PetscCall(PetscFree3(images, best, rotation));
  PetscCall(AetPosesShare(tilt, now));
  PetscFunctionReturn(PETSC_SUCCESS);
}
