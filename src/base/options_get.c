/* Values of options: what was set, else the default of the table. */
#include "base/options_private.h"
#include <string.h>

/* The value, checked: a caller may ask before AetOptionsCheck has run. */
static PetscErrorCode Checked(const char *key, AetOptionValue *value)
{
  PetscFunctionBegin;
  PetscCall(AetOptionLookup(key, value));
  if (value->set) PetscCall(AetOptionValidate(value->option, value->key, value->text));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetOptionGetText(const char *key, char *text, size_t size)
{
  AetOptionValue value;

  PetscFunctionBegin;
  PetscCall(Checked(key, &value));
  AetCheck(strlen(value.text) < size, AET_ERR_INPUT, "%s: %s: expected at most %ld characters, found %ld", AetOptionOrigin(value.key),
           value.key, (long)size - 1, (long)strlen(value.text));
  snprintf(text, size, "%s", value.text);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetOptionGetBool(const char *key, PetscBool *truth)
{
  AetOptionValue value;

  PetscFunctionBegin;
  PetscCall(Checked(key, &value));
  *truth = PETSC_TRUE; /* `-resume` alone */
  if (value.text[0]) (void)AetParseBool(value.text, truth);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetOptionGetReal(const char *key, double *number)
{
  AetOptionValue value;

  PetscFunctionBegin;
  PetscCall(Checked(key, &value));
  AetCheck(!AetParseReal(value.text, number), AET_ERR_INPUT, "%s: needed, but not given (%s)", key, value.option->help);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetOptionGetInt(const char *key, PetscInt *number)
{
  double real;

  PetscFunctionBegin;
  PetscCall(AetOptionGetReal(key, &real));
  *number = (PetscInt)real;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetOptionGetEnum(const char *key, int *index)
{
  AetOptionValue value;

  PetscFunctionBegin;
  PetscCall(Checked(key, &value));
  *index = AetChoiceIndex(value.option->choices, value.text);
  AetCheck(*index >= 0, AET_ERR_INPUT, "%s: needed, but not given: one of %s", key, value.option->choices);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetOptionNamesFile(const char *key, PetscBool *file)
{
  AetOptionValue value;

  PetscFunctionBegin;
  PetscCall(Checked(key, &value));
  *file = value.text[0] && strcmp(value.text, "none") && strcmp(value.text, "auto") && AetChoiceIndex(value.option->choices, value.text) < 0
              ? PETSC_TRUE
              : PETSC_FALSE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetOptionGetTexts(const char *key, int *count, char ***values)
{
  AetOptionValue value;
  char          *text, *state = NULL;

  PetscFunctionBegin;
  PetscCall(Checked(key, &value));
  *count = 0;
  PetscCall(PetscStrallocpy(value.text, &text));
  PetscCall(PetscCalloc1(strlen(text) / 2 + 2, values));
  for (char *word = strtok_r(text, ", []", &state); word; word = strtok_r(NULL, ", []", &state))
    PetscCall(PetscStrallocpy(word, &(*values)[(*count)++]));
  PetscCall(PetscFree(text));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetOptionGetReals(const char *key, int *count, double **values)
{
  char **words;
  int    words_count;

  PetscFunctionBegin;
  PetscCall(AetOptionGetTexts(key, &words_count, &words));
  PetscCall(PetscMalloc1(words_count + 1, values));
  for (int i = 0; i < words_count; i++) (void)AetParseReal(words[i], &(*values)[i]); /* checked by AetOptionGetTexts */
  *count = words_count;
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
