/* A temporary folder shared by all ranks, and small files in it. */
#ifndef AET_TESTS_BASE_TEST_H
#define AET_TESTS_BASE_TEST_H

#include "mpi_test.h"

/* Made on rank 0, the same on every rank. */
static inline void TestFolder(char folder[256])
{
  int rank;

  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  if (!rank) {
    const char *root = getenv("TMPDIR");
    snprintf(folder, 256, "%s/aet4d-test-XXXXXX", root ? root : "/tmp");
    if (!mkdtemp(folder)) folder[0] = 0;
  }
  MPI_Bcast(folder, 256, MPI_CHAR, 0, MPI_COMM_WORLD);
}

static inline void TestFolderRemove(const char *folder)
{
  int  rank;
  char command[300];

  MPI_Barrier(MPI_COMM_WORLD);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  snprintf(command, sizeof command, "rm -rf '%s'", folder);
  if (!rank && folder[0] && system(command)) fprintf(stderr, "%s stays\n", folder);
  MPI_Barrier(MPI_COMM_WORLD);
}

/* Puts `text` into folder/name on rank 0; `path` is that name on every rank. */
static inline void TestFile(const char *folder, const char *name, const char *text, size_t length, char path[512])
{
  int rank;

  snprintf(path, 512, "%s/%s", folder, name);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  if (!rank) {
    FILE *file = fopen(path, "w");
    if (file) {
      fwrite(text, 1, length, file);
      fclose(file);
    }
  }
  MPI_Barrier(MPI_COMM_WORLD);
}

/* What stands in the error message, after which it is forgotten. */
static inline int TestMessageHas(const char *part)
{
  int found = strstr(AetErrorMessage(), part) != NULL && !strchr(AetErrorMessage(), '\n');

  if (!found) fprintf(stderr, "expected \"%s\" in \"%s\"\n", part, AetErrorMessage());
  return found;
}

#endif
