/* Refined atoms to refined atoms with a total uncertainty, and what the chain is expected to find and name right. */
#include "pipeline_make.h"
#include "replicas.h"

static const AetOption options[] = {
    {"bootstrap_replicas", AET_OPTION_INT, "", "0", 0, 9999, NULL,
     "simulated repetitions of the measurement that run sends through the whole chain, for total uncertainties and expected recall; 0: "
     "none"},
};
AET_OPTION_TABLE(AetBootstrapOptions, "bootstrap", "Replicas of the measurement through the whole chain", options);

/* The key of a replica: that of the refined atoms stands for all that comes before; their number does not matter. */
static PetscErrorCode Settings(AetRun *run, AetReplicas *replicas)
{
  static const char *const prefixes[] = {"recon_", "!recon_checkpoint_", "trace_", "refine_", "seed", NULL};
  const char              *inputs[] = {NULL}, *refined = "";
  PetscInt                 seed = 0;
  char                     name[96];
  PetscBool                found;

  PetscFunctionBegin;
  PetscCall(AetOptionGetInt("bootstrap_replicas", &replicas->count));
  PetscCall(PetscOptionsGetInt(NULL, NULL, "-seed", &seed, NULL));
  replicas->seed = (uint64_t)seed, replicas->groups = 0, replicas->keep = run->resume;
  PetscCall(PetscOptionsGetInt(NULL, NULL, "-groups", &replicas->groups, NULL));
  PetscCall(AetOutputFolder(run->comm, &run->output, "bootstrap"));
  AetOutputPath(&run->output, "bootstrap", replicas->folder);
  PetscCall(AetSummaryGetText(run->output.summary, "refine.key", &refined, &found));
  snprintf(name, sizeof name, "replica after %s", found ? refined : "nothing");
  PetscCall(AetStageKey(run->comm, name, prefixes, inputs, replicas->key));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The replicas' atoms, as their files have them, against the model. */
static PetscErrorCode Count(AetRun *run, const AetReplicas *replicas, AetBootstrapReport *report)
{
  AetBootstrap b;
  AetAtoms     atoms;
  double       distance;
  char         path[AET_REPLICA_PATH];

  PetscFunctionBegin;
  PetscCall(AetOptionGetReal("trace_min_distance_angstrom", &distance));
  PetscCall(AetBootstrapCreate(run->atoms, distance / 2, replicas->count, &b));
  for (PetscInt k = 0; k < replicas->count; k++) {
    AetReplicaPath(replicas, k, "h5", path);
    PetscCall(AetAtomsRead(run->comm, path, &atoms));
    PetscCall(AetBootstrapAdd(b, atoms));
    PetscCall(AetAtomsDestroy(&atoms));
  }
  PetscCall(AetBootstrapFinish(b, report));
  PetscCall(AetBootstrapDestroy(&b));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Summarise(AetAtoms atoms, const AetBootstrapReport *report, AetSummary summary)
{
  static const char *const axis[] = {"x", "y", "z"};
  char                     key[80];

  PetscFunctionBegin;
  PetscCall(AetSummarySetNumber(summary, "bootstrap.replicas", report->replicas));
  PetscCall(AetSummarySetNumber(summary, "bootstrap.recall", report->recall));
  PetscCall(AetSummarySetNumber(summary, "bootstrap.recall_spread", report->recall_spread));
  PetscCall(AetSummarySetNumber(summary, "bootstrap.precision", report->precision));
  PetscCall(AetSummarySetNumber(summary, "bootstrap.precision_spread", report->precision_spread));
  PetscCall(AetSummarySetNumber(summary, "bootstrap.species_accuracy", report->species));
  PetscCall(AetSummarySetNumber(summary, "bootstrap.rmsd_pm", report->rmsd_pm));
  for (int s = 0; s < atoms->species_count; s++) {
    snprintf(key, sizeof key, "bootstrap.recall.%s", atoms->symbol[s]);
    if (report->recall_species[s] >= 0) PetscCall(AetSummarySetNumber(summary, key, report->recall_species[s]));
    snprintf(key, sizeof key, "bootstrap.species_accuracy.%s", atoms->symbol[s]);
    if (report->named_species[s] >= 0) PetscCall(AetSummarySetNumber(summary, key, report->named_species[s]));
  }
  for (int a = 0; a < 3; a++) {
    snprintf(key, sizeof key, "bootstrap.bias_%s_pm", axis[a]);
    PetscCall(AetSummarySetNumber(summary, key, report->bias_pm[a]));
    snprintf(key, sizeof key, "bootstrap.factor_%s_median", axis[a]);
    PetscCall(AetSummarySetNumber(summary, key, report->factor_median[a]));
    snprintf(key, sizeof key, "bootstrap.sigma_total_%s_median_pm", axis[a]);
    PetscCall(AetSummarySetNumber(summary, key, report->sigma_total_median_pm[a]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetRunMakeBootstrap(AetRun *run, const char *path)
{
  AetTiltSeries      tilt = NULL;
  AetReplicas        replicas;
  AetBootstrapReport report;
  char               refined[PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  PetscCall(AetRunTilt(run, &tilt));
  AetOutputPath(&run->output, AET_REFINED_FILE, refined);
  if (!run->atoms) PetscCall(AetAtomsRead(run->comm, refined, &run->atoms));
  PetscCall(Settings(run, &replicas));
  PetscCall(AetReplicasMake(&replicas, run->atoms, tilt, run->output.summary));
  PetscCall(Count(run, &replicas, &report));
  PetscCall(AetAtomsWrite(run->atoms, path));
  PetscCall(Summarise(run->atoms, &report, run->output.summary));
  PetscCall(
      AetReport(run->comm,
                "  expected: recall %.4f, precision %.4f, species %.4f; total standard deviations (median): x %.1f, y %.1f, z %.1f pm, "
                "%.2f, %.2f, %.2f times those of the refinement\n",
                report.recall, report.precision, report.species, report.sigma_total_median_pm[0], report.sigma_total_median_pm[1],
                report.sigma_total_median_pm[2], report.factor_median[0], report.factor_median[1], report.factor_median[2]));
  PetscFunctionReturn(PETSC_SUCCESS);
}
