/* Keys analyse.* of the summary. */
#include "analysis.h"
#include <math.h>

static int Ascending(const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;

  return (x > y) - (x < y);
}

static PetscErrorCode Median(PetscInt count, const double *value, double *median)
{
  double *sorted;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)count, &sorted));
  PetscCall(PetscArraycpy(sorted, value, count));
  qsort(sorted, (size_t)count, sizeof *sorted, Ascending);
  *median = sorted[count / 2];
  PetscCall(PetscFree(sorted));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode OfOrder(const AetAnalysis *a, AetSummary summary)
{
  static const char *const name[] = {"boo", "l10", "l12", "l10+l12"};
  const PetscInt           total = a->atoms->total;
  PetscInt                 ordered = 0;
  double                   neighbours = 0, sum = 0, median = 0;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < total; i++) {
    neighbours += (double)a->bonds->coordination[i] / total;
    sum += a->order[i] / total;
    ordered += a->order[i] >= a->settings.nuclei.threshold;
  }
  PetscCall(Median(total, a->order, &median));
  PetscCall(AetSummarySetNumber(summary, "analyse.atoms", total));
  PetscCall(AetSummarySetNumber(summary, "analyse.neighbour_cutoff_angstrom", a->cutoff_angstrom));
  PetscCall(AetSummarySetNumber(summary, "analyse.coordination_mean", neighbours));
  PetscCall(AetSummarySetText(summary, "analyse.order", name[a->kind]));
  PetscCall(AetSummarySetNumber(summary, "analyse.order_mean", sum));
  PetscCall(AetSummarySetNumber(summary, "analyse.order_median", median));
  PetscCall(AetSummarySetNumber(summary, "analyse.ordered_fraction", (double)ordered / total));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode OfSurface(const AetAnalysis *a, AetSummary summary)
{
  const AetSurface s = a->surface;
  PetscInt         count = 0;

  PetscFunctionBegin;
  if (!s) PetscFunctionReturn(PETSC_SUCCESS);
  for (PetscInt i = 0; i < s->total; i++) count += s->surface[i] ? 1 : 0;
  PetscCall(AetSummarySetNumber(summary, "analyse.surface_fraction", (double)count / s->total));
  PetscCall(AetSummarySetNumber(summary, "analyse.surface_area_angstrom2", s->area));
  PetscCall(AetSummarySetNumber(summary, "analyse.volume_angstrom3", s->volume));
  PetscCall(AetSummarySetNumber(summary, "analyse.pieces", s->pieces));
  PetscCall(AetSummarySetNumber(summary, "analyse.voids", s->voids));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* How many cores lie within a cell of the surface; medians of what was fitted. */
static PetscErrorCode OfShapes(const AetAnalysis *a, AetSummary summary)
{
  const PetscInt count = a->nuclei->count;
  const double   cell = AetAnalysisCell(a);
  PetscInt       near = 0, fitted = 0;
  double        *value, median = 0;

  PetscFunctionBegin;
  if (!count) PetscFunctionReturn(PETSC_SUCCESS);
  for (PetscInt k = 0; k < count; k++) near += a->shape[k].depth_angstrom >= 0 && a->shape[k].depth_angstrom <= cell;
  PetscCall(AetSummarySetNumber(summary, "analyse.cell_angstrom", cell));
  if (a->surface) PetscCall(AetSummarySetNumber(summary, "analyse.nuclei_near_surface_fraction", (double)near / count));
  PetscCall(PetscMalloc1((size_t)count, &value));
  for (PetscInt k = 0; k < count; k++) value[k] = a->shape[k].gradient_angle_deg;
  PetscCall(Median(count, value, &median));
  PetscCall(AetSummarySetNumber(summary, "analyse.nuclei_gradient_angle_deg_median", median));
  for (PetscInt k = 0; k < count; k++)
    if (a->shape[k].fitted) value[fitted++] = a->shape[k].interface_width;
  if (fitted) PetscCall(Median(fitted, value, &median));
  if (fitted) PetscCall(AetSummarySetNumber(summary, "analyse.interface_width_angstrom_median", median));
  PetscCall(PetscFree(value));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode OfNuclei(const AetAnalysis *a, AetSummary summary)
{
  PetscInt sites = 0, most = 0;

  PetscFunctionBegin;
  for (PetscInt k = 0; k < a->nuclei->count; k++) {
    sites += a->nuclei->sites[k];
    most = PetscMax(most, a->nuclei->sites[k]);
  }
  PetscCall(AetSummarySetNumber(summary, "analyse.nuclei", a->nuclei->count));
  PetscCall(AetSummarySetNumber(summary, "analyse.nuclei_dropped", a->nuclei->dropped));
  PetscCall(AetSummarySetNumber(summary, "analyse.nuclei_sites", sites));
  PetscCall(AetSummarySetNumber(summary, "analyse.nuclei_sites_largest", most));
  PetscCall(AetSummarySetNumber(summary, "analyse.nucleus_threshold", a->settings.nuclei.threshold));
  PetscCall(OfShapes(a, summary));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The parts of the atoms that are of each local structure. */
static PetscErrorCode OfLocal(const AetAnalysis *a, AetSummary summary)
{
  const int *const         kind[2] = {a->local->cna, a->local->ptm};
  static const char *const name[2] = {"cna", "ptm"};
  char                     key[64];

  PetscFunctionBegin;
  for (int m = 0; m < 2; m++) {
    PetscInt count[AET_LOCAL_KINDS] = {0};
    for (PetscInt i = 0; i < a->local->total; i++) count[kind[m][i]]++;
    for (int k = 0; k < AET_LOCAL_KINDS; k++) {
      if (!m && k == AET_LOCAL_SC) continue;
      snprintf(key, sizeof key, "analyse.%s.%s", name[m], AetLocalName(k));
      PetscCall(AetSummarySetNumber(summary, key, (double)count[k] / a->local->total));
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode OfLattice(const AetAnalysis *a, AetSummary summary)
{
  PetscInt inside = 0;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < a->lattice->total; i++) inside += a->lattice->grain[i] >= 0;
  PetscCall(AetSummarySetNumber(summary, "analyse.grains", a->lattice->grains));
  PetscCall(AetSummarySetNumber(summary, "analyse.lattice_fraction", (double)inside / a->lattice->total));
  if (!a->lattice->grains) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AetSummarySetText(summary, "analyse.lattice", AetLatticeKindName(a->lattice->kind[0])));
  PetscCall(AetSummarySetNumber(summary, "analyse.nearest_angstrom", a->lattice->nearest[0]));
  PetscCall(AetSummarySetNumber(summary, "analyse.displacement_rms_pm", AET_PM_PER_ANGSTROM * a->lattice->rms[0]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What breaks the lattice, by kind. */
static PetscErrorCode OfDefects(const AetAnalysis *a, AetSummary summary)
{
  PetscInt count[AET_BOUNDARY_HCP_LAYERS + 1] = {0};
  char     key[64];

  PetscFunctionBegin;
  for (PetscInt k = 0; k < a->boundaries->count; k++) count[a->boundaries->boundary[k].kind]++;
  PetscCall(AetSummarySetNumber(summary, "analyse.vacancies", a->vacancies->count));
  PetscCall(AetSummarySetNumber(summary, "analyse.dislocations", a->dislocations->count));
  PetscCall(AetSummarySetNumber(summary, "analyse.crystals", a->boundaries->grains));
  for (int k = 0; k <= AET_BOUNDARY_HCP_LAYERS; k++) {
    snprintf(key, sizeof key, "analyse.boundaries.%s", AetBoundaryName(k));
    PetscCall(AetSummarySetNumber(summary, key, count[k]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Means and scatter over the atoms inside, where the field is known. */
static PetscErrorCode OfStrain(const AetAnalysis *a, AetSummary summary)
{
  static const char *const name[] = {"xx", "yy", "zz", "yz", "xz", "xy"};
  const AetStrain          s = a->strain;
  PetscInt                 count = 0;
  double                  *sigma, median = 0;
  char                     key[64];

  PetscFunctionBegin;
  if (!s) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscMalloc1((size_t)s->total + 1, &sigma));
  for (PetscInt i = 0; i < s->total; i++)
    if (AetStrainMask(s->density[i]) > 0) sigma[count++] = s->sigma[i][0];
  if (count) PetscCall(Median(count, sigma, &median));
  PetscCall(PetscFree(sigma));
  if (!count) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AetSummarySetNumber(summary, "analyse.strain_xx_sigma_median", median));
  for (int c = 0; c < 6; c++) {
    double mean = 0, square = 0;
    for (PetscInt i = 0; i < s->total; i++) {
      if (!(AetStrainMask(s->density[i]) > 0)) continue;
      mean += s->strain[i][c] / count;
      square += s->strain[i][c] * s->strain[i][c] / count;
    }
    snprintf(key, sizeof key, "analyse.strain_%s_mean", name[c]);
    PetscCall(AetSummarySetNumber(summary, key, mean));
    snprintf(key, sizeof key, "analyse.strain_%s_rms", name[c]);
    PetscCall(AetSummarySetNumber(summary, key, sqrt(square)));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode OfChemistry(const AetAnalysis *a, AetSummary summary)
{
  char key[96];

  PetscFunctionBegin;
  for (int i = 0; a->warren && i < a->warren->species; i++)
    for (int j = i; j < a->warren->species; j++) {
      snprintf(key, sizeof key, "analyse.warren_cowley_1.%s.%s", a->atoms->symbol[i], a->atoms->symbol[j]);
      PetscCall(AetSummarySetNumber(summary, key, a->warren->alpha[i * a->warren->species + j]));
    }
  if (!a->chemistry) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AetSummarySetNumber(summary, "analyse.domains", a->chemistry->domains));
  PetscCall(AetSummarySetNumber(summary, "analyse.antisites", a->chemistry->claimed));
  PetscCall(AetSummarySetNumber(summary, "analyse.swaps", a->chemistry->swaps));
  PetscCall(AetSummarySetNumber(summary, "analyse.antiphase_boundaries", a->chemistry->boundaries));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode OfPairs(const AetAnalysis *a, AetSummary summary)
{
  PetscFunctionBegin;
  if (!a->pairs) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AetSummarySetNumber(summary, "analyse.pairs_first_peak_angstrom", a->pairs->first_peak));
  PetscCall(AetSummarySetNumber(summary, "analyse.pairs_first_valley_angstrom", a->pairs->first_valley));
  PetscCall(AetSummarySetNumber(summary, "analyse.pairs_coordination", a->pairs->coordination));
  PetscCall(AetSummarySetNumber(summary, "analyse.density_per_angstrom3", a->pairs->density));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetAnalysisSummarise(const AetAnalysis *a, AetSummary summary)
{
  PetscFunctionBegin;
  PetscCall(OfOrder(a, summary));
  PetscCall(OfSurface(a, summary));
  PetscCall(OfPairs(a, summary));
  PetscCall(OfLocal(a, summary));
  PetscCall(OfLattice(a, summary));
  PetscCall(OfDefects(a, summary));
  PetscCall(OfStrain(a, summary));
  PetscCall(OfChemistry(a, summary));
  PetscCall(OfNuclei(a, summary));
  PetscFunctionReturn(PETSC_SUCCESS);
}
