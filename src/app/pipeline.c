/* The chain of stages: what each depends on, whether it can be skipped, what it leaves behind. */
#include "analysis.h"
#include "pipeline_make.h"
#include "preflight.h"
#include "replicas.h"
#include "stages.h"
#include <string.h>
#include <unistd.h>

#define AET_INPUTS_MAX 8

typedef struct {
  const char        *name;       /* in messages and in the stage key */
  const char        *prefix;     /* of its numbers in the summary */
  const char        *output;     /* the file that is its result */
  const char        *twin;       /* written beside it; must be there too (NULL: none) */
  const char        *unfiltered; /* the same without the Fourier filter; must be there too where one is used (NULL: none) */
  const char        *state;      /* checkpoint while the stage is being made (NULL: none) */
  const char *const *options;    /* prefixes of the option keys that matter, NULL-ended */
  const char *const *files;      /* FILE options whose content matters, NULL-ended */
  PetscErrorCode (*make)(AetRun *run, const char *path);
} Stage;

static const Stage stages[AET_STAGE_COUNT] = {
    {"prepare", "prepare", AET_TILT_FILE, NULL, NULL, NULL,
     (const char *const[]){"tilt_", "frames_", "drift_", "distortion_", "denoise_", "background_", "align_", "prepare_", "!prepare_picture",
                           "recon_angles_", "recon_orientations_", "seed", "recon_thickness", "recon_extended", NULL},
     (const char *const[]){"tilt_projections", "tilt_angles", "frames_files", "frames_angles", "frames_reference", "distortion_file",
                           "prepare_transforms", NULL},
     AetRunMakeTilt},
    {"reconstruct", "recon", AET_VOLUME_FILE, "volume.xdmf", "volume_unfiltered.h5", AET_CHECKPOINT_FILE,
     (const char *const[]){"recon_", "!recon_checkpoint_", "seed", NULL}, (const char *const[]){"recon_support", "recon_initial", "recon_prior", "recon_prior_mask", NULL},
     AetRunMakeVolume},
    {"trace", "trace", AET_ATOMS_FILE, "atoms.xyz", "atoms_unfiltered.h5", NULL, (const char *const[]){"trace_", "seed", NULL},
     (const char *const[]){NULL}, AetRunMakeAtoms},
    {"refine", "refine", AET_ATOMS_FILE, "atoms.xyz", NULL, NULL, (const char *const[]){"refine_", "recon_extended", "seed", NULL},
     (const char *const[]){"refine_edits", "refine_volume", NULL}, AetRunMakeRefined},
    {"bootstrap", "bootstrap", AET_ATOMS_FILE, "atoms.xyz", NULL, NULL,
     (const char *const[]){"bootstrap_", "recon_", "!recon_checkpoint_", "trace_", "refine_", "seed", NULL}, (const char *const[]){NULL},
     AetRunMakeBootstrap},
    {"analyse", "analyse", AET_STRUCTURE_FILE, AET_STRUCTURE_TWIN, NULL, NULL,
     (const char *const[]){"analyse_", "!analyse_enabled", "seed", NULL}, (const char *const[]){NULL}, AetRunMakeAnalysis},
};

/* The result of a stage, and what lies beside it: traced atoms make room for refined ones. */
static const char *OutputOf(const AetRun *run, const Stage *stage)
{
  if (run->replicates && stage->make == AetRunMakeRefined) return AET_REFINED_FILE;
  return run->refines && stage->make == AetRunMakeAtoms ? AET_TRACED_FILE : stage->output;
}

static const char *TwinOf(const AetRun *run, const Stage *stage)
{
  if (run->replicates && stage->make == AetRunMakeRefined) return "refined.xyz";
  return run->refines && stage->make == AetRunMakeAtoms ? "traced.xyz" : stage->twin;
}

/* The paths of the FILE options that name files; words such as `auto` and `none` name none. */
static PetscErrorCode InputPaths(AetRun *run, const Stage *stage, char paths[AET_INPUTS_MAX][PETSC_MAX_PATH_LEN], const char *inputs[])
{
  int       count = 0;
  char      value[PETSC_MAX_PATH_LEN], array[256];
  PetscBool file;

  PetscFunctionBegin;
  for (const char *const *key = stage->files; *key && count < AET_INPUTS_MAX; key++) {
    PetscCall(AetOptionGetText(*key, value, sizeof value));
    PetscCall(AetOptionNamesFile(*key, &file));
    if (!file) continue;
    PetscCall(AetFileSplitName(value, paths[count], PETSC_MAX_PATH_LEN, array, sizeof array));
    inputs[count] = paths[count];
    count++;
  }
  if (stage->make == AetRunMakeRefined && run->atoms_file) {
    PetscCall(AetFileSplitName(run->atoms_file, paths[count], PETSC_MAX_PATH_LEN, array, sizeof array));
    inputs[count] = paths[count];
    count++;
  }
  if (stage->make == AetRunMakeAtoms && run->volume_file) {
    PetscCall(AetFileSplitName(run->volume_file, paths[count], PETSC_MAX_PATH_LEN, array, sizeof array));
    inputs[count] = paths[count];
    count++;
  }
  inputs[count] = NULL;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The key of a stage. That of the stage before it stands for the file it reads: the bytes of that file also hold a date. */
static PetscErrorCode StageKey(AetRun *run, const Stage *stage, const char *before, char key[33])
{
  char        paths[AET_INPUTS_MAX + 1][PETSC_MAX_PATH_LEN], name[256];
  const char *inputs[AET_INPUTS_MAX + 2];
  char        set[AET_SCAN_KEY_SIZE] = "";

  PetscFunctionBegin;
  PetscCall(InputPaths(run, stage, paths, inputs));
  if (stage->make == AetRunMakeTilt) PetscCall(AetFramesStamp(run->comm, set));
  if (stage->make == AetRunMakeVolume) PetscCall(AetRunScanKey(set));
  snprintf(name, sizeof name, "%s after %s%s%s", stage->name, before, set[0] ? " of " : "", set);
  PetscCall(AetStageKey(run->comm, name, stage->options, inputs, key));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The digest of a file as rank 0 reads it, "" if it cannot be read. Collective. */
static PetscErrorCode Digest(MPI_Comm comm, const char *path, char digest[33])
{
  int rank;

  PetscFunctionBegin;
  memset(digest, 0, 33);
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (!rank && AetFileDigest(path, digest)) {
    AetErrorClear();
    digest[0] = 0;
  }
  PetscCallMPI(MPI_Bcast(digest, 33, MPI_CHAR, 0, comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Whether the summary and the disk agree that the stage was done with this key; says so when the file was changed since. */
static PetscErrorCode IsDone(AetRun *run, const Stage *stage, const char *key, PetscBool *done)
{
  char        path[PETSC_MAX_PATH_LEN], name[64], digest[33];
  const char *kept_key, *kept_digest;
  PetscBool   found, there, filtered = PETSC_FALSE;

  PetscFunctionBegin;
  *done = PETSC_FALSE;
  snprintf(name, sizeof name, "%s.key", stage->prefix);
  PetscCall(AetSummaryGetText(run->output.summary, name, &kept_key, &found));
  if (!run->resume || !found || strcmp(kept_key, key)) PetscFunctionReturn(PETSC_SUCCESS);
  snprintf(name, sizeof name, "%s.digest", stage->prefix);
  PetscCall(AetSummaryGetText(run->output.summary, name, &kept_digest, &found));
  AetOutputPath(&run->output, OutputOf(run, stage), path);
  PetscCall(Digest(run->comm, path, digest));
  *done = (PetscBool)(found && digest[0] && !strcmp(digest, kept_digest));
  if (!*done) PetscCall(AetReport(run->comm, "%s: missing, damaged or changed since it was written; made again\n", path));
  if (*done && TwinOf(run, stage)) {
    AetOutputPath(&run->output, TwinOf(run, stage), path);
    PetscCall(AetFileExists(run->comm, path, &there));
    *done = there;
  }
  if (stage->make != AetRunMakeAtoms || !run->volume_file) PetscCall(AetStageIsFiltered(&filtered));
  if (*done && stage->unfiltered && filtered) {
    AetOutputPath(&run->output, stage->unfiltered, path);
    PetscCall(AetFileExists(run->comm, path, &there));
    *done = there;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Removes the checkpoint of a stage, which has no use any more. */
static PetscErrorCode ForgetState(AetRun *run, const Stage *stage)
{
  char path[PETSC_MAX_PATH_LEN];
  int  rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(run->comm, &rank));
  if (!stage->state || rank) PetscFunctionReturn(PETSC_SUCCESS);
  AetOutputPath(&run->output, stage->state, path);
  (void)unlink(path);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Executes a stage and records what it made, so that a later run, or this one killed and begun again, can skip it. */
static PetscErrorCode Execute(AetRun *run, const Stage *stage, const char *key)
{
  char   path[PETSC_MAX_PATH_LEN], name[64], digest[33];
  double begin = MPI_Wtime();

  PetscFunctionBegin;
  PetscCall(AetReport(run->comm, "%s\n", stage->name));
  snprintf(name, sizeof name, "%s.", stage->prefix);
  PetscCall(AetSummaryForget(run->output.summary, name));
  AetOutputPath(&run->output, OutputOf(run, stage), path);
  if (!run->resume) PetscCall(ForgetState(run, stage));
  run->key = key;
  PetscCall(stage->make(run, path));
  PetscCall(AetOutputCost(run->comm, &run->output, stage->prefix, begin));
  PetscCall(Digest(run->comm, path, digest));
  snprintf(name, sizeof name, "%s.key", stage->prefix);
  PetscCall(AetSummarySetText(run->output.summary, name, key));
  snprintf(name, sizeof name, "%s.digest", stage->prefix);
  PetscCall(AetSummarySetText(run->output.summary, name, digest));
  PetscCall(AetOutputSummarise(run->comm, &run->output));
  PetscCall(ForgetState(run, stage));
  PetscCall(AetReport(run->comm, "  %s: %.2f s\n", path, MPI_Wtime() - begin));
  run->made++;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Stages that the run leaves out between those that it does. */
static PetscBool IsLeftOut(const AetRun *run, int stage)
{
  if (run->atoms_file && (stage == AET_STAGE_RECONSTRUCT || stage == AET_STAGE_TRACE)) return PETSC_TRUE;
  return (PetscBool)((stage == AET_STAGE_REFINE && !run->refines) || (stage == AET_STAGE_BOOTSTRAP && !run->replicates));
}

/* Memory and time of the stages, over ranks. */
static PetscErrorCode ReportCost(AetRun *run, AetStage first, AetStage last)
{
  static const char *const names[] = {"seconds_min",
                                      "seconds_mean",
                                      "seconds",
                                      "peak_memory_bytes_per_rank_min",
                                      "peak_memory_bytes_per_rank_mean",
                                      "peak_memory_bytes_per_rank_max"};

  PetscFunctionBegin;
  PetscCall(AetReport(run->comm, "%-12s %24s %28s\n", "over ranks", "s: min mean max", "peak MiB: min mean max"));
  for (int s = first; s <= (int)last; s++) {
    double    value[6] = {0};
    char      key[96];
    PetscBool found;

    if (IsLeftOut(run, s)) continue;
    for (int i = 0; i < 6; i++) {
      snprintf(key, sizeof key, "%s.%s", stages[s].prefix, names[i]);
      PetscCall(AetSummaryGetNumber(run->output.summary, key, &value[i], &found));
    }
    for (int i = 3; i < 6; i++) value[i] /= 1048576;
    PetscCall(AetReport(run->comm, "%-12s %8.2f %7.2f %7.2f %12.0f %7.0f %7.0f\n", stages[s].name, value[0], value[1], value[2], value[3],
                        value[4], value[5]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Sets a FILE option to a file of the simulation, unless it is set or the file is not there. */
static PetscErrorCode AdoptFile(AetRun *run, const char *key, const char *name, PetscBool *there)
{
  char      path[PETSC_MAX_PATH_LEN], option[64];
  PetscBool set;

  PetscFunctionBegin;
  AetOutputPath(&run->output, name, path);
  PetscCall(AetFileExists(run->comm, path, there));
  PetscCall(AetOptionIsSet(key, &set));
  snprintf(option, sizeof option, "-%s", key);
  if (*there && !set) PetscCall(PetscOptionsSetValue(NULL, option, path));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What `simulate` left in the output folder is the measurement of a config that names none: raw frames where it made them, else images. */
static PetscErrorCode AdoptSimulation(AetRun *run)
{
  PetscBool set, there, frames;

  PetscFunctionBegin;
  PetscCall(AetFramesAreGiven(&frames));
  PetscCall(AetOptionIsSet("tilt_projections", &set));
  if (set || frames) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AdoptFile(run, "frames_files", "simulated/frames.h5", &frames));
  if (frames) PetscFunctionReturn(AdoptFile(run, "frames_reference", "simulated/reference.h5", &there));
  PetscCall(AdoptFile(run, "tilt_projections", "simulated/projections.mrc", &there));
  AetCheck(there, AET_ERR_INPUT, "tilt_projections: expected the FILE of the measured images (and no simulation lies in %s), found nothing",
           run->output.folder);
  PetscCall(AdoptFile(run, "tilt_angles", "simulated/angles.txt", &there));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Every file that any of the stages will read must be there before the first begins. */
static PetscErrorCode CheckInputs(AetRun *run, AetStage first, AetStage last)
{
  char        paths[AET_INPUTS_MAX + 1][PETSC_MAX_PATH_LEN];
  const char *inputs[AET_INPUTS_MAX + 2];
  PetscBool   there;

  PetscFunctionBegin;
  for (int s = first; s <= (int)last; s++) {
    if (IsLeftOut(run, s)) continue;
    PetscCall(InputPaths(run, &stages[s], paths, inputs));
    for (int i = 0; inputs[i]; i++) {
      PetscCall(AetFileExists(run->comm, inputs[i], &there));
      AetCheck(there, AET_ERR_OPEN, "%s: no such file, or no permission to read it", inputs[i]);
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What the results were made from does not depend on which stages this run skips. */
static PetscErrorCode NameInputs(AetRun *run, const Stage *stage)
{
  char        paths[AET_INPUTS_MAX + 1][PETSC_MAX_PATH_LEN];
  const char *inputs[AET_INPUTS_MAX + 2];

  PetscFunctionBegin;
  PetscCall(InputPaths(run, stage, paths, inputs));
  for (int i = 0; inputs[i]; i++) PetscCall(AetProvenanceAddInput(run->comm, inputs[i]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Between stages: ends the run where a signal has asked for it. */
static PetscErrorCode EndIfAsked(AetRun *run, const Stage *next)
{
  PetscBool asked;

  PetscFunctionBegin;
  PetscCall(AetInterruptAgree(run->comm, &asked));
  AetCheck(!asked, AET_ERR_INTERRUPTED, "ended on request before the stage %s: the same command goes on there", next->name);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode DoStages(AetRun *run, AetStage first, AetStage last)
{
  char key[33] = "nothing", before[33];

  PetscFunctionBegin;
  for (int s = first; s <= (int)last; s++) {
    PetscBool done;

    if (IsLeftOut(run, s)) continue;
    memcpy(before, key, sizeof before);
    PetscCall(StageKey(run, &stages[s], before, key));
    PetscCall(NameInputs(run, &stages[s]));
    PetscCall(IsDone(run, &stages[s], key, &done));
    if (done) {
      PetscCall(ForgetState(run, &stages[s])); /* of a run that was killed at its last moment */
      PetscCall(AetReport(run->comm, "%s: unchanged, skipped\n", stages[s].name));
    } else {
      PetscCall(EndIfAsked(run, &stages[s]));
      PetscCall(Execute(run, &stages[s], key));
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What becomes of the traced atoms. */
static PetscErrorCode ChooseStages(AetRun *run, AetStage last)
{
  PetscInt replicas;

  PetscFunctionBegin;
  run->refines = (PetscBool)(last >= AET_STAGE_REFINE);
  run->replicates = (PetscBool)(last == AET_STAGE_BOOTSTRAP);
  if (last != AET_STAGE_ANALYSE) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AetOptionGetBool("refine_enabled", &run->refines));
  PetscCall(AetOptionGetInt("bootstrap_replicas", &replicas));
  run->replicates = (PetscBool)(replicas > 0);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Perform(AetRun *run, AetStage first, AetStage last, PetscBool pictures)
{
  PetscBool stop;
  int       size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(run->comm, &size));
  PetscCall(ChooseStages(run, last));
  PetscCall(AetOutputName(&run->output));
  if (first == AET_STAGE_PREPARE) PetscCall(AdoptSimulation(run));
  PetscCall(CheckInputs(run, first, last));
  PetscCall(AetPreflight(run, first, PetscMin(last, run->refines ? AET_STAGE_REFINE : AET_STAGE_TRACE), &stop));
  if (stop) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AetOutputOpen(run->comm, &run->output));
  PetscCall(AetReport(run->comm, "aet4d %s (%s), %d ranks of %d threads, into %s\n", AetVersion(), AetCommit(), size, AetThreads(),
                      run->output.folder));
  PetscCall(AetOptionGetBool("resume", &run->resume));
  PetscCall(DoStages(run, first, last));
  if (pictures) PetscCall(AetRunPictures(run));
  if (run->made) PetscCall(ReportCost(run, first, last));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetPipeline(MPI_Comm comm, AetStage first, AetStage last, const char *volume_file, const char *atoms_file,
                           PetscBool pictures)
{
  AetRun         run = {.comm = comm, .volume_file = volume_file, .atoms_file = atoms_file, .output = {.lock = -1}};
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(AetInterruptWatch(PETSC_TRUE));
  code = Perform(&run, first, last, pictures);
  PetscCall(AetInterruptWatch(PETSC_FALSE));
  PetscCall(AetTiltSeriesDestroy(&run.tilt));
  PetscCall(AetVolumeDestroy(&run.volume));
  PetscCall(AetAtomsDestroy(&run.atoms));
  if (code == AET_ERR_INTERRUPTED) {
    PetscCall(AetReport(comm, "%s\n", AetErrorMessage()));
    PetscCall(AetOutputClose(comm, &run.output));
    PetscFunctionReturn(code);
  }
  if (code) { /* the summary and the log must not wait for ranks that may not come */
    if (run.output.lock >= 0) (void)AetReportOpen(MPI_COMM_SELF, NULL);
    PetscFunctionReturn(code);
  }
  PetscCall(AetOutputClose(comm, &run.output));
  PetscFunctionReturn(PETSC_SUCCESS);
}
