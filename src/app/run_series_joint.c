/* Joint reconstruction of a series: every time once more, its core pulled softly towards what the other times say, as hard as its withheld
   images approve of; and the same with a mask that knows nothing (docs/theory/series.md). */
#include "pipeline_make.h"
#include "run_series_private.h"
#include "stages.h"
#include <string.h>

static const AetOption options[] = {
    {"series_joint", AET_OPTION_BOOL, "", "false", 0, 0, NULL,
     "reconstruct every time once more, its core pulled towards that of the other times"},
    {"series_joint_weights", AET_OPTION_REALS, "", "[0.03, 0.1, 0.3]", 1e-6, 1e6, NULL,
     "strengths of the pull to choose from by R_free, beside 0; at 1 the other times weigh as much as the data in every step"},
};
AET_OPTION_TABLE(AetSeriesJointOptions, "series_joint", "Several times reconstructed together", options);

static void PathOf(const AetSeriesRun *run, const AetSeriesTime *time, const char *file, char path[PETSC_MAX_PATH_LEN])
{
  char name[AET_LABEL_SIZE + 64];

  snprintf(name, sizeof name, "%s/%s", time->label, file);
  AetOutputPath(&run->output, name, path);
}

static PetscErrorCode ReadVolume(const AetSeriesRun *run, int t, AetVolume *volume)
{
  char path[PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  PathOf(run, &run->time[t], AET_VOLUME_FILE, path);
  PetscCall(AetVolumeRead(run->comm, path, volume));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* prior <- the mean of the other times' volumes in the frame of time t, each as bright as that of t within the mask. */
static PetscErrorCode Mean(const AetSeriesRun *run, AetRegistration registration, int t, AetVolume volume, AetVolume mask, AetVolume prior)
{
  const ptrdiff_t voxels = prior->z_count * prior->n[1] * prior->n[2];
  AetVolume       source, seen;
  double          factor;

  PetscFunctionBegin;
  PetscCall(AetVolumeCreate(run->comm, volume->n, volume->pixel_angstrom, &seen));
  PetscCall(PetscArrayzero(prior->data, voxels));
  for (int s = 0; s < run->times; s++) {
    if (s == t) continue;
    PetscCall(ReadVolume(run, s, &source));
    PetscCall(AetJointResample(registration, s, source, t, seen));
    PetscCall(AetVolumeDestroy(&source));
    PetscCall(AetJointFactor(volume, seen, mask, &factor));
    for (ptrdiff_t i = 0; i < voxels; i++) prior->data[i] += (float)(factor * seen->data[i] / (run->times - 1));
  }
  PetscCall(AetVolumeDestroy(&seen));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* joint/prior.h5, mask.h5 and mask_shuffled.h5 of a time. */
static PetscErrorCode MakePrior(const AetSeriesRun *run, AetRegistration registration, int t)
{
  static const char *const names[2] = {"joint/mask.h5", "joint/mask_shuffled.h5"};
  AetVolume                volume, mask, prior;
  PetscInt                 seed;
  char                     path[PETSC_MAX_PATH_LEN], folder[AET_LABEL_SIZE + 8];

  PetscFunctionBegin;
  PetscCall(AetOptionGetInt("seed", &seed));
  snprintf(folder, sizeof folder, "%s/joint", run->time[t].label);
  PetscCall(AetOutputFolder(run->comm, &run->output, folder));
  PetscCall(ReadVolume(run, t, &volume));
  PetscCall(AetVolumeCreate(run->comm, volume->n, volume->pixel_angstrom, &mask));
  PetscCall(AetVolumeCreate(run->comm, volume->n, volume->pixel_angstrom, &prior));
  for (int shuffled = 1; shuffled >= 0; shuffled--) {
    PetscCall(AetJointMask(registration, t, (PetscBool)shuffled, (uint64_t)seed, mask));
    PathOf(run, &run->time[t], names[shuffled], path);
    PetscCall(AetVolumeWrite(mask, path));
  }
  PetscCall(Mean(run, registration, t, volume, mask, prior));
  PathOf(run, &run->time[t], "joint/prior.h5", path);
  PetscCall(AetVolumeWrite(prior, path));
  PetscCall(AetVolumeDestroy(&prior));
  PetscCall(AetVolumeDestroy(&mask));
  PetscCall(AetVolumeDestroy(&volume));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What the joint reconstruction of a time depends on: its own chain and those of all others. */
static PetscErrorCode KeyOf(const AetSeriesRun *run, char key[33])
{
  static const char *const prefixes[] = {"series_joint", "registration_", "recon_", "!recon_checkpoint_",
                                         "trace_",       "refine_",       "seed",   NULL};
  const char             **inputs;
  char(*path)[PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(2 * run->times, &path, 2 * run->times + 1, &inputs));
  for (int i = 0; i < 2 * run->times; i++) {
    PathOf(run, &run->time[i / 2], i % 2 ? AET_VOLUME_FILE : AET_ATOMS_FILE, path[i]);
    inputs[i] = path[i];
  }
  inputs[2 * run->times] = NULL;
  PetscCall(AetStageKey(run->comm, "joint", prefixes, inputs, key));
  PetscCall(PetscFree2(path, inputs));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Sets the keys of the pull for one time; weight 0 takes them back. */
static PetscErrorCode Pull(const AetSeriesRun *run, const AetSeriesTime *time, const char *mask, double weight)
{
  static const char *const keys[3] = {"recon_prior", "recon_prior_mask", "recon_prior_weight"};
  char                     option[96], value[3][PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  PathOf(run, time, "joint/prior.h5", value[0]);
  PathOf(run, time, mask, value[1]);
  snprintf(value[2], sizeof value[2], "%.17g", weight);
  for (int k = 0; k < 3; k++) {
    snprintf(option, sizeof option, "-%s%s", time->scope, keys[k]);
    PetscCall(weight > 0 ? PetscOptionsSetValue(NULL, option, value[k]) : PetscOptionsClearValue(NULL, option));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A reconstruction with a pull, and its R_free. `volume` NULL: only that. */
static PetscErrorCode Try(const AetSeriesRun *run, const AetSeriesTime *time, AetTiltSeries tilt, const char *mask, double weight,
                          double *rfree, AetVolume *volume)
{
  AetSummary summary;
  AetVolume  made = NULL;
  PetscBool  found, asked;

  PetscFunctionBegin;
  PetscCall(AetInterruptAgree(tilt->comm, &asked));
  AetCheck(!asked, AET_ERR_INTERRUPTED, "ended on request in the joint reconstruction: the same command begins it again");
  PetscCall(AetSummaryCreate(&summary));
  PetscCall(Pull(run, time, mask, weight));
  PetscCall(AetStageReconstruct(tilt, summary, "", "", &made));
  PetscCall(Pull(run, time, mask, 0));
  PetscCall(AetSummaryGetNumber(summary, "recon.rfree", rfree, &found));
  PetscCall(AetSummaryDestroy(&summary));
  AetCheck(found, AET_ERR_INPUT, "series_joint: expected recon_rfree_fraction above 0: R_free chooses the weight");
  if (volume) {
    PetscCall(AetVolumeDestroy(volume));
    *volume = made;
  } else {
    PetscCall(AetVolumeDestroy(&made));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* R_free of every weight, then of the shuffled mask at the best; *weight is 0 where the pull does not help, or a pull that knows nothing
   helps as much. */
static PetscErrorCode Choose(const AetSeriesRun *run, const AetSeriesTime *time, AetTiltSeries tilt, AetSummary summary, double *weight)
{
  double   *weights, before, best, rfree, null = -1;
  int       count;
  PetscBool found;
  char      key[64];

  PetscFunctionBegin;
  PetscCall(AetOptionGetReals("series_joint_weights", &count, &weights));
  PetscCall(AetSummaryGetNumber(summary, "recon.rfree", &before, &found));
  AetCheck(found, AET_ERR_INPUT, "series_joint: expected recon_rfree_fraction above 0: R_free chooses the weight");
  *weight = 0, best = before;
  for (int i = 0; i < count; i++) {
    PetscCall(Try(run, time, tilt, "joint/mask.h5", weights[i], &rfree, NULL));
    snprintf(key, sizeof key, "joint.rfree.%g", weights[i]);
    PetscCall(AetSummarySetNumber(summary, key, rfree));
    if (rfree < best) best = rfree, *weight = weights[i];
  }
  PetscCall(PetscFree(weights));
  PetscCall(AetSummarySetNumber(summary, "joint.rfree_before", before));
  PetscCall(AetSummarySetNumber(summary, "joint.rfree", best));
  PetscCall(AetSummarySetNumber(summary, "joint.weight_best", *weight));
  if (*weight > 0) {
    PetscCall(Try(run, time, tilt, "joint/mask_shuffled.h5", *weight, &null, NULL));
    PetscCall(AetSummarySetNumber(summary, "joint.rfree_null", null));
  }
  PetscCall(AetReport(tilt->comm, "  joint: R_free %.5f without a pull, %.5f at weight %g", before, best, *weight));
  if (null >= 0) PetscCall(AetReport(tilt->comm, ", %.5f with a shuffled mask", null));
  PetscCall(AetReport(tilt->comm, "\n"));
  if (null >= 0 && null <= best) *weight = 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Volume and atoms with the pull that was chosen. */
static PetscErrorCode Finish(const AetSeriesRun *run, const AetSeriesTime *time, AetTiltSeries tilt, AetSummary summary, double weight)
{
  AetVolume volume = NULL;
  AetAtoms  atoms;
  PetscBool filtered, refine;
  double    rfree;
  char      path[PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  PetscCall(Try(run, time, tilt, "joint/mask.h5", weight, &rfree, &volume));
  PetscCall(AetStageIsFiltered(&filtered));
  if (filtered) PetscCall(AetStageFilter(volume, summary));
  PathOf(run, time, "joint/volume.h5", path);
  PetscCall(AetVolumeWrite(volume, path));
  PetscCall(AetStageTrace(volume, summary, &atoms));
  PetscCall(AetOptionGetBool("refine_enabled", &refine));
  if (refine) PetscCall(AetStageRefine(atoms, tilt, NULL, NULL, summary));
  PathOf(run, time, "joint/atoms.h5", path);
  PetscCall(AetAtomsWrite(atoms, path));
  PetscCall(AetAtomsDestroy(&atoms));
  PetscCall(AetVolumeDestroy(&volume));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The summary of a joint reconstruction, if it was made under the key and its atoms are there. */
static PetscErrorCode Done(const AetSeriesRun *run, const AetSeriesTime *time, MPI_Comm comm, const char *key, PetscBool *done)
{
  AetSummary  kept;
  const char *made;
  double      weight = 0;
  char        path[PETSC_MAX_PATH_LEN];
  PetscBool   resume, there;

  PetscFunctionBegin;
  PetscCall(AetOptionGetBool("resume", &resume));
  PetscCall(AetSummaryCreate(&kept));
  PathOf(run, time, "joint/summary.json", path);
  if (AetSummaryRead(kept, comm, path)) AetErrorClear();
  PetscCall(AetSummaryGetText(kept, "joint.key", &made, done));
  *done = (PetscBool)(*done && resume && !strcmp(made, key));
  PetscCall(AetSummaryGetNumber(kept, "joint.weight", &weight, &there));
  PetscCall(AetSummaryDestroy(&kept));
  if (!*done || !(weight > 0)) PetscFunctionReturn(PETSC_SUCCESS);
  PathOf(run, time, "joint/atoms.h5", path);
  PetscCall(AetFileExists(comm, path, done));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One time, its keys and label in force. Collective on the group. */
static PetscErrorCode MakeJoint(const AetSeriesRun *run, const AetSeriesTime *time, MPI_Comm group)
{
  AetTiltSeries tilt;
  AetSummary    summary;
  PetscBool     done;
  double        weight = 0, begin = MPI_Wtime();
  char          path[PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  PetscCall(Done(run, time, group, run->joint_key, &done));
  PetscCall(AetReport(group, "joint%s\n", done ? ": unchanged, skipped" : ""));
  if (done) PetscFunctionReturn(PETSC_SUCCESS);
  PathOf(run, time, AET_TILT_FILE, path);
  PetscCall(AetTiltSeriesRead(group, path, &tilt));
  PetscCall(AetSummaryCreate(&summary));
  PathOf(run, time, "summary.json", path);
  PetscCall(AetSummaryRead(summary, group, path));
  PetscCall(Choose(run, time, tilt, summary, &weight));
  if (weight > 0) PetscCall(Finish(run, time, tilt, summary, weight));
  PetscCall(AetSummarySetNumber(summary, "joint.weight", weight));
  PetscCall(AetSummarySetNumber(summary, "joint.seconds", MPI_Wtime() - begin));
  PetscCall(AetSummarySetText(summary, "joint.key", run->joint_key));
  PathOf(run, time, "joint/summary.json", path);
  PetscCall(AetSummaryWrite(summary, group, path));
  PetscCall(AetSummaryDestroy(&summary));
  PetscCall(AetTiltSeriesDestroy(&tilt));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetSeriesJointCheck(const AetSeriesRun *run, PetscBool *wanted)
{
  static const char *const methods[] = {"resire"};
  char                     method[64];
  PetscBool                scan, extended;

  PetscFunctionBegin;
  PetscCall(AetOptionGetBool("series_joint", wanted));
  *wanted = (PetscBool)(*wanted && run->last >= AET_STAGE_TRACE);
  if (!*wanted) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AetOptionGetText("recon_method", method, sizeof method));
  PetscCall(AetOptionGetBool("recon_auto", &scan));
  PetscCall(AetOptionGetBool("recon_extended", &extended));
  AetCheck(!strcmp(method, methods[0]) && !scan && !extended, AET_ERR_INPUT,
           "series_joint: expected recon_method resire without recon_auto and recon_extended, found %s%s%s", method,
           scan ? ", recon_auto" : "", extended ? ", recon_extended" : "");
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetSeriesJoint(AetSeriesRun *run, AetAtoms *atoms)
{
  AetRegistrationSettings settings;
  AetRegistration         registration;
  PetscBool               done = PETSC_TRUE, here;

  PetscFunctionBegin;
  PetscCall(KeyOf(run, run->joint_key));
  for (int t = 0; t < run->times; t++) {
    PetscCall(Done(run, &run->time[t], run->comm, run->joint_key, &here));
    done = (PetscBool)(done && here);
  }
  if (!done) {
    PetscCall(AetRegistrationSettingsFromOptions(&settings));
    PetscCall(AetRegistrationCreate(run->times, atoms, &settings, &registration));
    for (int t = 0; t < run->times; t++) PetscCall(MakePrior(run, registration, t));
    PetscCall(AetRegistrationDestroy(&registration));
  }
  PetscCall(AetSeriesInGroups(run, MakeJoint));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetSeriesAtomsPath(const AetSeriesRun *run, int t, PetscBool joint, char path[PETSC_MAX_PATH_LEN])
{
  AetSummary summary;
  double     weight = 0;
  PetscBool  found;

  PetscFunctionBegin;
  if (joint) {
    PetscCall(AetSummaryCreate(&summary));
    PathOf(run, &run->time[t], "joint/summary.json", path);
    PetscCall(AetSummaryRead(summary, run->comm, path));
    PetscCall(AetSummaryGetNumber(summary, "joint.weight", &weight, &found));
    PetscCall(AetSummaryDestroy(&summary));
  }
  PathOf(run, &run->time[t], weight > 0 ? "joint/atoms.h5" : AET_ATOMS_FILE, path);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetSeriesAdopt(AetSeriesRun *run, const char *file)
{
  char       path[PETSC_MAX_PATH_LEN], prefix[AET_LABEL_SIZE + 16];
  AetSummary one;

  PetscFunctionBegin;
  for (int t = 0; t < run->times; t++) {
    PathOf(run, &run->time[t], file, path);
    PetscCall(AetSummaryCreate(&one));
    PetscCall(AetSummaryRead(one, run->comm, path));
    snprintf(prefix, sizeof prefix, "times.%s.", run->time[t].label);
    PetscCall(AetSummaryAdopt(run->output.summary, prefix, one));
    PetscCall(AetSummaryDestroy(&one));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
