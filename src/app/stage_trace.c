/* Volume to atoms. */
#include "stages.h"
#include <string.h>

PetscErrorCode AetStageTrace(AetVolume volume, AetSummary summary, AetAtoms *atoms)
{
  AetTraceReport report;
  char           key[64], text[256] = "";

  PetscFunctionBegin;
  memset(&report, 0, sizeof report);
  if (volume->processing[0]) PetscCall(AetReport(volume->comm, "  the volume went through: %s\n", volume->processing));
  PetscCall(AetTrace(volume, atoms, &report));
  PetscCall(AetSummarySetNumber(summary, "trace.count", (*atoms)->total));
  for (int s = 0; s < (*atoms)->species_count; s++) {
    size_t length = strlen(text);

    snprintf(key, sizeof key, "trace.count_by_species.%s", (*atoms)->symbol[s]);
    PetscCall(AetSummarySetNumber(summary, key, report.by_species[s]));
    snprintf(text + length, sizeof text - length, "%s%d %s", s ? ", " : "", (int)report.by_species[s], (*atoms)->symbol[s]);
  }
  PetscCall(AetSummarySetNumber(summary, "trace.maxima", report.maxima));
  PetscCall(AetSummarySetNumber(summary, "trace.fitted", report.fitted));
  PetscCall(AetSummarySetNumber(summary, "trace.rejected_fit", report.rejected_fit));
  PetscCall(AetSummarySetNumber(summary, "trace.rejected_distance", report.rejected_distance));
  PetscCall(AetSummarySetNumber(summary, "trace.rejected_checks", report.rejected_checks));
  PetscCall(AetSummarySetNumber(summary, "trace.rejected_support", report.rejected_support));
  PetscCall(AetSummarySetNumber(summary, "trace.recovered", report.recovered));
  PetscCall(AetSummarySetNumber(summary, "trace.doubtful", report.doubtful));
  PetscCall(AetSummarySetNumber(summary, "trace.threshold", report.threshold));
  PetscCall(AetSummarySetNumber(summary, "trace.smoothing_angstrom", report.smoothing_angstrom));
  PetscCall(AetSummarySetNumber(summary, "trace.expected_false", report.expected_false));
  PetscCall(AetSummarySetNumber(summary, "trace.rounds", report.rounds));
  PetscCall(AetSummarySetNumber(summary, "trace.start_disagreement", report.start_disagreement));
  PetscCall(AetSummarySetNumber(summary, "trace.expected_accuracy", report.expected_accuracy));
  PetscCall(AetSummarySetNumber(summary, "trace.intensity_span", report.intensity_span));
  PetscCall(AetReport(volume->comm, "  %d atoms: %s (of %d local maxima)\n", (int)(*atoms)->total, text, (int)report.maxima));
  PetscFunctionReturn(PETSC_SUCCESS);
}
