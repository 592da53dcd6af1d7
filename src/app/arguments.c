/* The command line: command, config files, files, options. */
#include "arguments.h"
#include <ctype.h>
#include <string.h>
#include <strings.h>

typedef struct {
  const char *key;
  PetscBool   flag;
} Query;

static void Visit(const AetOption *option, const char *value, void *context)
{
  Query *query = (Query *)context;

  if (!strcmp(option->key, query->key)) query->flag = (PetscBool)(option->type == AET_OPTION_BOOL);
}

static PetscErrorCode IsFlag(const char *key, PetscBool *flag)
{
  Query query = {key, PETSC_FALSE};

  PetscFunctionBegin;
  PetscCall(AetOptionsForEach(Visit, &query));
  *flag = query.flag;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscBool IsTruthValue(const char *word)
{
  static const char *const words[] = {"true", "false", "yes", "no", "on", "off", "1", "0"};

  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
    if (!strcasecmp(word, words[i])) return PETSC_TRUE;
  return PETSC_FALSE;
}

/* `-3.5` and `-.5` are values; `-key` and `--key` are options. */
static PetscBool IsKey(const char *word)
{
  return (PetscBool)(word[0] == '-' && (isalpha((unsigned char)word[1]) || word[1] == '-'));
}

static PetscBool EndsWith(const char *word, const char *end)
{
  size_t length = strlen(word), tail = strlen(end);

  return (PetscBool)(length > tail && !strcmp(word + length - tail, end));
}

static PetscErrorCode Positional(char *word, AetArguments *arguments)
{
  PetscFunctionBegin;
  if (!arguments->command) {
    arguments->command = word;
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  AetCheck(arguments->configs < AET_ARGUMENTS_MAX && arguments->files < AET_ARGUMENTS_MAX, AET_ERR_INPUT,
           "%s: more than %d files on the command line", word, AET_ARGUMENTS_MAX);
  if (EndsWith(word, ".yaml") || EndsWith(word, ".yml"))
    arguments->config[arguments->configs++] = word;
  else
    arguments->file[arguments->files++] = word;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetArgumentsParse(int argc, char **argv, AetArguments *arguments)
{
  PetscFunctionBegin;
  memset(arguments, 0, sizeof *arguments);
  for (int i = 1; i < argc; i++) {
    const char *key = argv[i] + (argv[i][0] == '-') + (argv[i][0] == '-' && argv[i][1] == '-');
    PetscBool   flag = PETSC_FALSE;

    if (!IsKey(argv[i])) {
      PetscCall(Positional(argv[i], arguments));
    } else if (!strcmp(key, "help") || !strcmp(key, "h")) {
      arguments->help = PETSC_TRUE;
    } else if (!strcmp(key, "version")) {
      arguments->version = PETSC_TRUE;
    } else if (i + 1 < argc && !IsKey(argv[i + 1])) {
      PetscCall(IsFlag(key, &flag));
      if (flag && !IsTruthValue(argv[i + 1]))
        PetscCall(PetscOptionsSetValue(NULL, argv[i], "true")); /* PETSC took the word as its value */
      else
        i++;
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

int AetEditDistance(const char *a, const char *b)
{
  enum { LONGEST = 40 };
  int previous[LONGEST + 1], row[LONGEST + 1];
  int m = (int)strnlen(a, LONGEST), n = (int)strnlen(b, LONGEST);

  for (int j = 0; j <= n; j++) previous[j] = j;
  for (int i = 1; i <= m; i++) {
    row[0] = i;
    for (int j = 1; j <= n; j++) {
      int change = previous[j - 1] + (a[i - 1] != b[j - 1]), gap = 1 + (previous[j] < row[j - 1] ? previous[j] : row[j - 1]);

      row[j] = change < gap ? change : gap;
    }
    memcpy(previous, row, sizeof row);
  }
  return previous[n];
}
