/* Edits as text: those that the user gives, and the log of those that were made. */
#include <aet4d/atoms.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS_MOST = 6, WORD = 64, LINE = 256 };

static const char *const kinds[] = {"add", "delete", "swap", "veto"};         /* order of AetEditKind */
static const char *const decisions[] = {"done", "refused", "vetoed", "user"}; /* of AetEditDecision */
static const char        expected[] = "add SPECIES x y z, delete x y z, swap SPECIES x y z or veto x y z";

/* The words of a line up to its comment; one too many counts as such. */
static int Split(const char *line, size_t length, char word[WORDS_MOST][WORD])
{
  int count = 0;

  for (size_t i = 0; i < length && line[i] != '#';) {
    size_t used = 0;
    while (i < length && strchr(" \t\r,", line[i])) i++;
    if (i == length || line[i] == '#') break;
    if (count == WORDS_MOST) return count + 1;
    for (; i < length && !strchr(" \t\r,#", line[i]); i++)
      if (used + 1 < WORD) word[count][used++] = line[i];
    word[count++][used] = 0;
  }
  return count;
}

static PetscErrorCode Parse(const char *path, int line, const char *text, size_t length, int species_count, const char symbol[][8],
                            AetEdit *edit, PetscBool *found)
{
  char      word[WORDS_MOST][WORD];
  const int words = Split(text, length, word), shown = (int)PetscMin(length, 60);
  int       kind = 0, first;

  PetscFunctionBegin;
  *found = (PetscBool)(words > 0);
  if (!words) PetscFunctionReturn(PETSC_SUCCESS);
  *edit = (AetEdit){.from = AET_SPECIES_NONE, .to = AET_SPECIES_NONE, .decision = AET_EDIT_USER};
  while (kind <= AET_EDIT_VETO && strcmp(word[0], kinds[kind])) kind++;
  first = kind == AET_EDIT_ADD || kind == AET_EDIT_SWAP ? 2 : 1;
  AetCheck(kind <= AET_EDIT_VETO && words == first + 3, AET_ERR_DATA, "%s:%d: expected %s; found \"%.*s\"", path, line, expected, shown,
           text);
  edit->kind = (AetEditKind)kind;
  for (int s = 0; first == 2 && s < species_count; s++)
    if (!strcmp(word[1], symbol[s])) edit->to = s;
  AetCheck(first == 1 || edit->to >= 0, AET_ERR_DATA, "%s:%d: expected a species of the atoms (%s%s), found %s", path, line, symbol[0],
           species_count > 1 ? ", ..." : "", word[1]);
  for (int a = 0; a < 3; a++) {
    char *end;
    edit->position[a] = strtod(word[first + a], &end);
    AetCheck(end != word[first + a] && !*end && isfinite(edit->position[a]), AET_ERR_DATA, "%s:%d: expected a number in Å for %c, found %s",
             path, line, "xyz"[a], word[first + a]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ParseAll(const char *path, const char *text, size_t length, int species_count, const char symbol[][8],
                               PetscInt *count, AetEdit *edits)
{
  int line = 1;

  PetscFunctionBegin;
  AetCheck(!memchr(text, 0, length), AET_ERR_DATA, "%s: expected a text file of edits (%s), found binary data", path, expected);
  for (size_t at = 0; at < length; line++) {
    const char *end = memchr(text + at, '\n', length - at);
    size_t      size = end ? (size_t)(end - text) - at : length - at;
    PetscBool   found;
    PetscCall(Parse(path, line, text + at, size, species_count, symbol, &edits[*count], &found));
    *count += found;
    at += size + 1;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetEditsRead(MPI_Comm comm, const char *path, int species_count, const char symbol[][8], PetscInt *count, AetEdit **edits)
{
  char          *text;
  size_t         length, lines = 1;
  PetscErrorCode code;

  PetscFunctionBegin;
  *count = 0, *edits = NULL;
  PetscCall(AetTextRead(comm, path, &text, &length));
  for (size_t i = 0; i < length; i++) lines += text[i] == '\n';
  PetscCall(PetscMalloc1(lines, edits));
  code = ParseAll(path, text, length, species_count, symbol, count, *edits); /* the same text on every rank, the same answer */
  free(text);
  if (code) PetscCall(PetscFree(*edits));
  PetscFunctionReturn(code);
}

PetscErrorCode AetEditsWrite(const char *path, const char symbol[][8], PetscInt count, const AetEdit *edits)
{
  const size_t   size = (size_t)(count + 1) * LINE;
  size_t         used;
  PetscErrorCode code;
  char          *text;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(size, &text));
  used = (size_t)snprintf(text, size,
                          "round,kind,from,to,x_angstrom,y_angstrom,z_angstrom,height,log_likelihood_ratio,log_prior_odds,decision\n");
  for (PetscInt k = 0; k < count; k++) {
    const AetEdit *e = &edits[k];
    used += (size_t)snprintf(text + used, size - used, "%d,%s,%s,%s,%.4f,%.4f,%.4f,%.6g,%.6g,%.6g,%s\n", (int)e->round, kinds[e->kind],
                             e->from >= 0 ? symbol[e->from] : "", e->to >= 0 ? symbol[e->to] : "", e->position[0], e->position[1],
                             e->position[2], e->height, e->log_ratio, e->log_prior, decisions[e->decision]);
  }
  code = AetTextWrite(path, text, used);
  PetscCall(PetscFree(text));
  PetscFunctionReturn(code);
}
