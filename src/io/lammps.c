/* LAMMPS data files of style atomic, in an orthogonal box. */
#include "io/structure_private.h"
#include <ctype.h>
#include <math.h>
#include <string.h>

enum { TYPES_MAX = 64, WORDS = 16 };

typedef struct {
  const char *path;
  char       *rest;
  int         number; /* of the line that was taken */
  char       *remark; /* what stands behind # in it; "" if nothing */
} Lines;

/* The next line, cut out of the text; NULL at its end. */
static char *Next(Lines *lines)
{
  static char none[1] = "";
  char       *line = lines->rest, *end;

  if (!line || !*line) return NULL;
  lines->number++;
  end = strchr(line, '\n');
  lines->rest = end ? end + 1 : line + strlen(line);
  if (end) *end = 0;
  line[strcspn(line, "\r")] = 0;
  lines->remark = strchr(line, '#');
  if (lines->remark) *lines->remark++ = 0;
  if (!lines->remark) lines->remark = none;
  return line;
}

static int Split(char *line, char *words[WORDS])
{
  char *state = NULL;
  int   count = 0;

  for (char *word = strtok_r(line, " \t", &state); word && count < WORDS; word = strtok_r(NULL, " \t", &state)) words[count++] = word;
  return count;
}

/* Among the first lines, the second of which is empty or a count, stands `N atoms`. */
PetscBool AetLammpsRecognise(const char *text)
{
  long count;
  int  used;

  text = strchr(text, '\n');
  for (int line = 2; text && line <= 12; line++) {
    used = 0;
    text++;
    if (sscanf(text, " %ld atoms%n", &count, &used) == 1 && used > 0 && (!text[used] || isspace((unsigned char)text[used])))
      return PETSC_TRUE;
    text = strchr(text, '\n');
  }
  return PETSC_FALSE;
}

typedef struct {
  long   atoms, types;
  double low[3], high[3];
  char   symbol[TYPES_MAX + 1][8];
} Header;

/* The element of a type: the remark behind its mass, else the element of that mass. */
static void ElementOf(const char *remark, double mass, char symbol[8])
{
  AetElementOfLabel(remark + strspn(remark, " \t"), symbol);
  for (int Z = 1; !symbol[0] && AetElementSymbol(Z); Z++)
    if (fabs(AetAtomicMass(Z) - mass) < 0.05) snprintf(symbol, 8, "%s", AetElementSymbol(Z));
}

static PetscErrorCode TakeHeader(const Lines *lines, int count, char *words[WORDS], Header *header)
{
  double value = 0;

  PetscFunctionBegin;
  if (count >= 2 && !strcmp(words[1], "atoms")) header->atoms = strtol(words[0], NULL, 10);
  if (count >= 3 && !strcmp(words[1], "atom") && !strcmp(words[2], "types")) header->types = strtol(words[0], NULL, 10);
  for (int a = 0; a < 3; a++) {
    static const char *const name[] = {"xlo", "ylo", "zlo"};
    if (count < 4 || strcmp(words[2], name[a])) continue;
    AetCheck(AetParseNumber(words[0], &header->low[a]) && AetParseNumber(words[1], &header->high[a]) && header->low[a] < header->high[a],
             AET_ERR_DATA, "%s: line %d: expected the ends of the box, found %.20s %.20s", lines->path, lines->number, words[0], words[1]);
  }
  if (count >= 6 && !strcmp(words[3], "xy"))
    for (int w = 0; w < 3; w++)
      AetCheck(AetParseNumber(words[w], &value) && value == 0, AET_ERR_DATA,
               "%s: line %d: expected an orthogonal box, found the tilt %.20s", lines->path, lines->number, words[w]);
  AetCheck(header->atoms >= 0 && header->types >= 0 && header->types <= TYPES_MAX, AET_ERR_DATA,
           "%s: line %d: expected a number of atoms and at most %d types", lines->path, lines->number, TYPES_MAX);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TakeMass(const Lines *lines, int count, char *words[WORDS], Header *header)
{
  const long type = count >= 2 ? strtol(words[0], NULL, 10) : 0;
  double     mass;

  PetscFunctionBegin;
  AetCheck(type >= 1 && type <= header->types && AetParseNumber(words[1], &mass), AET_ERR_DATA,
           "%s: line %d: expected a type and its mass, found %d words", lines->path, lines->number, count);
  ElementOf(lines->remark, mass, header->symbol[type]);
  AetCheck(header->symbol[type][0], AET_ERR_DATA, "%s: line %d: expected the mass of an element, found %g", lines->path, lines->number,
           mass);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TakeAtom(const Lines *lines, int count, char *words[WORDS], const Header *header, AetStructure *structure)
{
  const long type = count >= 5 ? strtol(words[1], NULL, 10) : 0;
  double     x[3] = {0};
  int        good = type >= 1 && type <= header->types;

  PetscFunctionBegin;
  for (int a = 0; a < 3 && good; a++) good = AetParseNumber(words[2 + a], &x[a]);
  AetCheck(good, AET_ERR_DATA, "%s: line %d: expected number, type, x, y, z of an atom (style atomic)", lines->path, lines->number);
  AetCheck(header->symbol[type][0], AET_ERR_DATA, "%s: line %d: expected the mass of type %ld under Masses", lines->path, lines->number,
           type);
  PetscCall(AetStructureAdd(structure, header->symbol[type], x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetLammpsParse(const char *path, char *text, AetStructure *structure)
{
  enum { HEADER, MASSES, ATOMS, OTHER } section = HEADER;
  Lines  lines = {path, text, 0, NULL};
  Header header = {0};
  char  *line, *words[WORDS], style[16];
  int    count;

  PetscFunctionBegin;
  (void)Next(&lines); /* a remark */
  while ((line = Next(&lines))) {
    count = Split(line, words);
    if (!count) continue;
    if (isalpha((unsigned char)words[0][0])) {
      section = !strcmp(words[0], "Masses") ? MASSES : !strcmp(words[0], "Atoms") ? ATOMS : OTHER;
      if (section != ATOMS || sscanf(lines.remark, "%15s", style) != 1) continue;
      AetCheck(!strcmp(style, "atomic"), AET_ERR_DATA, "%s: line %d: expected atoms of style atomic, found %s", path, lines.number, style);
    } else if (section == HEADER)
      PetscCall(TakeHeader(&lines, count, words, &header));
    else if (section == MASSES)
      PetscCall(TakeMass(&lines, count, words, &header));
    else if (section == ATOMS)
      PetscCall(TakeAtom(&lines, count, words, &header, structure));
  }
  AetCheck(structure->n == header.atoms, AET_ERR_READ, "%s: expected %ld atoms, found %d", path, header.atoms, (int)structure->n);
  for (int a = 0; a < 3; a++) structure->cell[4 * a] = header.high[a] - header.low[a];
  structure->has_cell = AetCellIsSound(structure->cell);
  PetscFunctionReturn(PETSC_SUCCESS);
}
