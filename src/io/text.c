/* Tables of numbers in rows: separated by blanks, commas or semicolons; lines beginning with #, % or // are remarks. */
#include "io/io_private.h"
#include <ctype.h>
#include <string.h>

typedef struct {
  ptrdiff_t rows, columns;
  double   *values;
} AetText;

static PetscBool TextRecognise(const AetFileHead *head)
{
  for (size_t i = 0; i < head->length; i++) {
    const unsigned char c = head->bytes[i];
    if (c < 32 && !isspace(c)) return PETSC_FALSE;
    if (c == 127) return PETSC_FALSE;
  }
  return PETSC_TRUE;
}

static PetscBool IsRemark(const char *line)
{
  return (PetscBool)(*line == 0 || *line == '#' || *line == '%' || !strncmp(line, "//", 2));
}

static char *SkipSeparators(char *c)
{
  while (isspace((unsigned char)*c) || *c == ',' || *c == ';') c++;
  return c;
}

/* The numbers of one line into `values` (NULL: only counts), or the column (from 1) of the first word that is no number as -column. */
static ptrdiff_t ParseLine(char *line, double *values)
{
  ptrdiff_t columns = 0;

  for (char *c = SkipSeparators(line); *c && !IsRemark(c);) {
    char        *end;
    const double value = strtod(c, &end);
    if (end == c || (*end && !isspace((unsigned char)*end) && *end != ',' && *end != ';' && *end != '#' && *end != '%'))
      return -(columns + 1);
    if (values) values[columns] = value;
    columns++;
    c = SkipSeparators(end);
  }
  return columns;
}

/* One pass over the lines (`text` is cut into lines and left cut): counts, or fills table->values. */
static PetscErrorCode ParseTable(const char *path, char *text, ptrdiff_t bytes, AetText *table, PetscBool fill)
{
  ptrdiff_t row = 0, line_number = 0;

  PetscFunctionBegin;
  for (char *line = text, *next; line < text + bytes; line = next) {
    char     *end = memchr(line, '\n', (size_t)(text + bytes - line));
    ptrdiff_t columns;

    if (!fill && end) *end = 0; /* the second pass finds the zeros of the first */
    if (fill) end = line + strlen(line);
    next = end ? end + 1 : text + bytes;
    line_number++;
    columns = ParseLine(line, fill ? table->values + row * table->columns : NULL);
    AetCheck(columns >= 0, AET_ERR_DATA, "%s: line %td: expected a number in column %td, found \"%.40s\"", path, line_number, -columns,
             SkipSeparators(line));
    if (columns == 0) continue;
    if (row == 0) table->columns = columns;
    AetCheck(columns == table->columns, AET_ERR_DATA, "%s: line %td: expected %td numbers as in the lines above, found %td", path,
             line_number, table->columns, columns);
    row++;
  }
  table->rows = row;
  AetCheck(row > 0, AET_ERR_DATA, "%s: expected numbers in rows, found none", path);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TextLoad(const char *path, AetText *table, PetscBool fill)
{
  char          *text;
  ptrdiff_t      bytes;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(AetFileSlurp(path, &bytes, &text));
  if (memchr(text, 0, (size_t)bytes))
    code = AetRaise(AET_ERR_DATA, "%s: expected text, found a zero byte", path);
  else
    code = ParseTable(path, text, bytes, table, PETSC_FALSE);
  if (!code && fill) {
    code = PetscMalloc1((size_t)(table->rows * table->columns), &table->values);
    if (!code) code = ParseTable(path, text, bytes, table, PETSC_TRUE);
  }
  PetscCall(PetscFree(text));
  PetscFunctionReturn(code);
}

static PetscErrorCode TextInspect(const char *path, ptrdiff_t file_bytes, AetFormat *format, AetArrayList *list)
{
  AetText   table = {0};
  ptrdiff_t n[2];

  PetscFunctionBegin;
  PetscCall(TextLoad(path, &table, PETSC_FALSE));
  n[0] = table.rows, n[1] = table.columns;
  PetscCall(AetArrayListAdd(list, "", 2, n, "float64", PETSC_TRUE, 0));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TextClose(void **state)
{
  AetText *table = *state;

  PetscFunctionBegin;
  if (table) PetscCall(PetscFree(table->values));
  PetscCall(PetscFree(table));
  *state = NULL;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TextOpen(const char *path, const AetArrayInfo *info, void **state)
{
  AetText       *table;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(PetscNew(&table));
  *state = table;
  code = TextLoad(path, table, PETSC_TRUE);
  if (!code && (table->rows != info->n[0] || table->columns != info->n[1]))
    code = AetRaise(AET_ERR_READ, "%s: the file changed while it was read", path);
  if (code) PetscCall(TextClose(state));
  PetscFunctionReturn(code);
}

static PetscErrorCode TextRead(void *state, ptrdiff_t first, ptrdiff_t count, AetScalar as, void *values)
{
  const AetText *table = state;
  const double  *from = table->values + first * table->columns;
  const size_t   numbers = (size_t)(count * table->columns);

  PetscFunctionBegin;
  if (as == AET_SCALAR_F32)
    AetConvertToFloat(AET_SCALAR_F64, numbers, from, values);
  else
    memcpy(values, from, numbers * sizeof *from);
  PetscFunctionReturn(PETSC_SUCCESS);
}

const AetReader AetReaderText = {AET_FORMAT_TEXT, PETSC_FALSE, PETSC_FALSE, TextRecognise, TextInspect, TextOpen, TextRead, TextClose};
