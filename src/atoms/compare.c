/* Found atoms against a reference: pairs, recall, precision, deviation. Every rank gathers both lists and computes the same numbers. */
#include "atoms/compare_private.h"
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
    {"compare_align", AET_OPTION_ENUM, "", "translation", 0, 0, "translation|none|axes|rigid",
     "how the found atoms are moved onto the reference: by the mean shift; not at all; axes exchanged and inverted too; or turned as well"},
    {"compare_mirror", AET_OPTION_BOOL, "", "false", 0, 0, NULL, "alignments by axes and rigid ones try mirror images too"},
};
AET_OPTION_TABLE(AetCompareOptions, "compare", "Comparison of two atomic models", compare_options);

PetscErrorCode AetCompareSettingsFromOptions(AetCompareSettings *settings)
{
  double *box = settings->box, *given;
  int     count, align;

  PetscFunctionBegin;
  PetscCall(AetOptionGetReal("compare_cutoff_angstrom", &settings->cutoff_angstrom));
  PetscCall(AetOptionGetBool("compare_reference_box", &settings->reference_box));
  PetscCall(AetOptionGetEnum("compare_align", &align));
  settings->align = (AetCompareAlignment)align;
  PetscCall(AetOptionGetBool("compare_mirror", &settings->mirror));
  PetscCall(AetOptionGetReals("compare_box", &count, &given));
  for (int i = 0; i < 6; i++) box[i] = count == 6 ? given[i] : i % 2 ? INFINITY : -INFINITY;
  PetscCall(PetscFree(given));
  AetCheck(count == 0 || (count == 6 && box[0] <= box[1] && box[2] <= box[3] && box[4] <= box[5]), AET_ERR_INPUT,
           "compare_box: expected 6 numbers xmin, xmax, ymin, ymax, zmin, zmax with min <= max, found %d numbers%s", count,
           count == 6 ? " in another order" : "");
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscBool AetCompareInside(const double box[6], const double x[3], const double shift[3])
{
  for (int a = 0; a < 3; a++)
    if (x[a] - shift[a] < box[2 * a] || x[a] - shift[a] > box[2 * a + 1]) return PETSC_FALSE;
  return PETSC_TRUE;
}

/* Number of reference atoms inside `box`, and in `outer` the box that counts found atoms: the same, or their bounding box where asked. */
static PetscInt CountReference(PetscInt count, const double *position, PetscBool shrink, const double box[6], double outer[6])
{
  const double none[3] = {0};
  PetscInt     inside = 0;

  for (int i = 0; i < 6; i++) outer[i] = shrink ? (i % 2 ? -INFINITY : INFINITY) : box[i];
  for (PetscInt i = 0; i < count; i++) {
    if (!AetCompareInside(box, position + 3 * i, none)) continue;
    inside++;
    for (int a = 0; a < 3 && shrink; a++) {
      outer[2 * a] = fmin(outer[2 * a], position[3 * i + a]);
      outer[2 * a + 1] = fmax(outer[2 * a + 1], position[3 * i + a]);
    }
  }
  return inside;
}

/* Mean of found - truth over the pairs whose reference is inside the box, and their number. */
static PetscInt MeanDifference(const AetCompareLists *lists, const double box[6], double mean[3])
{
  const double none[3] = {0};
  PetscInt     pairs = 0;

  for (int a = 0; a < 3; a++) mean[a] = 0;
  for (PetscInt i = 0; i < lists->found; i++) {
    const double *t = lists->truth_position + 3 * lists->partner[i], *f = lists->found_position + 3 * i;
    if (lists->partner[i] < 0 || !AetCompareInside(box, t, none)) continue;
    pairs++;
    for (int a = 0; a < 3; a++) mean[a] += f[a] - t[a];
  }
  for (int a = 0; a < 3 && pairs; a++) mean[a] /= (double)pairs;
  return pairs;
}

/* Pairs, removes the mean shift, and again until it rests; without a shift, once. */
static PetscErrorCode PairUntilStill(const AetCompareLists *lists, const double box[6], const AetCompareSettings *settings, double shift[3],
                                     PetscInt *pairs)
{
  double mean[3] = {0}, moved = INFINITY;

  PetscFunctionBegin;
  for (int round = 0; round < AET_COMPARE_ROUNDS && moved >= 1e-4; round++) {
    for (int a = 0; a < 3; a++) shift[a] = mean[a];
    PetscCheck(!AetPairPoints(lists->found, lists->found_position, shift, lists->truth, lists->truth_position, settings->cutoff_angstrom,
                              lists->partner),
               PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory to pair %d atoms", (int)lists->found);
    *pairs = MeanDifference(lists, box, mean);
    if (settings->align == AET_ALIGN_NONE) PetscFunctionReturn(PETSC_SUCCESS);
    moved = sqrt(pow(mean[0] - shift[0], 2) + pow(mean[1] - shift[1], 2) + pow(mean[2] - shift[2], 2));
  }
  for (int a = 0; a < 3; a++) shift[a] = mean[a];
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CompareLists(MPI_Comm comm, AetCompareLists *lists, const AetCompareSettings *settings, AetCompareResult *result)
{
  double   outer[6];
  PetscInt paired_found = 0, counted = 0;

  PetscFunctionBegin;
  PetscCall(AetCompareAlign(comm, lists, settings, result));
  result->truth = CountReference(lists->truth, lists->truth_position, settings->reference_box, settings->box, outer);
  PetscCall(PairUntilStill(lists, settings->box, settings, result->shift_angstrom, &result->paired));
  for (PetscInt i = 0; i < lists->found; i++)
    if (AetCompareInside(outer, lists->found_position + 3 * i, result->shift_angstrom)) {
      counted++;
      paired_found += lists->partner[i] >= 0;
    }
  result->found = counted;
  result->recall = result->truth ? (double)result->paired / (double)result->truth : 0;
  result->precision = counted ? (double)paired_found / (double)counted : 0;
  PetscCall(AetCompareStatistics(lists, settings, outer, result));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The species of `atoms` among those of the result, added where they are new. */
static void JoinSpecies(AetAtoms atoms, AetCompareResult *result, int place[])
{
  for (int s = 0; s < atoms->species_count; s++) {
    for (place[s] = 0; place[s] < result->species_count && strcmp(result->symbol[place[s]], atoms->symbol[s]) != 0;) place[s]++;
    if (place[s] == result->species_count) memcpy(result->symbol[result->species_count++], atoms->symbol[s], sizeof result->symbol[0]);
  }
}

/* A model's columns, complete on every rank. */
static PetscErrorCode Columns(AetAtoms atoms, const char *which, AetCompareResult *result, double **position, int **species, double **sigma,
                              double **confidence)
{
  AetAtomRecord *records;
  int            place[AET_SPECIES_MAX];
  PetscErrorCode code = PETSC_SUCCESS;

  PetscFunctionBegin;
  JoinSpecies(atoms, result, place);
  PetscCall(AetAtomsGatherRecords(atoms, &records));
  PetscCall(PetscMalloc1(3 * (size_t)atoms->total + 1, position));
  PetscCall(PetscMalloc1((size_t)atoms->total + 1, species));
  PetscCall(PetscMalloc1(3 * (size_t)atoms->total + 1, sigma));
  PetscCall(PetscMalloc1((size_t)atoms->total + 1, confidence));
  for (PetscInt i = 0; i < atoms->total; i++) {
    const AetAtomRecord *r = records + i;
    for (int a = 0; a < 3; a++) (*position)[3 * i + a] = r->position[a], (*sigma)[3 * i + a] = r->sigma[a];
    (*species)[i] = r->species >= 0 && r->species < atoms->species_count ? place[r->species] : -1;
    (*confidence)[i] = r->confidence;
    if (!code && !(isfinite(r->position[0]) && isfinite(r->position[1]) && isfinite(r->position[2])))
      code = AetRaise(AET_ERR_INPUT, "compare: %s atom %d: expected a finite position, found %g %g %g", which, (int)i + 1, r->position[0],
                      r->position[1], r->position[2]);
  }
  PetscCall(PetscFree(records));
  PetscFunctionReturn(code);
}

PetscErrorCode AetCompareWithin(AetAtoms found, AetAtoms truth, const AetCompareSettings *settings, AetCompareResult *result)
{
  AetCompareLists lists = {.found = found->total, .truth = truth->total};
  double         *truth_sigma = NULL, *truth_confidence = NULL;
  PetscErrorCode  code;

  PetscFunctionBegin;
  memset(result, 0, sizeof *result);
  code = Columns(truth, "reference", result, &lists.truth_position, &lists.truth_species, &truth_sigma, &truth_confidence);
  if (!code)
    code = Columns(found, "found", result, &lists.found_position, &lists.found_species, &lists.found_sigma, &lists.found_confidence);
  PetscCall(PetscMalloc1((size_t)lists.found + 1, &lists.partner));
  if (!code) code = AetAgree(found->comm, CompareLists(found->comm, &lists, settings, result));
  PetscCall(PetscFree(truth_sigma));
  PetscCall(PetscFree(truth_confidence));
  PetscCall(PetscFree(lists.partner));
  PetscCall(PetscFree(lists.found_position));
  PetscCall(PetscFree(lists.found_species));
  PetscCall(PetscFree(lists.found_sigma));
  PetscCall(PetscFree(lists.found_confidence));
  PetscCall(PetscFree(lists.truth_position));
  PetscCall(PetscFree(lists.truth_species));
  PetscFunctionReturn(code);
}

PetscErrorCode AetCompare(AetAtoms found, AetAtoms truth, double cutoff_angstrom, AetCompareResult *result)
{
  AetCompareSettings settings = {.cutoff_angstrom = cutoff_angstrom};

  PetscFunctionBegin;
  for (int i = 0; i < 6; i++) settings.box[i] = i % 2 ? INFINITY : -INFINITY;
  PetscCall(AetCompareWithin(found, truth, &settings, result));
  PetscFunctionReturn(PETSC_SUCCESS);
}
