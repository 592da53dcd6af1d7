/* XYZ: a count, a remark, one atom a line; extended where the remark holds `Properties=`. */
#include "io/xyz_private.h"
#include <ctype.h>
#include <math.h>
#include <string.h>

#define AET_XYZ_COLUMNS 256

typedef struct {
  int species, position;      /* columns where they begin, from 0 */
  int wanted[AET_XYZ_WANTED]; /* the same of further columns; -1: not there */
} Layout;

/* Copies the next line without its end; returns what follows it, NULL at the end of the text. */
static const char *NextLine(const char *text, const char *end, char *line, size_t size)
{
  const char *stop;
  size_t      length;

  if (text >= end) return NULL;
  stop = memchr(text, '\n', (size_t)(end - text));
  length = (size_t)((stop ? stop : end) - text);
  snprintf(line, size, "%.*s", (int)PetscMin(length, size - 1), text);
  line[strcspn(line, "\r")] = 0;
  return stop ? stop + 1 : end;
}

/* "1414", " 1414 \t", "% 208": the count of atoms; -1 if the line is something else. */
static long ParseCount(const char *line)
{
  char *end;
  long  count;

  while (isspace((unsigned char)*line) || *line == '%' || *line == '#') line++;
  if (!isdigit((unsigned char)*line)) return -1;
  count = strtol(line, &end, 10);
  while (isspace((unsigned char)*end)) end++;
  return *end ? -1 : count;
}

/* Columns of species and pos in `Properties=species:S:1:pos:R:3:…`. */
static PetscBool ParseProperties(const char *remark, Layout *layout, AetXyz *xyz)
{
  const char *text = strstr(remark, "Properties=");
  char        name[64], kind;
  int         width, used, column = 0;

  for (int c = 0; c < AET_XYZ_WANTED; c++) layout->wanted[c] = -1;
  if (!text) return PETSC_TRUE;
  layout->species = layout->position = -1;
  text += strlen("Properties=");
  if (*text == '"') text++;
  while (sscanf(text, "%63[^: \"]:%c:%d%n", name, &kind, &width, &used) == 3) {
    if (width < 1 || width > AET_XYZ_COLUMNS) return PETSC_FALSE;
    if (!strcmp(name, "species") || !strcmp(name, "element")) layout->species = column;
    if (!strcmp(name, "pos") && width == 3) layout->position = column;
    for (int c = 0; c < xyz->columns; c++)
      if (!strcmp(name, xyz->column[c].name) && kind != 'S' && (xyz->column[c].width == 0 || xyz->column[c].width == width))
        layout->wanted[c] = column, xyz->column[c].width = width;
    column += width;
    text += used;
    if (*text != ':') break;
    text++;
  }
  return (PetscBool)(layout->species >= 0 && layout->position >= 0 && column <= AET_XYZ_COLUMNS);
}

static int SplitWords(char *line, char *words[AET_XYZ_COLUMNS])
{
  char *state = NULL;
  int   count = 0;

  for (char *word = strtok_r(line, " \t,", &state); word && count < AET_XYZ_COLUMNS; word = strtok_r(NULL, " \t,", &state))
    words[count++] = word;
  return count;
}

/* One atom; false if the words are not what the layout asks for. */
static PetscBool ParseAtom(int count, char *words[], const Layout *layout, char symbol[8], double position[3])
{
  if (count <= layout->species || count < layout->position + 3) return PETSC_FALSE;
  if (strlen(words[layout->species]) > 7) return PETSC_FALSE;
  strcpy(symbol, words[layout->species]);
  for (int a = 0; a < 3; a++) {
    char *end;
    position[a] = strtod(words[layout->position + a], &end);
    if (end == words[layout->position + a] || *end || !isfinite(position[a])) return PETSC_FALSE;
  }
  return PETSC_TRUE;
}

static PetscBool XyzRecognise(const AetFileHead *head)
{
  const char *text = (const char *)head->bytes, *end = text + head->length;
  char        line[1100], symbol[8], *words[AET_XYZ_COLUMNS];
  double      position[3];
  Layout      layout = {0, 1, {0}};
  long        count;

  if (memchr(text, 0, head->length)) return PETSC_FALSE;
  text = NextLine(text, end, line, sizeof line);
  count = text ? ParseCount(line) : -1;
  if (count < 0) return PETSC_FALSE;
  text = NextLine(text, end, line, sizeof line);
  if (!text) return PETSC_FALSE;
  if (strstr(line, "Properties=")) return PETSC_TRUE;
  if (head->bytes[0] == '%' || head->bytes[0] == '#') return PETSC_FALSE; /* a table with remarks */
  if (count == 0) { /* no atoms, unless these are numbers in rows: nothing follows a remark that is no number */
    char *stop;
    (void)strtod(line, &stop);
    return (PetscBool)(text >= end && (stop == line));
  }
  if (!NextLine(text, end, line, sizeof line)) return PETSC_FALSE;
  return ParseAtom(SplitWords(line, words), words, &layout, symbol, position);
}

/* The further columns of one atom; false if one of them is not a number. */
static PetscBool ParseFurther(int count, char *words[], const Layout *layout, AetXyz *xyz, long atom)
{
  for (int c = 0; c < xyz->columns; c++)
    for (int w = 0; w < xyz->column[c].width && xyz->column[c].data; w++) {
      double *values = xyz->column[c].data;
      char   *end;
      if (count <= layout->wanted[c] + w) return PETSC_FALSE;
      values[atom * xyz->column[c].width + w] = strtod(words[layout->wanted[c] + w], &end);
      if (end == words[layout->wanted[c] + w] || *end) return PETSC_FALSE;
    }
  return PETSC_TRUE;
}

static PetscErrorCode ParseAtoms(const char *path, const char *text, const char *end, AetXyz *xyz)
{
  Layout layout = {0, 1, {0}};
  char   line[8192], *words[AET_XYZ_COLUMNS];
  long   count;

  PetscFunctionBegin;
  text = NextLine(text, end, line, sizeof line);
  count = text ? ParseCount(line) : -1;
  AetCheck(count >= 0, AET_ERR_DATA, "%s: line 1: expected the number of atoms, found \"%.40s\"", path, text ? line : "");
  /* an atom takes at least eight bytes ("H 0 0 0" and the end of its line) */
  AetCheck(count <= (end - text) / 8 + 1 && count <= PETSC_MAX_INT, AET_ERR_READ, "%s: expected %ld atoms, found %td bytes of text", path,
           count, end - text);
  text = NextLine(text, end, line, sizeof line);
  AetCheck(text, AET_ERR_READ, "%s: line 2: expected a remark, found the end of the file", path);
  snprintf(xyz->remark, sizeof xyz->remark, "%.*s", (int)sizeof xyz->remark - 1, line);
  AetCheck(ParseProperties(line, &layout, xyz), AET_ERR_DATA,
           "%s: line 2: expected Properties with species:S:1 and pos:R:3, found \"%.80s\"", path, line);
  xyz->n = (PetscInt)count;
  PetscCall(PetscCalloc1((size_t)count, &xyz->symbols));
  PetscCall(PetscCalloc1(3 * (size_t)count, &xyz->position));
  for (int c = 0; c < xyz->columns; c++)
    if (layout.wanted[c] >= 0) PetscCall(PetscCalloc1((size_t)count * (size_t)xyz->column[c].width + 1, (double **)&xyz->column[c].data));
  for (long i = 0; i < count; i++) {
    char shown[48];
    int  found;
    text = NextLine(text, end, line, sizeof line);
    AetCheck(text, AET_ERR_READ, "%s: expected %ld atoms, found %ld", path, count, i);
    snprintf(shown, sizeof shown, "%.40s", line);
    found = SplitWords(line, words);
    AetCheck(ParseAtom(found, words, &layout, xyz->symbols[i], xyz->position + 3 * i), AET_ERR_DATA,
             "%s: line %ld: expected a symbol and finite x y z, found \"%s\"", path, i + 3, shown);
    AetCheck(ParseFurther(found, words, &layout, xyz, i), AET_ERR_DATA, "%s: line %ld: expected numbers as Properties tells, found \"%s\"",
             path, i + 3, shown);
  }
  while ((text = NextLine(text, end, line, sizeof line)))
    AetCheck(line[strspn(line, " \t")] == 0, AET_ERR_DATA, "%s: expected %ld atoms and nothing behind them, found \"%.40s\"", path, count,
             line);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetXyzFree(AetXyz *xyz)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(xyz->symbols));
  PetscCall(PetscFree(xyz->position));
  for (int c = 0; c < xyz->columns; c++) PetscCall(PetscFree(xyz->column[c].data));
  xyz->n = 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetXyzLoad(const char *path, AetXyz *xyz)
{
  char          *text;
  ptrdiff_t      bytes;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(AetFileSlurp(path, &bytes, &text));
  if (memchr(text, 0, (size_t)bytes))
    code = AetRaise(AET_ERR_DATA, "%s: expected XYZ text, found a zero byte", path);
  else
    code = ParseAtoms(path, text, text + bytes, xyz);
  PetscCall(PetscFree(text));
  if (code) PetscCall(AetXyzFree(xyz));
  PetscFunctionReturn(code);
}

/* Rank 0's further columns on every rank. Collective. */
static PetscErrorCode ShareColumns(MPI_Comm comm, AetXyz *xyz)
{
  PetscMPIInt rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Bcast(xyz->remark, sizeof xyz->remark, MPI_CHAR, 0, comm));
  for (int c = 0; c < xyz->columns; c++) {
    int            width = xyz->column[c].data ? xyz->column[c].width : 0;
    double        *values = xyz->column[c].data;
    PetscErrorCode code = PETSC_SUCCESS;
    PetscCallMPI(MPI_Bcast(&width, 1, MPI_INT, 0, comm));
    if (!width) continue;
    if (rank) code = PetscMalloc1((size_t)xyz->n * (size_t)width + 1, &values);
    PetscCall(AetAgree(comm, code));
    for (PetscInt done = 0, here; done < xyz->n; done += here) {
      here = PetscMin(xyz->n - done, 1 << 24);
      PetscCallMPI(MPI_Bcast(values + (size_t)done * (size_t)width, (int)here * width, MPI_DOUBLE, 0, comm));
    }
    xyz->column[c].width = width;
    xyz->column[c].data = values;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetXyzRead(MPI_Comm comm, const char *path, PetscInt *n, char (**symbols)[8], double **position)
{
  PetscFunctionBegin;
  PetscCall(AetXyzReadColumns(comm, path, n, symbols, position, NULL, 0, 0, NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetXyzReadColumns(MPI_Comm comm, const char *path, PetscInt *n, char (**symbols)[8], double **position, char *remark,
                                 size_t remark_size, int columns, AetColumn *column)
{
  AetXyz         xyz = {.columns = columns};
  PetscMPIInt    rank;
  PetscErrorCode code = PETSC_SUCCESS;

  PetscFunctionBegin;
  *n = 0, *symbols = NULL, *position = NULL;
  PetscCheck(columns <= AET_XYZ_WANTED, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE, "at most %d columns", AET_XYZ_WANTED);
  for (int c = 0; c < columns; c++) xyz.column[c] = column[c], xyz.column[c].data = NULL;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (rank == 0) code = AetXyzLoad(path, &xyz);
  PetscCall(AetAgree(comm, code));
  PetscCallMPI(MPI_Bcast(&xyz.n, 1, MPIU_INT, 0, comm));
  if (rank) {
    code = PetscMalloc1((size_t)xyz.n, &xyz.symbols);
    if (!code) code = PetscMalloc1(3 * (size_t)xyz.n, &xyz.position);
  }
  PetscCall(AetAgree(comm, code));
  for (PetscInt done = 0, here; done < xyz.n; done += here) {
    here = PetscMin(xyz.n - done, 1 << 24);
    PetscCallMPI(MPI_Bcast(xyz.symbols + done, (int)(8 * here), MPI_CHAR, 0, comm));
    PetscCallMPI(MPI_Bcast(xyz.position + 3 * (size_t)done, (int)(3 * here), MPI_DOUBLE, 0, comm));
  }
  PetscCall(ShareColumns(comm, &xyz));
  for (int c = 0; c < columns; c++) column[c] = xyz.column[c];
  if (remark) snprintf(remark, remark_size, "%s", xyz.remark);
  *n = xyz.n;
  *symbols = xyz.symbols;
  *position = xyz.position;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* ---------------------------------------------------------------- positions as a table of three columns */

static PetscErrorCode XyzInspect(const char *path, ptrdiff_t file_bytes, AetFormat *format, AetArrayList *list)
{
  AetXyz    xyz = {0};
  ptrdiff_t n[2] = {0, 3};

  PetscFunctionBegin;
  PetscCall(AetXyzLoad(path, &xyz));
  n[0] = xyz.n;
  PetscCall(AetXyzFree(&xyz));
  PetscCall(AetArrayListAdd(list, "position", 2, n, "float64", PETSC_TRUE, 0));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode XyzOpen(const char *path, const AetArrayInfo *info, void **state)
{
  AetXyz *xyz;

  PetscFunctionBegin;
  *state = NULL;
  PetscCall(PetscNew(&xyz));
  if (AetXyzLoad(path, xyz) || xyz->n != info->n[0]) {
    PetscCall(AetXyzFree(xyz));
    PetscCall(PetscFree(xyz));
    PetscFunctionReturn(AetRaise(AET_ERR_READ, "%s: the file changed while it was read", path));
  }
  *state = xyz;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode XyzReadRows(void *state, ptrdiff_t first, ptrdiff_t count, AetScalar as, void *values)
{
  const AetXyz *xyz = state;

  PetscFunctionBegin;
  if (as == AET_SCALAR_F32)
    AetConvertToFloat(AET_SCALAR_F64, 3 * (size_t)count, xyz->position + 3 * first, values);
  else
    AetConvertToDouble(AET_SCALAR_F64, 3 * (size_t)count, xyz->position + 3 * first, values);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode XyzClose(void **state)
{
  AetXyz *xyz = *state;

  PetscFunctionBegin;
  if (xyz) PetscCall(AetXyzFree(xyz));
  PetscCall(PetscFree(xyz));
  *state = NULL;
  PetscFunctionReturn(PETSC_SUCCESS);
}

const AetReader AetReaderXyz = {AET_FORMAT_XYZ, PETSC_FALSE, PETSC_FALSE, XyzRecognise, XyzInspect, XyzOpen, XyzReadRows, XyzClose};
