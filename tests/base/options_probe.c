/* A program with the habits of aet4d: reads the files it is given, checks every key, prints what it found or the one line of an error. */
#include "test_table.h"
#include <stdio.h>
#include <stdlib.h>

static void Print(const AetOption *option, const char *value, void *context)
{
  fprintf((FILE *)context, "%s=%s\n", option->key, value);
}

static PetscErrorCode Probe(int rank)
{
  const char *const *files;
  const char *const  prefixes[] = {"", NULL};
  char               key[33];
  int                count, reverse = getenv("AET_PROBE_REVERSE") != NULL;

  PetscFunctionBegin;
  PetscCall(AetOptionsRegister(reverse ? &test_table : &AetBaseOptions));
  PetscCall(AetOptionsRegister(reverse ? &AetBaseOptions : &test_table));
  PetscCall(AetOptionsArguments(&count, &files));
  for (int i = 0; i < count; i++) PetscCall(AetOptionsInsertYaml(PETSC_COMM_WORLD, files[i]));
  PetscCall(AetOptionsCheck(PETSC_COMM_WORLD));
  if (!rank) PetscCall(AetOptionsForEach(Print, stdout));
  PetscCall(AetStageKey(PETSC_COMM_WORLD, "probe", prefixes, NULL, key));
  if (!rank) printf("stage key %s\n", key);
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
