/* Settings of the reconstruction, chosen by evidence. */
#include "scan_table.h"
#include "stages.h"

PetscErrorCode AetStageScan(AetTiltSeries tilt, AetSummary summary, AetScan *scan)
{
  const AetScanRow *row;
  double            begin = MPI_Wtime();

  PetscFunctionBegin;
  PetscCall(AetReconScan(tilt, scan));
  row = &scan->rows[scan->chosen];
  PetscCall(AetSummarySetText(summary, "recon.auto.settings", row->settings));
  PetscCall(AetSummarySetNumber(summary, "recon.auto.iterations", row->iterations));
  PetscCall(AetSummarySetNumber(summary, "recon.auto.r1", row->r1));
  PetscCall(AetSummarySetNumber(summary, "recon.auto.rfree", row->rfree));
  PetscCall(AetSummarySetNumber(summary, "recon.auto.candidates", scan->candidates));
  PetscCall(AetSummarySetNumber(summary, "recon.auto.views_left_out", (double)scan->left_out));
  PetscCall(AetSummarySetNumber(summary, "recon.auto.groups", scan->groups));
  PetscCall(AetSummarySetNumber(summary, "recon.auto.seconds", MPI_Wtime() - begin));
  PetscCall(AetScanPrint(tilt->comm, scan));
  PetscFunctionReturn(PETSC_SUCCESS);
}
