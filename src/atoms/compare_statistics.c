/* What the pairs of two models tell: r.m.s.d. by axis and species, names, standard deviations, histograms. */
#include "atoms/compare_private.h"
#include <math.h>
#include <stdlib.h>

/* The pairs whose reference atom is inside the box, and their differences found - truth less the shift, Å. */
typedef struct {
  PetscInt  count;
  PetscInt *found, *truth;
  double   *difference; /* [count][3] */
} Pairs;

static PetscErrorCode PairsCreate(const AetCompareLists *lists, const double box[6], const double shift[3], Pairs *pairs)
{
  const double none[3] = {0};

  PetscFunctionBegin;
  PetscCall(PetscMalloc3((size_t)lists->found + 1, &pairs->found, (size_t)lists->found + 1, &pairs->truth, 3 * (size_t)lists->found + 1,
                         &pairs->difference));
  pairs->count = 0;
  for (PetscInt i = 0; i < lists->found; i++) {
    const ptrdiff_t t = lists->partner[i];
    if (t < 0 || !AetCompareInside(box, lists->truth_position + 3 * t, none)) continue;
    pairs->found[pairs->count] = i, pairs->truth[pairs->count] = (PetscInt)t;
    for (int a = 0; a < 3; a++)
      pairs->difference[3 * pairs->count + a] = lists->found_position[3 * i + a] - lists->truth_position[3 * t + a] - shift[a];
    pairs->count++;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static int Ascending(const void *left, const void *right)
{
  const double l = *(const double *)left, r = *(const double *)right;
  return (l > r) - (l < r);
}

static double Distance(const double d[3])
{
  return sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
}

/* r.m.s. of the differences: all, by axis, by the reference's species; the 95th percentile, interpolated between order statistics. */
static PetscErrorCode Deviations(const AetCompareLists *lists, const Pairs *pairs, AetCompareResult *result)
{
  double   square[3] = {0}, mean[3] = {0}, species[AET_COMPARE_SPECIES] = {0}, *distance, place;
  PetscInt members[AET_COMPARE_SPECIES] = {0}, below;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)pairs->count + 1, &distance));
  for (PetscInt p = 0; p < pairs->count; p++) {
    const double *d = pairs->difference + 3 * p;
    const int     s = lists->truth_species[pairs->truth[p]];
    distance[p] = Distance(d);
    for (int a = 0; a < 3; a++) square[a] += d[a] * d[a] / (double)pairs->count, mean[a] += d[a] / (double)pairs->count;
    if (s >= 0) members[s]++, species[s] += distance[p] * distance[p];
  }
  result->rmsd_pm = AET_PM_PER_ANGSTROM * sqrt(square[0] + square[1] + square[2]);
  for (int a = 0; a < 3; a++)
    result->rmsd_axis_pm[a] = AET_PM_PER_ANGSTROM * sqrt(square[a]), result->mean_axis_pm[a] = AET_PM_PER_ANGSTROM * mean[a];
  for (int s = 0; s < result->species_count; s++)
    result->rmsd_species_pm[s] = members[s] ? AET_PM_PER_ANGSTROM * sqrt(species[s] / (double)members[s]) : -1;
  if (pairs->count) {
    qsort(distance, (size_t)pairs->count, sizeof *distance, Ascending);
    place = 0.95 * (double)(pairs->count - 1), below = (PetscInt)place;
    result->percentile95_pm = distance[below];
    if (below + 1 < pairs->count) result->percentile95_pm += (place - (double)below) * (distance[below + 1] - distance[below]);
    result->percentile95_pm *= AET_PM_PER_ANGSTROM;
  }
  PetscCall(PetscFree(distance));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* 1, 2 or 5 times a power of ten, so that 95 % of the pairs are within a quarter of the bins, but no more than the cut-off asks for. */
static double BinWidth(double percentile95_pm, double cutoff_pm)
{
  static const double steps[] = {1, 2, 5, 10};
  const double        wanted = 4 * percentile95_pm / AET_COMPARE_BINS, whole = cutoff_pm / AET_COMPARE_BINS;
  double              power;
  int                 s = 0;

  if (!(wanted > 0) || wanted >= whole) return whole;
  power = pow(10, floor(log10(wanted)));
  while (s < 3 && steps[s] * power < wanted) s++;
  return fmin(whole, steps[s] * power);
}

static void Histograms(const Pairs *pairs, AetCompareResult *result)
{
  const double per = AET_PM_PER_ANGSTROM / result->bin_pm;

  for (PetscInt p = 0; p < pairs->count; p++) {
    const double *d = pairs->difference + 3 * p;
    result->distances[(int)fmin(Distance(d) * per, AET_COMPARE_BINS - 1)]++;
    for (int a = 0; a < 3; a++)
      result->differences[a][(int)fmax(0, fmin(floor(d[a] * per) + AET_COMPARE_BINS, 2 * AET_COMPARE_BINS - 1))]++;
  }
}

/* Pairs by their two names, then the atoms without a partner; what is not named is nowhere. */
static PetscErrorCode Confusion(const AetCompareLists *lists, const Pairs *pairs, const double box[6], const double outer[6],
                                const double shift[3], AetCompareResult *result)
{
  const double none[3] = {0};
  const int    K = result->species_count;
  PetscInt     same = 0, right[AET_COMPARE_SPECIES] = {0}, named[AET_COMPARE_SPECIES] = {0}, there[AET_COMPARE_SPECIES] = {0};
  char        *paired;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1((size_t)lists->truth + 1, &paired));
  for (PetscInt p = 0; p < pairs->count; p++) {
    const int t = lists->truth_species[pairs->truth[p]], f = lists->found_species[pairs->found[p]];
    if (t < 0 || f < 0) continue;
    result->confusion[t][f]++;
    same += t == f;
  }
  for (PetscInt i = 0; i < lists->found; i++) {
    const int       f = lists->found_species[i];
    const ptrdiff_t t = lists->partner[i];
    if (t >= 0) paired[t] = 1;
    if (f < 0 || !AetCompareInside(outer, lists->found_position + 3 * i, shift)) continue;
    named[f]++;
    right[f] += t >= 0 && lists->truth_species[t] == f;
    if (t < 0) result->confusion[K][f]++;
  }
  for (PetscInt i = 0; i < lists->truth; i++) {
    const int t = lists->truth_species[i];
    if (t < 0 || !AetCompareInside(box, lists->truth_position + 3 * i, none)) continue;
    there[t]++;
    if (!paired[i]) result->confusion[t][K]++;
  }
  for (int s = 0; s < K; s++) {
    result->recall_species[s] = there[s] ? (double)result->confusion[s][s] / (double)there[s] : -1;
    result->precision_species[s] = named[s] ? (double)right[s] / (double)named[s] : -1;
  }
  result->species_agreement = pairs->count ? (double)same / (double)pairs->count : 0;
  PetscCall(PetscFree(paired));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Whether the standard deviations and the confidences that the found atoms carry are true. */
static void Calibration(const AetCompareLists *lists, const Pairs *pairs, AetCompareResult *result)
{
  PetscInt certain = 0, within[3][3] = {{0}};
  double   sum = 0;

  for (PetscInt p = 0; p < pairs->count; p++) {
    const double *d = pairs->difference + 3 * p, *sigma = lists->found_sigma + 3 * pairs->found[p];
    const double  confidence = lists->found_confidence[pairs->found[p]];
    if (confidence > 0) certain++, sum += confidence;
    if (!(sigma[0] > 0 && sigma[1] > 0 && sigma[2] > 0)) continue;
    result->with_sigma++;
    for (int a = 0; a < 3; a++)
      for (int k = 0; k < 3; k++) within[a][k] += fabs(d[a]) <= (k + 1) * sigma[a];
  }
  result->expected_agreement = certain ? sum / (double)certain : -1;
  for (int a = 0; a < 3; a++)
    for (int k = 0; k < 3; k++) result->within[a][k] = result->with_sigma ? (double)within[a][k] / (double)result->with_sigma : 0;
}

PetscErrorCode AetCompareStatistics(const AetCompareLists *lists, const AetCompareSettings *settings, const double outer[6],
                                    AetCompareResult *result)
{
  const double *box = settings->box, *shift = result->shift_angstrom;
  Pairs         pairs;

  PetscFunctionBegin;
  PetscCall(PairsCreate(lists, box, shift, &pairs));
  PetscCall(Deviations(lists, &pairs, result));
  result->bin_pm = BinWidth(result->percentile95_pm, AET_PM_PER_ANGSTROM * settings->cutoff_angstrom);
  Histograms(&pairs, result);
  PetscCall(Confusion(lists, &pairs, box, outer, shift, result));
  Calibration(lists, &pairs, result);
  PetscCall(PetscFree3(pairs.found, pairs.truth, pairs.difference));
  PetscFunctionReturn(PETSC_SUCCESS);
}
