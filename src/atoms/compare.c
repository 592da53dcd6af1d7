/* Found atoms against a reference: pairs, recall, precision, deviation. Every rank gathers both lists and computes the same numbers. */
#include "atoms/atoms_private.h"
#include "atoms/kernel/pair.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define AET_COMPARE_ROUNDS 100

static const AetOption compare_options[] = {
    {"compare_cutoff_angstrom", AET_OPTION_REAL, "angstrom", "1.5", 1e-3, 100, NULL, "largest distance of a found atom from its reference"},
    {"compare_box", AET_OPTION_REALS, "angstrom", "", 0, 0, NULL,
     "xmin, xmax, ymin, ymax, zmin, zmax: atoms outside still pair but are not counted (default: all count)"},
    {"compare_reference_box", AET_OPTION_BOOL, "", "false", 0, 0, NULL,
     "count found atoms only inside the smallest box around the counted reference atoms"},
};
AET_OPTION_TABLE(AetCompareOptions, "compare", "Comparison of two atomic models", compare_options);

PetscErrorCode AetCompareSettingsFromOptions(AetCompareSettings *settings)
{
  double *box = settings->box, *given;
  int     count;

  PetscFunctionBegin;
  PetscCall(AetOptionGetReal("compare_cutoff_angstrom", &settings->cutoff_angstrom));
  PetscCall(AetOptionGetBool("compare_reference_box", &settings->reference_box));
  PetscCall(AetOptionGetReals("compare_box", &count, &given));
  for (int i = 0; i < 6; i++) box[i] = count == 6 ? given[i] : i % 2 ? INFINITY : -INFINITY;
  PetscCall(PetscFree(given));
  AetCheck(count == 0 || (count == 6 && box[0] <= box[1] && box[2] <= box[3] && box[4] <= box[5]), AET_ERR_INPUT,
           "compare_box: expected 6 numbers xmin, xmax, ymin, ymax, zmin, zmax with min <= max, found %d numbers%s", count,
           count == 6 ? " in another order" : "");
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscBool Inside(const double box[6], const double x[3], const double shift[3])
{
  for (int a = 0; a < 3; a++)
    if (x[a] - shift[a] < box[2 * a] || x[a] - shift[a] > box[2 * a + 1]) return PETSC_FALSE;
  return PETSC_TRUE;
}

/* Number of reference atoms inside `box`; `box` shrinks to their bounding box where asked. */
static PetscInt CountReference(PetscInt count, const double *position, PetscBool shrink, double box[6], double outer[6])
{
  const double none[3] = {0};
  PetscInt     inside = 0;

  for (int i = 0; i < 6; i++) outer[i] = shrink ? (i % 2 ? -INFINITY : INFINITY) : box[i];
  for (PetscInt i = 0; i < count; i++) {
    if (!Inside(box, position + 3 * i, none)) continue;
    inside++;
    for (int a = 0; a < 3 && shrink; a++) {
      outer[2 * a] = fmin(outer[2 * a], position[3 * i + a]);
      outer[2 * a + 1] = fmax(outer[2 * a + 1], position[3 * i + a]);
    }
  }
  return inside;
}

typedef struct {
  PetscInt   found, truth;
  double    *found_position, *truth_position;
  int       *found_species, *truth_species;
  ptrdiff_t *partner; /* [found] */
} Lists;

/* Mean and summed variance (biased) of found - truth over the pairs whose reference is inside the box. */
static PetscInt Moments(const Lists *lists, const double box[6], double mean[3], double *variance)
{
  const double none[3] = {0};
  double       sum[3] = {0}, square = 0;
  PetscInt     pairs = 0;

  for (int pass = 0; pass < 2; pass++) {
    for (PetscInt i = 0; i < lists->found; i++) {
      const double *t = lists->truth_position + 3 * lists->partner[i], *f = lists->found_position + 3 * i;
      if (lists->partner[i] < 0 || !Inside(box, t, none)) continue;
      if (!pass) pairs++;
      for (int a = 0; a < 3; a++) {
        double d = f[a] - t[a];
        if (!pass)
          sum[a] += d;
        else
          square += (d - mean[a]) * (d - mean[a]);
      }
    }
    for (int a = 0; a < 3 && !pass; a++) mean[a] = pairs ? sum[a] / (double)pairs : 0;
  }
  *variance = pairs ? square / (double)pairs : 0;
  return pairs;
}

static int Ascending(const void *left, const void *right)
{
  double l = *(const double *)left, r = *(const double *)right;
  return (l > r) - (l < r);
}

/* 95th percentile of the deviations about the mean shift, interpolated between order statistics. */
static PetscErrorCode Percentile(const Lists *lists, const double box[6], const double mean[3], PetscInt pairs, double *value)
{
  const double none[3] = {0};
  double      *distance, place;
  PetscInt     n = 0, below;

  PetscFunctionBegin;
  *value = 0;
  if (!pairs) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscMalloc1((size_t)pairs, &distance));
  for (PetscInt i = 0; i < lists->found; i++) {
    const double *t = lists->truth_position + 3 * lists->partner[i], *f = lists->found_position + 3 * i;
    if (lists->partner[i] < 0 || !Inside(box, t, none)) continue;
    distance[n++] = sqrt(pow(f[0] - t[0] - mean[0], 2) + pow(f[1] - t[1] - mean[1], 2) + pow(f[2] - t[2] - mean[2], 2));
  }
  qsort(distance, (size_t)n, sizeof *distance, Ascending);
  place = 0.95 * (double)(n - 1);
  below = (PetscInt)place;
  *value = distance[below] + (below + 1 < n ? (place - (double)below) * (distance[below + 1] - distance[below]) : 0);
  PetscCall(PetscFree(distance));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static double SpeciesAgreement(const Lists *lists, AetAtoms found, AetAtoms truth, const double box[6], PetscInt pairs)
{
  const double none[3] = {0};
  PetscInt     same = 0;

  for (PetscInt i = 0; i < lists->found; i++) {
    ptrdiff_t p = lists->partner[i];
    if (p < 0 || !Inside(box, lists->truth_position + 3 * p, none)) continue;
    if (lists->found_species[i] < 0 || lists->truth_species[p] < 0) continue;
    same += !strcmp(found->symbol[lists->found_species[i]], truth->symbol[lists->truth_species[p]]);
  }
  return pairs ? (double)same / (double)pairs : 0;
}

/* Pairs, removes the mean shift, and again until it rests. */
static PetscErrorCode PairUntilStill(const Lists *lists, const double box[6], double cutoff, double shift[3], double *variance,
                                     PetscInt *pairs)
{
  double mean[3] = {0}, moved = INFINITY;

  PetscFunctionBegin;
  for (int a = 0; a < 3; a++) shift[a] = 0;
  for (int round = 0; round < AET_COMPARE_ROUNDS && moved >= 1e-4; round++) {
    for (int a = 0; a < 3; a++) shift[a] = mean[a];
    PetscCheck(!AetPairPoints(lists->found, lists->found_position, shift, lists->truth, lists->truth_position, cutoff, lists->partner),
               PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory to pair %d atoms", (int)lists->found);
    *pairs = Moments(lists, box, mean, variance);
    moved = sqrt(pow(mean[0] - shift[0], 2) + pow(mean[1] - shift[1], 2) + pow(mean[2] - shift[2], 2));
  }
  for (int a = 0; a < 3; a++) shift[a] = mean[a];
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CompareLists(const Lists *lists, AetAtoms found, AetAtoms truth, const AetCompareSettings *settings,
                                   AetCompareResult *result)
{
  double   box[6], outer[6], variance = 0, percentile;
  PetscInt paired_found = 0;

  PetscFunctionBegin;
  memcpy(box, settings->box, sizeof box);
  result->truth = CountReference(lists->truth, lists->truth_position, settings->reference_box, box, outer);
  PetscCall(PairUntilStill(lists, box, settings->cutoff_angstrom, result->shift_angstrom, &variance, &result->paired));
  for (PetscInt i = 0; i < lists->found; i++)
    if (Inside(outer, lists->found_position + 3 * i, result->shift_angstrom)) {
      result->found++;
      paired_found += lists->partner[i] >= 0;
    }
  result->recall = result->truth ? (double)result->paired / (double)result->truth : 0;
  result->precision = result->found ? (double)paired_found / (double)result->found : 0;
  result->rmsd_pm = sqrt(variance) * AET_PM_PER_ANGSTROM;
  PetscCall(Percentile(lists, box, result->shift_angstrom, result->paired, &percentile));
  result->percentile95_pm = percentile * AET_PM_PER_ANGSTROM;
  result->species_agreement = SpeciesAgreement(lists, found, truth, box, result->paired);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetCompareWithin(AetAtoms found, AetAtoms truth, const AetCompareSettings *settings, AetCompareResult *result)
{
  Lists lists = {.found = found->total, .truth = truth->total};

  PetscFunctionBegin;
  memset(result, 0, sizeof *result);
  PetscCall(AetAtomsGather(found, &lists.found_position, &lists.found_species));
  PetscCall(AetAtomsGather(truth, &lists.truth_position, &lists.truth_species));
  PetscCall(PetscMalloc1((size_t)lists.found + 1, &lists.partner));
  PetscCall(AetAgree(found->comm, CompareLists(&lists, found, truth, settings, result)));
  PetscCall(PetscFree(lists.partner));
  PetscCall(PetscFree(lists.found_position));
  PetscCall(PetscFree(lists.found_species));
  PetscCall(PetscFree(lists.truth_position));
  PetscCall(PetscFree(lists.truth_species));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetCompare(AetAtoms found, AetAtoms truth, double cutoff_angstrom, AetCompareResult *result)
{
  AetCompareSettings settings = {.cutoff_angstrom = cutoff_angstrom};

  PetscFunctionBegin;
  for (int i = 0; i < 6; i++) settings.box[i] = i % 2 ? INFINITY : -INFINITY;
  PetscCall(AetCompareWithin(found, truth, &settings, result));
  PetscFunctionReturn(PETSC_SUCCESS);
}
