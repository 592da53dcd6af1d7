/* The paths of the frames of a view: one round of Gauss–Newton against the mean of the others, joined with what drifts do. */
#include "tilt/drift_private.h"
#include "tilt/kernel/line_match.h"
#include "tilt/kernel/line_positions.h"
#include "tilt/kernel/line_walk.h"
#include "tilt/kernel/pair_shifts.h"
#include "tilt/kernel/turn.h"
#include <math.h>
#include <string.h>

#define OWN_RATE_PX 1.0 /* per frame */

static const double walks_px[] = {0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2}; /* r.m.s. per frame, to choose from */
static const double jitters_px[] = {0, 0.025, 0.05, 0.1, 0.2, 0.4};                 /* r.m.s. of a line by itself */

static double MeanSquare(ptrdiff_t size, const float *a, const float *b, const float *mask)
{
  double sum = 0, total = 0;

  for (ptrdiff_t i = 0; i < size; i++) sum += mask[i] * (double)(a[i] - b[i]) * (a[i] - b[i]), total += mask[i];
  return total > 0 ? sum / total : 0;
}

/* The rows of the corrected frame speak for the lines they came from. kappa: the mean of the others moves against the frame by 1/(count-1),
   so that a displacement shows count/(count-1) times as large; kappa is the inverse. */
static void TakeSums(AetDriftRoom *room, ptrdiff_t frame, double kappa, const double (*path)[2], const double (*sums)[3],
                     const double (*gradient)[2])
{
  const ptrdiff_t lines = room->ny;
  double(*information)[3] = room->information + frame * lines, (*pull)[2] = room->pull + frame * lines;
  double *position = room->variance;

  memset(information, 0, sizeof *information * (size_t)lines);
  memset(pull, 0, sizeof *pull * (size_t)lines);
  AetLinePositions(lines, path, position);
  for (ptrdiff_t y = 0; y < lines; y++) {
    const ptrdiff_t l = lround(fmin(fmax(position[y], 0), (double)(lines - 1)));
    for (int m = 0; m < 3; m++) information[l][m] += sums[y][m] / (kappa * kappa);
    for (int a = 0; a < 2; a++) pull[l][a] += gradient[y][a] / kappa;
  }
  for (ptrdiff_t l = 0; l < lines; l++) {
    pull[l][0] += information[l][0] * path[l][0] + information[l][1] * path[l][1];
    pull[l][1] += information[l][1] * path[l][0] + information[l][2] * path[l][1];
  }
}

/* What the lines of a frame say against the mean of the others, in the scan's own axes; `path` is the present one, in them. */
static void MatchFrame(AetDriftRoom *room, AetDriftView *view, ptrdiff_t frame, double (*path)[2])
{
  const ptrdiff_t size = room->ny * room->nx, lines = room->ny;
  const int       quarters = AetDriftQuarters(view, frame), count = AetDriftCount(room, view);
  const float    *even = room->corrected + frame * size;
  double(*sums)[3] = (double(*)[3])room->walk, (*gradient)[2] = (double(*)[2])(room->walk + 3 * lines);
  AetLineNoise noise = {0};

  for (ptrdiff_t l = 0; l < lines; l++) AetTurnVectorToScan(quarters, view->path[frame * lines + l], path[l]);
  AetDriftOthers(room, view, frame);
  view->misfit[frame] = MeanSquare(size, even, room->others, room->mask);
  if (quarters) {
    AetTurnToScan(lines, quarters, room->others, room->template);
    memcpy(room->others, room->template, sizeof(float) * (size_t)size);
    AetTurnToScan(lines, quarters, room->mask, room->template);
    memcpy(room->mask, room->template, sizeof(float) * (size_t)size);
    AetTurnToScan(lines, quarters, even, room->scan);
    even = room->scan;
  }
  AetMatchTemplate(room->room, view->misfit[frame] / count, room->others, room->template, room->gradient[0], room->gradient[1]);
  AetLineNoiseFit(size, even, room->template, room->mask, &noise);
  AetLineNoiseFit(size, even, room->template, room->mask, &noise);
  AetLineSums(lines, room->nx, even, room->template, room->gradient[0], room->gradient[1], room->mask, &noise, sums, gradient);
  TakeSums(room, frame, (count - 1.0) / count, (const double(*)[2])path, (const double(*)[3])sums, (const double(*)[2])gradient);
}

/* The drift's direction in a frame's own axes. */
static void RateInScan(const AetDriftView *view, ptrdiff_t frame, double rate[2])
{
  AetTurnVectorToScan(AetDriftQuarters(view, frame), view->drift, rate);
}

static double StepVariance(const AetDriftRoom *room, double walk_px)
{
  return walk_px * walk_px / (double)room->ny;
}

/* Of a frame's own mean drift about the steady one. */
static double RateVariance(const AetDriftRoom *room)
{
  return OWN_RATE_PX * OWN_RATE_PX / ((double)room->ny * (double)room->ny);
}

/* How likely a walk and a jitter make what all lines said, as a logarithm. */
static double Evidence(AetDriftRoom *room, const AetDriftView *view, double walk_px, double jitter_px, double (*path)[2])
{
  const ptrdiff_t lines = room->ny;
  double          evidence = 0;

  for (ptrdiff_t f = 0; f < room->frames; f++) {
    double rate[2];
    if (view->state[f] != AET_FRAME_USED) continue;
    RateInScan(view, f, rate);
    evidence += AetLineSoften(lines, (const double(*)[3])(room->information + f * lines), (const double(*)[2])(room->pull + f * lines),
                              jitter_px * jitter_px, room->soft_information, room->soft_pull);
    evidence += AetLineWalkFree(lines, (const double(*)[3])room->soft_information, (const double(*)[2])room->soft_pull, rate,
                                RateVariance(room), StepVariance(room, walk_px), path, NULL, room->walk);
  }
  return evidence;
}

/* The walk and the jitter that make what all lines said most likely: one after the other, from what they were; which of them is changed
   first does not matter after a few rounds. */
static void ChooseWalk(AetDriftRoom *room, AetDriftView *view, double given_px, double (*path)[2])
{
  double best = -INFINITY, jitter = *view->jitter_px;

  for (size_t w = 0; w < sizeof walks_px / sizeof walks_px[0] && !(given_px > 0); w++) {
    const double evidence = Evidence(room, view, walks_px[w], jitter, path);
    if (evidence > best) best = evidence, *view->walk_px = walks_px[w];
  }
  if (given_px > 0) *view->walk_px = given_px;
  best = -INFINITY;
  for (size_t k = 0; k < sizeof jitters_px / sizeof jitters_px[0]; k++) {
    const double evidence = Evidence(room, view, *view->walk_px, jitters_px[k], path);
    if (evidence > best) best = evidence, *view->jitter_px = jitters_px[k];
  }
}

/* A frame's new path on the image; returns the mean variance of its lines. */
static double SolveFrame(AetDriftRoom *room, AetDriftMethod method, const AetDriftView *view, ptrdiff_t frame, double (*path)[2])
{
  const ptrdiff_t lines = room->ny;
  const double(*information)[3] = (const double(*)[3])(room->information + frame * lines);
  const double(*pull)[2] = (const double(*)[2])(room->pull + frame * lines);
  double rate[2] = {0, 0}, variance = 0;

  if (method == AET_DRIFT_LINES) {
    const double jitter_variance = *view->jitter_px * *view->jitter_px;
    RateInScan(view, frame, rate);
    AetLineSoften(lines, information, pull, jitter_variance, room->soft_information, room->soft_pull);
    AetLineWalkFree(lines, (const double(*)[3])room->soft_information, (const double(*)[2])room->soft_pull, rate, RateVariance(room),
                    StepVariance(room, *view->walk_px), path, room->variance, room->walk);
    for (ptrdiff_t l = 0; l < lines; l++) variance += room->variance[l] / (double)lines;
    variance += AetLineJitter(lines, information, (const double(*)[3])room->soft_information, (const double(*)[2])room->soft_pull,
                              jitter_variance, path);
  } else
    variance = AetLineStraight(lines, information, pull, method == AET_DRIFT_LINEAR, rate, path);
  for (ptrdiff_t l = 0; l < lines; l++) AetTurnVectorToImage(AetDriftQuarters(view, frame), path[l], path[l]);
  return variance;
}

int AetDriftParallel(const AetDriftRoom *room, const AetDriftView *view)
{
  for (ptrdiff_t f = 1; f < room->frames; f++)
    if (AetDriftQuarters(view, f) != AetDriftQuarters(view, 0)) return 0;
  return 1;
}

/* The mean displacement over the frames of each line, which no comparison of parallel scans can see, becomes 0. */
static void RemoveCommon(const AetDriftRoom *room, AetDriftView *view, int each_line)
{
  const ptrdiff_t lines = room->ny;
  const double    count = AetDriftCount(room, view);
  double          all[2] = {0};

  for (ptrdiff_t l = 0; l < lines; l++) {
    double mean[2] = {0};
    for (ptrdiff_t f = 0; f < room->frames; f++)
      for (int a = 0; a < 2 && view->state[f] == AET_FRAME_USED; a++) mean[a] += view->path[f * lines + l][a] / count;
    for (ptrdiff_t f = 0; f < room->frames && each_line; f++)
      for (int a = 0; a < 2; a++) view->path[f * lines + l][a] -= mean[a];
    for (int a = 0; a < 2; a++) all[a] += mean[a] / (double)lines;
  }
  for (ptrdiff_t i = 0; i < room->frames * lines && !each_line; i++)
    for (int a = 0; a < 2; a++) view->path[i][a] -= all[a];
}

/* The steady drift by what happens between the last line of a frame and the first of the next: with a random walk's steps about a steady
   drift the most likely common path of all frames is straight, and its slope the mean of these leaps over a frame's time. Leaps more than 3
   standard deviations (by the median, 0.5 px at least) off are left out. Only where the frames' own common path is 0. */
static void FindSteady(const AetDriftRoom *room, double frame_lines, AetDriftView *view)
{
  const ptrdiff_t lines = room->ny;
  double          leap[2][AET_PAIR_FRAMES], sorted[AET_PAIR_FRAMES];
  ptrdiff_t       last = -1, links = 0;

  for (ptrdiff_t f = 0; f < room->frames; f++) {
    if (view->state[f] != AET_FRAME_USED) continue;
    for (int a = 0; a < 2 && last >= 0; a++)
      leap[a][links] = (view->path[f * lines][a] - view->path[last * lines + lines - 1][a]) / (double)(f - last);
    links += last >= 0, last = f;
  }
  for (int a = 0; a < 2; a++) {
    double middle, limit, sum = 0, n = 0;
    memcpy(sorted, leap[a], sizeof *sorted * (size_t)links);
    middle = AetMedian(links, sorted);
    for (ptrdiff_t k = 0; k < links; k++) sorted[k] = fabs(leap[a][k] - middle);
    limit = fmax(3 * 1.4826 * AetMedian(links, sorted), 1.5);
    for (ptrdiff_t k = 0; k < links; k++)
      if (fabs(leap[a][k] - middle) <= limit) sum += leap[a][k], n++;
    view->drift[a] = n > 0 ? sum / (n * frame_lines) : 0;
  }
}

static void AddSteady(const AetDriftRoom *room, AetDriftView *view)
{
  const ptrdiff_t lines = room->ny;

  for (ptrdiff_t i = 0; i < room->frames * lines; i++)
    for (int a = 0; a < 2; a++) view->path[i][a] += view->drift[a] * ((double)(i % lines) - (double)(lines - 1) / 2);
}

/* The paths less what cannot be seen in them, plus what must have been. */
static void Settle(const AetDriftRoom *room, const AetDriftSettings *settings, AetDriftMethod method, AetDriftView *view)
{
  const int parallel = AetDriftParallel(room, view);

  RemoveCommon(room, view, parallel);
  if (!parallel || method == AET_DRIFT_RIGID) return;
  FindSteady(room, (double)room->ny + settings->flyback_lines, view);
  AddSteady(room, view);
}

void AetDriftBegin(AetDriftRoom *room, const AetDriftSettings *settings, AetDriftView *view)
{
  for (ptrdiff_t i = 0; i < room->frames * room->ny; i++) memcpy(view->path[i], view->shift[i / room->ny], sizeof *view->path);
  Settle(room, settings, settings->method, view);
}

double AetDriftRound(AetDriftRoom *room, const AetDriftSettings *settings, AetDriftMethod method, AetDriftView *view)
{
  const ptrdiff_t lines = room->ny;
  double(*path)[2] = room->path, moved = 0, variance = 0;
  const int count = AetDriftCount(room, view);

  memcpy(room->before, view->path, sizeof *view->path * (size_t)(room->frames * lines));
  for (ptrdiff_t f = 0; f < room->frames; f++)
    if (view->state[f] == AET_FRAME_USED) MatchFrame(room, view, f, path);
  if (method == AET_DRIFT_LINES) ChooseWalk(room, view, settings->walk_px, path);
  for (ptrdiff_t f = 0; f < room->frames; f++) {
    if (view->state[f] != AET_FRAME_USED) continue;
    variance += SolveFrame(room, method, view, f, path) / count;
    memcpy(view->path + f * lines, path, sizeof *path * (size_t)lines);
  }
  Settle(room, settings, method, view);
  *view->residual_px = sqrt(variance);
  for (ptrdiff_t i = 0; i < room->frames * lines; i++)
    if (view->state[i / lines] == AET_FRAME_USED)
      moved += pow(view->path[i][0] - room->before[i][0], 2) + pow(view->path[i][1] - room->before[i][1], 2);
  return sqrt(moved / (double)(2 * count * lines));
}
