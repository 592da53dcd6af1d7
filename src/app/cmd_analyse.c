/* analyse: the structure of a model. */
#include "analysis.h"
#include "app.h"

static PetscErrorCode Analyse(AetAtoms atoms, AetOutput *output)
{
  char   path[PETSC_MAX_PATH_LEN];
  double begin = MPI_Wtime();

  PetscFunctionBegin;
  PetscCall(AetSummaryForget(output->summary, "analyse."));
  AetOutputPath(output, AET_STRUCTURE_FILE, path);
  PetscCall(AetStageAnalyse(atoms, output, path));
  PetscCall(AetOutputCost(MPI_COMM_WORLD, output, "analyse", begin));
  PetscCall(AetOutputSummarise(MPI_COMM_WORLD, output));
  PetscCall(AetReport(MPI_COMM_WORLD, "  %s: %.2f s\n", path, MPI_Wtime() - begin));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The atoms that are read before anything is written: those of a file, or of the run in the output folder. */
static PetscErrorCode Read(const char *given, AetAtoms *atoms)
{
  AetOutput output;
  char      path[PETSC_MAX_PATH_LEN], name[256], model[PETSC_MAX_PATH_LEN];
  PetscBool there;

  PetscFunctionBegin;
  PetscCall(AetOutputName(&output));
  AetOutputPath(&output, "atoms.h5", model);
  PetscCall(AetFileSplitName(given ? given : model, path, sizeof path, name, sizeof name));
  PetscCall(AetFileExists(MPI_COMM_WORLD, path, &there));
  AetCheck(there || given, AET_ERR_OPEN, "analyse: expected a MODEL, or atoms of an earlier run as %s, found neither", path);
  AetCheck(there, AET_ERR_OPEN, "%s: no such file, or no permission to read it", path);
  PetscCall(AetProvenanceAddInput(MPI_COMM_WORLD, path));
  PetscCall(AetAtomsRead(MPI_COMM_WORLD, given ? given : model, atoms));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetCommandAnalyse(int count, char **files)
{
  AetAtoms       atoms;
  AetOutput      output;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(Read(count ? files[0] : NULL, &atoms));
  PetscCall(AetOutputOpen(MPI_COMM_WORLD, &output));
  code = Analyse(atoms, &output);
  if (code) { /* the summary and the log must not wait for ranks that may not come */
    (void)AetReportOpen(MPI_COMM_SELF, NULL);
    PetscFunctionReturn(code);
  }
  PetscCall(AetOutputClose(MPI_COMM_WORLD, &output));
  PetscCall(AetAtomsDestroy(&atoms));
  PetscFunctionReturn(PETSC_SUCCESS);
}
