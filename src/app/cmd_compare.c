/* compare: a found model against a reference. */
#include "app.h"
#include "comparison.h"
#include "output.h"

/* summary.json, compare.csv and compare.png in the output folder. */
static PetscErrorCode Write(const AetCompareResult *result)
{
  AetOutput      output;
  int            rank;
  char           table[PETSC_MAX_PATH_LEN], picture[PETSC_MAX_PATH_LEN];
  PetscErrorCode code = PETSC_SUCCESS;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(MPI_COMM_WORLD, &rank));
  PetscCall(AetOutputOpen(MPI_COMM_WORLD, &output));
  PetscCall(AetComparisonSummarise(result, output.summary));
  AetOutputPath(&output, "compare.csv", table);
  AetOutputPath(&output, "compare.png", picture);
  if (!rank) code = AetComparisonTable(result, table);
  if (!rank && !code) code = AetComparisonPicture(result, picture);
  PetscCall(AetAgree(MPI_COMM_WORLD, code));
  PetscCall(AetOutputSummarise(MPI_COMM_WORLD, &output));
  PetscCall(AetOutputClose(MPI_COMM_WORLD, &output));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The result is the command's answer, so it is printed under -quiet too. */
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
  if (!rank) AetComparisonPrint(&result);
  PetscCall(AetOptionIsSet("output", &write));
  if (write) PetscCall(Write(&result));
  PetscCall(AetAtomsDestroy(&found));
  PetscCall(AetAtomsDestroy(&truth));
  PetscFunctionReturn(PETSC_SUCCESS);
}
