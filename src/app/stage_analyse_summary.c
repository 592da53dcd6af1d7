/* Keys analyse.* of the summary. */
#include "analysis.h"

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
  static const char *const name[] = {"boo", "l10", "l12"};
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
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetAnalysisSummarise(const AetAnalysis *a, AetSummary summary)
{
  PetscFunctionBegin;
  PetscCall(OfOrder(a, summary));
  PetscCall(OfSurface(a, summary));
  PetscCall(OfNuclei(a, summary));
  PetscFunctionReturn(PETSC_SUCCESS);
}
