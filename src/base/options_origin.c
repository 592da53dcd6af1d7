/* Who set which key, so that every complaint about a value says where it stands. */
#include "base/options_private.h"
#include <stdlib.h>
#include <string.h>

typedef struct {
  char  key[AET_KEY_SIZE];
  char *path;
  int   line;
} Origin;

static Origin *aet_origins;
static int     aet_origin_count, aet_origin_capacity;

int AetOriginFind(const char *key)
{
  for (int i = 0; i < aet_origin_count; i++)
    if (!strcmp(aet_origins[i].key, key)) return i;
  return -1;
}

PetscErrorCode AetOriginSet(const char *key, const char *path, int line)
{
  int   i = AetOriginFind(key);
  char *copy = strdup(path);

  PetscFunctionBegin;
  AetCheck(copy, AET_ERR_MEMORY, "%s: no memory", path);
  if (i < 0 && aet_origin_count == aet_origin_capacity) {
    int     capacity = 2 * aet_origin_capacity + 64;
    Origin *grown = (Origin *)realloc(aet_origins, (size_t)capacity * sizeof(Origin));
    if (!grown) free(copy);
    AetCheck(grown, AET_ERR_MEMORY, "%s: no memory for %d keys", path, capacity);
    aet_origins = grown;
    aet_origin_capacity = capacity;
  }
  if (i < 0) {
    i = aet_origin_count++;
    memset(&aet_origins[i], 0, sizeof aet_origins[i]);
    snprintf(aet_origins[i].key, AET_KEY_SIZE, "%s", key);
  }
  free(aet_origins[i].path);
  aet_origins[i].path = copy;
  aet_origins[i].line = line;
  PetscFunctionReturn(PETSC_SUCCESS);
}

int AetOriginCount(void)
{
  return aet_origin_count;
}

const char *AetOriginKey(int i)
{
  return aet_origins[i].key;
}

const char *AetOriginPath(int i)
{
  return aet_origins[i].path;
}

int AetOriginLine(int i)
{
  return aet_origins[i].line;
}

void AetOriginsFree(void)
{
  for (int i = 0; i < aet_origin_count; i++) free(aet_origins[i].path);
  free(aet_origins);
  aet_origins = NULL;
  aet_origin_count = aet_origin_capacity = 0;
}

static PetscBool OnCommandLine(const char *key)
{
  int    argc;
  char **argv;

  if (PetscGetArgs(&argc, &argv)) return PETSC_FALSE;
  for (int i = 1; i < argc; i++)
    if (argv[i][0] == '-' && !strcmp(argv[i] + 1, key)) return PETSC_TRUE;
  return PETSC_FALSE;
}

const char *AetOptionOrigin(const char *key)
{
  static char text[PETSC_MAX_PATH_LEN];
  int         i = AetOriginFind(key);

  if (i >= 0)
    snprintf(text, sizeof text, "%s:%d", aet_origins[i].path, aet_origins[i].line);
  else
    snprintf(text, sizeof text, "%s", OnCommandLine(key) ? "command line" : "PETSc options");
  return text;
}
