/* Text to values, and what is said when a text is no value. */
#include "base/options_private.h"
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

int AetParseBool(const char *text, PetscBool *value)
{
  static const char *const yes[] = {"true", "yes", "1", "on"}, *const no[] = {"false", "no", "0", "off"};

  for (int i = 0; i < 4; i++) {
    if (!strcasecmp(text, yes[i])) return *value = PETSC_TRUE, 0;
    if (!strcasecmp(text, no[i])) return *value = PETSC_FALSE, 0;
  }
  return 1;
}

int AetParseReal(const char *text, double *value)
{
  char *end;

  *value = strtod(text, &end);
  while (isspace((unsigned char)*end)) end++;
  return end == text || *end != 0 || isnan(*value);
}

int AetChoiceIndex(const char *choices, const char *text)
{
  size_t length = strlen(text);

  for (int i = 0; choices && *choices; i++) {
    const char *end = strchr(choices, '|');
    size_t      width = end ? (size_t)(end - choices) : strlen(choices);
    if (width == length && !strncmp(choices, text, length)) return i;
    choices = end ? end + 1 : choices + width;
  }
  return -1;
}

/* "1 to 8 voxels", or "at least 1" where the upper end is no bound anyone would meet. */
static void RangeText(const AetOption *option, char text[128])
{
  const char *space = option->unit[0] ? " " : "";

  if (option->max >= 1e9)
    snprintf(text, 128, "at least %g%s%s", option->min, space, option->unit);
  else
    snprintf(text, 128, "%g to %g%s%s", option->min, option->max, space, option->unit);
}

static PetscErrorCode ValidateNumber(const AetOption *option, const char *key, const char *text)
{
  const PetscBool whole = (PetscBool)(option->type == AET_OPTION_INT);
  double          value;
  char            range[128];

  PetscFunctionBegin;
  /* an infinity is a good bound in a list (a box open on one side), and nothing else */
  AetCheck(!AetParseReal(text, &value) && (option->type == AET_OPTION_REALS || isfinite(value)), AET_ERR_INPUT,
           "%s: %s: expected %s, found \"%s\"", AetOptionOrigin(key), key, whole ? "a whole number" : "a number", text);
  RangeText(option, range);
  AetCheck(option->min == option->max || (value >= option->min && value <= option->max), AET_ERR_INPUT, "%s: %s: expected %s, found %s",
           AetOptionOrigin(key), key, range, text);
  AetCheck(!whole || (fabs(value) <= (double)PETSC_MAX_INT && value == floor(value)), AET_ERR_INPUT,
           "%s: %s: expected a whole number, found %s", AetOptionOrigin(key), key, text);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ValidateNumbers(const AetOption *option, const char *key, const char *text)
{
  char *copy = strdup(text), *state = NULL;

  PetscFunctionBegin;
  AetCheck(copy, AET_ERR_MEMORY, "%s: no memory", key);
  for (char *word = strtok_r(copy, ", []", &state); word; word = strtok_r(NULL, ", []", &state)) {
    PetscErrorCode code = ValidateNumber(option, key, word);
    if (code) {
      free(copy);
      PetscFunctionReturn(code);
    }
  }
  free(copy);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetOptionValidate(const AetOption *option, const char *key, const char *text)
{
  PetscBool truth;

  PetscFunctionBegin;
  switch (option->type) {
  case AET_OPTION_BOOL: /* a bare `-resume` says true */
    AetCheck(!text[0] || !AetParseBool(text, &truth), AET_ERR_INPUT, "%s: %s: expected true or false, found \"%s\"", AetOptionOrigin(key),
             key, text);
    break;
  case AET_OPTION_INT:
  case AET_OPTION_REAL:
    PetscCall(ValidateNumber(option, key, text));
    break;
  case AET_OPTION_REALS:
    PetscCall(ValidateNumbers(option, key, text));
    break;
  case AET_OPTION_ENUM:
    AetCheck(AetChoiceIndex(option->choices, text) >= 0, AET_ERR_INPUT, "%s: %s: expected one of %s, found \"%s\"", AetOptionOrigin(key),
             key, option->choices, text);
    break;
  case AET_OPTION_TEXT:
  case AET_OPTION_FILE:
  case AET_OPTION_TEXTS:
    AetCheck(text[0] || !option->fallback[0], AET_ERR_INPUT, "%s: %s: expected a value, found none", AetOptionOrigin(key), key);
    break;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
