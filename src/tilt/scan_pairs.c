/* Scans of one view along different directions: a first steady drift, then lines moved towards the rendering of the other scans. What is
   left, within a pixel, is for the paths of drift_path.c. Parameters as in the published implementations (docs/theory/drift.md). */
#include "tilt/drift_private.h"
#include "tilt/kernel/blur.h"
#include "tilt/kernel/scan_canvas.h"
#include "tilt/kernel/turn.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SEARCH 0.02   /* of the size: largest steady drift during a frame */
#define SEARCH_HALF 2 /* steps either way */
#define SEARCHES 3
#define SWEEPS 32
#define FIRST_STEP_PX 0.5
#define STILL_PX 0.02 /* mean move of a sweep */

/* Blurred first, so that no lattice spacing looks like another. */
static const double blurs_px[] = {4, 2, 0};

typedef struct {
  AetScanCanvas canvas;
  float        *scan;              /* [frames][n][n], lines as rows */
  float        *value, *density;   /* [frames][size][size] */
  float        *reference, *total; /* of the others */
  float        *work;
  double       *cost, *step; /* [6][n], [frames][n] */
} Pairs;

static void Free(Pairs *pairs)
{
  free(pairs->scan);
  free(pairs->value);
  free(pairs->density);
  free(pairs->reference);
  free(pairs->total);
  free(pairs->work);
  free(pairs->cost);
  free(pairs->step);
}

/* Plain memory: a thread must not ask PETSc. Returns 0 if there is none. */
static int Allocate(const AetDriftRoom *room, Pairs *pairs)
{
  const size_t frames = (size_t)room->frames, n = (size_t)room->ny;

  memset(pairs, 0, sizeof *pairs);
  pairs->canvas = AetScanCanvasFor(room->ny);
  const size_t size = (size_t)(pairs->canvas.size * pairs->canvas.size);
  pairs->scan = malloc(sizeof(float) * frames * n * n);
  pairs->value = malloc(sizeof(float) * frames * size);
  pairs->density = malloc(sizeof(float) * frames * size);
  pairs->reference = malloc(sizeof(float) * size);
  pairs->total = malloc(sizeof(float) * size);
  pairs->work = malloc(sizeof(float) * size);
  pairs->cost = malloc(sizeof(double) * 6 * n);
  pairs->step = malloc(sizeof(double) * frames * n);
  return pairs->scan && pairs->value && pairs->density && pairs->reference && pairs->total && pairs->work && pairs->cost && pairs->step;
}

static void Render(const AetDriftRoom *room, const AetDriftView *view, ptrdiff_t frame, Pairs *pairs)
{
  const ptrdiff_t size = pairs->canvas.size * pairs->canvas.size, n = room->ny;

  AetScanRender(&pairs->canvas, AetDriftQuarters(view, frame), (const double(*)[2])(view->path + frame * n), pairs->scan + frame * n * n,
                pairs->value + frame * size, pairs->density + frame * size, pairs->work);
}

/* The density-weighted mean of the renderings of the other scans that are used. */
static void Reference(const AetDriftRoom *room, const AetDriftView *view, ptrdiff_t frame, Pairs *pairs)
{
  const ptrdiff_t size = pairs->canvas.size * pairs->canvas.size;

  memset(pairs->reference, 0, sizeof(float) * (size_t)size);
  memset(pairs->total, 0, sizeof(float) * (size_t)size);
  for (ptrdiff_t g = 0; g < room->frames; g++) {
    if (g == frame || view->state[g] != AET_FRAME_USED) continue;
    for (ptrdiff_t i = 0; i < size; i++) pairs->reference[i] += pairs->value[g * size + i], pairs->total[i] += pairs->density[g * size + i];
  }
  for (ptrdiff_t i = 0; i < size; i++) pairs->reference[i] = pairs->total[i] > 1e-3f ? pairs->reference[i] / pairs->total[i] : 0;
}

/* `rate` px per line, added to the paths `times` over. */
static void AddRate(const AetDriftRoom *room, const double rate[2], double times, AetDriftView *view)
{
  for (ptrdiff_t i = 0; i < room->frames * room->ny; i++)
    for (int a = 0; a < 2; a++) view->path[i][a] += times * rate[a] * ((double)(i % room->ny) - (double)(room->ny - 1) / 2);
}

/* How far the scans are from each other with a steady drift. */
static double CostOfRate(const AetDriftRoom *room, AetDriftView *view, const double rate[2], Pairs *pairs)
{
  static const double stay[2] = {0, 0};
  const ptrdiff_t     n = room->ny;
  double              sum = 0;

  AddRate(room, rate, 1, view);
  for (ptrdiff_t f = 0; f < room->frames; f++)
    if (view->state[f] == AET_FRAME_USED) Render(room, view, f, pairs);
  for (ptrdiff_t f = 0; f < room->frames; f++) {
    if (view->state[f] != AET_FRAME_USED) continue;
    Reference(room, view, f, pairs);
    sum += AetScanCost(&pairs->canvas, AetDriftQuarters(view, f), (const double(*)[2])(view->path + f * n), stay, pairs->scan + f * n * n,
                       pairs->reference, pairs->total, pairs->cost);
  }
  AddRate(room, rate, -1, view);
  return sum;
}

/* The steady drift that brings the scans nearest: on a square of rates, and on finer ones about the best. */
static void SearchRate(const AetDriftRoom *room, AetDriftView *view, Pairs *pairs)
{
  double best[2] = {0, 0}, least = INFINITY, spacing = SEARCH / SEARCH_HALF; /* of the size, over as many lines: px per line */

  for (int s = 0; s < SEARCHES; s++, spacing /= SEARCH_HALF) {
    const double middle[2] = {best[0], best[1]};
    for (int j = -SEARCH_HALF; j <= SEARCH_HALF; j++)
      for (int i = -SEARCH_HALF; i <= SEARCH_HALF; i++) {
        const double rate[2] = {middle[0] + i * spacing, middle[1] + j * spacing}, cost = CostOfRate(room, view, rate, pairs);
        if (cost < least) least = cost, best[0] = rate[0], best[1] = rate[1];
      }
  }
  AddRate(room, best, 1, view);
}

/* The scans as lines in rows, blurred. */
static void Load(const AetDriftRoom *room, const AetDriftView *view, double blur_px, Pairs *pairs)
{
  const ptrdiff_t n = room->ny;

  for (ptrdiff_t f = 0; f < room->frames; f++) {
    AetTurnToScan(n, AetDriftQuarters(view, f), view->image + f * n * n, pairs->scan + f * n * n);
    AetKernelBlur(n, n, pairs->scan + f * n * n, blur_px, pairs->scan + f * n * n, pairs->work);
  }
  for (ptrdiff_t f = 0; f < room->frames; f++)
    if (view->state[f] == AET_FRAME_USED) Render(room, view, f, pairs);
}

/* Sweeps over all frames until lines hardly move, with one radius of neighbours; at most `most`. Returns how many there were. */
static int Sweeps(const AetDriftRoom *room, AetDriftView *view, ptrdiff_t radius, double first_step, int most, Pairs *pairs)
{
  const ptrdiff_t n = room->ny;
  int             sweep;

  for (ptrdiff_t i = 0; i < room->frames * n; i++) pairs->step[i] = first_step;
  for (sweep = 0; sweep < most; sweep++) {
    double moved = 0;
    for (ptrdiff_t f = 0; f < room->frames; f++) {
      if (view->state[f] != AET_FRAME_USED) continue;
      Reference(room, view, f, pairs);
      moved = fmax(moved, AetScanSweep(&pairs->canvas, AetDriftQuarters(view, f), view->path + f * n, pairs->step + f * n, radius,
                                       pairs->scan + f * n * n, pairs->reference, pairs->total, pairs->cost));
      Render(room, view, f, pairs);
    }
    if (moved < STILL_PX) break;
  }
  return sweep;
}

void AetDriftScanPairs(AetDriftRoom *room, AetDriftView *view)
{
  const ptrdiff_t n = room->ny;
  Pairs           pairs;

  if (Allocate(room, &pairs)) {
    int left = SWEEPS;
    Load(room, view, 0, &pairs);
    SearchRate(room, view, &pairs);
    for (size_t b = 0; b < sizeof blurs_px / sizeof blurs_px[0]; b++) {
      Load(room, view, blurs_px[b], &pairs);
      left -= Sweeps(room, view, n / 16, FIRST_STEP_PX, left, &pairs);
    }
    Sweeps(room, view, n / 64 + 1, FIRST_STEP_PX / 2, left, &pairs);
  }
  Free(&pairs);
}
