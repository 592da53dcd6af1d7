/* Names of atoms, found from several starts: classes of boxes; the other methods begin there. */
#include "atoms/kernel/kmeans.h"
#include "atoms/kernel/mixture.h"
#include "atoms/trace_private.h"
#include <math.h>
#include <stdlib.h>

enum { ROUNDS = 200, STARTS = AET_CLASSIFY_STARTS };

PetscErrorCode AetBoxMeans(const AetCandidates *c, int classes, const int *label, double *mean, int64_t *members)
{
  enum { ROW = AET_BOX_POINTS + 1 };
  int64_t sum[AET_SPECIES_MAX * ROW] = {0};
  double  largest = 0, scale;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < c->count; i++)
    for (int p = 0; p < AET_BOX_POINTS; p++) largest = PetscMax(largest, fabs(c->boxes[(size_t)i * AET_BOX_POINTS + (size_t)p]));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &largest, 1, MPI_DOUBLE, MPI_MAX, c->comm));
  scale = largest > 0 ? ldexp(1, 31 - ilogb(largest)) : 1; /* 2^31 … 2^32 for the largest: room for 2^31 atoms */
  for (PetscInt i = 0; i < c->count; i++) {
    int64_t     *row = sum + (size_t)PetscMax(0, label[c->start + i]) * ROW;
    const float *box = c->boxes + (size_t)i * AET_BOX_POINTS;
    if (label[c->start + i] < 0) continue;
    for (int p = 0; p < AET_BOX_POINTS; p++) row[p] += llrint(box[p] * scale);
    row[AET_BOX_POINTS]++;
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, sum, classes * ROW, MPI_INT64_T, MPI_SUM, c->comm));
  for (int k = 0; k < classes; k++) {
    members[k] = sum[k * ROW + AET_BOX_POINTS];
    for (int p = 0; p < AET_BOX_POINTS && members[k]; p++)
      mean[k * AET_BOX_POINTS + p] = (double)sum[k * ROW + p] / scale / (double)members[k];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static int Closest(const float *box, int classes, const double *mean, const int64_t *members)
{
  double best = INFINITY;
  int    closest = 0;

  for (int k = 0; k < classes; k++) {
    double distance = 0;
    if (!members[k]) continue;
    for (int p = 0; p < AET_BOX_POINTS; p++) distance += fabs(box[p] - mean[k * AET_BOX_POINTS + p]);
    if (distance < best) best = distance, closest = k;
  }
  return closest;
}

/* Every atom goes to the class whose mean box is nearest in the sum of absolute differences, until none moves (FePt, Nature 542, 75
 * (2017)). */
static PetscErrorCode Iterate(const AetCandidates *c, int classes, int *label, double *mean, PetscInt *rounds)
{
  int64_t  members[AET_SPECIES_MAX], moved = 1;
  int     *mine, *all;
  PetscInt total;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)c->count + 1, &mine));
  for (*rounds = 0; *rounds < ROUNDS && moved; ++*rounds) {
    PetscCall(AetBoxMeans(c, classes, label, mean, members));
#pragma omp parallel for schedule(static) num_threads(AetThreads())
    for (PetscInt i = 0; i < c->count; i++)
      mine[i] = label[c->start + i] < 0 ? -1 : Closest(c->boxes + (size_t)i * AET_BOX_POINTS, classes, mean, members);
    PetscCall(AetRecordsGather(c->comm, c->count, mine, sizeof *mine, &total, &all));
    moved = 0;
    for (PetscInt i = 0; i < total; i++) {
      moved += all[i] != label[i];
      label[i] = all[i];
    }
    PetscCall(PetscFree(all));
  }
  PetscCall(PetscFree(mine));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Renumbers the classes by the sum of their mean box: the dimmest is 0. */
static void Order(PetscInt total, int *label, int classes, const double *mean)
{
  double sum[AET_SPECIES_MAX] = {0};
  int    place[AET_SPECIES_MAX] = {0};

  for (int k = 0; k < classes; k++)
    for (int p = 0; p < AET_BOX_POINTS; p++) sum[k] += mean[k * AET_BOX_POINTS + p];
  for (int k = 0; k < classes; k++)
    for (int other = 0; other < classes; other++) place[k] += sum[other] < sum[k] || (sum[other] == sum[k] && other < k);
  for (PetscInt i = 0; i < total; i++)
    if (label[i] >= 0) label[i] = place[label[i]];
}

/* Start 0: k-means of the 3³ sums; 1: equal steps between the dimmest and the brightest; 2: at random, keyed by the voxel. */
static PetscErrorCode Start(const AetCandidates *c, int classes, int start, int *label)
{
  double  *value, bound[AET_SPECIES_MAX], low = INFINITY, high = -INFINITY;
  PetscInt kept = 0;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)c->total + 1, &value));
  for (PetscInt i = 0; i < c->total; i++) {
    if (!c->keep[i]) continue;
    value[kept++] = c->peak[i].sum3;
    low = PetscMin(low, c->peak[i].sum3);
    high = PetscMax(high, c->peak[i].sum3);
  }
  if (kept && start == 0) AetKMeansBounds(kept, value, classes, bound);
  for (int k = 1; k < classes && start == 1; k++) bound[k - 1] = low + (high - low) * k / classes;
  for (PetscInt i = 0; i < c->total; i++) {
    label[i] = c->keep[i] ? 0 : -1;
    if (!c->keep[i]) continue;
    if (start == 2)
      label[i] = (int)(AetRandomUniform(12, 2, (uint64_t)c->peak[i].index) * classes);
    else
      while (label[i] < classes - 1 && c->peak[i].sum3 >= bound[label[i]]) label[i]++;
  }
  PetscCall(PetscFree(value));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Probability of every class, by the 5³ sums alone. */
static PetscErrorCode GlobalProbabilities(const AetCandidates *c, int classes, const int *label, double *probability)
{
  double  *value, *posterior;
  int     *component;
  PetscInt n = 0;

  PetscFunctionBegin;
  PetscCall(PetscMalloc3((size_t)c->total + 1, &value, (size_t)(c->total * classes) + 1, &posterior, (size_t)c->total + 1, &component));
  for (PetscInt i = 0; i < c->total; i++)
    if (label[i] >= 0) value[n] = c->peak[i].sum5, component[n++] = label[i];
  if (n) AetMixturePosterior(n, value, classes, component, posterior);
  n = 0;
  for (PetscInt i = 0; i < c->total; i++) {
    for (int k = 0; k < classes; k++) probability[(ptrdiff_t)i * classes + k] = label[i] < 0 ? 0 : posterior[(ptrdiff_t)n * classes + k];
    n += label[i] >= 0;
  }
  PetscCall(PetscFree3(value, posterior, component));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* For a single species: the probability of being an atom, by a mixture in the logarithm of the 3³ sums of the kept and the dropped peaks.
 */
static PetscErrorCode AgainstNoise(const AetCandidates *c, const int *label, double *probability)
{
  double  *value, *posterior;
  int     *component;
  PetscInt n = 0;

  PetscFunctionBegin;
  PetscCall(PetscMalloc3((size_t)c->total + 1, &value, 2 * (size_t)c->total + 1, &posterior, (size_t)c->total + 1, &component));
  for (PetscInt i = 0; i < c->total; i++)
    if (c->peak[i].sum3 > 0) value[n] = log(c->peak[i].sum3), component[n++] = label[i] + 1;
  if (n) AetMixturePosterior(n, value, 2, component, posterior);
  n = 0;
  for (PetscInt i = 0; i < c->total; i++) {
    if (!(c->peak[i].sum3 > 0)) continue;
    if (label[i] >= 0) probability[i] = posterior[2 * (ptrdiff_t)n + 1];
    n++;
  }
  PetscCall(PetscFree3(value, posterior, component));
  PetscFunctionReturn(PETSC_SUCCESS);
}

double AetLabelsDisagreement(const AetCandidates *c, int starts, int *const label[])
{
  PetscInt kept = 0, worst = 0;

  for (PetscInt i = 0; i < c->total; i++) kept += c->keep[i];
  for (int a = 0; a < starts; a++)
    for (int b = a + 1; b < starts; b++) {
      PetscInt differ = 0;
      for (PetscInt i = 0; i < c->total; i++) differ += label[a][i] != label[b][i];
      worst = PetscMax(worst, differ);
    }
  return kept ? (double)worst / (double)kept : 0;
}

/* Classes of boxes from all starts; `label` receives those of the first. */
static PetscErrorCode Unbiased(const AetCandidates *c, int classes, int *label, AetTraceReport *report)
{
  double   mean[AET_SPECIES_MAX * AET_BOX_POINTS];
  int     *started[STARTS];
  PetscInt rounds = 0;

  PetscFunctionBegin;
  for (int s = 0; s < STARTS; s++) {
    PetscCall(PetscMalloc1((size_t)c->total + 1, &started[s]));
    PetscCall(Start(c, classes, s, started[s]));
    PetscCall(PetscMemzero(mean, sizeof mean));
    PetscCall(Iterate(c, classes, started[s], mean, &rounds));
    Order(c->total, started[s], classes, mean);
    if (s == 0) report->rounds = rounds;
  }
  report->start_disagreement = AetLabelsDisagreement(c, STARTS, started);
  PetscCall(PetscArraycpy(label, started[0], (size_t)c->total));
  for (int s = 0; s < STARTS; s++) PetscCall(PetscFree(started[s]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Mean over the atoms of the largest probability of a species, given that it is an atom. */
static double ExpectedAccuracy(const AetCandidates *c, int classes, const int *label, const double *probability)
{
  double   sum = 0;
  PetscInt atoms = 0;

  for (PetscInt i = 0; i < c->total; i++) {
    const double *p = probability + (ptrdiff_t)i * classes;
    double        all = 0;
    if (label[i] < 0) continue;
    for (int k = 0; k < classes; k++) all += p[k];
    if (!(all > 0)) continue;
    sum += p[label[i]] / all, atoms++;
  }
  return atoms ? sum / (double)atoms : 0;
}

PetscErrorCode AetClassify(const AetCandidates *c, const AetTraceSettings *settings, int *label, double *probability,
                           AetTraceReport *report)
{
  const int classes = settings->species_count;

  PetscFunctionBegin;
  report->intensity_span = 1;
  if (settings->classify == AET_CLASSIFY_KMEANS)
    PetscCall(Start(c, classes, 0, label));
  else
    PetscCall(Unbiased(c, classes, label, report));
  if (settings->classify == AET_CLASSIFY_LOCAL && classes > 1) PetscCall(AetClassifyLocal(c, settings, label, report));
  if (settings->classify == AET_CLASSIFY_PROBABILISTIC && classes > 1)
    PetscCall(AetClassifyField(c, settings, label, probability, report));
  else
    PetscCall(GlobalProbabilities(c, classes, label, probability));
  report->expected_accuracy = ExpectedAccuracy(c, classes, label, probability);
  if (classes == 1) PetscCall(AgainstNoise(c, label, probability));
  PetscFunctionReturn(PETSC_SUCCESS);
}
