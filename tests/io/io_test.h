/* Files of the tests: written by rank 0 into a folder of this process's own, read by all. */
#ifndef AET_TESTS_IO_TEST_H
#define AET_TESTS_IO_TEST_H

#include "mpi_test.h"
#include <aet4d/io.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* A folder of this run, the same on every rank; made at the first call. */
static inline const char *TestFolder(void)
{
  static char folder[200];

  if (!folder[0]) {
    int rank;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    if (rank == 0) {
      snprintf(folder, sizeof folder, "%s/aet4d-test-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
      if (!mkdtemp(folder)) perror(folder);
    }
    MPI_Bcast(folder, (int)sizeof folder, MPI_CHAR, 0, MPI_COMM_WORLD);
  }
  return folder;
}

static inline const char *TestPath(const char *name, char *path, size_t size)
{
  snprintf(path, size, "%s/%s", TestFolder(), name);
  return path;
}

/* Removes the folder and what is in it. Collective. */
static inline void TestFolderRemove(void)
{
  char command[300];
  int  rank;

  MPI_Barrier(MPI_COMM_WORLD);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  snprintf(command, sizeof command, "rm -rf '%s'", TestFolder());
  if (rank == 0 && system(command)) perror(command);
}

/* Rank 0 writes a file of the folder; every rank returns when it is there. */
static inline void WriteBytes(const char *name, const void *bytes, size_t count)
{
  char path[300];
  int  rank;

  TestPath(name, path, sizeof path);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  if (rank == 0) {
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(bytes, 1, count, file) != count) perror(path);
    if (file) fclose(file);
  }
  MPI_Barrier(MPI_COMM_WORLD);
}

/* The whole file on this rank; free(). */
static inline char *ReadBytes(const char *path, size_t *count)
{
  FILE *file = fopen(path, "rb");
  char *bytes = NULL;

  *count = 0;
  if (!file) return NULL;
  fseek(file, 0, SEEK_END);
  *count = (size_t)ftell(file);
  rewind(file);
  bytes = malloc(*count + 1);
  if (bytes && fread(bytes, 1, *count, file) != *count) *count = 0;
  fclose(file);
  return bytes;
}

/* The call failed with `code`, and the one-line message names `file` and says `text`. */
static inline void ExpectError(PetscErrorCode found, PetscErrorCode code, const char *file, const char *text, int line)
{
  char        told[400];
  const char *message = AetErrorMessage();
  const int   good = found == code && strstr(message, file) && strstr(message, text) && !strchr(message, '\n');

  snprintf(told, sizeof told, "line %d: expected code %d, %.60s and \"%.60s\"; found code %d, \"%.200s\"", line, (int)code, file, text,
           (int)found, message);
  AetTestAssert(good, told, line, __FILE__);
  AetErrorClear();
}

static inline void ExpectTableErrorAt(const char *name, const void *bytes, size_t count, PetscErrorCode code, const char *text, int line)
{
  char           path[300];
  ptrdiff_t      rows, columns;
  double        *values;
  PetscErrorCode found;

  WriteBytes(name, bytes, count);
  found = AetTableRead(MPI_COMM_WORLD, TestPath(name, path, sizeof path), &rows, &columns, &values);
  ExpectError(found, code, name, text, line);
}
#define ExpectTableError(name, bytes, count, code, text) ExpectTableErrorAt(name, bytes, count, code, text, __LINE__)

static inline void ExpectArrayErrorAt(const char *name, const void *bytes, size_t count, PetscErrorCode code, const char *text, int line)
{
  char           path[300];
  AetArrayInfo   info;
  float         *data = NULL;
  PetscErrorCode found;

  WriteBytes(name, bytes, count);
  found = AetArrayRead(MPI_COMM_WORLD, TestPath(name, path, sizeof path), &info, &data);
  ExpectError(found, code, name, text, line);
}
#define ExpectArrayError(name, bytes, count, code, text) ExpectArrayErrorAt(name, bytes, count, code, text, __LINE__)

#endif
