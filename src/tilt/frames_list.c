/* A text file that lists the files of the frames. */
#include "tilt/frames_private.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { HEAD = 1024 };

/* Text: bytes that print, blanks and line ends; not a table of numbers. Rank 0 looks. */
static PetscBool LooksLikeList(const char *file)
{
  unsigned char head[HEAD];
  size_t        length, first = 0;
  FILE         *stream = fopen(file, "rb");

  if (!stream) return PETSC_FALSE;
  length = fread(head, 1, sizeof head, stream);
  fclose(stream);
  for (size_t i = 0; i < length; i++)
    if ((head[i] < 32 && !isspace(head[i])) || head[i] == 127) return PETSC_FALSE;
  while (first < length && isspace(head[first])) first++;
  return (PetscBool)(first < length);
}

PetscErrorCode AetFrameListIs(MPI_Comm comm, const char *file, PetscBool *list)
{
  PetscMPIInt rank;
  int         is = 0;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (rank == 0) is = LooksLikeList(file);
  PetscCallMPI(MPI_Bcast(&is, 1, MPI_INT, 0, comm));
  *list = (PetscBool)is;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The next line that names a file, without blanks around it; NULL at the end. Cuts the text. */
static char *NextName(char **text)
{
  while (**text) {
    char *line = *text, *end = strchr(line, '\n');

    *text = end ? end + 1 : line + strlen(line);
    if (end) *end = 0;
    while (isspace((unsigned char)*line)) line++;
    for (size_t length = strlen(line); length && isspace((unsigned char)line[length - 1]);) line[--length] = 0;
    if (*line && *line != '#') return line;
  }
  return NULL;
}

static PetscErrorCode TakeNames(const char *path, char *text, AetFrameList *list)
{
  const char *slash = strrchr(path, '/');
  const int   folder = slash ? (int)(slash - path) + 1 : 0;
  ptrdiff_t   room = 1;

  PetscFunctionBegin;
  for (const char *c = text; *c; c++) room += *c == '\n';
  PetscCall(PetscMalloc1((size_t)room, &list->file));
  for (char *name; (name = NextName(&text)) != NULL; list->count++) {
    const int length = snprintf(list->file[list->count], sizeof list->file[0], "%.*s%s", *name == '/' ? 0 : folder, path, name);

    AetCheck(length < (int)sizeof list->file[0], AET_ERR_DATA, "%s: the name of file %td (from 0) is too long", path, list->count);
  }
  AetCheck(list->count > 0, AET_ERR_DATA, "%s: expected a list of files, found none", path);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetFrameListRead(MPI_Comm comm, const char *path, AetFrameList *list)
{
  char          *text;
  size_t         length;
  PetscErrorCode code;

  PetscFunctionBegin;
  memset(list, 0, sizeof *list);
  PetscCall(AetTextRead(comm, path, &text, &length));
  code = AetAgree(comm, TakeNames(path, text, list));
  free(text);
  if (code) AetFrameListFree(list);
  PetscFunctionReturn(code);
}

void AetFrameListFree(AetFrameList *list)
{
  (void)PetscFree(list->file);
  list->count = 0;
}

/* FNV-1a over the digests of the files, in order. Rank 0. */
static PetscErrorCode DigestAll(const AetFrameList *list, uint64_t *hash)
{
  PetscFunctionBegin;
  for (ptrdiff_t i = 0; i < list->count; i++) {
    char path[PETSC_MAX_PATH_LEN], name[256], digest[33];

    PetscCall(AetFileSplitName(list->file[i], path, sizeof path, name, sizeof name));
    PetscCall(AetFileDigest(path, digest));
    for (const char *c = digest; *c; c++) *hash = (*hash ^ (unsigned char)*c) * UINT64_C(1099511628211);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetFramesStamp(MPI_Comm comm, char stamp[AET_FRAMES_STAMP_SIZE])
{
  char           name[PETSC_MAX_PATH_LEN];
  PetscBool      given, listed = PETSC_FALSE;
  PetscMPIInt    rank;
  AetFrameList   list;
  uint64_t       hash = UINT64_C(14695981039346656037);
  PetscErrorCode code = PETSC_SUCCESS;

  PetscFunctionBegin;
  stamp[0] = 0;
  PetscCall(AetFramesAreGiven(&given));
  PetscCall(AetOptionGetText("frames_files", name, sizeof name));
  if (given) PetscCall(AetFrameListIs(comm, name, &listed));
  if (!listed) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AetFrameListRead(comm, name, &list));
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (rank == 0) code = DigestAll(&list, &hash);
  AetFrameListFree(&list);
  PetscCall(AetAgree(comm, code));
  PetscCallMPI(MPI_Bcast(&hash, 1, MPI_UINT64_T, 0, comm));
  snprintf(stamp, AET_FRAMES_STAMP_SIZE, "%016llx", (unsigned long long)hash);
  PetscFunctionReturn(PETSC_SUCCESS);
}
