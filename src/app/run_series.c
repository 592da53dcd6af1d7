/* The chain of every time of a series, on groups of ranks side by side, and what follows when all are there. */
#include "app.h"
#include "run_series_private.h"
#include <string.h>

/* "3 times on 2 groups of ranks: 9min 16min (1), 26min (1)" */
static PetscErrorCode Describe(const AetSeriesRun *run)
{
  PetscFunctionBegin;
  PetscCall(AetReport(run->comm, "%d times on %d group%s of ranks:", run->times, run->groups, run->groups > 1 ? "s" : ""));
  for (int g = 0; g < run->groups; g++) {
    for (int t = 0; t < run->times; t++)
      if (run->time[t].group == g) PetscCall(AetReport(run->comm, " %s", run->time[t].label));
    PetscCall(AetReport(run->comm, " (%d)%s", run->ranks[g], g + 1 < run->groups ? "," : "\n"));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Brings one time up to date, in its folder. */
static PetscErrorCode MakeTime(const AetSeriesRun *run, const AetSeriesTime *time, MPI_Comm group)
{
  char option[96], folder[PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  snprintf(option, sizeof option, "-%soutput", time->scope);
  AetOutputPath(&run->output, time->label, folder);
  PetscCall(PetscOptionsSetValue(NULL, option, folder));
  PetscCall(AetPipeline(group, run->first, run->last, NULL, NULL, run->pictures));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The next time of a group: that of most work among those that come after `before` in this order; -1: none. */
static int Next(const AetSeriesRun *run, int group, int before)
{
  int next = -1;

  for (int t = 0; t < run->times; t++) {
    const PetscBool later = (PetscBool)(before < 0 || run->time[t].work < run->time[before].work ||
                                        (run->time[t].work == run->time[before].work && t > before));
    if (run->time[t].group == group && later && (next < 0 || run->time[t].work > run->time[next].work)) next = t;
  }
  return next;
}

typedef PetscErrorCode (*Maker)(const AetSeriesRun *run, const AetSeriesTime *time, MPI_Comm group);

/* The times of a group, one after the other, until one fails. `last` is used to see whether all ranks of the group come to the end of a
   time. A rank that failed alone leaves at once: *alone. */
static PetscErrorCode MakeTimes(const AetSeriesRun *run, Maker make, MPI_Comm group, MPI_Comm last, int index, PetscBool *alone)
{
  PetscErrorCode code = PETSC_SUCCESS;

  PetscFunctionBegin;
  *alone = PETSC_FALSE;
  for (int t = Next(run, index, -1); t >= 0 && !code; t = Next(run, index, t)) {
    PetscCall(AetProvenanceForgetInputs());
    PetscCall(AetOptionsSetScope(run->time[t].scope));
    PetscCall(AetReportLabel(run->time[t].label));
    code = make(run, &run->time[t], group);
    *alone = (PetscBool)!AetAppAllArrive(last, code);
    if (!*alone) code = AetAgree(group, code);
    code = AetSeriesTell(run->time[t].label, code);
    if (code && !*alone && code != AET_ERR_INTERRUPTED) PetscCall(AetReport(group, "failed\n"));
    PetscCall(AetReportLabel(NULL));
    PetscCall(AetOptionsSetScope(NULL));
    if (*alone) break;
  }
  PetscCall(AetProvenanceForgetInputs());
  PetscFunctionReturn(code);
}

/* `groups` is taken for the times: inside of one the ranks share the work as they can. */
PetscErrorCode AetSeriesInGroups(const AetSeriesRun *run, Maker make)
{
  MPI_Comm       group, last;
  PetscErrorCode code;
  PetscInt       groups;
  PetscBool      alone;
  int            index;
  char           text[16];

  PetscFunctionBegin;
  PetscCall(AetSeriesSplit(run, &group, &index));
  PetscCallMPI(MPI_Comm_dup(group, &last));
  PetscCall(AetOptionGetInt("groups", &groups));
  PetscCall(PetscOptionsSetValue(NULL, "-groups", "0"));
  code = MakeTimes(run, make, group, last, index, &alone);
  snprintf(text, sizeof text, "%d", (int)groups);
  PetscCall(PetscOptionsSetValue(NULL, "-groups", text));
  if (alone) PetscFunctionReturn(code); /* nobody else may ever come */
  PetscCallMPI(MPI_Comm_free(&last));
  PetscCallMPI(MPI_Comm_free(&group));
  PetscFunctionReturn(AetAgree(run->comm, code));
}

/* times.<label>.* of the summary above. */
static PetscErrorCode Gather(AetSeriesRun *run)
{
  PetscFunctionBegin;
  PetscCall(AetSummaryForget(run->output.summary, "times."));
  PetscCall(AetSeriesAdopt(run, "summary.json"));
  PetscCall(AetSummarySetNumber(run->output.summary, "times.count", run->times));
  PetscCall(AetSummarySetNumber(run->output.summary, "times.groups", run->groups));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode EndIfAsked(MPI_Comm comm)
{
  PetscBool asked;

  PetscFunctionBegin;
  PetscCall(AetInterruptAgree(comm, &asked));
  AetCheck(!asked, AET_ERR_INTERRUPTED, "ended on request before the times are compared: the same command goes on there");
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadAtoms(AetSeriesRun *run, PetscBool joint, AetAtoms *atoms)
{
  char path[PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  PetscCall(AetProvenanceForgetInputs());
  for (int t = 0; t < run->times; t++) {
    PetscCall(AetAtomsDestroy(&atoms[t]));
    PetscCall(AetSeriesAtomsPath(run, t, joint, path));
    PetscCall(AetProvenanceAddInput(run->comm, path));
    PetscCall(AetAtomsRead(run->comm, path, &atoms[t]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What follows from all times. */
static PetscErrorCode Together(AetSeriesRun *run)
{
  AetAtoms *atoms;
  PetscBool joint, track;

  PetscFunctionBegin;
  PetscCall(AetOptionGetBool("series_track", &track));
  PetscCall(AetSeriesJointCheck(run, &joint));
  if (!joint && !track) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscCalloc1(run->times, &atoms));
  PetscCall(ReadAtoms(run, PETSC_FALSE, atoms));
  if (joint) {
    PetscCall(AetSeriesJoint(run, atoms));
    PetscCall(ReadAtoms(run, PETSC_TRUE, atoms));
    PetscCall(AetSeriesAdopt(run, "joint/summary.json"));
    PetscCall(AetOutputSummarise(run->comm, &run->output));
  }
  if (track) PetscCall(AetSeriesTrack(run, joint, atoms));
  PetscCall(AetOutputSummarise(run->comm, &run->output));
  for (int t = 0; t < run->times; t++) PetscCall(AetAtomsDestroy(&atoms[t]));
  PetscCall(PetscFree(atoms));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Work(AetSeriesRun *run, PetscBool track)
{
  const double   begin = MPI_Wtime();
  char           log[PETSC_MAX_PATH_LEN];
  PetscErrorCode code;
  int            size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(run->comm, &size));
  PetscCall(AetOutputOpen(run->comm, &run->output));
  PetscCall(AetReport(run->comm, "aet4d %s (%s), %d ranks of %d threads, into %s\n", AetVersion(), AetCommit(), size, AetThreads(),
                      run->output.folder));
  PetscCall(Describe(run));
  code = AetSeriesInGroups(run, MakeTime); /* each group keeps the log of the time it makes */
  if (code && code != AET_ERR_INTERRUPTED) PetscFunctionReturn(code);
  AetOutputPath(&run->output, "run.log", log);
  PetscCall(AetReportOpen(run->comm, log));
  PetscCall(code);
  PetscCall(Gather(run));
  PetscCall(AetOutputCost(run->comm, &run->output, "times", begin));
  PetscCall(AetOutputSummarise(run->comm, &run->output));
  PetscCall(AetReport(run->comm, "%d times: %.2f s\n", run->times, MPI_Wtime() - begin));
  PetscCall(EndIfAsked(run->comm));
  if (run->last >= AET_STAGE_TRACE && track) PetscCall(Together(run));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Perform(AetSeriesRun *run, PetscBool track)
{
  PetscBool stop;

  PetscFunctionBegin;
  PetscCall(AetSeriesTimes(run));
  PetscCall(AetSeriesJointCheck(run, &stop));
  PetscCall(AetSeriesPlan(run));
  PetscCall(AetOptionGetBool("preflight", &stop));
  if (stop) {
    PetscCall(Describe(run));
    PetscFunctionReturn(AetSeriesInGroups(run, MakeTime));
  }
  PetscCall(Work(run, track));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetSeriesChain(MPI_Comm comm, AetStage first, AetStage last, PetscBool pictures, PetscBool track)
{
  AetSeriesRun   run = {.comm = comm, .first = first, .last = last, .pictures = pictures, .output = {.lock = -1}};
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(AetInterruptWatch(PETSC_TRUE));
  code = Perform(&run, track);
  PetscCall(AetInterruptWatch(PETSC_FALSE));
  if (!code) AetSeriesTimesFree(&run);
  if (code == AET_ERR_INTERRUPTED) PetscCall(AetReport(comm, "%s\n", AetErrorMessage()));
  if (code && code != AET_ERR_INTERRUPTED) {
    if (run.output.lock >= 0) (void)AetReportOpen(MPI_COMM_SELF, NULL);
    PetscFunctionReturn(code);
  }
  PetscCall(AetOutputClose(comm, &run.output));
  PetscFunctionReturn(code);
}
