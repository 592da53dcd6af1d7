/* MATLAB v5 files (v6 and v7 are the same, v7 with deflated elements): numeric arrays of any class. Read here and not through matio, which
   takes a truncated file for zeros and a damaged one for more memory than there is; matio is the oracle of the test. */
#include "io/io_private.h"
#include "io/mat5_stream.h"
#include <errno.h>
#include <string.h>

#define AET_MAT_HEADER 128
#define AET_MAT_MATRIX 14
#define AET_MAT_DEFLATED 15
#define AET_MAT_COMPLEX 0x0800u
#define AET_MAT_LOGICAL 0x0200u
#define AET_MAT_RATIO 1100.0 /* deflate cannot shrink data by more than 1032 */

typedef struct {
  unsigned  flags, class_number;
  int       rank;
  ptrdiff_t n[4]; /* slowest first; of at most 4 dimensions */
  ptrdiff_t elements;
  char      name[256];
} Variable;

typedef struct {
  char         path[PETSC_MAX_PATH_LEN];
  FILE        *file;
  ptrdiff_t    file_bytes, at; /* at: where the next element begins */
  PetscBool    swap;
  AetMatStream stream;
  AetScalar    type; /* as stored: MATLAB keeps whole numbers of doubles as integers */
  size_t       row;  /* elements of one step of the slowest axis */
  char        *raw;
} Mat;

static PetscBool Mat5Recognise(const AetFileHead *head)
{
  const unsigned char *end = head->bytes + 126;

  if (head->length < AET_MAT_HEADER || !memcmp(head->bytes, "MATLAB 7.3", 10)) return PETSC_FALSE;
  if (end[0] == 'I' && end[1] == 'M') return (PetscBool)(end[-1] == 1);
  return (PetscBool)(end[0] == 'M' && end[1] == 'I' && end[-2] == 1);
}

static const char *ClassName(unsigned class_number)
{
  static const char *const names[] = {"unknown", "cell",  "struct", "object", "text",   "sparse", "float64", "float32",  "int8",
                                      "uint8",   "int16", "uint16", "int32",  "uint32", "int64",  "uint64",  "function", "opaque"};

  return class_number < sizeof names / sizeof names[0] ? names[class_number] : names[0];
}

static PetscBool IsNumeric(unsigned class_number)
{
  return (PetscBool)(class_number >= 6 && class_number <= 15);
}

/* The type of the numbers behind a tag. */
static AetScalar StoredType(unsigned type)
{
  static const AetScalar types[] = {AET_SCALAR_NONE, AET_SCALAR_I8,   AET_SCALAR_U8,  AET_SCALAR_I16,  AET_SCALAR_U16,
                                    AET_SCALAR_I32,  AET_SCALAR_U32,  AET_SCALAR_F32, AET_SCALAR_NONE, AET_SCALAR_F64,
                                    AET_SCALAR_NONE, AET_SCALAR_NONE, AET_SCALAR_I64, AET_SCALAR_U64};

  return type < sizeof types / sizeof types[0] ? types[type] : AET_SCALAR_NONE;
}

static PetscErrorCode Damaged(const Mat *mat, const char *what)
{
  return AetRaise(AET_ERR_READ, "%s: the MATLAB file is damaged: %s of the element at byte %td", mat->path, what, mat->at);
}

static PetscErrorCode OpenFile(Mat *mat, const char *path)
{
  unsigned char  header[AET_MAT_HEADER];
  const unsigned one = 1;
  PetscBool      little_machine = (PetscBool)(*(const unsigned char *)&one == 1);

  PetscFunctionBegin;
  snprintf(mat->path, sizeof mat->path, "%s", path);
  PetscCall(AetFileSize(path, &mat->file_bytes));
  mat->file = fopen(path, "rb");
  if (!mat->file) PetscFunctionReturn(AetRaiseOpen(path));
  AetCheck(fread(header, 1, sizeof header, mat->file) == sizeof header, AET_ERR_READ, "%s: the MATLAB header is truncated", path);
  mat->swap = (PetscBool)((header[126] == 'I') != little_machine);
  mat->at = AET_MAT_HEADER;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void CloseFile(Mat *mat)
{
  AetMatStreamClose(&mat->stream);
  if (mat->file) fclose(mat->file);
  mat->file = NULL;
}

/* Flags, dimensions and name of a matrix; the stream then stands before its data. */
static PetscErrorCode ReadVariable(Mat *mat, Variable *variable)
{
  AetMatTag tag;
  uint32_t  flags[2];
  int32_t   dims[32];
  double    product = 1;

  PetscFunctionBegin;
  memset(variable, 0, sizeof *variable);
  if (!AetMatStreamTag(&mat->stream, &tag) || tag.bytes != 8 || !AetMatStreamData(&mat->stream, &tag, flags, sizeof flags))
    PetscFunctionReturn(Damaged(mat, "the flags"));
  if (mat->swap) AetSwapBytes(4, 2, flags);
  variable->flags = flags[0];
  variable->class_number = flags[0] & 0xff;
  if (variable->class_number == 17) PetscFunctionReturn(PETSC_SUCCESS); /* an object of a class: no dimensions follow */
  if (!AetMatStreamTag(&mat->stream, &tag) || tag.bytes % 4 || tag.bytes < 8 || !AetMatStreamData(&mat->stream, &tag, dims, sizeof dims))
    PetscFunctionReturn(Damaged(mat, "the dimensions"));
  variable->rank = (int)(tag.bytes / 4);
  if (mat->swap) AetSwapBytes(4, (size_t)variable->rank, dims);
  for (int a = 0; a < variable->rank; a++) {
    if (dims[a] < 0) PetscFunctionReturn(Damaged(mat, "the dimensions"));
    product *= dims[a];
    if (variable->rank <= 4) variable->n[variable->rank - 1 - a] = dims[a];
  }
  if (!AetMatStreamTag(&mat->stream, &tag) || !AetMatStreamData(&mat->stream, &tag, variable->name, sizeof variable->name - 1))
    PetscFunctionReturn(Damaged(mat, "the name"));
  if (product > 1e15) PetscFunctionReturn(Damaged(mat, "the size"));
  variable->elements = (ptrdiff_t)product;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The tag before the numbers: of the claimed length, and no longer than the element can hold. */
static PetscErrorCode ReadDataTag(Mat *mat, const Variable *variable, ptrdiff_t element_bytes, AetMatTag *tag)
{
  AetScalar type;

  PetscFunctionBegin;
  if (!AetMatStreamTag(&mat->stream, tag)) PetscFunctionReturn(Damaged(mat, "the numbers"));
  type = StoredType(tag->type);
  AetCheck(type != AET_SCALAR_NONE && (double)tag->bytes == (double)variable->elements * (double)AetScalarSize(type) &&
               (double)tag->bytes <= (mat->stream.inflated ? AET_MAT_RATIO : 1) * (double)element_bytes,
           AET_ERR_READ, "%s:%s: the MATLAB file is damaged: expected %td numbers, found %u bytes of data", mat->path, variable->name,
           variable->elements, tag->bytes);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Goes to the next element of the file and opens its stream behind the matrix tag; *found is false at the end of the file. */
static PetscErrorCode NextElement(Mat *mat, PetscBool *found, ptrdiff_t *bytes)
{
  AetMatTag tag;

  PetscFunctionBegin;
  *found = PETSC_FALSE;
  AetMatStreamClose(&mat->stream);
  if (mat->at >= mat->file_bytes) PetscFunctionReturn(PETSC_SUCCESS);
  AetCheck(!fseeko(mat->file, (off_t)mat->at, SEEK_SET), AET_ERR_READ, "%s: cannot be read: %s", mat->path, strerror(errno));
  (void)AetMatStreamOpen(&mat->stream, mat->file, mat->file_bytes - mat->at, mat->swap, PETSC_FALSE);
  AetCheck(AetMatStreamTag(&mat->stream, &tag) && !tag.small, AET_ERR_READ,
           "%s: the file is damaged or truncated: expected an array at byte %td of %td", mat->path, mat->at, mat->file_bytes);
  AetCheck((ptrdiff_t)tag.bytes <= mat->file_bytes - mat->at - 8, AET_ERR_READ,
           "%s: the file is truncated: the array at byte %td takes %u bytes, the file ends %td bytes behind it", mat->path, mat->at,
           tag.bytes, mat->file_bytes - mat->at - 8);
  *bytes = (ptrdiff_t)tag.bytes;
  *found = PETSC_TRUE;
  if (tag.bytes == 0) PetscFunctionReturn(PETSC_SUCCESS); /* matio writes an empty cell so */
  if (tag.type == AET_MAT_DEFLATED) {
    if (!AetMatStreamOpen(&mat->stream, mat->file, *bytes, mat->swap, PETSC_TRUE)) PetscFunctionReturn(Damaged(mat, "the compressed data"));
    if (!AetMatStreamTag(&mat->stream, &tag) || tag.small) PetscFunctionReturn(Damaged(mat, "the compressed data"));
  } else {
    (void)AetMatStreamOpen(&mat->stream, mat->file, *bytes, mat->swap, PETSC_FALSE);
  }
  if (tag.type != AET_MAT_MATRIX) PetscFunctionReturn(Damaged(mat, "the type"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The next named variable, its stream standing before its data. */
static PetscErrorCode NextVariable(Mat *mat, Variable *variable, PetscBool *found, ptrdiff_t *bytes)
{
  PetscFunctionBegin;
  for (;;) {
    PetscCall(NextElement(mat, found, bytes));
    if (!*found) PetscFunctionReturn(PETSC_SUCCESS);
    if (*bytes > 0) {
      PetscCall(ReadVariable(mat, variable));
      if (variable->name[0]) PetscFunctionReturn(PETSC_SUCCESS);
    }
    mat->at += 8 + *bytes; /* nameless: MATLAB's own store */
  }
}

static PetscErrorCode AddVariable(Mat *mat, const Variable *variable, ptrdiff_t bytes, AetArrayList *list)
{
  const PetscBool numeric = IsNumeric(variable->class_number), complex_data = (PetscBool)(numeric && variable->flags & AET_MAT_COMPLEX);
  const char     *type = ClassName(variable->class_number);
  AetMatTag       tag;

  PetscFunctionBegin;
  if (numeric && variable->elements > 0) PetscCall(ReadDataTag(mat, variable, bytes, &tag));
  if (complex_data)
    type = variable->class_number == 7 ? "complex64" : "complex128";
  else if (numeric && variable->flags & AET_MAT_LOGICAL)
    type = "logical";
  PetscCall(AetArrayListAdd(list, variable->name, variable->rank, variable->n, type, numeric, 0));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ListVariables(Mat *mat, const char *path, AetArrayList *list)
{
  Variable  variable;
  PetscBool found;
  ptrdiff_t bytes;

  PetscFunctionBegin;
  PetscCall(OpenFile(mat, path));
  for (;;) {
    PetscCall(NextVariable(mat, &variable, &found, &bytes));
    if (!found) PetscFunctionReturn(PETSC_SUCCESS);
    PetscCall(AddVariable(mat, &variable, bytes, list));
    mat->at += 8 + bytes;
  }
}

static PetscErrorCode Mat5Inspect(const char *path, ptrdiff_t file_bytes, AetFormat *format, AetArrayList *list)
{
  Mat           *mat;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(PetscNew(&mat));
  code = ListVariables(mat, path, list);
  CloseFile(mat);
  PetscCall(PetscFree(mat));
  PetscFunctionReturn(code);
}

static PetscErrorCode Mat5Close(void **state)
{
  Mat *mat = *state;

  PetscFunctionBegin;
  if (!mat) PetscFunctionReturn(PETSC_SUCCESS);
  CloseFile(mat);
  PetscCall(PetscFree(mat->raw));
  PetscCall(PetscFree(mat));
  *state = NULL;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode LoadNumbers(Mat *mat, const Variable *variable, ptrdiff_t bytes)
{
  AetMatTag tag;

  PetscFunctionBegin;
  AetCheck(IsNumeric(variable->class_number) && !(variable->flags & AET_MAT_COMPLEX), AET_ERR_DATA,
           "%s:%s: expected real numbers, found %s", mat->path, variable->name,
           variable->flags & AET_MAT_COMPLEX ? "complex ones" : ClassName(variable->class_number));
  PetscCall(ReadDataTag(mat, variable, bytes, &tag));
  mat->type = StoredType(tag.type);
  mat->row = (size_t)(variable->elements / variable->n[0]);
  PetscCall(PetscMalloc((size_t)tag.bytes, &mat->raw));
  if (tag.small) memcpy(mat->raw, tag.data, tag.bytes);
  AetCheck((tag.small || AetMatStreamRead(&mat->stream, mat->raw, tag.bytes)) && AetMatStreamFinish(&mat->stream), AET_ERR_READ,
           "%s:%s: the MATLAB file is damaged: the numbers cannot be read", mat->path, variable->name);
  if (mat->swap) AetSwapBytes(AetScalarSize(mat->type), (size_t)variable->elements, mat->raw);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FindAndLoad(Mat *mat, const char *path, const AetArrayInfo *info)
{
  Variable  variable;
  PetscBool found, same;
  ptrdiff_t bytes;

  PetscFunctionBegin;
  PetscCall(OpenFile(mat, path));
  for (;;) {
    PetscCall(NextVariable(mat, &variable, &found, &bytes));
    AetCheck(found, AET_ERR_READ, "%s:%s: the file changed while it was read", path, info->name);
    if (!strcmp(variable.name, info->name)) break;
    mat->at += 8 + bytes;
  }
  same = (PetscBool)(variable.rank == info->rank);
  for (int a = 0; a < 4; a++) same = (PetscBool)(same && variable.n[a] == info->n[a]);
  AetCheck(same && variable.elements > 0, AET_ERR_READ, "%s:%s: the file changed while it was read", path, info->name);
  PetscCall(LoadNumbers(mat, &variable, bytes));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Mat5Open(const char *path, const AetArrayInfo *info, void **state)
{
  Mat           *mat;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(PetscNew(&mat));
  *state = mat;
  code = FindAndLoad(mat, path, info);
  CloseFile(mat);
  if (code) PetscCall(Mat5Close(state));
  PetscFunctionReturn(code);
}

static PetscErrorCode Mat5Read(void *state, ptrdiff_t first, ptrdiff_t count, AetScalar as, void *values)
{
  const Mat  *mat = state;
  const char *raw = mat->raw + (size_t)first * mat->row * AetScalarSize(mat->type);

  PetscFunctionBegin;
  if (as == AET_SCALAR_F32)
    AetConvertToFloat(mat->type, (size_t)count * mat->row, raw, values);
  else
    AetConvertToDouble(mat->type, (size_t)count * mat->row, raw, values);
  PetscFunctionReturn(PETSC_SUCCESS);
}

const AetReader AetReaderMat5 = {AET_FORMAT_MAT5, PETSC_FALSE, PETSC_TRUE, Mat5Recognise, Mat5Inspect, Mat5Open, Mat5Read, Mat5Close};
