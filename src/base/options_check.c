/* Every key given must be known, and its value one it can have. */
#include "base/options_private.h"
#include <stdlib.h>
#include <string.h>

/* Options that are PETSc's own, by how they begin. */
static const char *const petsc_prefixes[] = {"log_",
                                             "malloc",
                                             "options_",
                                             "info",
                                             "on_error",
                                             "memory",
                                             "tao_",
                                             "ksp_",
                                             "pc_",
                                             "mat_",
                                             "vec_",
                                             "mg_",
                                             "fp_trap",
                                             "snes_",
                                             "is_",
                                             "sf_",
                                             "viewer_",
                                             "draw_",
                                             "view_",
                                             "objects_",
                                             "check_pointer",
                                             "no_signal_handler",
                                             "start_in_debugger",
                                             "stop_for_debugger",
                                             "debugger_",
                                             "saws_",
                                             "citations",
                                             "use_gpu",
                                             "device_",
                                             "mpi_",
                                             "shared_tmp",
                                             "not_shared_tmp",
                                             "get_total_flops"};

/* Solvers may carry a module's prefix: refine_tao_max_it. */
static PetscBool IsPetsc(const char *key)
{
  static const char *const inner[] = {"_tao_", "_ksp_", "_pc_", "_mat_", "_vec_"};

  for (size_t i = 0; i < sizeof petsc_prefixes / sizeof petsc_prefixes[0]; i++)
    if (!strncmp(key, petsc_prefixes[i], strlen(petsc_prefixes[i]))) return PETSC_TRUE;
  for (size_t i = 0; i < sizeof inner / sizeof inner[0]; i++)
    if (strstr(key, inner[i])) return PETSC_TRUE;
  return PETSC_FALSE;
}

/* Insertions, deletions, changes and swaps of neighbours that lead from a to b (the restricted distance of Damerau and Levenshtein). */
static int EditDistance(const char *a, const char *b)
{
  enum { SIZE = AET_KEY_SIZE };
  int    rows[3][SIZE], *before = rows[0], *above = rows[1], *row = rows[2];
  size_t na = strlen(a), nb = strlen(b);

  if (na >= SIZE || nb >= SIZE) return SIZE;
  for (size_t j = 0; j <= nb; j++) above[j] = (int)j;
  for (size_t i = 1; i <= na; i++) {
    int *spare = before;
    row[0] = (int)i;
    for (size_t j = 1; j <= nb; j++) {
      int best = above[j - 1] + (a[i - 1] != b[j - 1]);
      if (above[j] + 1 < best) best = above[j] + 1;
      if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before[j - 2] + 1 < best) best = before[j - 2] + 1;
      row[j] = best;
    }
    before = above, above = row, row = spare;
  }
  return above[nb];
}

/* `iterations` for recon_iterations is one slip, not six. */
static int Distance(const char *key, const char *known)
{
  const size_t length = strlen(key), whole = strlen(known);
  const int    tail = whole > length && known[whole - length - 1] == '_' && !strcmp(known + whole - length, key);

  return tail ? 1 : EditDistance(key, known);
}

static const char *Nearest(const char *key)
{
  const AetOptionTable *const *tables;
  const int                    count = AetOptionTables(&tables);
  const char                  *nearest = NULL;
  int                          best = AET_KEY_SIZE;

  for (int t = 0; t < count; t++)
    for (int i = 0; i < tables[t]->count; i++) {
      int distance = Distance(key, tables[t]->options[i].key);
      if (distance < best) best = distance, nearest = tables[t]->options[i].key;
    }
  return nearest;
}

static PetscErrorCode RaiseUnknown(const char *where, const char *key)
{
  const char *rest = AetOptionAfterTime(key), *nearest = Nearest(rest ? rest : key);

  if (!nearest) return AetRaise(AET_ERR_INPUT, "%s: unknown key %s", where, key);
  return AetRaise(AET_ERR_INPUT, "%s: unknown key %s; the nearest known key is %.*s%s", where, key, rest ? (int)(rest - key) : 0, key,
                  nearest);
}

static PetscErrorCode CheckKey(const char *where, const char *key)
{
  const AetOption *option = AetOptionFind(key);
  const char      *text = NULL;
  char             name[AET_KEY_SIZE + 1];
  PetscBool        set;

  PetscFunctionBegin;
  if (!option && IsPetsc(key)) PetscFunctionReturn(PETSC_SUCCESS);
  if (!option) PetscFunctionReturn(RaiseUnknown(where, key));
  snprintf(name, sizeof name, "-%s", key);
  PetscCall(PetscOptionsFindPair(NULL, NULL, name, &text, &set));
  if (set) PetscCall(AetOptionValidate(option, key, text ? text : ""));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckLocal(void)
{
  int                          argc;
  char                       **argv;
  PetscBool                    is_key;
  const AetOptionTable *const *tables;
  int                          count = AetOptionTables(&tables);

  PetscFunctionBegin;
  PetscCall(PetscGetArgs(&argc, &argv));
  for (int i = 1; i < argc; i++) { /* `-5` is a number, not a key: PETSc knows */
    PetscCall(PetscOptionsValidKey(argv[i], &is_key));
    if (is_key) PetscCall(CheckKey("command line", argv[i] + 1));
  }
  for (int i = 0; i < AetOriginCount(); i++) {
    char where[PETSC_MAX_PATH_LEN];
    snprintf(where, sizeof where, "%s:%d", AetOriginPath(i), AetOriginLine(i));
    PetscCall(CheckKey(where, AetOriginKey(i)));
  }
  for (int t = 0; t < count; t++) /* what PETSC_OPTIONS or a caller set */
    for (int i = 0; i < tables[t]->count; i++) PetscCall(CheckKey("PETSc options", tables[t]->options[i].key));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetOptionsCheck(MPI_Comm comm)
{
  PetscFunctionBegin;
  PetscCall(AetAgree(comm, CheckLocal()));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A switch does not take a path for its value: `-quiet config.yaml` is a switch and a file. */
static PetscErrorCode TakesNext(const char *key, const char *next, PetscBool *takes)
{
  const AetOption *option = AetOptionFind(key);
  PetscBool        is_key = PETSC_TRUE;
  char             name[AET_KEY_SIZE + 1];

  PetscFunctionBegin;
  if (next) PetscCall(PetscOptionsValidKey(next, &is_key));
  *takes = (PetscBool)!is_key;
  if (is_key || !option || option->type != AET_OPTION_BOOL || !strpbrk(next, "./")) PetscFunctionReturn(PETSC_SUCCESS);
  *takes = PETSC_FALSE;
  snprintf(name, sizeof name, "-%s", key);
  PetscCall(PetscOptionsSetValue(NULL, name, "true"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetOptionsArguments(int *count, const char *const **words)
{
  static const char **kept;
  int                 argc;
  char              **argv;
  PetscBool           is_key, takes;

  PetscFunctionBegin;
  PetscCall(PetscGetArgs(&argc, &argv));
  free(kept);
  kept = (const char **)calloc((size_t)argc + 1, sizeof(char *));
  AetCheck(kept, AET_ERR_MEMORY, "command line: no memory");
  *count = 0;
  for (int i = 1; i < argc; i++) {
    PetscCall(PetscOptionsValidKey(argv[i], &is_key));
    if (!is_key) {
      kept[(*count)++] = argv[i];
      continue;
    }
    PetscCall(TakesNext(argv[i] + 1, i + 1 < argc ? argv[i + 1] : NULL, &takes));
    i += takes;
  }
  *words = kept;
  PetscFunctionReturn(PETSC_SUCCESS);
}
