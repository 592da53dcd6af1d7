#ifndef AET_BASE_OPTIONS_PRIVATE_H
#define AET_BASE_OPTIONS_PRIVATE_H

#include <aet4d/base.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The registered tables, and an option by its key (NULL if none). */
int              AetOptionTables(const AetOptionTable *const **tables);
const AetOption *AetOptionFind(const char *key);
/* Text set or default; `set` tells which. */
PetscErrorCode AetOptionText(const char *key, char *value, size_t size, PetscBool *set);

/* Parsers return 0 when the whole text is a value. */
static inline int AetParseBool(const char *text, PetscBool *value)
{
  static const char *const yes[] = {"true", "yes", "1", "on"}, *const no[] = {"false", "no", "0", "off"};

  for (int i = 0; i < 4; i++) {
    if (!strcasecmp(text, yes[i])) return *value = PETSC_TRUE, 0;
    if (!strcasecmp(text, no[i])) return *value = PETSC_FALSE, 0;
  }
  return 1;
}

static inline int AetParseReal(const char *text, double *value)
{
  char *end;

  *value = strtod(text, &end);
  while (isspace((unsigned char)*end)) end++;
  return end == text || *end != 0;
}

/* Index of `text` in "a|b|c", -1 if it is not there. */
static inline int AetChoiceIndex(const char *choices, const char *text)
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

#endif
