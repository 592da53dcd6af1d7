/* Table groups: one dataset per column. */
#include "io/file_private.h"
#include <string.h>

PetscErrorCode AetFileWriteTable(AetFile file, const char *group, PetscInt count, int columns, const AetColumn *column)
{
  long long   mine = count, start = 0, total = 0;
  PetscMPIInt rank;

  PetscFunctionBegin;
  AetCheck(file->writing, AET_ERR_WRITE, "%s: the file is open for reading only", file->path);
  PetscCallMPI(MPI_Comm_rank(file->comm, &rank));
  PetscCallMPI(MPI_Exscan(&mine, &start, 1, MPI_LONG_LONG, MPI_SUM, file->comm));
  PetscCallMPI(MPI_Allreduce(&mine, &total, 1, MPI_LONG_LONG, MPI_SUM, file->comm));
  if (rank == 0) start = 0; /* which Exscan leaves undefined */
  for (int c = 0; c < columns; c++) {
    const hsize_t     n[2] = {(hsize_t)total, (hsize_t)column[c].width};
    const AetTextPair pairs[2] = {{"units", column[c].unit ? column[c].unit : ""}, {"description", column[c].text ? column[c].text : ""}};
    PetscCall(AetFileWriteRows(file, group, column[c].name, column[c].type == AET_COLUMN_INT ? AET_ROWS_INT : AET_ROWS_DOUBLE,
                               column[c].width > 1 ? 2 : 1, n, (hsize_t)start, (hsize_t)mine, column[c].data, 2, pairs));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Opens a column and gives its number of rows; *rows < 0 where it is absent. */
static PetscErrorCode OpenColumn(AetFile file, const char *group, const AetColumn *column, AetRowsHDF5 *open, long long *rows)
{
  char    name[800];
  hsize_t n[H5S_MAX_RANK] = {0};
  int     rank;

  PetscFunctionBegin;
  *rows = -1;
  snprintf(name, sizeof name, "%s%s%s", group, group[0] ? "/" : "", column->name);
  if (!AetExistsHDF5(file->id, name)) PetscFunctionReturn(PETSC_SUCCESS);
  open->dataset = H5Dopen2(file->id, name, H5P_DEFAULT);
  AetCallHDF5(open->dataset, AET_ERR_READ, file->path, "a column cannot be opened");
  open->file_space = H5Dget_space(open->dataset);
  rank = H5Sget_simple_extent_dims(open->file_space, n, NULL);
  AetCheck(rank == (column->width > 1 ? 2 : 1) && (rank == 1 || n[1] == (hsize_t)column->width), AET_ERR_DATA,
           "%s:%s: expected %d numbers a row, found another shape", file->path, name, column->width);
  AetCheck(n[0] <= PETSC_MAX_INT, AET_ERR_DATA, "%s:%s: expected at most %d rows, found %llu", file->path, name, (int)PETSC_MAX_INT,
           (unsigned long long)n[0]);
  AetCheck((double)n[0] * column->width * 8 <= 1100.0 * (double)H5Dget_storage_size(open->dataset) + 8, AET_ERR_READ,
           "%s:%s: the data of the column are missing", file->path, name);
  *rows = (long long)n[0];
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadColumn(AetFile file, AetRowsHDF5 *open, AetColumn *column, ptrdiff_t start, ptrdiff_t count)
{
  const size_t numbers = (size_t)count * (size_t)column->width;
  hid_t        type;

  PetscFunctionBegin;
  if (column->type == AET_COLUMN_INT) {
    int *values;
    PetscCall(PetscMalloc1(numbers, &values));
    column->data = values;
    type = H5T_NATIVE_INT;
  } else {
    double *values;
    PetscCall(PetscMalloc1(numbers, &values));
    column->data = values;
    type = H5T_NATIVE_DOUBLE;
  }
  if (count == 0) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AetRowsSelect(open, (hsize_t)start, (hsize_t)count));
  AetCallHDF5(H5Dread(open->dataset, type, open->memory_space, open->file_space, H5P_DEFAULT, column->data), AET_ERR_READ, file->path,
              "a column cannot be read");
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadColumns(AetFile file, const char *group, PetscInt *count, PetscInt *total, int columns, AetColumn *column)
{
  PetscMPIInt rank, size;
  ptrdiff_t   start = 0, mine = 0;
  long long   known = -1;

  PetscFunctionBegin;
  AetCheck(AetExistsHDF5(file->id, group), AET_ERR_DATA, "%s: expected a table %s, found none", file->path, group);
  PetscCallMPI(MPI_Comm_rank(file->comm, &rank));
  PetscCallMPI(MPI_Comm_size(file->comm, &size));
  for (int c = 0; c < columns; c++) {
    AetRowsHDF5    open = AET_ROWS_HDF5_NONE;
    long long      rows;
    PetscErrorCode code = OpenColumn(file, group, &column[c], &open, &rows);
    if (!code && rows >= 0 && known >= 0 && rows != known)
      code = AetRaise(AET_ERR_DATA, "%s:%s/%s: expected %lld rows as in the other columns, found %lld", file->path, group, column[c].name,
                      known, rows);
    if (!code && rows >= 0) {
      if (known < 0) known = rows, AetBlock((ptrdiff_t)rows, rank, size, &start, &mine);
      code = ReadColumn(file, &open, &column[c], start, mine);
    }
    AetRowsClose(&open);
    PetscCall(code);
  }
  *count = (PetscInt)mine;
  *total = (PetscInt)PetscMax(known, 0);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetFileReadTable(AetFile file, const char *group, PetscInt *count, PetscInt *total, int columns, AetColumn *column)
{
  PetscErrorCode code;

  PetscFunctionBegin;
  for (int c = 0; c < columns; c++) column[c].data = NULL;
  *count = *total = 0;
  code = AetAgree(file->comm, ReadColumns(file, group, count, total, columns, column));
  for (int c = 0; c < columns && code; c++) PetscCall(PetscFree(column[c].data));
  PetscFunctionReturn(code);
}
