/* What a file is and what it holds: the registry of readers, the choice of an array. */
#include "io/io_private.h"
#include <string.h>

static const AetReader *const aet_readers[] = {&AetReaderMat73, &AetReaderHdf5, &AetReaderEmd, &AetReaderMat5,
                                               &AetReaderTiff,  &AetReaderMrc,  &AetReaderXyz, &AetReaderText};
enum { AET_READERS = (int)(sizeof aet_readers / sizeof aet_readers[0]) };

const char *AetFormatName(AetFormat format)
{
  static const char *const names[] = {"unknown", "MATLAB v5", "MATLAB v7.3", "MRC", "TIFF", "EMD", "HDF5", "XYZ", "text"};

  return (size_t)format < sizeof names / sizeof names[0] ? names[format] : names[0];
}

const AetReader *AetReaderOf(AetFormat format)
{
  for (int i = 0; i < AET_READERS; i++)
    if (aet_readers[i]->format == format) return aet_readers[i];
  return NULL;
}

ptrdiff_t AetArrayElements(const AetArrayInfo *info)
{
  ptrdiff_t product = 1;

  for (int a = 0; a < info->rank; a++) {
    if (info->n[a] < 0) return -1;
    if (info->n[a] && product > PTRDIFF_MAX / 16 / info->n[a]) return -1;
    product *= info->n[a];
  }
  return product;
}

PetscErrorCode AetArrayListAdd(AetArrayList *list, const char *name, int rank, const ptrdiff_t *n, const char *type, PetscBool numeric,
                               double pixel_angstrom)
{
  AetArrayInfo *info;

  PetscFunctionBegin;
  if (list->count == list->room) {
    AetArrayInfo *more;
    list->room = list->room ? 2 * list->room : 8;
    PetscCall(PetscCalloc1((size_t)list->room, &more));
    if (list->count) memcpy(more, list->arrays, (size_t)list->count * sizeof *more);
    PetscCall(PetscFree(list->arrays));
    list->arrays = more;
  }
  info = &list->arrays[list->count++];
  snprintf(info->name, sizeof info->name, "%s", name);
  snprintf(info->type, sizeof info->type, "%s", type);
  info->rank = rank;
  info->numeric = (PetscBool)(numeric && rank >= 1 && rank <= 4);
  info->pixel_angstrom = pixel_angstrom;
  for (int a = 0; a < rank && a < 4; a++) info->n[a] = n[a];
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadHead(const char *path, AetFileHead *head)
{
  FILE *file;

  PetscFunctionBegin;
  PetscCall(AetFileSize(path, &head->file_bytes));
  file = fopen(path, "rb");
  if (!file) PetscFunctionReturn(AetRaiseOpen(path));
  memset(head->bytes, 0, sizeof head->bytes);
  head->length = fread(head->bytes, 1, sizeof head->bytes, file);
  fclose(file);
  AetCheck(head->length > 0, AET_ERR_READ, "%s: cannot be read", path);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetInspectLocal(const char *path, AetFormat *format, AetArrayList *list)
{
  AetFileHead head;

  PetscFunctionBegin;
  *format = AET_FORMAT_UNKNOWN;
  PetscCall(ReadHead(path, &head));
  for (int i = 0; i < AET_READERS; i++)
    if (aet_readers[i]->recognise(&head)) {
      *format = aet_readers[i]->format;
      PetscCall(aet_readers[i]->inspect(path, head.file_bytes, format, list));
      PetscFunctionReturn(PETSC_SUCCESS);
    }
  PetscFunctionReturn(AetRaise(AET_ERR_DATA, "%s: expected MATLAB, HDF5, MRC, TIFF, XYZ or text with numbers, found none of these", path));
}

PetscErrorCode AetFileInspect(MPI_Comm comm, const char *path, AetFormat *format, int *count, AetArrayInfo **arrays)
{
  AetArrayList   list = {0};
  PetscMPIInt    rank;
  int            told[2] = {0};
  PetscErrorCode code = PETSC_SUCCESS;

  PetscFunctionBegin;
  *arrays = NULL;
  *count = 0;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (rank == 0) code = AetInspectLocal(path, format, &list);
  code = AetAgree(comm, code);
  if (code) PetscCall(PetscFree(list.arrays));
  PetscCall(code);
  told[0] = rank == 0 ? (int)*format : 0, told[1] = list.count;
  PetscCallMPI(MPI_Bcast(told, 2, MPI_INT, 0, comm));
  if (rank && told[1]) PetscCall(PetscCalloc1((size_t)told[1], &list.arrays));
  PetscCallMPI(MPI_Bcast(list.arrays, told[1] * (int)sizeof(AetArrayInfo), MPI_BYTE, 0, comm));
  *format = (AetFormat)told[0];
  *count = told[1];
  *arrays = list.arrays;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* ---------------------------------------------------------------- the choice of an array */

static void SizesText(const AetArrayInfo *info, char *text, size_t size)
{
  size_t used = 0;

  text[0] = 0;
  for (int a = 0; a < info->rank && a < 4 && used < size; a++)
    used += (size_t)snprintf(text + used, size - used, "%s%td", a ? "×" : "", info->n[a]);
}

/* "a (3×4×5 float32), b (…)" of the arrays that `wanted` marks, or of all. */
static void ListText(const AetArrayList *list, const PetscBool *wanted, char *text, size_t size)
{
  size_t used = 0;

  text[0] = 0;
  for (int i = 0; i < list->count && used + 1 < size; i++) {
    char sizes[100];
    if (wanted && !wanted[i]) continue;
    SizesText(&list->arrays[i], sizes, sizeof sizes);
    used += (size_t)snprintf(text + used, size - used, "%s%s (%s %s)", used ? ", " : "", list->arrays[i].name, sizes, list->arrays[i].type);
  }
  if (!text[0]) snprintf(text, size, "nothing");
}

/* A name stands for itself, or for the `data` of the EMD group of that name. */
static PetscBool NameMatches(const AetArrayInfo *info, const char *name)
{
  const size_t length = strlen(name);

  while (*name == '/') name++;
  if (!strcmp(info->name, name)) return PETSC_TRUE;
  return (PetscBool)(!strncmp(info->name, name, strlen(name)) && length && !strcmp(info->name + strlen(name), "/data"));
}

/* What is looked for: an array of 3 dimensions or, failing that, 2; a table; the same with 4 dimensions before 3. */
typedef enum { KIND_ARRAY, KIND_TABLE, KIND_FRAMES, KIND_COUNT } Kind;

static const char *const aet_kind_text[KIND_COUNT] = {"an array of 3 dimensions", "a table (1 or 2 dimensions)",
                                                      "an array of 4 or 3 dimensions"};

/* How well an array suits: the least positive number wins, 0 is not suitable. */
static int Suitability(const AetArrayInfo *info, Kind kind)
{
  const ptrdiff_t elements = AetArrayElements(info);
  PetscBool       vector = PETSC_FALSE;

  if (!info->numeric || elements <= 0) return 0;
  for (int a = 0; a < info->rank; a++) vector = (PetscBool)(vector || info->n[a] == elements);
  if (kind == KIND_FRAMES && info->rank == 4) return 1;
  if (kind != KIND_TABLE) return info->rank == 3 ? 2 : info->rank == 2 && !vector ? 3 : 0;
  if (info->rank > 2) return 0;
  return elements > 1 ? 1 : 2; /* a single number beside the table is not the table */
}

static PetscErrorCode ChooseByName(const char *path, const AetArrayList *list, const char *name, Kind kind, int *index)
{
  char text[600];
  int  rank;

  PetscFunctionBegin;
  *index = -1;
  for (int i = 0; i < list->count && *index < 0; i++)
    if (NameMatches(&list->arrays[i], name)) *index = i;
  ListText(list, NULL, text, sizeof text);
  AetCheck(*index >= 0, AET_ERR_DATA, "%s: expected an array named %s, found %s", path, name, text);
  AetCheck(list->arrays[*index].numeric, AET_ERR_DATA, "%s:%s: expected numbers, found %s", path, name, list->arrays[*index].type);
  SizesText(&list->arrays[*index], text, sizeof text);
  rank = list->arrays[*index].rank;
  AetCheck(kind == KIND_TABLE ? rank <= 2 : rank >= 2 && rank <= (kind == KIND_FRAMES ? 4 : 3), AET_ERR_DATA,
           "%s:%s: expected %s, found %s", path, name, aet_kind_text[kind], text);
  AetCheck(AetArrayElements(&list->arrays[*index]) > 0, AET_ERR_DATA, "%s:%s: the array is empty (%s)", path, name, text);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ChooseArray(const char *path, const AetArrayList *list, const char *name, Kind kind, int *index)
{
  int        best = 0, found = 0;
  char       text[600];
  PetscBool *wanted;

  PetscFunctionBegin;
  if (name[0]) {
    PetscCall(ChooseByName(path, list, name, kind, index));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(PetscCalloc1((size_t)list->count + 1, &wanted));
  for (int i = 0; i < list->count; i++) {
    const int suits = Suitability(&list->arrays[i], kind);
    if (suits && (!best || suits < best)) best = suits;
  }
  for (int i = 0; i < list->count; i++) {
    wanted[i] = (PetscBool)(best && Suitability(&list->arrays[i], kind) == best);
    if (wanted[i]) found++, *index = i;
  }
  ListText(list, found ? wanted : NULL, text, sizeof text);
  PetscCall(PetscFree(wanted));
  AetCheck(found > 0, AET_ERR_DATA, "%s: expected %s of numbers, found %s", path, kind == KIND_TABLE ? "a table" : aet_kind_text[kind],
           text);
  AetCheck(found == 1, AET_ERR_DATA, "%s: expected one array, found several: write %s:NAME with one of %s", path, path, text);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Opens and closes the array on this rank: before anybody asks for its memory, the file is seen to hold it. */
static PetscErrorCode TryArray(const AetLocated *located)
{
  const AetReader *reader = AetReaderOf(located->format);
  void            *state = NULL;

  PetscFunctionBegin;
  if (!reader->parallel) PetscFunctionReturn(PETSC_SUCCESS); /* those have looked at every length in `inspect` */
  PetscCall(reader->open(located->path, &located->info, &state));
  PetscCall(reader->close(&state));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode LocateLocal(const char *file, Kind kind, AetLocated *located)
{
  char           name[256];
  AetArrayList   list = {0};
  int            index = -1;
  PetscErrorCode code;

  PetscFunctionBegin;
  memset(located, 0, sizeof *located);
  PetscCall(AetFileSplitName(file, located->path, sizeof located->path, name, sizeof name));
  code = AetInspectLocal(located->path, &located->format, &list);
  if (!code) code = ChooseArray(located->path, &list, name, kind, &index);
  if (!code) {
    located->info = list.arrays[index];
    if (!strncmp(located->info.type, "complex", 7))
      code = AetRaise(AET_ERR_DATA, "%s%s%s: expected real numbers, found complex ones", located->path, located->info.name[0] ? ":" : "",
                      located->info.name);
    else
      code = TryArray(located);
  }
  PetscCall(PetscFree(list.arrays));
  PetscFunctionReturn(code);
}

static PetscErrorCode LocateKind(MPI_Comm comm, const char *file, Kind kind, AetLocated *located)
{
  PetscMPIInt    rank;
  PetscErrorCode code = PETSC_SUCCESS;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (rank == 0) code = LocateLocal(file, kind, located);
  PetscCall(AetAgree(comm, code));
  PetscCallMPI(MPI_Bcast(located, (int)sizeof *located, MPI_BYTE, 0, comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetLocate(MPI_Comm comm, const char *file, PetscBool table, AetLocated *located)
{
  return LocateKind(comm, file, table ? KIND_TABLE : KIND_ARRAY, located);
}

PetscErrorCode AetLocateFrames(MPI_Comm comm, const char *file, AetLocated *located)
{
  return LocateKind(comm, file, KIND_FRAMES, located);
}
