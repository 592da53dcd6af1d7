/* Where the residual images ask for another atom: a map of the likelihood gain between the atoms, its maxima, the best of them. */
#include "atoms/correct_private.h"
#include "atoms/kernel/cells.h"
#include "atoms/kernel/evidence.h"
#include "atoms/kernel/trial.h"
#include <math.h>
#include <stdlib.h>

#define PITCH 0.8       /* of the map, over the width of an atom's image with itself */
#define PITCH_LEAST 0.2 /* Å */
#define BLOCK 65536     /* places that are tried at once */
#define PLANES 16       /* of the map that are looked through at once */
#define CLIMBS 5        /* Newton steps from a place of the map to its maximum */
#define CLIMB_MOST 0.3  /* Å, of one step */
#define SEEN 0.3        /* of the median curvature: a place that the images see less is not judged */
#define CONSISTENT 9.0  /* least square of a trial's weight over its variance between the views */
#define COMMON_MOST 3.0 /* robust standard deviations above the maxima that are everywhere */
#define COMMON_FEW 20   /* maxima that say nothing about what is everywhere */
#define NORMAL_MAD 1.4826

/* Scores of trial places. */
typedef struct {
  PetscInt count, room;
  double  *position;                      /* [count][3] */
  double  *gradient, *square, *curvature; /* [count] ∂E/∂w; by views, squared; Σ W (∂image/∂w)² */
  double  *slope, *block;                 /* [count][3] ∂²E/∂w∂r, [count][6] of AetImagingBlocks; or NULL */
} Trials;

static PetscErrorCode TrialsReserve(Trials *t, PetscInt room)
{
  PetscFunctionBegin;
  if (room <= t->room) PetscFunctionReturn(PETSC_SUCCESS);
  t->room = room;
  PetscCall(PetscRealloc(sizeof(double) * 3 * (size_t)t->room, &t->position));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TrialsScores(Trials *t, PetscBool climbs)
{
  const size_t n = (size_t)t->count + 1;

  PetscFunctionBegin;
  PetscCall(PetscMalloc3(n, &t->gradient, n, &t->square, n, &t->curvature));
  if (climbs) PetscCall(PetscMalloc2(3 * n, &t->slope, 6 * n, &t->block));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TrialsFree(Trials *t)
{
  PetscFunctionBegin;
  PetscCall(PetscFree2(t->slope, t->block));
  PetscCall(PetscFree3(t->gradient, t->square, t->curvature));
  PetscCall(PetscFree(t->position));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Scores all places as atoms of one species, block by block. The residual is in place. */
static PetscErrorCode Score(AetRefinery *r, int species, Trials *t)
{
  int *all;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(BLOCK, &all));
  for (int i = 0; i < BLOCK; i++) all[i] = species;
  for (PetscInt first = 0; first < t->count; first += BLOCK) {
    const AetScatterers trial = {PetscMin(BLOCK, t->count - first), t->position + 3 * first, all, NULL};
    AetImagingGradient  g = {.weight = t->gradient + first, .square = t->square + first};
    if (t->slope) g.position = t->slope + 3 * first;
    PetscCall(AetImagingAdjoint(r->imaging, &r->optics, &trial, r->residual, PETSC_FALSE, &g));
    PetscCall(AetImagingCurvature(r->imaging, &r->optics, &trial, r->weight, t->curvature + first));
    if (t->block) PetscCall(AetImagingBlocks(r->imaging, &r->optics, &trial, r->weight, t->block + 6 * first));
  }
  PetscCall(PetscFree(all));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The variance of a trial's weight by the noise as all atoms show it; INFINITY where the images do not see it. */
static double VarianceOf(const AetRefinery *r, int species, const Trials *t, PetscInt i)
{
  const double height = r->optics.height[species];

  if (!(t->curvature[i] > SEEN * r->correction->curvature * height * height)) return INFINITY;
  return r->correction->dispersion / t->curvature[i];
}

/* The square of a trial's weight over its variance between the views: an atom is in all of them. */
static double Consistency(const AetRefinery *r, const Trials *t, PetscInt i)
{
  const double views = (double)r->tilt->views, between = t->square[i] - t->gradient[i] * t->gradient[i] / views;

  return t->gradient[i] * t->gradient[i] * (views - 1) / PetscMax(between * views, 1e-300);
}

static int Lightest(const AetRefinery *r)
{
  int lightest = 0;

  for (int s = 1; s < r->optics.species_count; s++)
    if (r->optics.height[s] > 0 && !(r->optics.height[lightest] > 0 && r->optics.height[lightest] <= r->optics.height[s])) lightest = s;
  return lightest;
}

/* The width of an atom's image with itself, Å: how far a trial may be off. */
static PetscErrorCode Pitch(AetRefinery *r, int species, double *pitch)
{
  const AetScatterers one = {1, (const double[3]){r->position[0], r->position[1], r->position[2]}, &species, NULL};
  double              block[6], curvature;

  PetscFunctionBegin;
  PetscCall(AetImagingBlocks(r->imaging, &r->optics, &one, NULL, block));
  PetscCall(AetImagingCurvature(r->imaging, &r->optics, &one, NULL, &curvature));
  *pitch = PetscMax(PITCH_LEAST, PITCH * sqrt(curvature / PetscMax((block[0] + block[3] + block[5]) / 3, 1e-300)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The free places of the map: their indices, ascending, and positions. Free of where the atoms began: one that has moved did so to make up
   for the one that is looked for. */
static PetscErrorCode FreePlaces(const AetRefinery *r, const AetTrialGrid *grid, ptrdiff_t **index, Trials *t)
{
  const AetCorrectSettings *settings = r->correction->settings;
  const ptrdiff_t           plane = grid->n[0] * grid->n[1];
  unsigned char            *mask;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)(plane * PLANES) + 1, &mask));
  for (ptrdiff_t z = 0; z < grid->n[2]; z += PLANES) {
    const ptrdiff_t planes = PetscMin(PLANES, grid->n[2] - z);
    AetTrialFree(grid, r->atoms.count, r->start, settings->distance_angstrom, settings->reach_angstrom, z, planes, mask);
    for (ptrdiff_t p = 0; p < plane * planes; p++) {
      const ptrdiff_t at = z * plane + p, place[3] = {at % grid->n[0], at / grid->n[0] % grid->n[1], at / plane};
      if (!mask[p]) continue;
      if (t->count == t->room) {
        PetscCall(PetscRealloc(sizeof **index * (size_t)(2 * t->room + 4096), index));
        PetscCall(TrialsReserve(t, 2 * t->room + 4096));
      }
      (*index)[t->count] = at;
      for (int a = 0; a < 3; a++) t->position[3 * t->count + a] = grid->origin[a] + grid->pitch * (double)place[a];
      t->count++;
    }
  }
  r->correction->free_volume = pow(grid->pitch, 3) * (double)PetscMax(t->count, 1) / (double)PetscMax(r->atoms.count, 1);
  PetscCall(PetscFree(mask));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Heights at the maxima of the map: what is above them all by far is an atom, what is everywhere is the model's fault. */
static double CommonHeight(size_t peaks, double *height)
{
  const double centre = AetMedianInPlace(peaks, height);

  if (peaks < COMMON_FEW) return 0;
  for (size_t k = 0; k < peaks; k++) height[k] = fabs(height[k] - centre);
  return centre + COMMON_MOST * NORMAL_MAD * AetMedianInPlace(peaks, height);
}

/* peaks <- the maxima of the gain over the map whose height is at least `height` and above what is common. */
static PetscErrorCode Peaks(const AetRefinery *r, int species, const AetTrialGrid *grid, const ptrdiff_t *index, const Trials *map,
                            double least, Trials *peaks, double *common)
{
  const double own = r->optics.height[species];
  double      *gain, *height;
  PetscInt    *peak;
  size_t       count = 0;

  PetscFunctionBegin;
  *common = 0;
  PetscCall(PetscMalloc3((size_t)map->count + 1, &gain, (size_t)map->count + 1, &height, (size_t)map->count + 1, &peak));
  for (PetscInt i = 0; i < map->count; i++) {
    const double variance = VarianceOf(r, species, map, i), weight = -map->gradient[i] / PetscMax(map->curvature[i], 1e-300);
    gain[i] = weight > 0 && isfinite(variance) ? weight * weight / variance : 0;
  }
  for (PetscInt i = 0; i < map->count; i++)
    if (gain[i] > 0 && AetTrialIsPeak(grid, map->count, index, gain, i)) {
      height[count] = -own * map->gradient[i] / map->curvature[i];
      peak[count++] = i;
    }
  PetscCall(PetscMalloc1(3 * count + 1, &peaks->position));
  PetscCall(PetscFree2(peaks->slope, peaks->block));
  {
    double *copy;
    PetscCall(PetscMalloc1(count + 1, &copy));
    PetscCall(PetscArraycpy(copy, height, count));
    *common = CommonHeight(count, copy);
    PetscCall(PetscFree(copy));
  }
  for (size_t k = 0; k < count; k++) { /* the climb may add a fifth */
    if (1.2 * height[k] < PetscMax(least, *common)) continue;
    for (int a = 0; a < 3; a++) peaks->position[3 * peaks->count + a] = map->position[3 * peak[k] + a];
    peaks->count++;
  }
  PetscCall(PetscFree3(gain, height, peak));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Moves every place to the maximum of its gain: around it ∂E/∂w = -w (h - ½ δᵀBδ) with B the block and w the height that fits. */
static PetscErrorCode Climb(AetRefinery *r, int species, Trials *t)
{
  PetscFunctionBegin;
  for (int step = 0; step < CLIMBS; step++) {
    PetscCall(Score(r, species, t));
    for (PetscInt i = 0; i < t->count; i++) {
      const double weight = -t->gradient[i] / PetscMax(t->curvature[i], 1e-300);
      double       inverse[6], move[3], length;
      if (!(weight > 0)) continue;
      AetBlockInvert(t->block + 6 * i, inverse);
      AetBlockApply(inverse, t->slope + 3 * i, move);
      length = sqrt(move[0] * move[0] + move[1] * move[1] + move[2] * move[2]) / weight;
      for (int a = 0; a < 3; a++) t->position[3 * i + a] -= move[a] / weight * (length > CLIMB_MOST ? CLIMB_MOST / length : 1);
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

typedef struct {
  AetEdit  edit;
  PetscInt trial;
  double   off, consistency; /* height less that of the species; Consistency */
} Candidate;

/* The best first. */
static int Better(const void *left, const void *right)
{
  const Candidate *l = left, *r = right;
  const double     a = l->edit.log_ratio + l->edit.log_prior, b = r->edit.log_ratio + r->edit.log_prior;

  if (a != b) return a > b ? -1 : 1;
  return (l->trial > r->trial) - (l->trial < r->trial);
}

/* What the trials are worth as atoms of one species, where its height is nearer to theirs than that of those before. The neighbours have
   moved to make up for an atom that is missing, so it may have any height here: the fit of all weights will judge it. */
static void Weigh(const AetRefinery *r, int species, const Trials *t, Candidate *candidate)
{
  const AetCorrection *c = r->correction;
  const AetPopulation *population = &c->population[species];
  const double         own = r->optics.height[species];

  for (PetscInt i = 0; i < t->count; i++) {
    const double variance = VarianceOf(r, species, t, i) * population->spread, weight = -t->gradient[i] / PetscMax(t->curvature[i], 1e-300);
    const double off = fabs(weight - population->centre) * own;
    AetEdit     *edit = &candidate[i].edit;
    if (!(own > 0) || (edit->kind == AET_EDIT_ADD && !(off < candidate[i].off))) continue;
    *edit = (AetEdit){.kind = AET_EDIT_ADD, .from = AET_SPECIES_NONE, .to = species, .height = weight * own};
    edit->log_ratio = weight > 0 && isfinite(variance) ? AetHeightLogRatio(weight, weight, 0, variance) : 0;
    edit->log_prior = -AetCorrectionOccam(c, AetCorrectionVolume(t->block + 6 * i, c->dispersion * population->spread));
    for (int a = 0; a < 3; a++) edit->position[a] = t->position[3 * i + a];
    candidate[i].trial = i, candidate[i].off = off, candidate[i].consistency = Consistency(r, t, i);
  }
}

/* Atoms that have moved into the place of a new one go back to where they began. */
static void PutBack(AetCorrection *c, const double position[3])
{
  for (PetscInt i = 0; i < c->count; i++) {
    AetSite *site = &c->site[i];
    if (!AetCorrectionIsAmong(1, &site->position, position, c->settings->distance_angstrom)) continue;
    for (int a = 0; a < 3; a++) site->position[a] = site->start[a];
  }
}

/* Takes the candidates, best first, that stand the tests. */
static PetscErrorCode Take(AetRefinery *r, PetscInt round, double least, PetscInt count, Candidate *candidate, PetscInt *changed)
{
  AetCorrection *c = r->correction;
  const double   reach = c->settings->distance_angstrom;
  PetscInt       taken_count = 0;
  double(*taken)[3];
  AetCells cells;
  AetSite *site;

  PetscFunctionBegin;
  qsort(candidate, (size_t)count, sizeof *candidate, Better);
  PetscCheck(!AetCellsBuild(&cells, r->atoms.count, r->start, reach), PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory for cells");
  PetscCall(PetscMalloc1((size_t)count + 1, &taken));
  for (PetscInt k = 0; k < count; k++) {
    AetEdit  *edit = &candidate[k].edit;
    ptrdiff_t near;
    edit->round = round, edit->decision = AET_EDIT_DONE;
    if (edit->height < least || !(edit->log_ratio > 0)) continue;
    if (AetCellsNear(&cells, r->start, edit->position, reach, 1, &near) > 0) continue;
    if (AetCorrectionIsAmong(taken_count, taken, edit->position, reach)) continue;
    if (AetCorrectionIsAmong(c->closed_count, c->closed, edit->position, 0.5 * reach)) continue;
    if (AetCorrectionIsAmong(c->veto_count, c->veto, edit->position, reach))
      edit->decision = AET_EDIT_VETOED;
    else if (!(edit->log_ratio + edit->log_prior > c->settings->evidence) || !(candidate[k].consistency > CONSISTENT) ||
             c->report->added >= c->most)
      edit->decision = AET_EDIT_REFUSED;
    if (edit->decision != AET_EDIT_DONE && AetCorrectionIsAmong(c->told_count, c->told, edit->position, 0.5 * reach)) continue;
    PetscCall(AetCorrectionLog(c, edit));
    if (edit->decision != AET_EDIT_DONE) {
      PetscCall(AetCorrectionTell(c, edit->position));
      continue;
    }
    for (int a = 0; a < 3; a++) taken[taken_count][a] = edit->position[a];
    taken_count++;
    PutBack(c, edit->position);
    PetscCall(AetCorrectionAdd(c, edit->position, edit->to, &site));
    ++*changed;
  }
  AetCellsFree(&cells);
  PetscCall(PetscFree(taken));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetCorrectionFind(AetRefinery *r, PetscInt round, PetscInt *changed)
{
  AetCorrection *c = r->correction;
  const int      light = Lightest(r);
  const double   least = c->settings->height * r->optics.height[light] * c->population[light].centre;
  AetTrialGrid   grid;
  Trials         map = {0}, peaks = {0};
  Candidate     *candidate;
  ptrdiff_t     *index = NULL;
  double         pitch = 0, common = 0;

  PetscFunctionBegin;
  *changed = 0;
  PetscCall(Pitch(r, light, &pitch));
  grid = AetTrialGridOf(r->atoms.count, r->start, c->settings->reach_angstrom, pitch);
  PetscCall(FreePlaces(r, &grid, &index, &map));
  PetscCall(AetCorrectionResidual(r));
  PetscCall(TrialsScores(&map, PETSC_FALSE));
  PetscCall(Score(r, light, &map));
  PetscCall(Peaks(r, light, &grid, index, &map, least, &peaks, &common));
  PetscCall(TrialsScores(&peaks, PETSC_TRUE));
  PetscCall(Climb(r, light, &peaks));
  PetscCall(PetscCalloc1((size_t)peaks.count + 1, &candidate));
  for (PetscInt i = 0; i < peaks.count; i++) candidate[i].edit.kind = AET_EDIT_VETO;
  for (int s = 0; s < r->optics.species_count; s++) {
    PetscCall(Score(r, s, &peaks));
    Weigh(r, s, &peaks, candidate);
  }
  PetscCall(Take(r, round, PetscMax(least, common), peaks.count, candidate, changed));
  PetscCall(PetscFree(candidate));
  PetscCall(TrialsFree(&peaks));
  PetscCall(TrialsFree(&map));
  PetscCall(PetscFree(index));
  PetscFunctionReturn(PETSC_SUCCESS);
}
