/* Provenance: what a result was made from, and the key that says whether a stage must be done again. */
#include "base/file_private.h"
#include "base/options_private.h"
#include <fftw3.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define AET_LIBRARIES_MAX 32

typedef struct {
  char *path, digest[33];
} Input;

/* A digest taken on this rank, good as long as the file looks the same: a stage may write what a later one reads. */
typedef struct {
  struct timespec changed;
  ino_t           inode;
  off_t           bytes;
  char           *path, digest[33];
} Seen;

typedef struct {
  char name[64], version[128];
} Library;

static char   *aet_command;
static Input  *aet_inputs;
static int     aet_input_count;
static Seen   *aet_seen;
static int     aet_seen_count;
static Library aet_libraries[AET_LIBRARIES_MAX];
static int     aet_library_count;

/* Makes room for one more element at the end of an array that grows. */
static PetscErrorCode Grow(void **array, int count, size_t size)
{
  void *grown;

  PetscFunctionBegin;
  if (count & (count - 1)) PetscFunctionReturn(PETSC_SUCCESS); /* grows at 0, 1, 2, 4, 8, … */
  grown = realloc(*array, size * (size_t)(count ? 2 * count : 1));
  AetCheck(grown, AET_ERR_MEMORY, "provenance: no memory for %d entries", count + 1);
  *array = grown;
  PetscFunctionReturn(PETSC_SUCCESS);
}

void AetProvenanceFree(void)
{
  for (int i = 0; i < aet_input_count; i++) free(aet_inputs[i].path);
  for (int i = 0; i < aet_seen_count; i++) free(aet_seen[i].path);
  free(aet_inputs);
  free(aet_seen);
  free(aet_command);
  aet_inputs = NULL, aet_seen = NULL, aet_command = NULL;
  aet_input_count = aet_seen_count = aet_library_count = 0;
}

/* A word as a shell would take it back; `out` may be NULL to count. */
static size_t Quote(const char *word, char *out)
{
  static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:=,+-";
  const int         bare = word[0] && !word[strspn(word, plain)];
  size_t            n = 0;

  if (bare && out) memcpy(out, word, strlen(word));
  if (bare) return strlen(word);
  for (size_t i = 0, length = strlen(word); i < length + 2; i++) { /* a quote, the characters, a quote */
    const char  one[2] = {i && i <= length ? word[i - 1] : '\'', 0};
    const char *piece = i && i <= length && one[0] == '\'' ? "'\\''" : one;
    if (out) memcpy(out + n, piece, strlen(piece));
    n += strlen(piece);
  }
  return n;
}

PetscErrorCode AetProvenanceBegin(int argc, char **argv)
{
  const char *slash = argc ? strrchr(argv[0], '/') : NULL;
  size_t      size = 1, n = 0;

  PetscFunctionBegin;
  free(aet_command);
  for (int i = 0; i < argc; i++) size += Quote(argv[i], NULL) + 1;
  aet_command = (char *)calloc(size, 1);
  AetCheck(aet_command, AET_ERR_MEMORY, "provenance: no memory for the command line");
  for (int i = 0; i < argc; i++) {
    if (i) aet_command[n++] = ' ';
    n += Quote(i || !slash ? argv[i] : slash + 1, aet_command + n); /* where the program lies is not part of what it did */
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetProvenanceAddLibrary(const char *name, const char *version)
{
  int i = 0;

  PetscFunctionBegin;
  while (i < aet_library_count && strcmp(aet_libraries[i].name, name)) i++;
  PetscCheck(i < AET_LIBRARIES_MAX, PETSC_COMM_SELF, PETSC_ERR_PLIB, "too many libraries");
  if (i == aet_library_count) aet_library_count++;
  snprintf(aet_libraries[i].name, sizeof aet_libraries[i].name, "%s", name);
  snprintf(aet_libraries[i].version, sizeof aet_libraries[i].version, "%s", version);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode DigestOnce(const char *path, char digest[33])
{
  struct stat status;
  int         i = 0;

  PetscFunctionBegin;
  if (stat(path, &status)) PetscFunctionReturn(AetFileDigest(path, digest)); /* it says why */
  while (i < aet_seen_count && strcmp(aet_seen[i].path, path)) i++;
  if (i == aet_seen_count) {
    PetscCall(Grow((void **)&aet_seen, aet_seen_count, sizeof *aet_seen));
    aet_seen[i] = (Seen){.path = strdup(path), .bytes = -1};
    AetCheck(aet_seen[i].path, AET_ERR_MEMORY, "%s: no memory", path);
    aet_seen_count++;
  }
  if (aet_seen[i].bytes != status.st_size || aet_seen[i].inode != status.st_ino || aet_seen[i].changed.tv_sec != status.st_mtim.tv_sec ||
      aet_seen[i].changed.tv_nsec != status.st_mtim.tv_nsec) {
    aet_seen[i].bytes = -1; /* until the digest is there */
    PetscCall(AetFileDigest(path, aet_seen[i].digest));
    aet_seen[i].bytes = status.st_size;
    aet_seen[i].inode = status.st_ino;
    aet_seen[i].changed = status.st_mtim;
  }
  memcpy(digest, aet_seen[i].digest, 33);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The digest on every rank. Collective. */
static PetscErrorCode DigestAll(MPI_Comm comm, const char *path, char digest[33])
{
  int rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCall(AetAgree(comm, rank ? PETSC_SUCCESS : DigestOnce(path, digest)));
  PetscCallMPI(MPI_Bcast(digest, 33, MPI_CHAR, 0, comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetProvenanceAddInput(MPI_Comm comm, const char *path)
{
  char digest[33] = "";
  int  i = 0;

  PetscFunctionBegin;
  PetscCall(DigestAll(comm, path, digest));
  while (i < aet_input_count && strcmp(aet_inputs[i].path, path)) i++;
  if (i == aet_input_count) {
    PetscCall(Grow((void **)&aet_inputs, aet_input_count, sizeof *aet_inputs));
    aet_inputs[i].path = strdup(path);
    AetCheck(aet_inputs[i].path, AET_ERR_MEMORY, "%s: no memory", path);
    aet_input_count++;
  }
  memcpy(aet_inputs[i].digest, digest, 33);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetProvenanceForgetInputs(void)
{
  PetscFunctionBegin;
  for (int i = 0; i < aet_input_count; i++) free(aet_inputs[i].path);
  aet_input_count = 0; /* the next one makes room anew */
  free(aet_inputs);
  aet_inputs = NULL;
  PetscFunctionReturn(PETSC_SUCCESS);
}

typedef struct {
  void (*visit)(const char *section, const char *key, const char *value, void *context);
  void *context;
} Visitor;

static void VisitOption(const AetOption *option, const char *value, void *context)
{
  const Visitor *visitor = (const Visitor *)context;

  visitor->visit("options", option->key, value, visitor->context);
}

/* Keys of time points are in no table: those the files gave follow the tables. Where one is in scope its keys stand there already. */
static PetscErrorCode VisitTimes(const Visitor *visitor)
{
  AetOptionValue value;

  PetscFunctionBegin;
  for (int i = 0; i < AetOriginCount() && !AetOptionScope()[0]; i++) {
    if (!AetOptionAfterTime(AetOriginKey(i)) || !AetOptionFind(AetOriginKey(i))) continue;
    PetscCall(AetOptionLookup(AetOriginKey(i), &value));
    visitor->visit("options", AetOriginKey(i), value.text, visitor->context);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode VisitLibraries(const Visitor *visitor)
{
  char     version[MPI_MAX_LIBRARY_VERSION_STRING];
  int      length;
  PetscInt major, minor, subminor;

  PetscFunctionBegin;
  PetscCall(PetscGetVersionNumber(&major, &minor, &subminor, NULL));
  snprintf(version, sizeof version, "%d.%d.%d", (int)major, (int)minor, (int)subminor);
  visitor->visit("libraries", "PETSc", version, visitor->context);
  PetscCallMPI(MPI_Get_library_version(version, &length));
  version[strcspn(version, ",\n")] = 0; /* what follows names the machine it was built on */
  visitor->visit("libraries", "MPI", version, visitor->context);
  visitor->visit("libraries", "FFTW", fftwf_version, visitor->context);
  for (int i = 0; i < aet_library_count; i++)
    visitor->visit("libraries", aet_libraries[i].name, aet_libraries[i].version, visitor->context);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetProvenanceForEach(void (*visit)(const char *section, const char *key, const char *value, void *context), void *context)
{
  Visitor   visitor = {visit, context};
  char      created[32];
  time_t    seconds = (time_t)AetCreated();
  struct tm utc;

  PetscFunctionBegin;
  gmtime_r(&seconds, &utc);
  strftime(created, sizeof created, "%Y-%m-%dT%H:%M:%SZ", &utc);
  visit("program", "name", "aet4d", context);
  visit("program", "version", AetVersion(), context);
  visit("program", "commit", AetCommit(), context);
  visit("program", "command", aet_command ? aet_command : "", context);
  visit("program", "created", created, context);
  PetscCall(AetOptionsForEach(VisitOption, &visitor));
  PetscCall(VisitTimes(&visitor));
  for (int i = 0; i < aet_input_count; i++) visit("inputs", aet_inputs[i].path, aet_inputs[i].digest, context);
  PetscCall(VisitLibraries(&visitor));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* ---------------------------------------------------------------- the key of a stage */

typedef struct {
  const char *const *prefixes;
  char             **lines;
  int                count, failed;
} Lines;

static void KeepLine(const AetOption *option, const char *value, void *context)
{
  Lines *lines = (Lines *)context;
  size_t size = strlen(option->key) + strlen(value) + 3;
  int    wanted = 0;

  for (int i = 0; lines->prefixes && lines->prefixes[i]; i++) {
    const char *prefix = lines->prefixes[i];

    if (prefix[0] == '!' && !strncmp(option->key, prefix + 1, strlen(prefix + 1))) return;
    wanted |= !strncmp(option->key, prefix, strlen(prefix));
  }
  if (!wanted || lines->failed) return;
  lines->failed = Grow((void **)&lines->lines, lines->count, sizeof(char *)) || !(lines->lines[lines->count] = (char *)malloc(size));
  if (!lines->failed) snprintf(lines->lines[lines->count++], size, "%s=%s\n", option->key, value);
}

static int Compare(const void *a, const void *b)
{
  return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Everything the stage depends on as one text on this rank; the options sorted, for tables may be registered in any order. */
static PetscErrorCode StageText(const char *stage, const char *const *prefixes, const char *const *inputs, FILE *file)
{
  Lines lines = {.prefixes = prefixes};

  PetscFunctionBegin;
  PetscCall(AetOptionsForEach(KeepLine, &lines));
  fprintf(file, "%s\n%s\n%s\n", stage, AetVersion(), AetCommit());
  if (lines.count) qsort(lines.lines, (size_t)lines.count, sizeof(char *), Compare);
  for (int i = 0; i < lines.count; i++) {
    fputs(lines.lines[i], file);
    free(lines.lines[i]);
  }
  free(lines.lines);
  AetCheck(!lines.failed, AET_ERR_MEMORY, "%s: no memory for its key", stage);
  for (int i = 0; inputs && inputs[i]; i++) {
    char digest[33];
    PetscCall(DigestOnce(inputs[i], digest));
    fprintf(file, "%s\n", digest);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode StageKeyLocal(const char *stage, const char *const *prefixes, const char *const *inputs, char key[33])
{
  char          *text = NULL;
  size_t         length = 0;
  FILE          *file = open_memstream(&text, &length);
  PetscErrorCode code;

  PetscFunctionBegin;
  AetCheck(file, AET_ERR_MEMORY, "%s: no memory for its key", stage);
  code = StageText(stage, prefixes, inputs, file);
  fclose(file);
  if (!code) AetBytesDigest(text, length, key);
  free(text);
  PetscFunctionReturn(code);
}

PetscErrorCode AetStageKey(MPI_Comm comm, const char *stage, const char *const *prefixes, const char *const *inputs, char key[33])
{
  int rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCall(AetAgree(comm, rank ? PETSC_SUCCESS : StageKeyLocal(stage, prefixes, inputs, key)));
  PetscCallMPI(MPI_Bcast(key, 33, MPI_CHAR, 0, comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}
