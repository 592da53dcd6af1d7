/* Inside the comparison. */
#ifndef AET_COMPARE_PRIVATE_H
#define AET_COMPARE_PRIVATE_H

#include "atoms/atoms_private.h"

/* Both models, complete on every rank; species are those of both together (AetCompareResult.symbol), -1: unnamed. */
typedef struct {
  PetscInt   found, truth;
  double    *found_position, *truth_position;
  double    *found_sigma, *found_confidence; /* [found][3] 0: unknown; [found] */
  int       *found_species, *truth_species;
  ptrdiff_t *partner; /* [found] in the truth; -1: none */
} AetCompareLists;

/* Whether x - shift is inside the box. */
PetscBool AetCompareInside(const double box[6], const double x[3], const double shift[3]);
/* Turns the found atoms (and their sigma) as the settings ask for; result->rotation tells how. Collective on comm. */
PetscErrorCode AetCompareAlign(MPI_Comm comm, AetCompareLists *lists, const AetCompareSettings *settings, AetCompareResult *result);
/* What pairs tell beyond recall and r.m.s.d.: species, axes, sigma, histograms. Differences are less the shift of the result; the settings'
   box holds the counted reference atoms, `outer` the counted found ones. Not collective. */
PetscErrorCode AetCompareStatistics(const AetCompareLists *lists, const AetCompareSettings *settings, const double outer[6],
                                    AetCompareResult *result);

#endif
