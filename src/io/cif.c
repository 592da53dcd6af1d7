/* Crystallographic information files with all atoms written out (space group P1). Hall, Allen and Brown, Acta Cryst. A47 (1991) 655. */
#include "io/structure_private.h"
#include <ctype.h>
#include <math.h>
#include <string.h>
#include <strings.h>

enum { WORD_SIZE = 256, COLUMNS_MAX = 128 };
typedef enum { END, TAG, LOOP, BLOCK, VALUE } Kind;
enum { LABEL, TYPE, FRACT, CARTN = FRACT + 3, OCCUPANCY = CARTN + 3, COLUMNS_WANTED };

typedef struct {
  const char *path, *at, *begin;
  int         line; /* where the word stands */
  Kind        kind;
  char        word[WORD_SIZE];
} Reader;

PetscBool AetCifRecognise(const char *text)
{
  while (*text) {
    text += strspn(text, " \t\r\n");
    if (*text != '#') break;
    text += strcspn(text, "\n");
  }
  return (PetscBool)!strncasecmp(text, "data_", 5);
}

static void Take(Reader *r, const char *from, size_t length)
{
  snprintf(r->word, sizeof r->word, "%.*s", (int)PetscMin(length, sizeof r->word - 1), from);
}

/* A quoted word ends at its quote before a blank. */
static void TakeQuoted(Reader *r)
{
  const char quote = *r->at++, *from = r->at;

  while (*r->at && *r->at != '\n' && !(*r->at == quote && (!r->at[1] || isspace((unsigned char)r->at[1])))) r->at++;
  Take(r, from, (size_t)(r->at - from));
  if (*r->at == quote) r->at++;
}

/* A text between semicolons at the beginnings of lines. */
static void TakeText(Reader *r)
{
  const char *from = ++r->at, *end = strstr(from, "\n;");

  r->at = end ? end + 2 : from + strlen(from);
  Take(r, from, (size_t)((end ? end : r->at) - from));
  for (const char *c = from; c < r->at; c++) r->line += *c == '\n';
}

static void Next(Reader *r)
{
  for (;;) {
    while (isspace((unsigned char)*r->at)) r->line += *r->at++ == '\n';
    if (*r->at != '#') break;
    r->at += strcspn(r->at, "\n");
  }
  r->kind = *r->at ? VALUE : END;
  if (r->kind == END) return;
  if (*r->at == '\'' || *r->at == '"') {
    TakeQuoted(r);
  } else if (*r->at == ';' && (r->at == r->begin || r->at[-1] == '\n')) {
    TakeText(r);
  } else {
    const size_t length = strcspn(r->at, " \t\r\n");
    Take(r, r->at, length);
    r->at += length;
    if (r->word[0] == '_') r->kind = TAG;
    if (!strcasecmp(r->word, "loop_")) r->kind = LOOP;
    if (!strncasecmp(r->word, "data_", 5)) r->kind = BLOCK;
  }
}

typedef struct {
  double cell[6]; /* a, b, c, alpha, beta, gamma */
  int    known;   /* bits of cell */
  long   operations;
} Header;

static PetscErrorCode TakeNumber(const Reader *r, const char *what, double *value)
{
  PetscFunctionBegin;
  AetCheck(AetParseNumber(r->word, value), AET_ERR_DATA, "%s: line %d: expected a number for %s, found \"%.40s\"", r->path, r->line, what,
           r->word);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Letters and digits of a space group's name: "P 1" and "P_1" are P1. */
static PetscBool IsP1(const char *name)
{
  char short_name[8] = "";
  int  n = 0;

  for (; *name && n < 7; name++)
    if (!isspace((unsigned char)*name) && *name != '_') short_name[n++] = *name;
  return (PetscBool)(!strcasecmp(short_name, "P1") || !strcmp(short_name, "?") || !strcmp(short_name, "."));
}

static PetscErrorCode TakeItem(Reader *r, const char *tag, Header *header)
{
  static const char *const cell[] = {"_cell_length_a",    "_cell_length_b",   "_cell_length_c",
                                     "_cell_angle_alpha", "_cell_angle_beta", "_cell_angle_gamma"};

  PetscFunctionBegin;
  for (int c = 0; c < 6; c++)
    if (!strcasecmp(tag, cell[c])) {
      PetscCall(TakeNumber(r, cell[c], &header->cell[c]));
      header->known |= 1 << c;
    }
  if (!strcasecmp(tag, "_symmetry_space_group_name_H-M") || !strcasecmp(tag, "_space_group_name_H-M_alt"))
    AetCheck(IsP1(r->word), AET_ERR_DATA, "%s: line %d: expected space group P1 (all atoms written out), found \"%.40s\"", r->path, r->line,
             r->word);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* a along x, b in the plane of x and y. */
static PetscErrorCode MakeCell(const char *path, const Header *header, double cell[9])
{
  const double *p = header->cell;
  double        ca = cos(p[3] * AET_DEG), cb = cos(p[4] * AET_DEG), cg = cos(p[5] * AET_DEG), sg = sin(p[5] * AET_DEG), cy, cz2;

  PetscFunctionBegin;
  AetCheck(header->known == 63, AET_ERR_DATA, "%s: expected _cell_length_a ... _cell_angle_gamma, found not all of them", path);
  cy = (ca - cb * cg) / sg;
  cz2 = 1 - cb * cb - cy * cy;
  memset(cell, 0, 9 * sizeof *cell);
  cell[0] = p[0];
  cell[3] = p[1] * cg, cell[4] = p[1] * sg;
  cell[6] = p[2] * cb, cell[7] = p[2] * cy, cell[8] = p[2] * sqrt(fmax(cz2, 0));
  AetCheck(p[0] > 0 && p[1] > 0 && p[2] > 0 && AetCellIsSound(cell), AET_ERR_DATA,
           "%s: expected a cell that has a volume, found edges %g %g %g and angles %g %g %g", path, p[0], p[1], p[2], p[3], p[4], p[5]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static int WantedColumn(const char *tag)
{
  static const char *const names[COLUMNS_WANTED] = {"_atom_site_label",   "_atom_site_type_symbol", "_atom_site_fract_x",
                                                    "_atom_site_fract_y", "_atom_site_fract_z",     "_atom_site_Cartn_x",
                                                    "_atom_site_Cartn_y", "_atom_site_Cartn_z",     "_atom_site_occupancy"};

  for (int c = 0; c < COLUMNS_WANTED; c++)
    if (!strcasecmp(tag, names[c])) return c;
  return -1;
}

/* One row of the loop of atoms. */
static PetscErrorCode TakeAtom(const Reader *r, const Header *header, const int has[COLUMNS_WANTED], char word[COLUMNS_WANTED][WORD_SIZE],
                               AetStructure *structure)
{
  const int first = has[FRACT] ? FRACT : CARTN;
  char      symbol[8];
  double    u[3], x[3], occupancy = 1;

  PetscFunctionBegin;
  AetElementOfLabel(has[TYPE] ? word[TYPE] : word[LABEL], symbol);
  AetCheck(symbol[0], AET_ERR_DATA, "%s: line %d: expected an element, found \"%.20s\"", r->path, r->line,
           has[TYPE] ? word[TYPE] : word[LABEL]);
  for (int a = 0; a < 3; a++)
    AetCheck(AetParseNumber(word[first + a], &u[a]), AET_ERR_DATA, "%s: line %d: expected a coordinate, found \"%.40s\"", r->path, r->line,
             word[first + a]);
  if (has[OCCUPANCY]) (void)AetParseNumber(word[OCCUPANCY], &occupancy);
  AetCheck(occupancy > 0.999, AET_ERR_DATA, "%s: line %d: expected sites that are fully occupied, found %g", r->path, r->line, occupancy);
  memcpy(x, u, sizeof x);
  if (first == FRACT) {
    if (!structure->has_cell) PetscCall(MakeCell(r->path, header, structure->cell));
    structure->has_cell = PETSC_TRUE;
    AetCellPosition(structure->cell, u, x);
  }
  PetscCall(AetStructureAdd(structure, symbol, x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TakeRows(Reader *r, int columns, const int which[COLUMNS_MAX], const int has[COLUMNS_WANTED], const Header *header,
                               AetStructure *structure)
{
  char word[COLUMNS_WANTED][WORD_SIZE];

  PetscFunctionBegin;
  AetCheck((has[FRACT] && has[FRACT + 1] && has[FRACT + 2]) || (has[CARTN] && has[CARTN + 1] && has[CARTN + 2]), AET_ERR_DATA,
           "%s: line %d: expected _atom_site_fract_x, _y, _z or _atom_site_Cartn_x, _y, _z", r->path, r->line);
  AetCheck(has[LABEL] || has[TYPE], AET_ERR_DATA, "%s: line %d: expected _atom_site_type_symbol or _atom_site_label", r->path, r->line);
  while (r->kind == VALUE) {
    for (int c = 0; c < columns; c++) {
      AetCheck(r->kind == VALUE, AET_ERR_READ, "%s: line %d: expected %d values for an atom, found %d", r->path, r->line, columns, c);
      if (which[c] >= 0) memcpy(word[which[c]], r->word, sizeof word[0]);
      if (c + 1 < columns) Next(r);
    }
    PetscCall(TakeAtom(r, header, has, word, structure));
    Next(r);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TakeLoop(Reader *r, Header *header, AetStructure *structure)
{
  int which[COLUMNS_MAX], has[COLUMNS_WANTED] = {0}, columns = 0, atoms = 0, symmetry = 0;

  PetscFunctionBegin;
  for (Next(r); r->kind == TAG; Next(r)) {
    AetCheck(columns < COLUMNS_MAX, AET_ERR_DATA, "%s: line %d: expected at most %d columns in a loop", r->path, r->line, COLUMNS_MAX);
    which[columns] = WantedColumn(r->word);
    if (which[columns] >= 0) has[which[columns]] = 1;
    if (which[columns] >= FRACT && which[columns] < OCCUPANCY) atoms = 1;
    if (!strcasecmp(r->word, "_symmetry_equiv_pos_as_xyz") || !strcasecmp(r->word, "_space_group_symop_operation_xyz")) symmetry = 1;
    columns++;
  }
  AetCheck(columns > 0, AET_ERR_DATA, "%s: line %d: expected names of columns behind loop_, found \"%.40s\"", r->path, r->line, r->word);
  if (atoms) {
    PetscCall(TakeRows(r, columns, which, has, header, structure));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  for (; r->kind == VALUE; Next(r)) header->operations += symmetry;
  AetCheck(!symmetry || header->operations <= columns, AET_ERR_DATA,
           "%s: line %d: expected space group P1 (all atoms written out), found %ld symmetry operations", r->path, r->line,
           header->operations / columns);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetCifParse(const char *path, const char *text, AetStructure *structure)
{
  Reader r = {.path = path, .at = text, .begin = text, .line = 1};
  Header header = {{0}, 0, 0};
  int    blocks = 0;
  char   tag[WORD_SIZE];

  PetscFunctionBegin;
  Next(&r);
  while (r.kind != END) {
    if (r.kind == BLOCK && blocks++ && structure->n) break; /* the first block that holds atoms */
    if (r.kind == LOOP) {
      PetscCall(TakeLoop(&r, &header, structure));
      continue;
    }
    if (r.kind == TAG) {
      memcpy(tag, r.word, sizeof tag);
      Next(&r);
      AetCheck(r.kind == VALUE, AET_ERR_DATA, "%s: line %d: expected a value of %.60s", path, r.line, tag);
      PetscCall(TakeItem(&r, tag, &header));
    }
    Next(&r);
  }
  AetCheck(structure->n > 0, AET_ERR_DATA, "%s: expected a loop of _atom_site_fract_x, _y, _z, found no atoms", path);
  PetscFunctionReturn(PETSC_SUCCESS);
}
