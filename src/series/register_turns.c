/* Rotations of one list of atoms against another: the rotation function of the vectors between near atoms, which knows nothing of shifts. A
   crystal shows all rotations of its lattice this way; the atoms of a glass make one. */
#include "atoms/kernel/rigid.h"
#include "series/kernel/vectors.h"
#include "series/register_trials.h"
#include "structure/structure_private.h"
#include <stdlib.h>

enum {
  TURNS = 30000,       /* 7° apart */
  VECTOR_ATOMS = 6000, /* innermost atoms whose vectors are counted */
  SAMPLES = 4096,
  SEARCH_SAMPLES = 500, /* of these, the strongest, in the search */
  CLIMBERS = 120,       /* maxima that are improved */
  KEPT = 48
};
/* In spacings of neighbours: reach of the vectors, voxel, smoothing, distance of samples, least vector. */
#define REACH 2.6
#define VOXEL 0.15
#define SIGMA 0.22
#define STEP 0.3
#define LEAST 0.7
#define APART_DEG 12.0  /* of maxima of the search */
#define SAME_DEG 4.0    /* of maxima after the climb */
#define SURROUNDED 0.85 /* atoms in reach, of what most of the atoms deep inside have */
#define WORTH 0.6       /* of the best */

static int Compare(const void *left, const void *right)
{
  const AetTrial *l = left, *r = right;

  if (l->near != r->near) return l->near > r->near ? -1 : 1;
  if (l->score != r->score) return l->score > r->score ? -1 : 1;
  return (l->order > r->order) - (l->order < r->order);
}

void AetTrialsSort(ptrdiff_t count, AetTrial *trial)
{
  if (count) qsort(trial, (size_t)count, sizeof *trial, Compare);
}

PetscErrorCode AetTrialsGather(MPI_Comm comm, ptrdiff_t total, int per, const AetTrial *mine, AetTrial **all)
{
  ptrdiff_t start, count;
  int       rank, size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  AetBlock(total, rank, size, &start, &count);
  PetscCall(PetscCalloc1((size_t)(total * per) + 1, all));
  PetscCall(PetscArraycpy(*all + start * per, mine, (size_t)(count * per)));
  PetscCall(AetBlockGather(comm, (PetscInt)total, (int)(sizeof **all) * per, MPI_BYTE, *all));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The best that are at least `apart` from better ones, at most `most`, to the front. */
static ptrdiff_t Distinct(ptrdiff_t count, AetTrial *trial, double apart_deg, ptrdiff_t most)
{
  ptrdiff_t kept = 0;

  for (ptrdiff_t i = 0; i < count && kept < most; i++) {
    int known = 0;
    for (ptrdiff_t k = 0; k < kept && !known; k++)
      known = AetFitTurnAngle(trial[i].fit.rotation, trial[k].fit.rotation) < apart_deg * AET_DEG;
    if (!known) trial[kept++] = trial[i];
  }
  return kept;
}

/* Scores of this rank's block of the rotations that cover all, then of all ranks. */
static PetscErrorCode Search(MPI_Comm comm, const AetVectorMap *map, ptrdiff_t samples, const double *sample, AetTrial **all)
{
  ptrdiff_t start, count;
  int       rank, size;
  AetTrial *mine;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  AetBlock(TURNS, rank, size, &start, &count);
  PetscCall(PetscMalloc1((size_t)count + 1, &mine));
#pragma omp parallel for schedule(static) num_threads(AetThreads())
  for (ptrdiff_t i = 0; i < count; i++) {
    AetFitIdentity(&mine[i].fit);
    AetRotationSpread(start + i, TURNS, mine[i].fit.rotation);
    mine[i].order = (int)(start + i);
    mine[i].near = 0;
    mine[i].score = AetVectorMapScore(map, samples, sample, mine[i].fit.rotation);
  }
  PetscCall(AetTrialsGather(comm, TURNS, 1, mine, all));
  PetscCall(PetscFree(mine));
  AetTrialsSort(TURNS, *all);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Every maximum climbs; they are shared by the ranks. */
static PetscErrorCode Climb(MPI_Comm comm, const AetVectorMap *map, ptrdiff_t samples, const double *sample, ptrdiff_t total,
                            AetTrial **trial)
{
  ptrdiff_t start, count;
  int       rank, size;
  AetTrial *old = *trial;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  AetBlock(total, rank, size, &start, &count);
#pragma omp parallel for schedule(dynamic, 1) num_threads(AetThreads())
  for (ptrdiff_t i = start; i < start + count; i++)
    old[i].score = AetVectorMapClimb(map, samples, sample, 4 * AET_DEG, 0.25 * AET_DEG, old[i].fit.rotation);
  PetscCall(AetTrialsGather(comm, total, 1, old + start, trial));
  PetscCall(PetscFree(old));
  AetTrialsSort(total, *trial);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static int Ascending(const void *left, const void *right)
{
  const ptrdiff_t l = *(const ptrdiff_t *)left, r = *(const ptrdiff_t *)right;

  return (l > r) - (l < r);
}

/* The innermost atoms that have atoms all around them: those of a surface say how it is cut, and two times may be cut differently. */
static ptrdiff_t Surrounded(const AetCloud *cloud, const AetCells *cells, double reach, ptrdiff_t *near, ptrdiff_t *list)
{
  const ptrdiff_t looked = PetscMin(cloud->total, 2 * VECTOR_ATOMS);
  ptrdiff_t       usual, found = 0;

  for (ptrdiff_t k = 0; k < looked; k++)
    near[k] = list[k] = AetCellsNear(cells, cloud->position, cloud->position + 3 * cloud->inner[k], reach, 0, NULL);
  qsort(list, (size_t)looked, sizeof *list, Ascending);
  usual = list[looked - 1 - looked / 10];
  for (ptrdiff_t k = 0; k < looked && found < VECTOR_ATOMS; k++)
    if ((double)near[k] >= SURROUNDED * (double)usual) list[found++] = cloud->inner[k];
  return found;
}

static PetscErrorCode MapOf(const AetCloud *cloud, const AetCells *cells, AetVectorMap *map)
{
  const double reach = REACH * cloud->spacing;
  ptrdiff_t   *near, *list, count;
  int          failed;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2((size_t)cloud->total, &near, (size_t)cloud->total, &list));
  count = Surrounded(cloud, cells, reach, near, list);
  failed = AetVectorMapBuild(map, cells, cloud->position, count, list, reach, VOXEL * cloud->spacing, SIGMA * cloud->spacing);
  PetscCall(PetscFree2(near, list));
  AetCheck(!failed, AET_ERR_MEMORY, "registration: no memory for a map of vectors");
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetTrialTurns(const AetTrialSpace *space, ptrdiff_t *count, AetTrial **trial)
{
  const double scale = space->b->spacing / space->a->spacing;
  AetVectorMap from, onto;
  double      *sample;
  ptrdiff_t    samples;

  PetscFunctionBegin;
  PetscCall(MapOf(space->a, &space->a_cells, &from));
  PetscCall(PetscMalloc1(4 * SAMPLES, &sample));
  samples = PetscMin(SAMPLES, AetVectorMapSample(&from, STEP * space->a->spacing, LEAST * space->a->spacing, SAMPLES, sample));
  AetVectorMapFree(&from);
  AetVectorSamplesSort(samples, sample);
  for (ptrdiff_t i = 0; i < samples; i++)
    for (int k = 0; k < 3; k++) sample[4 * i + k] *= scale;
  PetscCall(MapOf(space->b, &space->b_cells, &onto));
  PetscCall(Search(space->comm, &onto, PetscMin(samples, SEARCH_SAMPLES), sample, trial));
  *count = Distinct(TURNS, *trial, APART_DEG, CLIMBERS);
  PetscCall(Climb(space->comm, &onto, samples, sample, *count, trial));
  AetVectorMapFree(&onto);
  PetscCall(PetscFree(sample));
  *count = Distinct(*count, *trial, SAME_DEG, KEPT);
  while (*count > 1 && (*trial)[*count - 1].score < WORTH * (*trial)[0].score) --*count;
  for (ptrdiff_t i = 0; i < *count; i++) {
    AetFit *fit = &(*trial)[i].fit;
    for (int k = 0; k < 9; k++) fit->linear[k] = scale * fit->rotation[k], fit->stretch[k] = k % 4 ? 0 : scale;
    for (int k = 0; k < 3; k++) fit->shift[k] = 0;
    (*trial)[i].order = (int)i;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
