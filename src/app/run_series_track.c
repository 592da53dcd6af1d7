/* The end of a series' run: its nuclei followed through the times, unless that was done with the same atoms. */
#include "run_series_private.h"
#include "track.h"
#include <string.h>

/* What the history depends on: the atoms of all times, what they are called, and the options. */
static PetscErrorCode KeyOf(const AetSeriesRun *run, PetscBool joint, char key[33])
{
  static const char *const prefixes[] = {"track_", "analyse_", "registration_", "seed", "pictures", NULL};
  const char             **inputs;
  char(*path)[PETSC_MAX_PATH_LEN], name[256] = "track";

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(run->times, &path, run->times + 1, &inputs));
  for (int t = 0; t < run->times; t++) {
    const size_t used = strlen(name);
    PetscCall(AetSeriesAtomsPath(run, t, joint, path[t]));
    snprintf(name + used, sizeof name - used, " %s %g", run->time[t].label, run->time[t].minutes);
    inputs[t] = path[t];
  }
  inputs[run->times] = NULL;
  PetscCall(AetStageKey(run->comm, name, prefixes, inputs, key));
  PetscCall(PetscFree2(path, inputs));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Done(const AetSeriesRun *run, const char *key, PetscBool *done)
{
  static const char *const files[] = {"series.h5", "nuclei.csv", "events.csv"};
  const char              *made;
  char                     path[PETSC_MAX_PATH_LEN];
  PetscBool                resume, there;

  PetscFunctionBegin;
  PetscCall(AetOptionGetBool("resume", &resume));
  PetscCall(AetSummaryGetText(run->output.summary, "series.key", &made, done));
  *done = (PetscBool)(*done && resume && !strcmp(made, key));
  for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
    AetOutputPath(&run->output, files[i], path);
    PetscCall(AetFileExists(run->comm, path, &there));
    *done = (PetscBool)(*done && there);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetSeriesTrack(AetSeriesRun *run, PetscBool joint, AetAtoms *atoms)
{
  const char **labels;
  double      *minutes;
  PetscBool    done;
  char         key[33];

  PetscFunctionBegin;
  PetscCall(KeyOf(run, joint, key));
  PetscCall(Done(run, key, &done));
  PetscCall(AetReport(run->comm, "track%s\n", done ? ": unchanged, skipped" : ""));
  if (done) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscMalloc2(run->times, &labels, run->times, &minutes));
  for (int t = 0; t < run->times; t++) labels[t] = run->time[t].label, minutes[t] = run->time[t].minutes;
  PetscCall(AetStageTrack(run->comm, run->times, atoms, labels, minutes, &run->output));
  PetscCall(AetSummarySetText(run->output.summary, "series.key", key));
  PetscCall(PetscFree2(labels, minutes));
  PetscFunctionReturn(PETSC_SUCCESS);
}
