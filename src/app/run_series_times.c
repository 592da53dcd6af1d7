/* The times of a series, as the options describe them. */
#include "run_series.h"
#include <string.h>

static const AetOption options[] = {
    {"series_track", AET_OPTION_BOOL, "", "true", 0, 0, NULL, "run follows the nuclei through the times when the atoms of all are there"},
    {"series_pixel_tolerance_percent", AET_OPTION_REAL, "%", "5", 0, 1000, NULL,
     "largest difference of the pixel sizes of two times that is not taken for a mistake"},
};
AET_OPTION_TABLE(AetSeriesRunOptions, "series", "Several annealing times (series: {time_1: {label, minutes, tilt: {...}}, time_2: ...})",
                 options);

PetscErrorCode AetSeriesIsGiven(PetscBool *given)
{
  int       count;
  PetscInt *numbers;

  PetscFunctionBegin;
  PetscCall(AetOptionsTimes(&count, &numbers));
  PetscCall(PetscFree(numbers));
  *given = (PetscBool)(count > 0);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Keys that all times share, and those that each must have for itself. */
static PetscErrorCode CheckKeys(int times)
{
  static const char *const common[] = {
      "output",         "groups", "quiet", "seed", "memory_limit", "preflight", "pictures", "refine_enabled", "bootstrap_replicas",
      "analyse_enabled"};
  static const char *const own[] = {"tilt_projections", "frames_files"};
  PetscBool                set;
  char                     key[96];

  PetscFunctionBegin;
  for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
    PetscCall(AetOptionIsSet(own[i], &set));
    AetCheck(!set, AET_ERR_INPUT, "%s: expected the measurement of each time, series_time_1_%s ..., found one for the whole series", own[i],
             own[i]);
  }
  for (int t = 1; t <= times; t++)
    for (size_t i = 0; i < sizeof common / sizeof common[0]; i++) {
      snprintf(key, sizeof key, "series_time_%d_%s", t, common[i]);
      PetscCall(AetOptionIsSet(key, &set));
      AetCheck(!set, AET_ERR_INPUT, "%s: expected %s for the whole series, found it for one time", key, common[i]);
    }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A name of a folder, a column of a table, a part of a key. */
static PetscErrorCode ReadLabel(AetSeriesRun *run, int t)
{
  static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+.";
  AetSeriesTime    *time = &run->time[t];
  char              key[96], label[PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  snprintf(key, sizeof key, "%slabel", time->scope);
  PetscCall(AetOptionGetText(key, label, sizeof label));
  AetCheck(label[0], AET_ERR_INPUT, "%s: needed, but not given (name of the time point and of its folder)", key);
  AetCheck(strspn(label, letters) == strlen(label) && label[0] != '.' && strlen(label) < AET_LABEL_SIZE && strcmp(label, "simulated"),
           AET_ERR_INPUT, "%s: expected at most %d letters, digits, _ - + and ., and not \"simulated\", found \"%.80s\"", key,
           AET_LABEL_SIZE - 1, label);
  for (int e = 0; e < t; e++)
    AetCheck(strcmp(label, run->time[e].label), AET_ERR_INPUT, "%s: expected another label than that of time_%d, found %s twice", key,
             e + 1, label);
  snprintf(time->label, sizeof time->label, "%.*s", AET_LABEL_SIZE - 1, label);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadMinutes(AetSeriesRun *run, int t)
{
  AetSeriesTime *time = &run->time[t];
  char           key[96];
  PetscBool      set;

  PetscFunctionBegin;
  snprintf(key, sizeof key, "%sminutes", time->scope);
  PetscCall(AetOptionIsSet(key, &set));
  AetCheck(set, AET_ERR_INPUT, "%s: needed, but not given (annealing time of %s)", key, time->label);
  PetscCall(AetOptionGetReal(key, &time->minutes));
  AetCheck(!t || time->minutes > run->time[t - 1].minutes, AET_ERR_INPUT,
           "%s: expected more than the %g of time_%d (times in their order), found %g", key, run->time[t - 1].minutes, t, time->minutes);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Sets a FILE option of a time to a file of the simulation in the output folder, unless it is set or the file is not there. */
static PetscErrorCode Adopt(AetSeriesRun *run, const AetSeriesTime *time, const char *key, const char *file, PetscBool *there)
{
  char      name[128], path[PETSC_MAX_PATH_LEN], option[96];
  PetscBool set;

  PetscFunctionBegin;
  snprintf(name, sizeof name, "simulated/%s/%s", time->label, file);
  AetOutputPath(&run->output, name, path);
  PetscCall(AetFileExists(run->comm, path, there));
  PetscCall(AetOptionIsSet(key, &set)); /* of the time, or of all */
  snprintf(option, sizeof option, "-%s%s", time->scope, key);
  if (*there && !set) PetscCall(PetscOptionsSetValue(NULL, option, path));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The measurement of a time whose keys are in scope: as the options name it, or what `simulate` made in the output folder. */
static PetscErrorCode FindData(AetSeriesRun *run, const AetSeriesTime *time)
{
  PetscBool set, frames, there;

  PetscFunctionBegin;
  PetscCall(AetFramesAreGiven(&frames));
  PetscCall(AetOptionIsSet("tilt_projections", &set));
  if (set || frames) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(Adopt(run, time, "tilt_projections", "projections.mrc", &there));
  AetCheck(there, AET_ERR_INPUT,
           "%stilt_projections: expected the FILE of the images of %s (and no simulation lies in %s/simulated/%s), found nothing",
           time->scope, time->label, run->output.folder, time->label);
  PetscCall(Adopt(run, time, "tilt_angles", "angles.txt", &there));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetSeriesTimes(AetSeriesRun *run)
{
  PetscInt      *numbers;
  PetscErrorCode code = PETSC_SUCCESS;
  PetscInt       wrong = 0;

  PetscFunctionBegin;
  PetscCall(AetOutputName(&run->output));
  PetscCall(AetOptionsTimes(&run->times, &numbers));
  for (int t = 0; t < run->times && !wrong; t++) wrong = numbers[t] == t + 1 ? 0 : numbers[t];
  PetscCall(PetscFree(numbers));
  AetCheck(!wrong, AET_ERR_INPUT, "series_time_%d: expected times numbered without gaps from 1, found no time before this one", (int)wrong);
  AetCheck(run->times >= 2, AET_ERR_INPUT, "series: expected at least two times, time_1 and time_2, found %d", run->times);
  PetscCall(CheckKeys(run->times));
  PetscCall(PetscCalloc2(run->times, &run->time, run->times, &run->ranks));
  for (int t = 0; t < run->times; t++) {
    snprintf(run->time[t].scope, sizeof run->time[t].scope, "series_time_%d_", t + 1);
    PetscCall(ReadLabel(run, t));
    PetscCall(ReadMinutes(run, t));
  }
  for (int t = 0; t < run->times && !code; t++) {
    PetscCall(AetOptionsSetScope(run->time[t].scope));
    code = FindData(run, &run->time[t]);
    PetscCall(AetOptionsSetScope(NULL));
  }
  PetscFunctionReturn(code);
}

void AetSeriesTimesFree(AetSeriesRun *run)
{
  for (int t = 0; t < run->times && run->time; t++) (void)AetNeedsDestroy(&run->time[t].needs);
  (void)PetscFree2(run->time, run->ranks);
  run->times = 0;
}
