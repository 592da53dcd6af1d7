/* Tables of few rows, as HDF5 and as text. */
#include "sheet.h"
#include <string.h>

enum { NUMBER = 32 }; /* letters of a number or a word, and the comma */

static AetSheetColumn *Next(AetSheet *sheet, const char *heads, const char *name, const char *unit, const char *text, AetColumnType type,
                            int width)
{
  AetSheetColumn *c = &sheet->sheet[sheet->columns++];

  PetscAssertAbort(sheet->columns <= AET_SHEET_COLUMNS, PETSC_COMM_SELF, PETSC_ERR_PLIB, "room for more columns is needed");
  *c = (AetSheetColumn){{name, unit, text, type, width, NULL}, heads, NULL};
  return c;
}

PetscErrorCode AetSheetReal(AetSheet *sheet, const char *heads, const char *name, const char *unit, const char *text, int width,
                            const double *values)
{
  AetSheetColumn *c = Next(sheet, heads, name, unit, text, AET_COLUMN_DOUBLE, width);
  const size_t    count = (size_t)sheet->rows * (size_t)width;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(count + 1, (double **)&c->column.data));
  if (count) memcpy(c->column.data, values, count * sizeof *values);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetSheetWhole(AetSheet *sheet, const char *heads, const char *name, const char *text, int width, const PetscInt *values,
                             PetscInt more, const char *const *words)
{
  AetSheetColumn *c = Next(sheet, heads, name, "", text, AET_COLUMN_INT, width);
  const size_t    count = (size_t)sheet->rows * (size_t)width;
  int            *copy;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(count + 1, &copy));
  for (size_t i = 0; i < count; i++) copy[i] = (int)(values[i] + more);
  c->column.data = copy;
  c->words = words;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetSheetFree(AetSheet *sheet)
{
  PetscFunctionBegin;
  for (int c = 0; c < sheet->columns; c++) PetscCall(PetscFree(sheet->sheet[c].column.data));
  sheet->columns = 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetSheetWriteTable(const AetSheet *sheet, MPI_Comm comm, AetFile file, const char *group)
{
  AetColumn column[AET_SHEET_COLUMNS];
  int       rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  for (int c = 0; c < sheet->columns; c++) column[c] = sheet->sheet[c].column;
  PetscCall(AetFileWriteTable(file, group, rank ? 0 : sheet->rows, sheet->columns, column));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static size_t Put(char *text, const AetSheetColumn *c, size_t at)
{
  if (c->column.type == AET_COLUMN_DOUBLE) return (size_t)snprintf(text, NUMBER, "%.9g", ((const double *)c->column.data)[at]);
  if (!c->words) return (size_t)snprintf(text, NUMBER, "%d", ((const int *)c->column.data)[at]);
  return (size_t)snprintf(text, NUMBER, "%.*s", NUMBER - 2, c->words[((const int *)c->column.data)[at]]);
}

/* On one rank. */
static PetscErrorCode WriteCsv(const AetSheet *sheet, const char *path)
{
  size_t         room = 1, numbers = 0, used = 0;
  char          *text;
  PetscErrorCode code;

  PetscFunctionBegin;
  for (int c = 0; c < sheet->columns; c++) {
    if (!sheet->sheet[c].heads) continue;
    room += strlen(sheet->sheet[c].heads) + 1;
    numbers += (size_t)sheet->sheet[c].column.width;
  }
  room += (size_t)sheet->rows * numbers * NUMBER;
  PetscCall(PetscMalloc1(room + 1, &text));
  for (int c = 0; c < sheet->columns; c++)
    if (sheet->sheet[c].heads) used += (size_t)sprintf(text + used, "%s%s", used ? "," : "", sheet->sheet[c].heads);
  text[used++] = '\n';
  for (PetscInt i = 0; i < sheet->rows; i++) {
    const size_t begin = used;
    for (int c = 0; c < sheet->columns; c++)
      for (int w = 0; w < sheet->sheet[c].column.width && sheet->sheet[c].heads; w++) {
        if (used > begin) text[used++] = ',';
        used += Put(text + used, &sheet->sheet[c], (size_t)i * (size_t)sheet->sheet[c].column.width + (size_t)w);
      }
    text[used++] = '\n';
  }
  code = AetTextWrite(path, text, used);
  PetscCall(PetscFree(text));
  PetscFunctionReturn(code);
}

PetscErrorCode AetSheetWriteCsv(const AetSheet *sheet, MPI_Comm comm, const char *path)
{
  int rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCall(AetAgree(comm, rank ? PETSC_SUCCESS : WriteCsv(sheet, path)));
  PetscFunctionReturn(PETSC_SUCCESS);
}
