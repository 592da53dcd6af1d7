/* Which time points of a series the options speak of. */
#include "base/options_private.h"
#include <stdlib.h>
#include <string.h>

static int CompareNumbers(const void *a, const void *b)
{
  const PetscInt x = *(const PetscInt *)a, y = *(const PetscInt *)b;

  return (x > y) - (x < y);
}

/* The number of a key "series_time_<n>_..."; 0 for another key. */
static PetscErrorCode NumberOf(const char *key, PetscInt *number)
{
  static const char first[] = "series_time_";
  char              written[AET_KEY_SIZE], *end;
  const char       *rest = AetOptionAfterTime(key);
  long              value;

  PetscFunctionBegin;
  *number = 0;
  if (!rest) PetscFunctionReturn(PETSC_SUCCESS);
  value = strtol(key + sizeof first - 1, &end, 10);
  snprintf(written, sizeof written, "%s%ld_%s", first, value, rest);
  AetCheck(value > 0 && value < 1000000 && !strcmp(written, key), AET_ERR_INPUT, "%s: %s: expected times numbered 1, 2, ..., found %.*s",
           AetOptionOrigin(key), key, (int)(end - key) - (int)sizeof first + 1, key + sizeof first - 1);
  *number = (PetscInt)value;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The numbers of all words of the text that are keys; ascending, each once. The text is taken apart. */
static PetscErrorCode Collect(char *text, int *count, PetscInt *numbers)
{
  char    *state = NULL;
  PetscInt number;
  int      kept = 0;

  PetscFunctionBegin;
  *count = 0;
  for (char *word = strtok_r(text, " ", &state); word; word = strtok_r(NULL, " ", &state)) {
    char key[AET_KEY_SIZE];
    if (word[0] != '-' || strlen(word) > sizeof key) continue;
    snprintf(key, sizeof key, "%s", word + 1);
    PetscCall(NumberOf(key, &number));
    if (number) numbers[(*count)++] = number;
  }
  if (*count) qsort(numbers, (size_t)*count, sizeof *numbers, CompareNumbers);
  for (int i = 0; i < *count; i++)
    if (!i || numbers[i] != numbers[i - 1]) numbers[kept++] = numbers[i];
  *count = kept;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetOptionsTimes(int *count, PetscInt **numbers)
{
  char          *all;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(PetscOptionsGetAll(NULL, &all));
  PetscCall(PetscMalloc1(strlen(all) / 2 + 1, numbers)); /* a key has more than two letters */
  code = Collect(all, count, *numbers);
  PetscCall(PetscFree(all));
  if (code) PetscCall(PetscFree(*numbers));
  PetscFunctionReturn(code);
}
