/* Fourier filtering of a volume, and what it changed in the atoms. */
#include "stages.h"

PetscErrorCode AetStageIsFiltered(PetscBool *filtered)
{
  AetFourierFilterSettings settings;

  PetscFunctionBegin;
  PetscCall(AetFourierFilterSettingsFromOptions(&settings));
  *filtered = (PetscBool)(settings.kind != AET_FOURIER_FILTER_NONE);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetStageFilter(AetVolume volume, AetSummary summary)
{
  AetFourierFilterSettings settings;
  AetFourierFilterReport   report;

  PetscFunctionBegin;
  PetscCall(AetFourierFilterSettingsFromOptions(&settings));
  PetscCall(AetVolumeFourierFilter(volume, &settings, &report));
  PetscCall(AetSummarySetText(summary, "recon.filter", report.name));
  PetscCall(AetSummarySetNumber(summary, "recon.filter_found_fraction", report.found_fraction));
  PetscCall(AetSummarySetNumber(summary, "recon.filter_kept_fraction", report.kept_fraction));
  PetscCall(AetSummarySetNumber(summary, "recon.filter_kept_power", report.kept_power));
  PetscCall(AetReport(volume->comm, "  Fourier filter %s: kept %.3g of the spectrum, %.3g of its power; defects may be suppressed\n",
                      report.name, report.kept_fraction, report.kept_power));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetStageTraceUnfiltered(AetVolume unfiltered, AetAtoms filtered, AetSummary summary, AetAtoms *atoms)
{
  AetTraceReport   report = {0};
  AetCompareResult both;
  double           distance;

  PetscFunctionBegin;
  PetscCall(AetTrace(unfiltered, atoms, &report));
  PetscCall(AetOptionGetReal("trace_min_distance_angstrom", &distance));
  PetscCall(AetCompare(filtered, *atoms, distance / 2, &both));
  PetscCall(AetSummarySetNumber(summary, "trace.unfiltered_count", both.truth));
  PetscCall(AetSummarySetNumber(summary, "trace.filter_only", both.found - both.paired));
  PetscCall(AetSummarySetNumber(summary, "trace.unfiltered_only", both.truth - both.paired));
  PetscCall(AetReport(unfiltered->comm,
                      "  %d atoms without the filter: %d have no partner within %.3g Å with it; %d with the filter have none without\n",
                      (int)both.truth, (int)(both.truth - both.paired), distance / 2, (int)(both.found - both.paired)));
  PetscFunctionReturn(PETSC_SUCCESS);
}
