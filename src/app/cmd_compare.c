/* compare: a found model against a reference. */
#include "app.h"
#include "output.h"

static PetscErrorCode Summarise(const AetCompareResult *result)
{
  AetOutput output;

  PetscFunctionBegin;
  PetscCall(AetOutputOpen(MPI_COMM_WORLD, &output));
  PetscCall(AetSummaryForget(output.summary, "compare."));
  PetscCall(AetSummarySetNumber(output.summary, "compare.found", result->found));
  PetscCall(AetSummarySetNumber(output.summary, "compare.truth", result->truth));
  PetscCall(AetSummarySetNumber(output.summary, "compare.paired", result->paired));
  PetscCall(AetSummarySetNumber(output.summary, "compare.recall", result->recall));
  PetscCall(AetSummarySetNumber(output.summary, "compare.precision", result->precision));
  PetscCall(AetSummarySetNumber(output.summary, "compare.rmsd_pm", result->rmsd_pm));
  PetscCall(AetSummarySetNumber(output.summary, "compare.percentile95_pm", result->percentile95_pm));
  PetscCall(AetSummarySetNumber(output.summary, "compare.species_agreement", result->species_agreement));
  PetscCall(AetOutputSummarise(MPI_COMM_WORLD, &output));
  PetscCall(AetOutputClose(MPI_COMM_WORLD, &output));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The result is the command's answer, so it is printed under -quiet too. */
static void Print(const AetCompareResult *r)
{
  printf("recall              %.4f  (%d of %d)\n", r->recall, (int)r->paired, (int)r->truth);
  printf("precision           %.4f  (%d found)\n", r->precision, (int)r->found);
  printf("r.m.s.d.            %.1f pm\n", r->rmsd_pm);
  printf("95th percentile     %.1f pm\n", r->percentile95_pm);
  printf("species agreement   %.4f\n", r->species_agreement);
  printf("mean shift removed  %.4f %.4f %.4f Å\n", r->shift_angstrom[0], r->shift_angstrom[1], r->shift_angstrom[2]);
}

PetscErrorCode AetCommandCompare(int count, char **files)
{
  AetAtoms           found, truth;
  AetCompareSettings settings;
  AetCompareResult   result;
  PetscBool          write;
  int                rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(MPI_COMM_WORLD, &rank));
  PetscCall(AetCompareSettingsFromOptions(&settings));
  PetscCall(AetAtomsRead(MPI_COMM_WORLD, files[0], &found));
  PetscCall(AetAtomsRead(MPI_COMM_WORLD, files[1], &truth));
  PetscCall(AetCompareWithin(found, truth, &settings, &result));
  if (!rank) Print(&result);
  PetscCall(AetOptionIsSet("output", &write));
  if (write) PetscCall(Summarise(&result));
  PetscCall(AetAtomsDestroy(&found));
  PetscCall(AetAtomsDestroy(&truth));
  PetscFunctionReturn(PETSC_SUCCESS);
}
