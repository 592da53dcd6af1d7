/* The groups of ranks of a series: from what its times cost and need. */
#include "kernel/share.h"
#include "run_series_private.h"
#include <math.h>
#include <string.h>

#define GIB 1073741824.0

PetscErrorCode AetSeriesTell(const char *label, PetscErrorCode code)
{
  char message[1024];

  if (!code || !AetErrorMessage()[0]) return code;
  snprintf(message, sizeof message, "%s", AetErrorMessage());
  AetErrorClear();
  return AetRaise(code, "%s: %s", label, message);
}

/* The sizes of a time whose keys are in scope. */
static PetscErrorCode Survey(AetSeriesRun *run, AetSeriesTime *time)
{
  AetRun one = {.comm = run->comm, .output = {.lock = -1}};

  PetscFunctionBegin;
  AetOutputPath(&run->output, time->label, one.output.folder);
  PetscCall(AetNeedsCreate(&one, &time->needs));
  PetscCall(AetNeedsWork(time->needs, run->first, run->last, &time->pixel_angstrom, &time->work));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Atoms are in Å whatever the pixel; sizes that differ by more than a calibration does are a slip of a key or of a file's head. */
static PetscErrorCode CheckPixels(const AetSeriesRun *run)
{
  double tolerance;

  PetscFunctionBegin;
  PetscCall(AetOptionGetReal("series_pixel_tolerance_percent", &tolerance));
  for (int t = 1; t < run->times; t++) {
    const double a = run->time[0].pixel_angstrom, b = run->time[t].pixel_angstrom, percent = 100 * fabs(b / a - 1);
    AetCheck(
        percent <= tolerance, AET_ERR_INPUT,
        "series_time_%d_tilt_pixel_angstrom: expected the %g Å of %s within series_pixel_tolerance_percent, %g %%, found %g Å (%.1f %%)",
        t + 1, a, run->time[0].label, tolerance, b, percent);
    if (percent > 0.01)
      PetscCall(AetReport(run->comm, "%s: pixel %g Å, %.2f %% from that of %s\n", run->time[t].label, b, percent, run->time[0].label));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The group of a rank. */
static int GroupOf(const AetSeriesRun *run, int rank)
{
  int g = 0;

  while (g + 1 < run->groups && rank >= run->ranks[g]) rank -= run->ranks[g++];
  return g;
}

PetscErrorCode AetSeriesSplit(const AetSeriesRun *run, MPI_Comm *group, int *index)
{
  int rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(run->comm, &rank));
  *index = GroupOf(run, rank);
  PetscCallMPI(MPI_Comm_split(run->comm, *index, rank, group));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The most that the groups need together on one node. */
static PetscErrorCode NodeBytes(const AetSeriesRun *run, double *bytes)
{
  MPI_Comm node;
  int      rank, g;
  double   mine = 0, here;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(run->comm, &rank));
  g = GroupOf(run, rank);
  for (int t = 0; t < run->times; t++) {
    if (run->time[t].group != g) continue;
    PetscCall(AetNeedsOf(run->time[t].needs, run->first, run->last, run->ranks[g], &here));
    mine = PetscMax(mine, here);
  }
  PetscCallMPI(MPI_Comm_split_type(run->comm, MPI_COMM_TYPE_SHARED, rank, MPI_INFO_NULL, &node));
  PetscCallMPI(MPI_Allreduce(&mine, bytes, 1, MPI_DOUBLE, MPI_SUM, node));
  PetscCallMPI(MPI_Comm_free(&node));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, bytes, 1, MPI_DOUBLE, MPI_MAX, run->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Shares the times among `groups`; how long they take, in units of their work. */
static PetscErrorCode Share(AetSeriesRun *run, int groups, double *longest)
{
  double *work;
  int    *group, size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(run->comm, &size));
  PetscCall(PetscMalloc2(run->times, &work, run->times, &group));
  for (int t = 0; t < run->times; t++) work[t] = run->time[t].work;
  run->groups = groups;
  *longest = AetShareTimes(run->times, work, size, groups, group, run->ranks);
  for (int t = 0; t < run->times; t++) run->time[t].group = group[t];
  PetscCall(PetscFree2(work, group));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The number of groups that is ready first, among those that fit; one where none does: the chain says then what is missing. */
static PetscErrorCode Choose(AetSeriesRun *run, const AetNodeMemory *memory)
{
  int    size, best = 1;
  double longest, shortest = 0, bytes;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(run->comm, &size));
  for (int groups = 1; groups <= PetscMin(size, run->times); groups++) {
    PetscCall(Share(run, groups, &longest));
    PetscCall(NodeBytes(run, &bytes));
    if (groups > 1 && (bytes > memory->bytes || longest >= shortest)) continue;
    best = groups, shortest = longest;
  }
  PetscCall(Share(run, best, &longest));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* As many as the options ask for, where they fit. */
static PetscErrorCode Obey(AetSeriesRun *run, PetscInt groups, const AetNodeMemory *memory)
{
  int    size;
  double longest, bytes;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(run->comm, &size));
  AetCheck(groups <= size, AET_ERR_INPUT, "groups: expected 1 to %d (the number of ranks), or 0, found %d", size, (int)groups);
  PetscCall(Share(run, (int)PetscMin(groups, run->times), &longest));
  PetscCall(NodeBytes(run, &bytes));
  AetCheck(run->groups == 1 || bytes <= memory->bytes, AET_ERR_MEMORY,
           "groups: expected times that fit side by side into %.3g GiB of a node (%s), found %.3g GiB for %d groups: fewer groups, or 0, "
           "or more nodes",
           memory->bytes / GIB, memory->source, bytes / GIB, run->groups);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetSeriesPlan(AetSeriesRun *run)
{
  AetNodeMemory  memory;
  PetscInt       groups;
  PetscErrorCode code = PETSC_SUCCESS;

  PetscFunctionBegin;
  for (int t = 0; t < run->times && !code; t++) {
    PetscCall(AetOptionsSetScope(run->time[t].scope));
    code = AetSeriesTell(run->time[t].label, Survey(run, &run->time[t]));
    PetscCall(AetOptionsSetScope(NULL));
  }
  PetscCall(code);
  PetscCall(CheckPixels(run));
  PetscCall(AetPreflightMemory(run->comm, &memory));
  PetscCall(AetOptionGetInt("groups", &groups));
  if (groups) PetscFunctionReturn(Obey(run, groups, &memory));
  PetscCall(Choose(run, &memory));
  PetscFunctionReturn(PETSC_SUCCESS);
}
