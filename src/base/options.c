/* Options: tables of the modules over the PETSc options database. */
#include "base/options_private.h"
#include <string.h>

#define AET_TABLES_MAX 32

static const AetOptionTable *aet_tables[AET_TABLES_MAX];
static int                   aet_table_count;

PetscErrorCode AetOptionsRegister(const AetOptionTable *table)
{
  PetscFunctionBegin;
  for (int i = 0; i < aet_table_count; i++)
    if (aet_tables[i] == table) PetscFunctionReturn(PETSC_SUCCESS);
  PetscAssert(aet_table_count < AET_TABLES_MAX, PETSC_COMM_SELF, PETSC_ERR_PLIB, "too many option tables");
  aet_tables[aet_table_count++] = table;
  PetscFunctionReturn(PETSC_SUCCESS);
}

int AetOptionTables(const AetOptionTable *const **tables)
{
  *tables = aet_tables;
  return aet_table_count;
}

const AetOption *AetOptionFind(const char *key)
{
  for (int t = 0; t < aet_table_count; t++)
    for (int i = 0; i < aet_tables[t]->count; i++)
      if (!strcmp(aet_tables[t]->options[i].key, key)) return &aet_tables[t]->options[i];
  return NULL;
}

/* The text of an option, set or default, in `value`. */
PetscErrorCode AetOptionText(const char *key, char *value, size_t size, PetscBool *set)
{
  const AetOption *option = AetOptionFind(key);
  char             name[256];

  PetscFunctionBegin;
  PetscCheck(option, PETSC_COMM_SELF, PETSC_ERR_ARG_WRONG, "option %s is in no registered table", key);
  snprintf(name, sizeof name, "-%s", key);
  value[0] = 0;
  PetscCall(PetscOptionsGetString(NULL, NULL, name, value, size, set));
  if (!*set) snprintf(value, size, "%s", option->fallback);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetOptionsForEach(void (*visit)(const AetOption *option, const char *value, void *context), void *context)
{
  char      text[4096];
  PetscBool set;

  PetscFunctionBegin;
  for (int t = 0; t < aet_table_count; t++)
    for (int i = 0; i < aet_tables[t]->count; i++) {
      PetscCall(AetOptionText(aet_tables[t]->options[i].key, text, sizeof text, &set));
      visit(&aet_tables[t]->options[i], text, context);
    }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetOptionIsSet(const char *key, PetscBool *set)
{
  char name[256];

  PetscFunctionBegin;
  snprintf(name, sizeof name, "-%s", key);
  PetscCall(PetscOptionsHasName(NULL, NULL, name, set));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetOptionGetText(const char *key, char *value, size_t size)
{
  PetscBool set;

  PetscFunctionBegin;
  PetscCall(AetOptionText(key, value, size, &set));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetOptionGetBool(const char *key, PetscBool *value)
{
  char      text[64];
  PetscBool set;

  PetscFunctionBegin;
  PetscCall(AetOptionText(key, text, sizeof text, &set));
  if (set && !text[0])
    *value = PETSC_TRUE; /* `-resume` alone */
  else if (AetParseBool(text, value))
    AetCheck(0, AET_ERR_INPUT, "%s: expected true or false, found \"%s\"", key, text);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetOptionGetReal(const char *key, double *value)
{
  const AetOption *option = AetOptionFind(key);
  char             text[64];
  PetscBool        set;

  PetscFunctionBegin;
  PetscCall(AetOptionText(key, text, sizeof text, &set));
  AetCheck(!AetParseReal(text, value), AET_ERR_INPUT, "%s: expected a number, found \"%s\"", key, text);
  AetCheck(option->min == option->max || (*value >= option->min && *value <= option->max), AET_ERR_INPUT,
           "%s: expected %g to %g%s%s, found %s", key, option->min, option->max, option->unit[0] ? " " : "", option->unit, text);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetOptionGetInt(const char *key, PetscInt *value)
{
  double real;

  PetscFunctionBegin;
  PetscCall(AetOptionGetReal(key, &real));
  AetCheck(real == (double)(PetscInt)real, AET_ERR_INPUT, "%s: expected a whole number, found %g", key, real);
  *value = (PetscInt)real;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetOptionGetEnum(const char *key, int *value)
{
  const AetOption *option = AetOptionFind(key);
  char             text[128];
  PetscBool        set;

  PetscFunctionBegin;
  PetscCall(AetOptionText(key, text, sizeof text, &set));
  *value = AetChoiceIndex(option->choices, text);
  AetCheck(*value >= 0, AET_ERR_INPUT, "%s: expected %s, found \"%s\"", key, option->choices, text);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetOptionGetTexts(const char *key, int *count, char ***values)
{
  char      text[4096], *state = NULL;
  PetscBool set;

  PetscFunctionBegin;
  PetscCall(AetOptionText(key, text, sizeof text, &set));
  *count = 0;
  PetscCall(PetscCalloc1(strlen(text) / 2 + 2, values));
  for (char *word = strtok_r(text, ", []", &state); word; word = strtok_r(NULL, ", []", &state))
    PetscCall(PetscStrallocpy(word, &(*values)[(*count)++]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetOptionGetReals(const char *key, int *count, double **values)
{
  char **words;

  PetscFunctionBegin;
  PetscCall(AetOptionGetTexts(key, count, &words));
  PetscCall(PetscMalloc1(*count + 1, values));
  for (int i = 0; i < *count; i++)
    if (AetParseReal(words[i], &(*values)[i])) AetCheck(0, AET_ERR_INPUT, "%s: expected numbers, found \"%s\"", key, words[i]);
  int words_count = *count; /* AetTextsFree zeroes what it is given */
  AetTextsFree(&words_count, &words);
  PetscFunctionReturn(PETSC_SUCCESS);
}

void AetTextsFree(int *count, char ***values)
{
  if (!*values) return;
  for (int i = 0; i < *count; i++) (void)PetscFree((*values)[i]);
  (void)PetscFree(*values);
  *count = 0;
}
