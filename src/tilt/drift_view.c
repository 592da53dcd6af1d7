/* The frames of one view: shifts by pairs, then each frame's path against the mean of the others, until nothing moves. */
#include "tilt/drift_private.h"
#include "tilt/kernel/line_positions.h"
#include "tilt/kernel/line_walk.h"
#include "tilt/kernel/pair_shifts.h"
#include "tilt/kernel/turn.h"
#include <math.h>
#include <string.h>

#define SETTLED_PX 0.2 /* frames are judged when they move less */
#define STILL_PX 0.002

int AetDriftQuarters(const AetDriftView *view, ptrdiff_t frame)
{
  return (int)lround(view->scan_deg[frame] / 90) & 3;
}

int AetDriftCount(const AetDriftRoom *room, const AetDriftView *view)
{
  int used = 0;

  for (ptrdiff_t f = 0; f < room->frames; f++) used += view->state[f] == AET_FRAME_USED;
  return used;
}

/* A frame with a value that is no number, or with one value only. */
static int Empty(ptrdiff_t size, const float *image)
{
  float least = INFINITY, most = -INFINITY;

  for (ptrdiff_t i = 0; i < size; i++) {
    if (!isfinite(image[i])) return 1;
    least = fminf(least, image[i]), most = fmaxf(most, image[i]);
  }
  return !(most > least);
}

void AetDriftCorrect(AetDriftRoom *room, AetDriftView *view, ptrdiff_t frame)
{
  const ptrdiff_t size = room->ny * room->nx, lines = room->ny;
  const int       quarters = AetDriftQuarters(view, frame);
  const float    *image = view->image + frame * size;
  float          *even = room->corrected + frame * size, *covered = room->covered + frame * size;
  double(*path)[2] = view->path + frame * lines, (*scan_path)[2] = (double(*)[2])room->walk;

  if (quarters == 0) {
    AetMoveLines(room->room, (const double(*)[2])path, image, even, covered);
    return;
  }
  for (ptrdiff_t l = 0; l < lines; l++) AetTurnVectorToScan(quarters, path[l], scan_path[l]);
  AetTurnToScan(lines, quarters, image, room->scan);
  AetMoveLines(room->room, (const double(*)[2])scan_path, room->scan, room->template, room->mask);
  AetTurnToImage(lines, quarters, room->template, even);
  AetTurnToImage(lines, quarters, room->mask, covered);
}

void AetDriftSum(AetDriftRoom *room, const AetDriftView *view)
{
  const ptrdiff_t size = room->ny * room->nx;
  const float     outside = 1e-4f; /* what a frame shows beyond its edge counts where no frame was */

  memset(room->sum, 0, sizeof(float) * (size_t)size);
  memset(room->total, 0, sizeof(float) * (size_t)size);
  for (ptrdiff_t f = 0; f < room->frames; f++) {
    const float *even = room->corrected + f * size, *covered = room->covered + f * size;
    if (view->state[f] != AET_FRAME_USED) continue;
    for (ptrdiff_t i = 0; i < size; i++) room->sum[i] += (covered[i] + outside) * even[i], room->total[i] += covered[i] + outside;
  }
}

void AetDriftOthers(AetDriftRoom *room, const AetDriftView *view, ptrdiff_t frame)
{
  const ptrdiff_t size = room->ny * room->nx;
  const float    *even = room->corrected + frame * size, *covered = room->covered + frame * size, outside = 1e-4f;
  const float     frames = (float)(AetDriftCount(room, view) - 1);

  for (ptrdiff_t i = 0; i < size; i++) {
    const float total = fmaxf(room->total[i] - covered[i] - outside, outside);
    room->others[i] = (room->sum[i] - (covered[i] + outside) * even[i]) / total;
    room->mask[i] = covered[i] * fminf(1, total / frames);
  }
}

void AetDriftMean(AetDriftRoom *room, AetDriftView *view)
{
  const ptrdiff_t size = room->ny * room->nx;

  if (AetDriftCount(room, view) == 1) {
    for (ptrdiff_t f = 0; f < room->frames; f++)
      if (view->state[f] == AET_FRAME_USED) memcpy(view->mean, view->image + f * size, sizeof(float) * (size_t)size);
    return;
  }
  for (ptrdiff_t f = 0; f < room->frames; f++)
    if (view->state[f] == AET_FRAME_USED) AetDriftCorrect(room, view, f);
  AetDriftSum(room, view);
  for (ptrdiff_t i = 0; i < size; i++) view->mean[i] = room->sum[i] / room->total[i];
}

/* A frame whose pairs are all weaker than a part of the common height has other content. */
static void JudgeHeights(const AetDriftRoom *room, double part, int pairs, const AetPairShift *pair, const double *height,
                         AetDriftView *view)
{
  double frame_height[AET_PAIR_FRAMES], sorted[AET_PAIR_FRAMES], common;
  int    count = 0;

  for (int f = 0; f < (int)room->frames; f++) {
    double of_frame[AET_PAIR_FRAMES];
    int    n = 0;
    frame_height[f] = 0;
    if (view->state[f] != AET_FRAME_USED) continue;
    for (int p = 0; p < pairs; p++)
      if (pair[p].from == f || pair[p].to == f) of_frame[n++] = height[p];
    sorted[count++] = frame_height[f] = AetMedian(n, of_frame);
  }
  common = AetMedian(count, sorted);
  for (int f = 0; f < (int)room->frames && count > 2; f++)
    if (view->state[f] == AET_FRAME_USED && frame_height[f] < part * common) view->state[f] = AET_FRAME_UNLIKE;
}

void AetDriftPairs(AetDriftRoom *room, const AetDriftSettings *settings, AetDriftView *view)
{
  AetPairShift    pair[AET_PAIR_FRAMES * (AET_PAIR_FRAMES - 1) / 2];
  double          height[AET_PAIR_FRAMES * (AET_PAIR_FRAMES - 1) / 2];
  int             pairs = 0, linked[AET_PAIR_FRAMES];
  const ptrdiff_t spectrum = (ptrdiff_t)AetRegisterSpectrumSize(room->room), size = room->ny * room->nx;

  for (int f = 0; f < (int)room->frames; f++) {
    if (view->state[f] != AET_FRAME_USED) continue;
    AetMatchSpectrum(room->room, settings->match.taper, view->image + f * size, room->spectra + f * spectrum);
    for (int g = 0; g < f; g++) {
      AetMatch match;
      if (view->state[g] != AET_FRAME_USED) continue;
      AetMatchSpectra(room->room, &settings->match, room->spectra + g * spectrum, room->spectra + f * spectrum, &match);
      height[pairs] = match.height;
      pair[pairs++] = (AetPairShift){g, f, 0, {match.dx, match.dy}, match.height > 0 ? match.height * match.height : 0};
    }
  }
  JudgeHeights(room, settings->height, pairs, pair, height, view);
  for (int p = 0; p < pairs; p++)
    if (view->state[pair[p].from] != AET_FRAME_USED || view->state[pair[p].to] != AET_FRAME_USED) pair[p].weight = 0;
  *view->pairs_rejected = AetPairShiftsSolve((int)room->frames, pairs, pair, view->shift, linked);
  for (ptrdiff_t f = 0; f < room->frames; f++)
    if (view->state[f] == AET_FRAME_USED && !linked[f]) view->state[f] = AET_FRAME_UNLIKE;
  AetDriftBegin(room, settings, view);
}

int AetDriftJudge(AetDriftRoom *room, const AetDriftSettings *settings, AetDriftView *view)
{
  double    sorted[AET_PAIR_FRAMES], common;
  ptrdiff_t used = 0, worst = -1;

  for (ptrdiff_t f = 0; f < room->frames; f++)
    if (view->state[f] == AET_FRAME_USED) sorted[used++] = view->misfit[f];
  if (used < 3) return 0;
  common = AetMedian(used, sorted);
  for (ptrdiff_t f = 0; f < room->frames; f++)
    if (view->state[f] == AET_FRAME_USED && view->misfit[f] > settings->misfit * common &&
        (worst < 0 || view->misfit[f] > view->misfit[worst]))
      worst = f;
  if (worst >= 0) view->state[worst] = AET_FRAME_MISFIT;
  return worst >= 0;
}

/* Squared differences in units of their median over the frames. */
static void ScaleMisfits(const AetDriftRoom *room, AetDriftView *view)
{
  double    sorted[AET_PAIR_FRAMES], common;
  ptrdiff_t used = 0;

  for (ptrdiff_t f = 0; f < room->frames; f++)
    if (view->state[f] == AET_FRAME_USED) sorted[used++] = view->misfit[f];
  common = AetMedian(used, sorted);
  for (ptrdiff_t f = 0; f < room->frames; f++) view->misfit[f] = common > 0 ? view->misfit[f] / common : 0;
}

/* Straight paths until they have settled, so that what lines say is not what was wrong before; then lines one by one. A frame that is left
   out begins this again. */
static void Rounds(AetDriftRoom *room, const AetDriftSettings *settings, AetDriftView *view)
{
  const AetDriftMethod straight = PetscMin(settings->method, AET_DRIFT_LINEAR);
  AetDriftMethod       method = AetDriftParallel(room, view) ? straight : settings->method; /* lines have moved already */
  int                  since = 0;                                                           /* rounds since the method changed */

  for (int i = 0; i < settings->iterations && AetDriftCount(room, view) > 1; i++) {
    double moved;
    AetDriftMean(room, view);
    moved = AetDriftRound(room, settings, method, view);
    since++;
    if (moved < SETTLED_PX && AetDriftJudge(room, settings, view)) {
      method = straight, since = 0;
    } else if (method < settings->method && (moved < SETTLED_PX || since >= settings->iterations / 2)) {
      method = settings->method, since = 0;
    } else if (moved < STILL_PX)
      break;
  }
}

void AetDriftOfView(AetDriftRoom *room, const AetDriftSettings *settings, AetDriftView *view)
{
  const ptrdiff_t size = room->ny * room->nx, lines = room->ny;

  memset(view->path, 0, sizeof *view->path * (size_t)(room->frames * lines));
  memset(view->shift, 0, sizeof *view->shift * (size_t)room->frames);
  memset(view->misfit, 0, sizeof *view->misfit * (size_t)room->frames);
  view->drift[0] = view->drift[1] = *view->walk_px = *view->jitter_px = *view->residual_px = *view->pairs_rejected = 0;
  for (ptrdiff_t f = 0; f < room->frames; f++) view->state[f] = Empty(size, view->image + f * size) ? AET_FRAME_EMPTY : AET_FRAME_USED;
  if (AetDriftCount(room, view) > 1) AetDriftPairs(room, settings, view);
  if (AetDriftCount(room, view) > 1 && settings->method == AET_DRIFT_LINES && !AetDriftParallel(room, view)) AetDriftScanPairs(room, view);
  if (AetDriftCount(room, view) > 1) Rounds(room, settings, view);
  ScaleMisfits(room, view);
  if (AetDriftCount(room, view) == 1) memset(view->path, 0, sizeof *view->path * (size_t)(room->frames * lines));
  for (ptrdiff_t f = 0; f < room->frames; f++)
    AetLineSummary(lines, (const double(*)[2])(view->path + f * lines), view->shift[f], view->rate[f]);
  if (AetDriftCount(room, view) > 0) AetDriftMean(room, view);
}
