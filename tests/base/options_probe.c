/* A program with the habits of aet4d: reads the files it is given, checks every key, prints what it found or the one line of an error. */
#include "test_table.h"
#include <stdio.h>

static void Print(const AetOption *option, const char *value, void *context)
{
  fprintf((FILE *)context, "%s=%s\n", option->key, value);
}

static PetscErrorCode Probe(int rank)
{
  const char *const *files;
  int                count;

  PetscFunctionBegin;
  PetscCall(AetOptionsRegister(&AetBaseOptions));
  PetscCall(AetOptionsRegister(&test_table));
  PetscCall(AetOptionsArguments(&count, &files));
  for (int i = 0; i < count; i++) PetscCall(AetOptionsInsertYaml(PETSC_COMM_WORLD, files[i]));
  PetscCall(AetOptionsCheck(PETSC_COMM_WORLD));
  if (!rank) PetscCall(AetOptionsForEach(Print, stdout));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscErrorCode code;
  int            rank;

  if (AetInitialize(&argc, &argv)) return 1;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  code = Probe(rank);
  if (code && !rank) fprintf(stderr, "aet4d: %s\n", AetErrorMessage());
  if (AetFinalize()) return 1;
  return code ? (AetErrorIsUser(code) ? 2 : 1) : 0;
}
