/* Paths: what is there, and `path:name`. */
#include "io/io_private.h"
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

PetscErrorCode AetRaiseOpen(const char *path)
{
  return AetRaise(AET_ERR_OPEN, "%s: cannot be opened: %s", path, strerror(errno));
}

PetscErrorCode AetFileSize(const char *path, ptrdiff_t *bytes)
{
  struct stat status;

  PetscFunctionBegin;
  *bytes = 0;
  if (stat(path, &status)) PetscFunctionReturn(AetRaiseOpen(path));
  AetCheck(!S_ISDIR(status.st_mode), AET_ERR_OPEN, "%s: expected a file, found a folder", path);
  /* a pipe or a device would block or never end */
  AetCheck(S_ISREG(status.st_mode), AET_ERR_OPEN, "%s: expected a file, found something that is not a regular file", path);
  AetCheck(status.st_size > 0, AET_ERR_READ, "%s: the file is empty", path);
  *bytes = (ptrdiff_t)status.st_size;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetFileSlurp(const char *path, ptrdiff_t *bytes, char **text)
{
  FILE  *file;
  size_t got;

  PetscFunctionBegin;
  *text = NULL;
  PetscCall(AetFileSize(path, bytes));
  file = fopen(path, "rb");
  if (!file) PetscFunctionReturn(AetRaiseOpen(path));
  if (PetscMalloc1((size_t)*bytes + 1, text)) {
    fclose(file);
    PetscFunctionReturn(AetRaise(AET_ERR_MEMORY, "%s: no memory for the file's %td bytes", path, *bytes));
  }
  got = fread(*text, 1, (size_t)*bytes, file);
  fclose(file);
  (*text)[got] = 0;
  if (got != (size_t)*bytes) {
    PetscCall(PetscFree(*text));
    PetscFunctionReturn(AetRaise(AET_ERR_READ, "%s: expected %td bytes, could read %zu", path, *bytes, got));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscBool PathExists(const char *path)
{
  struct stat status;

  return (PetscBool)(stat(path, &status) == 0);
}

PetscErrorCode AetFileSplitName(const char *file, char *path, size_t path_size, char *name, size_t name_size)
{
  const size_t length = strlen(file);
  const char  *colon = NULL;
  char         prefix[PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  AetCheck(length > 0, AET_ERR_INPUT, "expected the name of a file, found nothing");
  AetCheck(length < sizeof prefix && length < path_size, AET_ERR_INPUT, "%.80s…: the name of the file is too long", file);
  if (!PathExists(file)) {
    for (size_t i = length; i-- > 1 && !colon;) {
      if (file[i] != ':') continue;
      snprintf(prefix, sizeof prefix, "%.*s", (int)i, file);
      if (PathExists(prefix)) colon = file + i;
    }
    if (!colon) { /* nothing is there: the last colon after the last slash, so that the error names the path */
      colon = strrchr(file, ':');
      if (colon == file || (colon && strchr(colon, '/'))) colon = NULL;
    }
  }
  snprintf(path, path_size, "%.*s", (int)(colon ? (size_t)(colon - file) : length), file);
  AetCheck(!colon || strlen(colon + 1) < name_size, AET_ERR_INPUT, "%s: the name of the array is too long", path);
  snprintf(name, name_size, "%s", colon ? colon + 1 : "");
  PetscFunctionReturn(PETSC_SUCCESS);
}
