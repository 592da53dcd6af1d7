/* The provenance group: what a result was made from. */
#include "io/file_private.h"
#include <string.h>
#include <tiffio.h>
#include <zlib.h>

/* Entries as section \0 key \0 value \0: a visitor cannot fail, so they are written after the visit. */
typedef struct {
  size_t used, room;
  char  *bytes;
  int    failed;
} Entries;

static void AddWord(Entries *entries, const char *word)
{
  const size_t length = strlen(word) + 1;

  if (entries->failed) return;
  if (entries->used + length > entries->room) {
    const size_t room = 2 * (entries->used + length) + 4096;
    char        *more;
    if (PetscMalloc1(room, &more)) {
      entries->failed = 1;
      return;
    }
    if (entries->used) memcpy(more, entries->bytes, entries->used);
    (void)PetscFree(entries->bytes);
    entries->bytes = more;
    entries->room = room;
  }
  memcpy(entries->bytes + entries->used, word, length);
  entries->used += length;
}

static void Collect(const char *section, const char *key, const char *value, void *context)
{
  AddWord(context, section);
  AddWord(context, key);
  AddWord(context, value);
}

static PetscErrorCode WriteEntries(AetFile file, const Entries *entries)
{
  char   group[128], open_group[128] = "";
  hid_t  id = H5I_INVALID_HID;
  size_t at = 0;

  PetscFunctionBegin;
  while (at < entries->used) {
    const char    *section = entries->bytes + at, *key = section + strlen(section) + 1, *value = key + strlen(key) + 1;
    PetscErrorCode code = PETSC_SUCCESS;
    at = (size_t)(value + strlen(value) + 1 - entries->bytes);
    snprintf(group, sizeof group, "provenance/%.100s", section);
    if (strcmp(group, open_group)) {
      if (id >= 0) H5Oclose(id);
      PetscCall(AetFileGroup(file, group, PETSC_TRUE, &id));
      strcpy(open_group, group);
    }
    code = AetSetText(file, id, key, value);
    if (code) H5Oclose(id);
    PetscCall(code);
  }
  if (id >= 0) H5Oclose(id);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode AddLibraries(void)
{
  unsigned    major = 0, minor = 0, release = 0;
  char        version[64];
  const char *tiff = TIFFGetVersion(), *number = strstr(tiff, "Version ");

  PetscFunctionBegin;
  H5get_libversion(&major, &minor, &release);
  snprintf(version, sizeof version, "%u.%u.%u", major, minor, release);
  PetscCall(AetProvenanceAddLibrary("HDF5", version));
  PetscCall(AetProvenanceAddLibrary("zlib", zlibVersion()));
  snprintf(version, sizeof version, "%.*s", number ? (int)strcspn(number + 8, "\n") : 0, number ? number + 8 : "");
  PetscCall(AetProvenanceAddLibrary("libtiff", version));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteLocal(AetFile file)
{
  Entries        entries = {0};
  PetscErrorCode code;

  PetscFunctionBegin;
  code = AetProvenanceForEach(Collect, &entries);
  if (!code && entries.failed) code = AetRaise(AET_ERR_MEMORY, "%s: no memory for the provenance", file->path);
  if (!code) code = WriteEntries(file, &entries);
  PetscCall(PetscFree(entries.bytes));
  PetscFunctionReturn(code);
}

PetscErrorCode AetFileWriteProvenance(AetFile file)
{
  PetscFunctionBegin;
  PetscCall(AddLibraries());
  PetscCall(AetAgree(file->comm, AetFileIsMine(file) ? WriteLocal(file) : PETSC_SUCCESS));
  PetscFunctionReturn(PETSC_SUCCESS);
}
