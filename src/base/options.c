/* Options: tables of the modules over the PETSc options database. */
#include "base/options_private.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define AET_TABLES_MAX 64

static const AetOptionTable *aet_tables[AET_TABLES_MAX];
static int                   aet_table_count;
static char                  aet_scope[AET_KEY_SIZE];

static const AetOption base_options[] = {
    {"output", AET_OPTION_TEXT, "", "aet4d-out", 0, 0, NULL, "folder of the results, created where it is missing"},
    {"resume", AET_OPTION_BOOL, "", "true", 0, 0, NULL, "skip a stage whose inputs, options and result are unchanged"},
    {"groups", AET_OPTION_INT, "", "0", 0, 1e9, NULL, "groups of ranks that work side by side on time points, or on the candidates of recon_auto; 0: automatic"},
    {"seed", AET_OPTION_INT, "", "0", 0, 2147483647, NULL, "seed of everything random"},
    {"quiet", AET_OPTION_BOOL, "", "false", 0, 0, NULL, "print nothing but errors"},
};
AET_OPTION_TABLE(AetBaseOptions, "base", "Common to all commands", base_options);

/* What a time point of a series has beside the keys of the stages. */
static const AetOption time_options[] = {
    {"label", AET_OPTION_TEXT, "", "", 0, 0, NULL, "name of the time point and of its folder"},
    {"minutes", AET_OPTION_REAL, "min", "0", 0, 1e12, NULL, "annealing time"},
};

static const AetOption *FindIn(const AetOption *options, int count, const char *key)
{
  for (int i = 0; i < count; i++)
    if (!strcmp(options[i].key, key)) return &options[i];
  return NULL;
}

PetscErrorCode AetOptionsRegister(const AetOptionTable *table)
{
  PetscFunctionBegin;
  for (int i = 0; i < aet_table_count; i++)
    if (aet_tables[i] == table) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCheck(aet_table_count < AET_TABLES_MAX, PETSC_COMM_SELF, PETSC_ERR_PLIB, "too many option tables");
  for (int i = 0; i < table->count; i++)
    PetscCheck(!FindIn(table->options, i, table->options[i].key), PETSC_COMM_SELF, PETSC_ERR_PLIB, "option %s stands twice in %s",
               table->options[i].key, table->name);
  for (int i = 0; i < table->count; i++)
    PetscCheck(!AetOptionFind(table->options[i].key), PETSC_COMM_SELF, PETSC_ERR_PLIB, "option %s of %s is in another table too",
               table->options[i].key, table->name);
  aet_tables[aet_table_count++] = table;
  PetscFunctionReturn(PETSC_SUCCESS);
}

int AetOptionTables(const AetOptionTable *const **tables)
{
  *tables = aet_tables;
  return aet_table_count;
}

static const AetOption *FindPlain(const char *key)
{
  const AetOption *option = NULL;

  for (int t = 0; t < aet_table_count && !option; t++) option = FindIn(aet_tables[t]->options, aet_tables[t]->count, key);
  return option;
}

const char *AetOptionAfterTime(const char *key)
{
  static const char first[] = "series_time_";
  const char       *c = key + sizeof first - 1;

  if (strncmp(key, first, sizeof first - 1) || !isdigit((unsigned char)*c)) return NULL;
  while (isdigit((unsigned char)*c)) c++;
  return *c == '_' ? c + 1 : NULL;
}

const AetOption *AetOptionFind(const char *key)
{
  const AetOption *option = FindPlain(key);
  const char      *rest = option ? NULL : AetOptionAfterTime(key);

  if (rest) option = FindIn(time_options, (int)(sizeof time_options / sizeof time_options[0]), rest);
  if (rest && !option) option = FindPlain(rest);
  return option;
}

PetscErrorCode AetOptionsSetScope(const char *prefix)
{
  PetscFunctionBegin;
  PetscCheck(!prefix || strlen(prefix) < sizeof aet_scope, PETSC_COMM_SELF, PETSC_ERR_ARG_SIZ, "scope %s is too long", prefix);
  snprintf(aet_scope, sizeof aet_scope, "%s", prefix ? prefix : "");
  PetscFunctionReturn(PETSC_SUCCESS);
}

const char *AetOptionScope(void)
{
  return aet_scope;
}

/* The text of `key` in the options database; NULL where nothing set it, "" where it stands without a value. */
static PetscErrorCode InDatabase(const char *key, const char **text)
{
  char      name[AET_KEY_SIZE + 1];
  PetscBool set;

  PetscFunctionBegin;
  snprintf(name, sizeof name, "-%s", key);
  PetscCall(PetscOptionsFindPair(NULL, NULL, name, text, &set));
  if (!set)
    *text = NULL;
  else if (!*text)
    *text = "";
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetOptionLookup(const char *key, AetOptionValue *value)
{
  PetscFunctionBegin;
  value->option = AetOptionFind(key);
  value->text = NULL;
  PetscCheck(value->option, PETSC_COMM_SELF, PETSC_ERR_ARG_WRONG, "option %s is in no registered table", key);
  if (aet_scope[0]) {
    AetCheck(snprintf(value->key, AET_KEY_SIZE, "%s%s", aet_scope, key) < AET_KEY_SIZE, AET_ERR_INPUT, "%s: a key of this length", key);
    PetscCall(InDatabase(value->key, &value->text));
  }
  if (!value->text) {
    AetCheck(snprintf(value->key, AET_KEY_SIZE, "%s", key) < AET_KEY_SIZE, AET_ERR_INPUT, "%s: a key of this length", key);
    PetscCall(InDatabase(key, &value->text));
  }
  value->set = (PetscBool)(value->text != NULL);
  if (!value->set) value->text = value->option->fallback;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetOptionIsSet(const char *key, PetscBool *set)
{
  AetOptionValue value;

  PetscFunctionBegin;
  PetscCall(AetOptionLookup(key, &value));
  *set = value.set;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One text for one meaning: yes, on, 1 and a bare switch are all true. */
static const char *Canonical(const AetOptionValue *value)
{
  PetscBool truth;

  if (value->option->type != AET_OPTION_BOOL) return value->text;
  if (value->set && !value->text[0]) return "true";
  return AetParseBool(value->text, &truth) ? value->text : truth ? "true" : "false";
}

PetscErrorCode AetOptionsForEach(void (*visit)(const AetOption *option, const char *value, void *context), void *context)
{
  AetOptionValue value;

  PetscFunctionBegin;
  for (int t = 0; t < aet_table_count; t++)
    for (int i = 0; i < aet_tables[t]->count; i++) {
      PetscCall(AetOptionLookup(aet_tables[t]->options[i].key, &value));
      visit(value.option, Canonical(&value), context);
    }
  PetscFunctionReturn(PETSC_SUCCESS);
}
