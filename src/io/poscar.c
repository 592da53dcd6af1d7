/* VASP's POSCAR: a remark, a scale, three edges, symbols, counts, positions. */
#include "io/structure_private.h"
#include <ctype.h>
#include <math.h>
#include <string.h>

enum { KINDS_MAX = 64 };

typedef struct {
  const char *path;
  char       *rest;
  int         number; /* of the line that was taken */
} Lines;

/* The next line, cut out of the text; NULL at its end. */
static char *Next(Lines *lines)
{
  char *line = lines->rest, *end;

  if (!line || !*line) return NULL;
  lines->number++;
  end = strchr(line, '\n');
  lines->rest = end ? end + 1 : line + strlen(line);
  if (end) *end = 0;
  line[strcspn(line, "\r!")] = 0; /* what follows an exclamation mark is a remark */
  return line;
}

static int Split(char *line, char *words[KINDS_MAX])
{
  char *state = NULL;
  int   count = 0;

  for (char *word = strtok_r(line, " \t", &state); word && count < KINDS_MAX; word = strtok_r(NULL, " \t", &state)) words[count++] = word;
  return count;
}

static PetscBool Numbers(const char *line, int wanted, PetscBool alone)
{
  char   copy[512], *words[KINDS_MAX];
  double value;

  snprintf(copy, sizeof copy, "%s", line);
  copy[strcspn(copy, "\r!")] = 0;
  const int count = Split(copy, words);
  if (count < wanted || (alone && count != wanted)) return PETSC_FALSE;
  for (int w = 0; w < wanted; w++)
    if (!AetParseNumber(words[w], &value)) return PETSC_FALSE;
  return PETSC_TRUE;
}

PetscBool AetPoscarRecognise(const char *text)
{
  char line[512];

  for (int number = 1; number <= 5; number++) {
    const char *end = strchr(text, '\n');
    if (!end) return PETSC_FALSE;
    snprintf(line, sizeof line, "%.*s", (int)PetscMin((size_t)(end - text), sizeof line - 1), text);
    if (number == 2 && !Numbers(line, 1, PETSC_TRUE)) return PETSC_FALSE;
    if (number > 2 && !Numbers(line, 3, PETSC_TRUE)) return PETSC_FALSE;
    text = end + 1;
  }
  return PETSC_TRUE;
}

/* The cell, and the scale of all lengths. */
static PetscErrorCode ParseCell(Lines *lines, AetStructure *structure, double *factor)
{
  double scale = 0, volume;
  char  *words[KINDS_MAX];

  PetscFunctionBegin;
  (void)Next(lines);
  (void)Split(Next(lines), words);
  (void)AetParseNumber(words[0], &scale);
  for (int v = 0; v < 3; v++) {
    (void)Split(Next(lines), words);
    for (int a = 0; a < 3; a++) (void)AetParseNumber(words[a], &structure->cell[3 * v + a]);
  }
  AetCheck(scale != 0 && AetCellIsSound(structure->cell), AET_ERR_DATA,
           "%s: lines 2 to 5: expected a scale and three edges that span a volume", lines->path);
  if (scale < 0) { /* the volume of the cell */
    const double *c = structure->cell;
    volume = c[0] * (c[4] * c[8] - c[5] * c[7]) - c[1] * (c[3] * c[8] - c[5] * c[6]) + c[2] * (c[3] * c[7] - c[4] * c[6]);
    scale = cbrt(-scale / fabs(volume));
  }
  for (int c = 0; c < 9; c++) structure->cell[c] *= scale;
  structure->has_cell = PETSC_TRUE;
  *factor = scale;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ParseKinds(Lines *lines, char symbols[KINDS_MAX][8], long counts[KINDS_MAX], int *kinds)
{
  char *line = Next(lines), *words[KINDS_MAX], *end;
  int   numbers;

  PetscFunctionBegin;
  AetCheck(line, AET_ERR_READ, "%s: line 6: expected element symbols, found the end of the file", lines->path);
  *kinds = Split(line, words);
  AetCheck(*kinds > 0, AET_ERR_DATA, "%s: line 6: expected element symbols, found an empty line", lines->path);
  for (int k = 0; k < *kinds; k++) {
    AetElementOfLabel(words[k], symbols[k]);
    AetCheck(symbols[k][0], AET_ERR_DATA, "%s: line 6: expected element symbols (as VASP 5 writes them), found \"%.20s\"", lines->path,
             words[k]);
  }
  line = Next(lines);
  AetCheck(line, AET_ERR_READ, "%s: line 7: expected numbers of atoms, found the end of the file", lines->path);
  numbers = Split(line, words);
  AetCheck(numbers == *kinds, AET_ERR_DATA, "%s: line 7: expected %d numbers of atoms, found %d", lines->path, *kinds, numbers);
  for (int k = 0; k < *kinds; k++) {
    counts[k] = strtol(words[k], &end, 10);
    AetCheck(!*end && counts[k] >= 0 && counts[k] <= 100000000, AET_ERR_DATA, "%s: line 7: expected a number of atoms, found \"%.20s\"",
             lines->path, words[k]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ParsePositions(Lines *lines, PetscBool direct, double scale, const char symbols[KINDS_MAX][8],
                                     const long counts[KINDS_MAX], int kinds, AetStructure *structure)
{
  PetscFunctionBegin;
  for (int k = 0; k < kinds; k++)
    for (long i = 0; i < counts[k]; i++) {
      char  *line = Next(lines), *words[KINDS_MAX], shown[48];
      double u[3], x[3];
      int    good;

      AetCheck(line, AET_ERR_READ, "%s: expected %ld atoms of %s, found %ld", lines->path, counts[k], symbols[k], i);
      snprintf(shown, sizeof shown, "%.40s", line);
      good = Split(line, words) >= 3;
      for (int a = 0; a < 3 && good; a++) good = AetParseNumber(words[a], &u[a]);
      AetCheck(good, AET_ERR_DATA, "%s: line %d: expected three numbers, found \"%s\"", lines->path, lines->number, shown);
      for (int a = 0; a < 3; a++) x[a] = scale * u[a];
      if (direct) AetCellPosition(structure->cell, u, x);
      PetscCall(AetStructureAdd(structure, symbols[k], x));
    }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetPoscarParse(const char *path, char *text, AetStructure *structure)
{
  Lines  lines = {path, text, 0};
  char   symbols[KINDS_MAX][8], *line;
  long   counts[KINDS_MAX];
  double scale = 1;
  int    kinds, first;

  PetscFunctionBegin;
  PetscCall(ParseCell(&lines, structure, &scale));
  PetscCall(ParseKinds(&lines, symbols, counts, &kinds));
  line = Next(&lines);
  if (line && toupper((unsigned char)line[strspn(line, " \t")]) == 'S') line = Next(&lines); /* selective dynamics */
  AetCheck(line, AET_ERR_READ, "%s: expected Direct or Cartesian, found the end of the file", path);
  first = toupper((unsigned char)line[strspn(line, " \t")]);
  AetCheck(first == 'D' || first == 'C' || first == 'K', AET_ERR_DATA, "%s: line %d: expected Direct or Cartesian, found \"%.40s\"", path,
           lines.number, line);
  PetscCall(ParsePositions(&lines, (PetscBool)(first == 'D'), scale, (const char(*)[8])symbols, counts, kinds, structure));
  PetscFunctionReturn(PETSC_SUCCESS);
}
