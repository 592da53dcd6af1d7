/* Extended XYZ, gathered to rank 0 in the order of the ranks. */
#include "io/io_private.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

/* The rows of every rank, one after the other, on rank 0: `width` elements of `type` a row. */
static PetscErrorCode GatherRows(MPI_Comm comm, PetscInt count, int width, MPI_Datatype type, size_t bytes, const void *local, char **all)
{
  PetscMPIInt    rank, size;
  int           *counts = NULL, *starts = NULL, mine = (int)(count * width), total = 0;
  PetscErrorCode code = PETSC_SUCCESS;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  *all = NULL;
  if (rank == 0) code = PetscMalloc2((size_t)size, &counts, (size_t)size, &starts);
  PetscCall(AetAgree(comm, code));
  PetscCallMPI(MPI_Gather(&mine, 1, MPI_INT, counts, 1, MPI_INT, 0, comm));
  for (int r = 0; r < size && rank == 0; r++) starts[r] = total, total += counts[r];
  if (rank == 0) code = PetscMalloc1((size_t)total * bytes + 1, all);
  PetscCall(AetAgree(comm, code));
  PetscCallMPI(MPI_Gatherv((void *)(uintptr_t)local, mine, type, *all, counts, starts, type, 0, comm));
  PetscCall(PetscFree2(counts, starts));
  PetscFunctionReturn(PETSC_SUCCESS);
}

typedef struct {
  long long          total;
  int                columns, species_count;
  const char *const *symbols;
  const AetColumn   *column;
  char              *species, *position, **values;
} Rows;

static void WriteHeader(FILE *out, const Rows *rows, const char *comment)
{
  fprintf(out, "%lld\nProperties=species:S:1:pos:R:3", rows->total);
  for (int c = 0; c < rows->columns; c++)
    fprintf(out, ":%s:%c:%d", rows->column[c].name, rows->column[c].type == AET_COLUMN_INT ? 'I' : 'R', rows->column[c].width);
  if (!comment) comment = "";
  fprintf(out, "%s%s%s\n", strstr(comment, "pbc=") ? "" : " pbc=\"F F F\"", comment[0] ? " " : "", comment);
}

static void WriteRow(FILE *out, const Rows *rows, long long i)
{
  const int     species = ((const int *)rows->species)[i];
  const double *position = (const double *)rows->position + 3 * i;

  fprintf(out, "%s %.6f %.6f %.6f", species >= 0 && species < rows->species_count ? rows->symbols[species] : "X", position[0], position[1],
          position[2]);
  for (int c = 0; c < rows->columns; c++)
    for (int w = 0; w < rows->column[c].width; w++) {
      const long long at = i * rows->column[c].width + w;
      if (rows->column[c].type == AET_COLUMN_INT)
        fprintf(out, " %d", ((const int *)rows->values[c])[at]);
      else
        fprintf(out, " %.9g", ((const double *)rows->values[c])[at]);
    }
  fputc('\n', out);
}

static PetscErrorCode WriteText(const char *path, const char *temporary, const Rows *rows, const char *comment)
{
  FILE          *out = fopen(temporary, "w");
  int            failed;
  PetscErrorCode code;

  PetscFunctionBegin;
  AetCheck(out, AET_ERR_WRITE, "%s: cannot be written: %s", path, strerror(errno));
  WriteHeader(out, rows, comment);
  for (long long i = 0; i < rows->total; i++) WriteRow(out, rows, i);
  failed = ferror(out);
  failed = fclose(out) || failed;
  code = failed ? AetRaise(AET_ERR_WRITE, "%s: cannot be written: %s", path, strerror(errno)) : AetFileCommit(temporary, path);
  if (code) unlink(temporary);
  PetscFunctionReturn(code);
}

static PetscErrorCode GatherColumns(MPI_Comm comm, PetscInt count, const int *species, const double *position, Rows *rows)
{
  PetscFunctionBegin;
  PetscCall(GatherRows(comm, count, 1, MPI_INT, sizeof(int), species, &rows->species));
  PetscCall(GatherRows(comm, count, 3, MPI_DOUBLE, sizeof(double), position, &rows->position));
  for (int c = 0; c < rows->columns; c++) {
    const PetscBool whole = (PetscBool)(rows->column[c].type == AET_COLUMN_INT);
    PetscCall(GatherRows(comm, count, rows->column[c].width, whole ? MPI_INT : MPI_DOUBLE, whole ? sizeof(int) : sizeof(double),
                         rows->column[c].data, &rows->values[c]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetXyzWrite(MPI_Comm comm, const char *path, PetscInt count, const int *species, int species_count,
                           const char *const *symbols, const double *position, int columns, const AetColumn *column, const char *comment)
{
  Rows           rows = {0, columns, species_count, symbols, column, NULL, NULL, NULL};
  long long      mine = count;
  char           temporary[PETSC_MAX_PATH_LEN];
  PetscMPIInt    rank;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Allreduce(&mine, &rows.total, 1, MPI_LONG_LONG, MPI_SUM, comm));
  PetscCall(AetTemporaryName(comm, path, temporary, sizeof temporary));
  PetscCall(PetscCalloc1((size_t)columns + 1, &rows.values));
  code = GatherColumns(comm, count, species, position, &rows);
  if (!code && rank == 0) code = WriteText(path, temporary, &rows, comment);
  for (int c = 0; c < columns; c++) PetscCall(PetscFree(rows.values[c]));
  PetscCall(PetscFree(rows.values));
  PetscCall(PetscFree(rows.species));
  PetscCall(PetscFree(rows.position));
  PetscCall(AetAgree(comm, code));
  PetscFunctionReturn(PETSC_SUCCESS);
}
