/* Tilt series to volume. */
#include "preflight.h"
#include "stages.h"
#include <math.h>

/* After a scan nothing is withheld any more: its R_free stands. */
static PetscErrorCode UseScan(AetRecon recon, AetSummary summary, double *rfree)
{
  PetscBool scanned;

  PetscFunctionBegin;
  PetscCall(AetSummaryGetNumber(summary, "recon.auto.rfree", rfree, &scanned));
  if (scanned)
    PetscCall(AetReconUseAllData(recon));
  else
    *rfree = -1;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Summarise(const AetReconReport *report, double rfree, ptrdiff_t views, AetSummary summary)
{
  double worst = 0;

  PetscFunctionBegin;
  for (ptrdiff_t v = 0; report->r1_view && v < views; v++) worst = PetscMax(worst, report->r1_view[v]);
  PetscCall(AetSummarySetText(summary, "recon.method", report->method));
  PetscCall(AetSummarySetNumber(summary, "recon.iterations", report->iterations));
  PetscCall(AetSummarySetNumber(summary, "recon.r1", report->r1));
  PetscCall(AetSummarySetNumber(summary, "recon.r1_worst_view", worst));
  PetscCall(AetSummarySetNumber(summary, "recon.error", report->error));
  if (rfree >= 0) PetscCall(AetSummarySetNumber(summary, "recon.rfree", rfree));
  PetscCall(AetSummarySetNumber(summary, "recon.seconds_per_iteration", report->seconds_per_iteration));
  PetscCall(AetSummarySetNumber(summary, "recon.checkpoints", report->checkpoints));
  PetscCall(AetSummarySetNumber(summary, "recon.checkpoint_seconds", report->checkpoint_seconds));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetStageReconstruct(AetTiltSeries tilt, AetSummary summary, const char *checkpoint, const char *key, AetVolume *volume)
{
  AetRecon              recon;
  const AetReconReport *report;
  char                  text[32] = "";
  double                rfree;
  PetscErrorCode        code;

  PetscFunctionBegin;
  PetscCall(AetPreflightReconstruct(tilt, summary));
  PetscCall(AetReconCreate(tilt, &recon));
  PetscCall(AetReconSetFromOptions(recon));
  PetscCall(UseScan(recon, summary, &rfree));
  PetscCall(AetReconSetCheckpoint(recon, checkpoint, key));
  PetscCall(AetReconSetUp(recon));
  code = AetReconSolve(recon, volume);
  if (code == AET_ERR_INTERRUPTED) PetscCall(AetReconDestroy(&recon)); /* the end that was asked for is an orderly one */
  PetscCall(code);
  PetscCall(AetReconGetReport(recon, &report));
  AetCheck(isfinite(report->r1), AET_ERR_DATA,
           "tilt_projections: the reconstruction has no finite R1: expected intensities, found numbers out of range");
  if (report->rfree >= 0) rfree = report->rfree;
  PetscCall(Summarise(report, rfree, tilt->views, summary));
  if (rfree >= 0) snprintf(text, sizeof text, ", R_free %.4f", rfree);
  PetscCall(AetReport(tilt->comm, "  %s: %d iterations, R1 %.4f%s; %td x %td x %td voxels of %.4g Å\n", report->method,
                      (int)report->iterations, report->r1, text, (*volume)->n[2], (*volume)->n[1], (*volume)->n[0],
                      (*volume)->pixel_angstrom));
  PetscCall(AetReconDestroy(&recon));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetStageHalfSets(AetTiltSeries tilt, AetSummary summary, AetResolution *resolution)
{
  PetscFunctionBegin;
  PetscCall(AetReconHalfSets(tilt, resolution));
  PetscCall(AetSummarySetNumber(summary, "recon.resolution_05_angstrom", resolution->angstrom_05));
  PetscCall(AetSummarySetNumber(summary, "recon.resolution_0143_angstrom", resolution->angstrom_0143));
  PetscCall(AetSummarySetNumber(summary, "recon.resolution_halfbit_angstrom", resolution->angstrom_half_bit));
  PetscCall(AetReport(tilt->comm,
                      "  half sets of views (half the angular sampling each): FSC 0.5 at %.3g Å, 0.143 at %.3g Å, half-bit at %.3g Å; "
                      "last shell %.3g Å\n",
                      resolution->angstrom_05, resolution->angstrom_0143, resolution->angstrom_half_bit,
                      1 / resolution->frequency[resolution->shells - 1]));
  PetscFunctionReturn(PETSC_SUCCESS);
}
