/* One joint fit of all atoms' weights, and what it says about the atoms in the list: which are none, which are of another species. */
#include "atoms/correct_private.h"
#include "atoms/kernel/evidence.h"
#include <math.h>
#include <stdlib.h>

#define FIT_STEPS 25
#define FIT_TOLERANCE 1e-2
#define SWAPS_MOST 2   /* of one atom */
#define SWAP_PRIOR 3.0 /* an atom was named with some reason */
#define FEW 8          /* members of a species that say nothing about its spread */
#define CROWD 1.5      /* of the least distance: of two atoms this near only one is deleted in a round, they may share one image */

PetscErrorCode AetCorrectionResidual(AetRefinery *r)
{
  PetscFunctionBegin;
  PetscCall(AetImagingProject(r->imaging, &r->optics, &r->atoms, r->images));
#pragma omp parallel for simd num_threads(AetThreads())
  for (ptrdiff_t p = 0; p < r->tilt->v_count * r->pixels; p++) r->residual[p] = r->weight[p] * (r->images[p] - r->tilt->image[p]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* out <- H x, H the normal matrix of the weights. Uses the residual's room. */
static PetscErrorCode Multiply(AetRefinery *r, const AetOptics *dark, const double *x, double *out)
{
  const AetScatterers weighted = {r->atoms.count, r->position, r->species, x};
  AetImagingGradient  g = {.weight = out};

  PetscFunctionBegin;
  PetscCall(AetImagingProject(r->imaging, dark, &weighted, r->residual));
#pragma omp parallel for simd num_threads(AetThreads())
  for (ptrdiff_t p = 0; p < r->tilt->v_count * r->pixels; p++) r->residual[p] *= r->weight[p];
  PetscCall(AetImagingAdjoint(r->imaging, dark, &r->atoms, r->residual, PETSC_FALSE, &g));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static double Dot(PetscInt count, const double *a, const double *b, const double *diagonal)
{
  double sum = 0;

  for (PetscInt i = 0; i < count; i++) sum += diagonal[i] > 0 ? a[i] * b[i] / diagonal[i] : 0;
  return sum;
}

/* x <- H⁻¹ b by conjugate gradients under the diagonal; b is used up. */
static PetscErrorCode Solve(AetRefinery *r, const double *diagonal, double *b, double *x)
{
  const PetscInt n = r->atoms.count;
  AetOptics      dark = r->optics;
  double        *direction, *product, before = Dot(n, b, b, diagonal), square = before;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1((size_t)dark.views, &dark.background));
  PetscCall(PetscCalloc2((size_t)n + 1, &direction, (size_t)n + 1, &product));
  PetscCall(PetscArrayzero(x, n));
  for (PetscInt i = 0; i < n; i++) direction[i] = diagonal[i] > 0 ? b[i] / diagonal[i] : 0;
  for (int step = 0; step < FIT_STEPS && square > FIT_TOLERANCE * FIT_TOLERANCE * before; step++) {
    double along = 0, next;
    PetscCall(Multiply(r, &dark, direction, product));
    for (PetscInt i = 0; i < n; i++) along += diagonal[i] > 0 ? direction[i] * product[i] : 0;
    if (!(along > 0)) break;
    for (PetscInt i = 0; i < n; i++) x[i] += square / along * direction[i], b[i] -= square / along * product[i];
    next = Dot(n, b, b, diagonal);
    for (PetscInt i = 0; i < n; i++) direction[i] = (diagonal[i] > 0 ? b[i] / diagonal[i] : 0) + next / square * direction[i];
    square = next;
  }
  PetscCall(PetscFree2(direction, product));
  PetscCall(PetscFree(dark.background));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The populations, from the sites' weights and variances. */
static PetscErrorCode Populations(AetRefinery *r)
{
  AetCorrection *c = r->correction;
  const int      S = r->optics.species_count;
  double        *value, *variance, *scratch, all = 1;

  PetscFunctionBegin;
  PetscCall(PetscMalloc3((size_t)c->count + 1, &value, (size_t)c->count + 1, &variance, (size_t)c->count + 1, &scratch));
  for (int s = S; s >= 0; s--) { /* all of them first */
    size_t members = 0;
    double centre = 1, spread = 1;
    for (PetscInt i = 0; i < c->count; i++)
      if ((s == S || c->site[i].species == s) && isfinite(c->site[i].variance))
        value[members] = c->site[i].weight, variance[members++] = c->site[i].variance;
    if (members >= FEW) AetPopulationOf(members, value, variance, scratch, &centre, &spread);
    if (s == S)
      all = PetscMax(spread, 1);
    else
      c->population[s] = (AetPopulation){centre > 0.5 ? centre : 1, members >= FEW ? PetscMax(spread, 1) : all};
  }
  PetscCall(PetscFree3(value, variance, scratch));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The median over the atoms of what the views show over the noise, and that of their curvature at height 1. */
static PetscErrorCode Medians(AetRefinery *r, const double *gradient, const double *square, const double *curvature)
{
  AetCorrection *c = r->correction;
  const double   views = (double)r->tilt->views;
  double        *dispersion, *bare;
  size_t         seen = 0;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2((size_t)c->count + 1, &dispersion, (size_t)c->count + 1, &bare));
  for (PetscInt i = 0; i < c->count; i++) {
    const double height = r->optics.height[c->site[i].species];
    if (!(curvature[i] > 0)) continue;
    dispersion[seen] = (square[i] - gradient[i] * gradient[i] / views) / curvature[i];
    bare[seen++] = curvature[i] / (height * height);
  }
  c->dispersion = PetscMax(AetMedianInPlace(seen, dispersion) * views / PetscMax(views - 1, 1), 1e-300);
  c->curvature = AetMedianInPlace(seen, bare);
  PetscCall(PetscFree2(dispersion, bare));
  PetscFunctionReturn(PETSC_SUCCESS);
}

double AetCorrectionVolume(const double block[6], double dispersion)
{
  double inverse[6], determinant;

  AetBlockInvert(block, inverse);
  determinant = inverse[0] * (inverse[3] * inverse[5] - inverse[4] * inverse[4]) -
                inverse[1] * (inverse[1] * inverse[5] - inverse[4] * inverse[2]) +
                inverse[2] * (inverse[1] * inverse[4] - inverse[3] * inverse[2]);
  return pow(2 * M_PI * dispersion, 1.5) * sqrt(PetscMax(determinant, 0));
}

double AetCorrectionOccam(const AetCorrection *c, double volume)
{
  return volume > 0 ? PetscMax(log(c->free_volume / volume), 0) : 0;
}

PetscErrorCode AetCorrectionFit(AetRefinery *r)
{
  AetCorrection     *c = r->correction;
  const size_t       n = (size_t)c->count + 1;
  AetImagingGradient g = {0};
  double            *curvature, *change, *block;

  PetscFunctionBegin;
  PetscCall(PetscMalloc5(n, &g.weight, n, &g.square, n, &curvature, n, &change, 6 * n, &block));
  PetscCall(AetCorrectionResidual(r));
  PetscCall(AetImagingAdjoint(r->imaging, &r->optics, &r->atoms, r->residual, PETSC_FALSE, &g));
  PetscCall(AetImagingCurvature(r->imaging, &r->optics, &r->atoms, r->weight, curvature));
  PetscCall(AetImagingBlocks(r->imaging, &r->optics, &r->atoms, r->weight, block));
  PetscCall(Medians(r, g.weight, g.square, curvature));
  for (PetscInt i = 0; i < c->count; i++) {
    AetSite *site = &c->site[i];
    site->variance = curvature[i] > 0 ? c->dispersion / curvature[i] : INFINITY;
    site->volume = AetCorrectionVolume(block + 6 * i, c->dispersion);
    g.weight[i] = -g.weight[i];
  }
  PetscCall(Solve(r, curvature, g.weight, change));
  for (PetscInt i = 0; i < c->count; i++) c->site[i].weight = 1 + change[i];
  PetscCall(Populations(r));
  PetscCall(PetscFree5(g.weight, g.square, curvature, change, block));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The species whose height comes nearest to that of the site; `ratio`: by how much it explains it better than the site's own. */
static int BestSpecies(const AetRefinery *r, const AetSite *site, double *ratio)
{
  const AetCorrection *c = r->correction;
  const double         own = r->optics.height[site->species], height = site->weight * own;
  int                  best = site->species;

  *ratio = 0;
  for (int s = 0; s < r->optics.species_count; s++) {
    const double spread = PetscMax(c->population[s].spread, c->population[site->species].spread);
    const double better = AetHeightLogRatio(height, c->population[s].centre * r->optics.height[s],
                                            c->population[site->species].centre * own, spread * site->variance * own * own);
    if (r->optics.height[s] > 0 && better > *ratio) best = s, *ratio = better;
  }
  return best;
}

/* What the last fit wants of a site: kind VETO stands for nothing. */
static AetEdit Verdict(const AetRefinery *r, const AetSite *site, PetscBool settled)
{
  const AetCorrection *c = r->correction;
  const double         own = r->optics.height[site->species];
  AetEdit              edit = {.kind = AET_EDIT_VETO, .from = site->species, .to = AET_SPECIES_NONE, .height = site->weight * own};
  const int            best = BestSpecies(r, site, &edit.log_ratio);
  const AetPopulation *population = &c->population[best];
  const double         there = AetHeightLogRatio(edit.height, population->centre * r->optics.height[best], 0, site->variance * own * own);

  double occam;

  for (int a = 0; a < 3; a++) edit.position[a] = site->position[a];
  if (!isfinite(site->variance)) return edit;
  edit.log_prior = -SWAP_PRIOR;
  if (best != site->species && site->swaps < SWAPS_MOST && edit.log_ratio + edit.log_prior > c->settings->evidence)
    edit.kind = AET_EDIT_SWAP, edit.to = best;
  occam = AetCorrectionOccam(c, site->volume); /* noise makes false atoms, not what the views have in common */
  if (!(there - occam < c->settings->evidence && (settled || there < 0))) return edit;
  edit.kind = AET_EDIT_DELETE, edit.to = AET_SPECIES_NONE;
  edit.log_ratio = -there, edit.log_prior = occam;
  return edit;
}

typedef struct {
  AetEdit  edit;
  PetscInt site;
} Wanted;

/* The most certain first. */
static int MoreCertain(const void *left, const void *right)
{
  const Wanted *l = left, *r = right;
  const double  a = l->edit.log_ratio + l->edit.log_prior, b = r->edit.log_ratio + r->edit.log_prior;

  if (a != b) return a > b ? -1 : 1;
  return (l->site > r->site) - (l->site < r->site);
}

/* Makes or forbids an edit; `gone` marks sites to remove, near[] places where one was deleted in this round. */
static PetscErrorCode Decide(AetRefinery *r, const Wanted *wanted, PetscBool settled, char *gone, PetscInt *gone_count,
                             double (*deleted)[3], PetscInt *changed)
{
  AetCorrection *c = r->correction;
  AetSite       *site = &c->site[wanted->site];
  AetEdit        edit = wanted->edit;
  const double   reach = c->settings->distance_angstrom;

  PetscFunctionBegin;
  if (edit.kind == AET_EDIT_DELETE && AetCorrectionIsAmong(*gone_count, deleted, site->position, CROWD * reach))
    PetscFunctionReturn(PETSC_SUCCESS);
  edit.decision = AET_EDIT_DONE;
  if (site->held || AetCorrectionIsAmong(c->veto_count, c->veto, site->position, 0.5 * reach) ||
      AetCorrectionIsAmong(c->veto_count, c->veto, site->start, 0.5 * reach))
    edit.decision = AET_EDIT_VETOED;
  if (edit.decision == AET_EDIT_VETOED && site->told) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AetCorrectionLog(c, &edit));
  if (edit.decision == AET_EDIT_VETOED) {
    site->told = PETSC_TRUE;
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  ++*changed;
  if (edit.kind == AET_EDIT_SWAP) {
    site->species = edit.to, site->swaps++;
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  gone[wanted->site] = 1;
  for (int a = 0; a < 3; a++) deleted[*gone_count][a] = site->position[a];
  ++*gone_count;
  if (site->origin < 0 || settled) PetscCall(AetCorrectionClose(c, site->position)); /* it was tried */
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetCorrectionJudge(AetRefinery *r, PetscInt round, PetscBool settled, PetscInt *changed)
{
  AetCorrection *c = r->correction;
  Wanted        *wanted;
  PetscInt       count = 0, gone_count = 0, kept = 0;
  char          *gone;
  double(*deleted)[3];

  PetscFunctionBegin;
  *changed = 0;
  PetscCall(PetscMalloc1((size_t)c->count + 1, &wanted));
  PetscCall(PetscCalloc1((size_t)c->count + 1, &gone));
  PetscCall(PetscMalloc1((size_t)c->count + 1, &deleted));
  for (PetscInt i = 0; i < c->count; i++) {
    const AetEdit edit = Verdict(r, &c->site[i], settled);
    if (edit.kind == AET_EDIT_VETO) continue;
    wanted[count] = (Wanted){edit, i};
    wanted[count++].edit.round = round;
  }
  qsort(wanted, (size_t)count, sizeof *wanted, MoreCertain);
  for (PetscInt k = 0; k < count; k++)
    if (gone_count + 1 < c->count || wanted[k].edit.kind != AET_EDIT_DELETE) /* one atom stays: images without any cannot be refined */
      PetscCall(Decide(r, &wanted[k], settled, gone, &gone_count, deleted, changed));
  for (PetscInt i = 0; i < c->count; i++)
    if (!gone[i]) c->site[kept++] = c->site[i];
  c->count = kept;
  PetscCall(PetscFree(deleted));
  PetscCall(PetscFree(gone));
  PetscCall(PetscFree(wanted));
  PetscFunctionReturn(PETSC_SUCCESS);
}
