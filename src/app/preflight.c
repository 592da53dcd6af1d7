/* Before the work: what the stages of a command need, and whether the nodes of the job have it. */
#include "preflight.h"
#include "stages.h"
#include <math.h>
#include <string.h>

#define GIB 1073741824.0
#define PREPARE_FRAMES 2    /* times the raw frames: as they are and corrected */
#define REFINE_IMAGES 4     /* sets of images that a refinement has beside the measured ones, roughly */
#define DONE_WORK 0.01      /* of a chain that is there already: it is only looked at */
#define RANKS_MOST 16777216 /* that are thought of when a job does not fit on those it has */

static const AetOption options[] = {
    {"preflight", AET_OPTION_BOOL, "", "false", 0, 0, NULL,
     "print the memory and the time that the stages need, and stop: nothing is read but sizes and angles, nothing is written"},
    {"memory_limit", AET_OPTION_REAL, "GiB", "0", 0, 1e9, NULL,
     "memory that the ranks of one node may take; 0: what the system, its control groups and SLURM say. A job that needs more is refused"},
};
AET_OPTION_TABLE(AetPreflightOptions, "preflight", "Memory and time, before the work", options);

/* What the stages work on, and the stage at hand. */
typedef struct {
  AetTiltSeries tilt; /* NULL where a volume is traced */
  AetRecon      recon;
  ptrdiff_t     n[3]; /* of the volume */
  int           stage;
} Plan;

/* ---------------------------------------------------------------- needs */

/* Bytes of a rank's share of the images. */
static double Images(const Plan *plan, int ranks)
{
  ptrdiff_t start, count;

  if (!plan->tilt) return 0;
  AetBlock(plan->tilt->views, 0, ranks, &start, &count);
  return 4.0 * (double)count * (double)plan->tilt->ny * (double)plan->tilt->nx;
}

static double Voxels(const Plan *plan, int ranks)
{
  ptrdiff_t start, count;

  AetBlock(plan->n[0], 0, ranks, &start, &count);
  return 4.0 * (double)count * (double)plan->n[1] * (double)plan->n[2];
}

static PetscErrorCode PrepareNeeds(const Plan *plan, int ranks, double *bytes)
{
  PetscBool refine;
  double    angles;

  PetscFunctionBegin;
  *bytes = Images(plan, ranks);
  if (plan->tilt->frames > 1) *bytes *= 1 + PREPARE_FRAMES * (double)plan->tilt->frames;
  PetscCall(AetOptionGetBool("tilt_refine_angles", &refine));
  if (!refine) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AetAnglesEstimateOn(plan->tilt, ranks, &angles));
  *bytes += angles;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The images, the method; half sets beside the volume, with half the images once more; the filter beside the volume. */
static PetscErrorCode ReconstructNeeds(const Plan *plan, int ranks, double *bytes)
{
  AetReconEstimate         estimate;
  AetFourierFilterSettings filter;
  PetscBool                halves;
  double                   filtering;

  PetscFunctionBegin;
  PetscCall(AetReconEstimateOn(plan->recon, ranks, &estimate));
  *bytes = estimate.bytes;
  PetscCall(AetOptionGetBool("recon_half_sets", &halves));
  if (halves) *bytes += 2 * Voxels(plan, ranks) + Images(plan, ranks) / 2;
  PetscCall(AetFourierFilterSettingsFromOptions(&filter));
  PetscCall(AetFourierFilterEstimateOn(plan->n, &filter, ranks, &filtering));
  *bytes = Images(plan, ranks) + PetscMax(*bytes, Voxels(plan, ranks) + filtering);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TraceNeeds(const Plan *plan, int ranks, double *bytes)
{
  PetscBool filtered;

  PetscFunctionBegin;
  PetscCall(AetTraceEstimateOn(plan->n, ranks, bytes));
  *bytes += Images(plan, ranks) + Voxels(plan, ranks);
  PetscCall(AetStageIsFiltered(&filtered));
  if (filtered && plan->tilt) *bytes += Voxels(plan, ranks); /* the filtered volume waits beside the other */
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The images, and a few times as many of the atoms; the volume may still be there. */
static PetscErrorCode RefineNeeds(const Plan *plan, int ranks, double *bytes)
{
  PetscFunctionBegin;
  *bytes = (1 + REFINE_IMAGES) * Images(plan, ranks) + Voxels(plan, ranks);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Needs(const Plan *plan, int ranks, double *bytes)
{
  static PetscErrorCode (*const needs[AET_STAGE_COUNT])(const Plan *, int, double *) = {PrepareNeeds, ReconstructNeeds, TraceNeeds,
                                                                                        RefineNeeds};

  PetscFunctionBegin;
  PetscCall(needs[plan->stage](plan, ranks, bytes));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* ---------------------------------------------------------------- whether they can be met */

/* The least number of nodes of `per_node` ranks on which the plan fits; 0 if there is none. */
static PetscErrorCode FitsOn(const Plan *plan, double room, int per_node, int *nodes)
{
  double bytes;
  int    low = 0, high = 1; /* does not fit; is to be tried */

  PetscFunctionBegin;
  *nodes = 0;
  for (;; low = high, high *= 2) {
    if ((double)high * per_node > RANKS_MOST) PetscFunctionReturn(PETSC_SUCCESS);
    PetscCall(Needs(plan, high * per_node, &bytes));
    if (bytes * per_node <= room) break;
  }
  while (high - low > 1) {
    const int middle = low + (high - low) / 2;
    PetscCall(Needs(plan, middle * per_node, &bytes));
    if (bytes * per_node <= room)
      high = middle;
    else
      low = middle;
  }
  *nodes = high;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static const char *const stage_names[AET_STAGE_COUNT] = {"prepare", "reconstruct", "trace", "refine", "bootstrap", "analyse"};

static PetscErrorCode Refuse(const Plan *plan, const AetNodeMemory *memory, int ranks, double bytes)
{
  char advice[160];
  int  nodes, per_node = memory->ranks;

  PetscFunctionBegin;
  PetscCall(FitsOn(plan, memory->bytes, per_node, &nodes));
  if (!nodes && per_node > 1) PetscCall(FitsOn(plan, memory->bytes, per_node = 1, &nodes));
  if (nodes)
    snprintf(advice, sizeof advice, "it would fit on %d ranks, %d on each of %d such nodes", nodes * per_node, per_node, nodes);
  else
    snprintf(advice, sizeof advice, "it would fit on no number of such nodes");
  PetscFunctionReturn(
      AetRaise(AET_ERR_MEMORY,
               "%s, %td x %td x %td voxels: expected at most %.3g GiB on a node (%s), found %.3g GiB for the %d of %d ranks on it: "
               "%s; memory_limit (GiB of a node) overrules this",
               stage_names[plan->stage], plan->n[2], plan->n[1], plan->n[0], memory->bytes / GIB, memory->source,
               bytes * memory->ranks / GIB, memory->ranks, ranks, advice));
}

PetscErrorCode AetPreflightMemory(MPI_Comm comm, AetNodeMemory *memory)
{
  double limit;

  PetscFunctionBegin;
  PetscCall(AetOptionGetReal("memory_limit", &limit));
  PetscCall(AetNodeMemoryGet(comm, limit * GIB, memory));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* ---------------------------------------------------------------- the plan */

/* Sizes of the volume that is traced alone. */
static PetscErrorCode VolumeSizes(AetRun *run, ptrdiff_t n[3])
{
  char          path[PETSC_MAX_PATH_LEN], array[256];
  AetFormat     format;
  AetArrayInfo *arrays;
  int           count;

  PetscFunctionBegin;
  PetscCall(AetFileSplitName(run->volume_file, path, sizeof path, array, sizeof array));
  PetscCall(AetFileInspect(run->comm, path, &format, &count, &arrays));
  for (int i = 0; i < count; i++)
    if (arrays[i].numeric && arrays[i].rank == 3 && (!array[0] || !strcmp(array, arrays[i].name)))
      for (int a = 0; a < 3; a++) n[a] = arrays[i].n[a];
  PetscCall(PetscFree(arrays));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode PlanCreate(AetRun *run, Plan *plan)
{
  AetReconEstimate estimate;

  PetscFunctionBegin;
  memset(plan, 0, sizeof *plan);
  if (run->volume_file) {
    PetscCall(VolumeSizes(run, plan->n));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(AetTiltSeriesHeadFromOptions(run->comm, &plan->tilt));
  PetscCall(AetReconCreate(plan->tilt, &plan->recon));
  PetscCall(AetReconPlan(plan->recon));
  PetscCall(AetReconEstimateOn(plan->recon, 1, &estimate));
  for (int a = 0; a < 3; a++) plan->n[a] = estimate.n[a];
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode PlanDestroy(Plan *plan)
{
  PetscFunctionBegin;
  PetscCall(AetReconDestroy(&plan->recon));
  PetscCall(AetTiltSeriesDestroy(&plan->tilt));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Whether the summary in the folder speaks of the stage: it may have been done already. */
static PetscErrorCode MayBeDone(AetRun *run, PetscBool done[AET_STAGE_COUNT])
{
  static const char *const keys[AET_STAGE_COUNT] = {"prepare.key", "recon.key", "trace.key", "refine.key", "bootstrap.key", "analyse.key"};
  char                     path[PETSC_MAX_PATH_LEN];
  const char              *key;
  AetSummary               summary;
  PetscBool                resume;

  PetscFunctionBegin;
  PetscCall(AetOptionGetBool("resume", &resume));
  PetscCall(AetSummaryCreate(&summary));
  AetOutputPath(&run->output, "summary.json", path);
  if (AetSummaryRead(summary, run->comm, path)) AetErrorClear();
  for (int s = 0; s < AET_STAGE_COUNT; s++) {
    PetscCall(AetSummaryGetText(summary, keys[s], &key, &done[s]));
    done[s] = (PetscBool)(done[s] && resume);
  }
  PetscCall(AetSummaryDestroy(&summary));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* ---------------------------------------------------------------- what is told */

static void TimeText(double seconds, char *text, size_t size)
{
  if (seconds < 120)
    snprintf(text, size, "%.2g s", seconds);
  else if (seconds < 7200)
    snprintf(text, size, "%.2g min", seconds / 60);
  else
    snprintf(text, size, "%.2g h", seconds / 3600);
}

static PetscErrorCode ReconstructTime(MPI_Comm comm, const AetReconEstimate *estimate, double *seconds, char *text, size_t size)
{
  double unit;
  char   all[32], one[32];

  PetscFunctionBegin;
  PetscCall(AetTransformCalibrate(comm, &unit));
  *seconds = unit * estimate->work;
  TimeText(*seconds, one, sizeof one);
  TimeText(*seconds * (double)estimate->iterations, all, sizeof all);
  snprintf(text, size, "%s: about %s per iteration, %s for %d", estimate->method, one, all, (int)estimate->iterations);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Tell(MPI_Comm comm, const Plan *plan, const AetNodeMemory *memory, double bytes)
{
  AetReconEstimate estimate;
  double           seconds;
  char             text[160] = "";
  int              size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(comm, &size));
  if (plan->stage == AET_STAGE_RECONSTRUCT) {
    PetscCall(AetReconEstimateOn(plan->recon, size, &estimate));
    PetscCall(ReconstructTime(comm, &estimate, &seconds, text, sizeof text));
  }
  PetscCall(AetReport(comm, "%-12s %8.3f GiB per rank, %8.3f GiB on a node%s%s\n", stage_names[plan->stage], bytes / GIB,
                      bytes * memory->ranks / GIB, text[0] ? "; " : "", text));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Check(AetRun *run, Plan *plan, AetStage first, AetStage last, PetscBool print)
{
  AetNodeMemory memory;
  PetscBool     done[AET_STAGE_COUNT];
  double        bytes;
  int           size, refused = -1;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(run->comm, &size));
  PetscCall(AetPreflightMemory(run->comm, &memory));
  PetscCall(MayBeDone(run, done));
  if (print)
    PetscCall(AetReport(run->comm, "%d ranks of %d threads, at most %d on a node; there %.3g GiB are to be had (%s)\n", size, AetThreads(),
                        memory.ranks, memory.bytes / GIB, memory.source));
  for (int s = first; s <= (int)last; s++) {
    if (run->atoms_file && (s == AET_STAGE_RECONSTRUCT || s == AET_STAGE_TRACE)) continue;
    plan->stage = s;
    PetscCall(Needs(plan, size, &bytes));
    if (print) PetscCall(Tell(run->comm, plan, &memory, bytes));
    if (refused < 0 && !done[s] && bytes * memory.ranks > memory.bytes) refused = s;
  }
  if (refused < 0) PetscFunctionReturn(PETSC_SUCCESS);
  plan->stage = refused;
  PetscCall(Needs(plan, size, &bytes));
  PetscFunctionReturn(Refuse(plan, &memory, size, bytes));
}

PetscErrorCode AetPreflight(AetRun *run, AetStage first, AetStage last, PetscBool *stop)
{
  Plan           plan;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(AetOptionGetBool("preflight", stop));
  PetscCall(PlanCreate(run, &plan));
  code = Check(run, &plan, first, last, *stop);
  PetscCall(PlanDestroy(&plan));
  PetscFunctionReturn(code);
}

PetscErrorCode AetPreflightReconstruct(AetTiltSeries tilt, AetSummary summary)
{
  Plan             plan = {.tilt = tilt, .stage = AET_STAGE_RECONSTRUCT};
  AetReconEstimate estimate;
  AetNodeMemory    memory;
  double           bytes, images, seconds;
  char             text[160];
  int              size;
  PetscErrorCode   code = PETSC_SUCCESS;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(tilt->comm, &size));
  PetscCall(AetPreflightMemory(tilt->comm, &memory));
  PetscCall(AetReconCreate(tilt, &plan.recon));
  PetscCall(AetReconPlan(plan.recon));
  PetscCall(AetReconEstimateOn(plan.recon, size, &estimate));
  for (int a = 0; a < 3; a++) plan.n[a] = estimate.n[a];
  PetscCall(ReconstructNeeds(&plan, size, &bytes));
  PetscCall(ReconstructTime(tilt->comm, &estimate, &seconds, text, sizeof text));
  PetscCall(AetReport(tilt->comm, "  %s; %.3g GiB per rank\n", text, bytes / GIB));
  PetscCall(AetSummarySetNumber(summary, "recon.estimated_bytes_per_rank", bytes));
  PetscCall(AetSummarySetNumber(summary, "recon.estimated_seconds_per_iteration", seconds));
  images = Images(&plan, size); /* they are there already */
  if ((bytes - images) * memory.ranks > memory.bytes) code = Refuse(&plan, &memory, size, bytes);
  PetscCall(AetReconDestroy(&plan.recon));
  PetscFunctionReturn(code);
}

/* ---------------------------------------------------------------- needs and work, for the plan of a series */

struct _p_AetNeeds {
  Plan      plan;
  PetscBool atoms_given, done[AET_STAGE_COUNT];
};

PetscErrorCode AetNeedsCreate(AetRun *run, AetNeeds *needs)
{
  PetscFunctionBegin;
  PetscCall(PetscNew(needs));
  (*needs)->atoms_given = (PetscBool)(run->atoms_file != NULL);
  PetscCall(PlanCreate(run, &(*needs)->plan));
  PetscCall(MayBeDone(run, (*needs)->done));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetNeedsDestroy(AetNeeds *needs)
{
  PetscFunctionBegin;
  if (!*needs) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PlanDestroy(&(*needs)->plan));
  PetscCall(PetscFree(*needs));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetNeedsOf(AetNeeds needs, AetStage first, AetStage last, int ranks, double *bytes)
{
  PetscFunctionBegin;
  *bytes = 0;
  for (int s = first; s <= (int)PetscMin(last, AET_STAGE_REFINE); s++) {
    double here;
    if (needs->atoms_given && (s == AET_STAGE_RECONSTRUCT || s == AET_STAGE_TRACE)) continue;
    needs->plan.stage = s;
    PetscCall(Needs(&needs->plan, ranks, &here));
    *bytes = PetscMax(*bytes, here);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetNeedsWork(AetNeeds needs, AetStage first, AetStage last, double *pixel_angstrom, double *work)
{
  AetReconEstimate estimate;
  PetscBool        done = PETSC_TRUE;

  PetscFunctionBegin;
  PetscCall(AetReconEstimateOn(needs->plan.recon, 1, &estimate));
  *pixel_angstrom = needs->plan.tilt->pixel_angstrom;
  *work = estimate.work * (double)PetscMax(1, estimate.iterations);
  for (int s = first; s <= (int)last; s++) done = (PetscBool)(done && needs->done[s]);
  if (done) *work *= DONE_WORK;
  PetscFunctionReturn(PETSC_SUCCESS);
}
