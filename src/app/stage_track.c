/* Atoms of several times to registered sites, nuclei through time and events. */
#include "track.h"
#include <math.h>
#include <string.h>

/* ---------------------------------------------------------------- what is given */

static PetscBool HasSpecies(AetAtoms atoms, const char *symbol)
{
  for (int k = 0; k < atoms->species_count; k++)
    if (!strcmp(atoms->symbol[k], symbol)) return PETSC_TRUE;
  return PETSC_FALSE;
}

static void Join(AetAtoms atoms, char *text, size_t size)
{
  size_t used = 0;

  text[0] = 0;
  for (int k = 0; k < atoms->species_count && used < size; k++)
    used += (size_t)snprintf(text + used, size - used, "%s%s", k ? ", " : "", atoms->symbol[k]);
}

static PetscErrorCode CheckSpecies(const AetTracked *t, int time)
{
  AetAtoms  first = t->atoms[0], here = t->atoms[time];
  PetscBool same = (PetscBool)(first->species_count == here->species_count);
  char      text[2][AET_SPECIES_MAX * 10];

  PetscFunctionBegin;
  for (int k = 0; k < first->species_count; k++) same = (PetscBool)(same && HasSpecies(here, first->symbol[k]));
  if (same) PetscFunctionReturn(PETSC_SUCCESS);
  Join(first, text[0], sizeof text[0]);
  Join(here, text[1], sizeof text[1]);
  PetscFunctionReturn(
      AetRaise(AET_ERR_INPUT, "%s: expected the species of %s (%s), found %s", t->labels[time], t->labels[0], text[0], text[1]));
}

static PetscErrorCode CheckTimes(const AetTracked *t)
{
  PetscFunctionBegin;
  AetCheck(t->times >= 2, AET_ERR_INPUT, "track: expected at least two times, found %d", t->times);
  for (int i = 0; i < t->times; i++) {
    AetCheck(t->atoms[i]->total > 0, AET_ERR_INPUT, "%s: expected atoms, found none", t->labels[i]);
    AetCheck(!i || t->minutes[i] > t->minutes[i - 1], AET_ERR_INPUT, "%s: expected more than the %g min of %s, found %g", t->labels[i],
             t->minutes[i ? i - 1 : 0], t->labels[i ? i - 1 : 0], t->minutes[i]);
    PetscCall(CheckSpecies(t, i));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* ---------------------------------------------------------------- what is computed */

static PetscErrorCode Compute(AetTracked *t)
{
  AetRegistrationSettings registration;
  AetAnalyseSettings      analyse;
  int                     axis, size;

  PetscFunctionBegin;
  PetscCall(AetAnalyseSettingsFromOptions(&analyse));
  PetscCall(AetHistorySettingsFromOptions(&t->settings));
  PetscCallMPI(MPI_Comm_size(t->comm, &size));
  AetCheck(t->settings.groups <= size, AET_ERR_INPUT, "groups: expected 1 to %d (the number of ranks), or 0, found %d", size,
           (int)t->settings.groups);
  PetscCall(AetRegistrationSettingsFromOptions(&registration));
  PetscCall(AetRegistrationCreate(t->times, t->atoms, &registration, &t->registration));
  PetscCall(AetReport(t->comm, "  core: %d sites, %.3f of the atoms; precision %.1f pm\n", (int)t->registration->core_sites,
                      t->registration->core_fraction, 100 * t->registration->precision[0]));
  PetscCall(AetHistoryOrderCreate(t->comm, t->registration, (AetHistoryOrderKind)analyse.order, analyse.neighbour_cutoff_angstrom,
                                  analyse.order_sigma_angstrom, t->settings.seed, &t->order));
  if (!(t->settings.threshold > 0))
    t->settings.threshold =
        strcmp(AetHistoryPhaseName(&t->order, 0, &axis), "boo") ? AET_NUCLEUS_THRESHOLD_CHEMICAL : AET_NUCLEUS_THRESHOLD_BOO;
  PetscCall(AetHistoryCreate(t->times, t->atoms, t->registration, &t->order, &t->settings, &t->history));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* ---------------------------------------------------------------- what is told */

static PetscErrorCode SummariseRegistration(const AetTracked *t, AetSummary summary)
{
  AetRegistration   reg = t->registration;
  const double     *rms = reg->core_rmsd;
  static const char axis[] = "xyz";
  char              key[160];

  PetscFunctionBegin;
  PetscCall(AetSummarySetNumber(summary, "series.times", t->times));
  PetscCall(AetSummarySetNumber(summary, "series.sites", reg->sites));
  PetscCall(AetSummarySetNumber(summary, "series.core_sites", reg->core_sites));
  PetscCall(AetSummarySetNumber(summary, "series.core_fraction", reg->core_fraction));
  PetscCall(AetSummarySetNumber(summary, "series.core_rmsd_pm", 100 * sqrt(rms[0] * rms[0] + rms[1] * rms[1] + rms[2] * rms[2])));
  for (int a = 0; a < 3; a++) {
    snprintf(key, sizeof key, "series.core_rmsd_%c_pm", axis[a]);
    PetscCall(AetSummarySetNumber(summary, key, 100 * rms[a]));
  }
  PetscCall(AetSummarySetNumber(summary, "series.species_agreement", reg->species_agreement));
  for (int i = 0; i < t->times; i++) {
    snprintf(key, sizeof key, "series.scale.%s", t->labels[i]);
    PetscCall(AetSummarySetNumber(summary, key, reg->scale[i]));
    snprintf(key, sizeof key, "series.precision_pm.%s", t->labels[i]);
    PetscCall(AetSummarySetNumber(summary, key, 100 * reg->precision[i]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SummariseHistory(const AetTracked *t, AetSummary summary)
{
  AetHistory h = t->history;
  PetscInt   kinds[AET_HISTORY_KINDS] = {0}, common[AET_HISTORY_KINDS] = {0}, *at;
  char       key[160];

  PetscFunctionBegin;
  PetscCall(PetscCalloc1((size_t)t->times, &at));
  for (PetscInt n = 0; n < h->count; n++) at[h->nucleus[n].time]++;
  for (PetscInt e = 0; e < h->events; e++) kinds[h->event[e].kind]++;
  for (PetscInt c = 0; c < h->chains; c++) /* those of all times */
    common[h->chain[c].kind] += !h->chain[c].from_time && h->chain[c].to_time == t->times - 1;
  PetscCall(AetSummarySetNumber(summary, "series.nuclei", h->ids));
  PetscCall(AetSummarySetNumber(summary, "series.common_growing", common[AET_HISTORY_GROWTH]));
  PetscCall(AetSummarySetNumber(summary, "series.common_fluctuating", common[AET_HISTORY_FLUCTUATION]));
  PetscCall(AetSummarySetNumber(summary, "series.common_dissolving", common[AET_HISTORY_DISSOLUTION]));
  PetscCall(AetSummarySetNumber(summary, "series.nuclei_dropped", h->dropped));
  if (t->order.by_species && t->settings.shuffles)
    PetscCall(AetSummarySetNumber(summary, "series.nuclei_by_chance", (double)h->by_chance / (double)(t->settings.shuffles * t->times)));
  PetscCall(AetSummarySetNumber(summary, "series.nucleus_threshold", t->settings.threshold));
  PetscCall(AetSummarySetNumber(summary, "series.replicas", t->settings.replicas));
  PetscCall(AetSummarySetNumber(summary, "series.events", h->events));
  for (int k = 0; k < AET_HISTORY_KINDS; k++) {
    snprintf(key, sizeof key, "series.events.%s", AetHistoryKindName(k));
    PetscCall(AetSummarySetNumber(summary, key, kinds[k]));
  }
  for (int i = 0; i < t->times; i++) {
    snprintf(key, sizeof key, "series.nuclei.%s", t->labels[i]);
    PetscCall(AetSummarySetNumber(summary, key, at[i]));
    snprintf(key, sizeof key, "series.exchange.%s", t->labels[i]);
    if (i) PetscCall(AetSummarySetNumber(summary, key, h->exchange[i]));
  }
  PetscCall(PetscFree(at));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A calibration that differs is news. */
static PetscErrorCode ReportScales(const AetTracked *t)
{
  PetscFunctionBegin;
  for (int i = 1; i < t->times; i++)
    if (fabs(t->registration->scale[i] - 1) > 0.005)
      PetscCall(AetReport(t->comm, "  %s: lengths are %.2f %% %s than those of %s: calibrated\n", t->labels[i],
                          100 * fabs(1 / t->registration->scale[i] - 1), t->registration->scale[i] < 1 ? "larger" : "smaller",
                          t->labels[0]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Report(const AetTracked *t, const AetOutput *output)
{
  AetHistory h = t->history;
  int        kinds[AET_HISTORY_KINDS] = {0};
  char       text[256] = "";
  size_t     used = 0;

  PetscFunctionBegin;
  PetscCall(ReportScales(t));
  for (PetscInt e = 0; e < h->events; e++) kinds[h->event[e].kind]++;
  for (int k = 0; k < AET_HISTORY_KINDS; k++)
    if (kinds[k]) used += (size_t)snprintf(text + used, sizeof text - used, "%s%d %s", used ? ", " : "", kinds[k], AetHistoryKindName(k));
  PetscCall(AetReport(t->comm, "track: %d times, core %.3f, %d nuclei, %d events%s%s%s; in %s\n", t->times, t->registration->core_fraction,
                      (int)h->ids, (int)h->events, used ? " (" : "", text, used ? ")" : "", output->folder));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Tell(const AetTracked *t, AetOutput *output)
{
  PetscBool pictures;
  char      path[PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  PetscCall(AetSummaryForget(output->summary, "series."));
  PetscCall(SummariseRegistration(t, output->summary));
  PetscCall(SummariseHistory(t, output->summary));
  PetscCall(AetTrackedWrite(t, output));
  PetscCall(AetTrackedDiffusion(t, output));
  PetscCall(AetOptionGetBool("pictures", &pictures));
  AetOutputPath(output, "series.png", path);
  if (pictures) PetscCall(AetPictureSeries(t, path));
  PetscCall(Report(t, output));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetStageTrack(MPI_Comm comm, int times, AetAtoms *atoms, const char *const *labels, const double *minutes, AetOutput *output)
{
  AetTracked     t = {.comm = comm, .times = times, .atoms = atoms, .labels = labels};
  double        *counted, begin = MPI_Wtime();
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)times + 1, &counted));
  for (int i = 0; i < times; i++) counted[i] = minutes ? minutes[i] : i;
  t.minutes = counted;
  code = CheckTimes(&t);
  if (!code) code = Compute(&t);
  if (!code) code = Tell(&t, output);
  PetscCall(AetHistoryDestroy(&t.history));
  PetscCall(AetHistoryOrderDestroy(&t.order));
  PetscCall(AetRegistrationDestroy(&t.registration));
  PetscCall(PetscFree(counted));
  if (!code) PetscCall(AetOutputCost(comm, output, "series", begin));
  PetscFunctionReturn(code);
}
