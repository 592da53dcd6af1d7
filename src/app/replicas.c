/* Replicas of the measurement, each through the whole chain on a group of ranks. A replica is the same on any group; its atoms are in a
   file of its own, so that a run that ended early goes on where it was, and more replicas can be added to those that are there. */
#include "replicas.h"
#include "stages.h"
#include <stdio.h>
#include <string.h>

typedef struct {
  const AetReplicas *replicas;
  MPI_Comm           comm; /* of the group */
  AetTiltSeries      model;
  AetBootstrapNoise  noise;
} Worker;

void AetReplicaPath(const AetReplicas *replicas, PetscInt replica, const char *ending, char path[AET_REPLICA_PATH])
{
  snprintf(path, AET_REPLICA_PATH, "%.3900s/replica_%04d.%s", replicas->folder, (int)replica, ending);
}

/* Whether a replica's atoms are there under the key, as the first rank sees it. Collective on comm. */
static PetscErrorCode IsThere(MPI_Comm comm, const AetReplicas *replicas, PetscInt replica, PetscBool *there)
{
  char path[AET_REPLICA_PATH], kept[33] = "";
  int  rank;

  PetscFunctionBegin;
  AetReplicaPath(replicas, replica, "h5", path);
  PetscCall(AetFileExists(comm, path, there));
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (!rank) {
    FILE *file;
    AetReplicaPath(replicas, replica, "key", path);
    file = fopen(path, "r");
    if (file) {
      if (fread(kept, 1, 32, file) != 32) kept[0] = 0;
      fclose(file);
    }
  }
  PetscCallMPI(MPI_Bcast(kept, 33, MPI_CHAR, 0, comm));
  *there = (PetscBool)(*there && replicas->keep && !strcmp(kept, replicas->key));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Series to refined atoms, by the stages of the chain. */
static PetscErrorCode Chain(AetTiltSeries series, AetSummary summary, AetAtoms *atoms)
{
  AetVolume volume = NULL;
  PetscBool filtered, extended;
  char      value[PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  PetscCall(AetStageReconstruct(series, summary, "", "", &volume));
  PetscCall(AetStageIsFiltered(&filtered));
  if (filtered) PetscCall(AetStageFilter(volume, summary));
  PetscCall(AetStageTrace(volume, summary, atoms));
  AetCheck((*atoms)->total > 0, AET_ERR_DATA, "bootstrap: expected atoms in a replica of the measurement, found none");
  PetscCall(AetOptionGetText("refine_volume", value, sizeof value));
  PetscCall(AetOptionGetBool("recon_extended", &extended));
  PetscCall(AetStageRefine(*atoms, series, extended && strcmp(value, "none") ? volume : NULL, NULL, summary)); /* a replica has its own */
  PetscCall(AetVolumeDestroy(&volume));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One replica into its file; the key last: without it the file counts for nothing. */
static PetscErrorCode Make(Worker *w, PetscInt replica, AetSummary run)
{
  AetTiltSeries  series;
  AetAtoms       atoms = NULL;
  AetSummary     summary;
  char           path[AET_REPLICA_PATH];
  double         rfree;
  PetscBool      scanned;
  int            rank;
  PetscErrorCode code = PETSC_SUCCESS;

  PetscFunctionBegin;
  PetscCall(AetSummaryCreate(&summary));
  PetscCall(AetSummaryGetNumber(run, "recon.auto.rfree", &rfree, &scanned)); /* then nothing is withheld any more */
  if (scanned) PetscCall(AetSummarySetNumber(summary, "recon.auto.rfree", rfree));
  PetscCall(AetBootstrapReplica(w->model, &w->noise, w->replicas->seed, replica, &series));
  PetscCall(Chain(series, summary, &atoms));
  AetReplicaPath(w->replicas, replica, "h5", path);
  PetscCall(AetAtomsWrite(atoms, path));
  PetscCallMPI(MPI_Comm_rank(w->comm, &rank));
  AetReplicaPath(w->replicas, replica, "key", path);
  if (!rank) code = AetTextWrite(path, w->replicas->key, strlen(w->replicas->key));
  PetscCall(AetAgree(w->comm, code));
  PetscCall(AetAtomsDestroy(&atoms));
  PetscCall(AetTiltSeriesDestroy(&series));
  PetscCall(AetSummaryDestroy(&summary));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The group's share: every groups-th replica that is not there yet. */
static PetscErrorCode Work(Worker *w, int index, int groups, AetProgress progress, AetSummary run)
{
  PetscFunctionBegin;
  for (PetscInt k = index; k < w->replicas->count; k += groups) {
    PetscBool there, asked;
    PetscCall(IsThere(w->comm, w->replicas, k, &there));
    PetscCall(AetInterruptAgree(w->comm, &asked));
    AetCheck(!asked, AET_ERR_INTERRUPTED, "ended on request before replica %d: the same command goes on there", (int)k);
    if (!there) PetscCall(Make(w, k, run));
    PetscCall(AetProgressStep(progress, PetscMin(k + groups, w->replicas->count), NULL));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What a scan has chosen for the run's own volume, `key=value` words without recon_, holds for the replicas; `use` false takes it back. */
static PetscErrorCode UseScan(AetSummary run, PetscBool use)
{
  const char *settings;
  char        words[512], name[96], *state = NULL, number[32];
  double      iterations;
  PetscBool   found;

  PetscFunctionBegin;
  PetscCall(AetSummaryGetText(run, "recon.auto.settings", &settings, &found));
  if (!found) PetscFunctionReturn(PETSC_SUCCESS);
  snprintf(words, sizeof words, "%s", settings);
  for (char *word = strtok_r(words, " ", &state); word; word = strtok_r(NULL, " ", &state)) {
    char *value = strchr(word, '=');
    if (!value) continue;
    *value++ = 0;
    snprintf(name, sizeof name, "-recon_%s", word);
    PetscCall(use ? PetscOptionsSetValue(NULL, name, value) : PetscOptionsClearValue(NULL, name));
  }
  PetscCall(AetSummaryGetNumber(run, "recon.auto.iterations", &iterations, &found));
  snprintf(number, sizeof number, "%d", found ? (int)iterations : 0);
  if (found) PetscCall(use ? PetscOptionsSetValue(NULL, "-recon_iterations", number) : PetscOptionsClearValue(NULL, "-recon_iterations"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* From now on nothing is printed, or (`quiet` false) what was before. */
static PetscErrorCode Hush(PetscBool hush, PetscBool was_quiet)
{
  PetscFunctionBegin;
  PetscCall(hush || was_quiet ? PetscOptionsSetValue(NULL, "-quiet", "true") : PetscOptionsClearValue(NULL, "-quiet"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode InGroups(const AetReplicas *replicas, AetTiltSeries model, const AetBootstrapNoise *noise, AetSummary summary)
{
  Worker         w = {.replicas = replicas, .noise = *noise};
  AetProgress    progress;
  PetscBool      quiet = PETSC_FALSE;
  PetscErrorCode code;
  int            size, groups, index;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(model->comm, &size));
  AetCheck(replicas->groups <= size, AET_ERR_INPUT, "groups: expected 1 to %d (the number of ranks), or 0, found %d", size,
           (int)replicas->groups);
  groups = (int)PetscMin(replicas->groups ? replicas->groups : size, replicas->count);
  PetscCall(AetReport(model->comm, "  %d replicas on %d group%s of ranks\n", (int)replicas->count, groups, groups > 1 ? "s" : ""));
  PetscCall(AetCommSplit(model->comm, groups, &w.comm, &index));
  PetscCall(AetBootstrapShare(model, w.comm, &w.model));
  PetscCall(AetProgressCreate(model->comm, "bootstrap", replicas->count, &progress));
  PetscCall(PetscOptionsGetBool(NULL, NULL, "-quiet", &quiet, NULL));
  PetscCall(Hush(PETSC_TRUE, quiet));
  code = Work(&w, index, groups, progress, summary);
  PetscCall(Hush(PETSC_FALSE, quiet));
  PetscCall(AetProgressDestroy(&progress));
  PetscCall(AetAgree(model->comm, code));
  PetscCall(AetTiltSeriesDestroy(&w.model));
  PetscCallMPI(MPI_Comm_free(&w.comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetReplicasMake(const AetReplicas *replicas, AetAtoms atoms, AetTiltSeries tilt, AetSummary summary)
{
  AetRefineSettings settings;
  AetTiltSeries     model;
  AetBootstrapNoise noise;
  PetscErrorCode    code;

  PetscFunctionBegin;
  PetscCall(AetRefineSettingsFromOptions(&settings));
  AetCheck(!settings.extended, AET_ERR_INPUT,
           "bootstrap_replicas: expected an isolated object, found recon_extended: atoms alone do not make the images of an extended one");
  PetscCall(AetBootstrapModel(atoms, tilt, &settings, &model, &noise));
  PetscCall(AetSummarySetNumber(summary, "bootstrap.noise_floor", noise.floor));
  PetscCall(AetSummarySetNumber(summary, "bootstrap.noise_per_signal", noise.per_signal));
  PetscCall(UseScan(summary, PETSC_TRUE));
  code = InGroups(replicas, model, &noise, summary);
  PetscCall(UseScan(summary, PETSC_FALSE));
  PetscCall(code);
  PetscCall(AetTiltSeriesDestroy(&model));
  PetscFunctionReturn(PETSC_SUCCESS);
}
