#ifndef AET_BASE_OPTIONS_PRIVATE_H
#define AET_BASE_OPTIONS_PRIVATE_H

#include <aet4d/base.h>

#define AET_KEY_SIZE 256

/* The registered tables. */
int AetOptionTables(const AetOptionTable *const **tables);
/* The prefix of AetOptionsSetScope, "" for none. */
const char *AetOptionScope(void);
/* The option a key stands for, NULL if none. A time point's key, series_time_<n>_<rest>, stands for <rest>. */
const AetOption *AetOptionFind(const char *key);
/* Past "series_time_<n>_" of a key; NULL if it does not begin so. */
const char *AetOptionAfterTime(const char *key);

/* A value as it stands: what was set, else the default. `key` is the key that was found (that of the time point in scope, or the plain
 * one). */
typedef struct {
  const AetOption *option;
  const char      *text; /* borrowed from the options database or the table */
  PetscBool        set;
  char             key[AET_KEY_SIZE];
} AetOptionValue;
PetscErrorCode AetOptionLookup(const char *key, AetOptionValue *value);

/* Raises one line unless `text` is a value of the option: `where: key: expected …, found …`. */
PetscErrorCode AetOptionValidate(const AetOption *option, const char *key, const char *text);
/* "file:line", "command line" or "PETSc options": who set the key. The text lasts until the next call. */
const char *AetOptionOrigin(const char *key);

/* Where the keys of configuration files came from. */
PetscErrorCode AetOriginSet(const char *key, const char *path, int line);
int            AetOriginCount(void);
const char    *AetOriginKey(int i);
/* Index of a key, -1 if no file set it. */
int AetOriginFind(const char *key);
/* The file of entry i. */
const char *AetOriginPath(int i);
int         AetOriginLine(int i);
void        AetOriginsFree(void);

/* Parsers return 0 when the whole text is a value. */
int AetParseBool(const char *text, PetscBool *value);
int AetParseReal(const char *text, double *value);
/* Index of `text` in "a|b|c", -1 if it is not there. */
int AetChoiceIndex(const char *choices, const char *text);

#endif
