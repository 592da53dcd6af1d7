/* What the tables say to people: -help, and configs/reference.yaml. */
#include "base/options_private.h"
#include <ctype.h>
#include <string.h>

static const char *TypeName(const AetOption *option)
{
  switch (option->type) {
  case AET_OPTION_BOOL:
    return "true|false";
  case AET_OPTION_INT:
    return "N";
  case AET_OPTION_REAL:
    return "X";
  case AET_OPTION_TEXT:
    return "TEXT";
  case AET_OPTION_FILE:
    return "FILE";
  case AET_OPTION_ENUM:
    return option->choices;
  case AET_OPTION_TEXTS:
    return "A,B,…";
  case AET_OPTION_REALS:
    return "X,Y,…";
  }
  return "";
}

/* "unit; 1 to 8; default 2", whatever of it there is. */
static void Facts(const AetOption *option, PetscBool with_default, char *text, size_t size)
{
  char        range[64] = "";
  const char *parts[3] = {option->unit, range, ""};
  char        fallback[256] = "";
  size_t      used = 0;

  if (option->min != option->max && option->max >= 1e9)
    snprintf(range, sizeof range, "at least %g", option->min);
  else if (option->min != option->max)
    snprintf(range, sizeof range, "%g to %g", option->min, option->max);
  if (with_default && option->fallback[0]) snprintf(fallback, sizeof fallback, "default %s", option->fallback);
  parts[2] = fallback;
  text[0] = 0;
  for (int i = 0; i < 3; i++)
    if (parts[i][0] && used < size) used += (size_t)snprintf(text + used, size - used, "%s%s", used ? "; " : "", parts[i]);
}

PetscErrorCode AetOptionsHelp(FILE *file)
{
  const AetOptionTable *const *tables;
  int                          count = AetOptionTables(&tables);
  char                         facts[512];

  PetscFunctionBegin;
  for (int t = 0; t < count; t++) {
    fprintf(file, "%s%s\n", t ? "\n" : "", tables[t]->title);
    for (int i = 0; i < tables[t]->count; i++) {
      const AetOption *option = &tables[t]->options[i];
      Facts(option, PETSC_TRUE, facts, sizeof facts);
      fprintf(file, "  -%s %s\n      %s%s%s%s\n", option->key, TypeName(option), option->help, facts[0] ? " (" : "", facts,
              facts[0] ? ")" : "");
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A word as YAML: plain where every reader of YAML takes it for itself, quoted otherwise. */
static void WriteWord(FILE *file, const char *word)
{
  PetscBool plain = (PetscBool)(isalnum((unsigned char)word[0]) || (word[0] == '-' && isdigit((unsigned char)word[1])) || word[0] == '.');

  for (const char *c = word; *c; c++)
    if (!isalnum((unsigned char)*c) && !strchr("_./+-", *c)) plain = PETSC_FALSE;
  if (!plain) fputc('"', file);
  for (const char *c = word; *c; c++) {
    if (!plain && (*c == '"' || *c == '\\')) fputc('\\', file);
    fputc(*c, file);
  }
  if (!plain) fputc('"', file);
}

static void WriteDefault(FILE *file, const AetOption *option)
{
  char        word[256];
  const char *c = option->fallback, *separator = "";

  if (option->type != AET_OPTION_TEXTS && option->type != AET_OPTION_REALS) {
    WriteWord(file, option->fallback);
    return;
  }
  fputc('[', file);
  for (size_t length; *(c += strspn(c, ", []")); c += length) {
    length = strcspn(c, ", []");
    snprintf(word, sizeof word, "%.*s", (int)length, c);
    fputs(separator, file);
    WriteWord(file, word);
    separator = ", ";
  }
  fputc(']', file);
}

/* One key: what it means, then `name: default`, commented out where it has none. */
static void WriteKey(FILE *file, const AetOption *option, const char *name, const char *indent)
{
  char facts[512];

  Facts(option, PETSC_FALSE, facts, sizeof facts);
  fprintf(file, "%s# %s%s%s%s\n", indent, option->help, facts[0] ? " (" : "", facts, facts[0] ? ")" : "");
  if (option->choices) fprintf(file, "%s# %s\n", indent, option->choices);
  if (!option->fallback[0]) {
    fprintf(file, "%s# %s: %s\n", indent, name, TypeName(option));
    return;
  }
  fprintf(file, "%s%s: ", indent, name);
  WriteDefault(file, option);
  fputc('\n', file);
}

/* Length of the first word of a key that is the name of a section, 0 for a key that stands alone: one without `_`, or one whose first
   word is a key itself (a YAML key cannot be both a value and a map). */
static size_t SectionLength(const char *key)
{
  const size_t length = strcspn(key, "_");
  char         word[AET_KEY_SIZE];

  snprintf(word, sizeof word, "%.*s", (int)length, key);
  return key[length] && !AetOptionFind(word) ? length : 0;
}

static PetscBool InSection(const char *key, const char *section, size_t length)
{
  return (PetscBool)(SectionLength(key) == length && !strncmp(key, section, length));
}

/* Visits the options in table order. */
static const AetOption *Next(int *table, int *index)
{
  const AetOptionTable *const *tables;
  int                          count = AetOptionTables(&tables);

  while (*table < count && *index >= tables[*table]->count) (*table)++, *index = 0;
  return *table < count ? &tables[*table]->options[(*index)++] : NULL;
}

static PetscBool SectionBegan(const AetOption *option, size_t length)
{
  const AetOption *other;

  for (int t = 0, i = 0; (other = Next(&t, &i)) != option;)
    if (InSection(other->key, option->key, length)) return PETSC_TRUE;
  return PETSC_FALSE;
}

PetscErrorCode AetOptionsReference(FILE *file)
{
  const AetOptionTable *const *tables;
  const AetOption             *option, *member;

  PetscFunctionBegin;
  (void)AetOptionTables(&tables);
  fprintf(file,
          "# Every key of aet4d %s with its default. A key in a section is the option -SECTION_KEY of the command line,\n"
          "# which overrides what stands here. Paths are seen from the folder of the file that names them.\n\n",
          AetVersion());
  for (int t = 0, i = 0; (option = Next(&t, &i));)
    if (!SectionLength(option->key)) WriteKey(file, option, option->key, "");
  for (int t = 0, i = 0; (option = Next(&t, &i));) {
    size_t length = SectionLength(option->key);
    if (!length || SectionBegan(option, length)) continue;
    fprintf(file, "\n# %s\n%.*s:\n", tables[t]->title, (int)length, option->key);
    for (int u = 0, j = 0; (member = Next(&u, &j));)
      if (InSection(member->key, option->key, length)) WriteKey(file, member, member->key + length + 1, "  ");
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
