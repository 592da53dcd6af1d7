/* A comparison of two models as text, table and picture. */
#ifndef AET_APP_COMPARISON_H
#define AET_APP_COMPARISON_H

#include <aet4d/atoms.h>

/* The table that a person reads, on stdout. */
void AetComparisonPrint(const AetCompareResult *result);
/* All numbers as compare.* of the summary. */
PetscErrorCode AetComparisonSummarise(const AetCompareResult *result, AetSummary summary);
/* Histograms of the distances and of the differences along x, y and z: comma-separated, one line of names, one line per bin; and drawn.
   Call on one rank. */
PetscErrorCode AetComparisonTable(const AetCompareResult *result, const char *path);
PetscErrorCode AetComparisonPicture(const AetCompareResult *result, const char *path);

#endif
