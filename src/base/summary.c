/* summary.json: one flat object of numbers and texts, in the order in which they were set. */
#include "base/file_private.h"
#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

typedef struct {
  char  *key, *text; /* text is NULL for a number */
  double number;
} Entry;

struct _p_AetSummary {
  Entry *entries;
  int    count, capacity;
};

PetscErrorCode AetSummaryCreate(AetSummary *summary)
{
  PetscFunctionBegin;
  PetscCall(PetscNew(summary));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetSummaryDestroy(AetSummary *summary)
{
  PetscFunctionBegin;
  if (!*summary) PetscFunctionReturn(PETSC_SUCCESS);
  for (int i = 0; i < (*summary)->count; i++) {
    free((*summary)->entries[i].key);
    free((*summary)->entries[i].text);
  }
  free((*summary)->entries);
  PetscCall(PetscFree(*summary));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static Entry *Find(AetSummary summary, const char *key)
{
  for (int i = 0; i < summary->count; i++)
    if (!strcmp(summary->entries[i].key, key)) return &summary->entries[i];
  return NULL;
}

/* The entry of `key`, made if it is new, emptied of its text. */
static PetscErrorCode Provide(AetSummary summary, const char *key, Entry **entry)
{
  PetscFunctionBegin;
  *entry = Find(summary, key);
  if (*entry) {
    free((*entry)->text);
    (*entry)->text = NULL;
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  if (summary->count == summary->capacity) {
    int    capacity = 2 * summary->capacity + 32;
    Entry *grown = (Entry *)realloc(summary->entries, (size_t)capacity * sizeof(Entry));
    AetCheck(grown, AET_ERR_MEMORY, "summary: no memory for %d entries", capacity);
    summary->entries = grown;
    summary->capacity = capacity;
  }
  *entry = &summary->entries[summary->count];
  **entry = (Entry){.key = strdup(key)};
  AetCheck((*entry)->key, AET_ERR_MEMORY, "summary: no memory for %s", key);
  summary->count++;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetSummarySetNumber(AetSummary summary, const char *key, double value)
{
  Entry *entry;

  PetscFunctionBegin;
  PetscCall(Provide(summary, key, &entry));
  entry->number = value;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetSummarySetText(AetSummary summary, const char *key, const char *value)
{
  Entry *entry;
  char  *copy = strdup(value); /* before Provide: `value` may be the entry's own text */

  PetscFunctionBegin;
  AetCheck(copy, AET_ERR_MEMORY, "summary: no memory for %s", key);
  PetscCall(Provide(summary, key, &entry));
  entry->text = copy;
  entry->number = NAN;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetSummaryGetNumber(AetSummary summary, const char *key, double *value, PetscBool *found)
{
  const Entry *entry = Find(summary, key);

  PetscFunctionBegin;
  *found = (PetscBool)(entry && !entry->text);
  if (*found) *value = entry->number;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetSummaryGetText(AetSummary summary, const char *key, const char **value, PetscBool *found)
{
  const Entry *entry = Find(summary, key);

  PetscFunctionBegin;
  *found = (PetscBool)(entry && entry->text);
  if (*found) *value = entry->text;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetSummaryForget(AetSummary summary, const char *prefix)
{
  int kept = 0;

  PetscFunctionBegin;
  for (int i = 0; i < summary->count; i++) {
    Entry *entry = &summary->entries[i];
    if (strncmp(entry->key, prefix, strlen(prefix))) {
      summary->entries[kept++] = *entry;
    } else {
      free(entry->key);
      free(entry->text);
    }
  }
  summary->count = kept;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetSummaryAdopt(AetSummary summary, const char *prefix, AetSummary from)
{
  char key[512];

  PetscFunctionBegin;
  for (int i = 0; i < from->count; i++) {
    const Entry *entry = &from->entries[i];
    snprintf(key, sizeof key, "%s%s", prefix, entry->key);
    PetscCall(entry->text ? AetSummarySetText(summary, key, entry->text) : AetSummarySetNumber(summary, key, entry->number));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The shortest decimal text that reads back as the same double; JSON has no infinities. */
static void NumberText(double value, char text[32])
{
  if (!isfinite(value)) {
    snprintf(text, 32, "null");
    return;
  }
  for (int digits = 15; digits <= 17; digits++) {
    snprintf(text, 32, "%.*g", digits, value);
    if (strtod(text, NULL) == value) return;
  }
}

static PetscErrorCode WriteLocal(AetSummary summary, const char *path)
{
  cJSON         *object = cJSON_CreateObject();
  char          *text, *lines = NULL;
  int            failed = !object;
  size_t         length;
  PetscErrorCode code;

  PetscFunctionBegin;
  for (int i = 0; i < summary->count && !failed; i++) {
    const Entry *entry = &summary->entries[i];
    char         number[32];
    NumberText(entry->number, number);
    failed = !(entry->text ? cJSON_AddStringToObject(object, entry->key, entry->text) : cJSON_AddRawToObject(object, entry->key, number));
  }
  text = failed ? NULL : cJSON_Print(object);
  cJSON_Delete(object);
  length = text ? strlen(text) : 0;
  lines = (char *)malloc(length + 2);
  if (text && lines) snprintf(lines, length + 2, "%s\n", text);
  code = text && lines ? AetTextWrite(path, lines, length + 1) : AetRaise(AET_ERR_MEMORY, "%s: no memory to write it", path);
  free(text);
  free(lines);
  PetscFunctionReturn(code);
}

PetscErrorCode AetSummaryWrite(AetSummary summary, MPI_Comm comm, const char *path)
{
  int rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCall(AetAgree(comm, rank ? PETSC_SUCCESS : WriteLocal(summary, path)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode AddItem(AetSummary summary, const char *path, const cJSON *item)
{
  PetscFunctionBegin;
  if (cJSON_IsNumber(item))
    PetscCall(AetSummarySetNumber(summary, item->string, item->valuedouble));
  else if (cJSON_IsNull(item))
    PetscCall(AetSummarySetNumber(summary, item->string, NAN));
  else if (cJSON_IsString(item))
    PetscCall(AetSummarySetText(summary, item->string, item->valuestring));
  else
    AetCheck(0, AET_ERR_DATA, "%s: %s: expected a number or a text", path, item->string);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* 1 if there is no file to read, on every rank alike. */
static PetscErrorCode Absent(MPI_Comm comm, const char *path, int *absent)
{
  int rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (!rank) *absent = access(path, F_OK) != 0;
  PetscCallMPI(MPI_Bcast(absent, 1, MPI_INT, 0, comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetSummaryRead(AetSummary summary, MPI_Comm comm, const char *path)
{
  int            absent = 0;
  char          *text;
  size_t         length;
  cJSON         *object;
  const cJSON   *item;
  const char    *end = NULL;
  PetscErrorCode code = PETSC_SUCCESS;

  PetscFunctionBegin;
  PetscCall(Absent(comm, path, &absent));
  if (absent) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AetTextRead(comm, path, &text, &length));
  object = cJSON_ParseWithOpts(text, &end, 1);
  if (!object)
    code = AetRaise(AET_ERR_DATA, "%s: expected JSON, found something else at byte %ld", path, end ? (long)(end - text) : 0L);
  else if (!cJSON_IsObject(object))
    code = AetRaise(AET_ERR_DATA, "%s: expected a JSON object", path);
  else
    cJSON_ArrayForEach(item, object) if (!code) code = AddItem(summary, path, item);
  cJSON_Delete(object);
  free(text);
  PetscCall(AetAgree(comm, code));
  PetscFunctionReturn(PETSC_SUCCESS);
}
