/* MATLAB v5 files (and v6, v7), through matio. */
#include "io/io_private.h"
#include <matio.h>
#include <string.h>

typedef struct {
  char      path[PETSC_MAX_PATH_LEN];
  mat_t    *file;
  matvar_t *variable;
  AetScalar type;
  size_t    row; /* elements of one step of the slowest axis */
} AetMat5;

static AetScalar ScalarOf(enum matio_classes class_type)
{
  switch (class_type) {
  case MAT_C_DOUBLE:
    return AET_SCALAR_F64;
  case MAT_C_SINGLE:
    return AET_SCALAR_F32;
  case MAT_C_INT8:
    return AET_SCALAR_I8;
  case MAT_C_UINT8:
    return AET_SCALAR_U8;
  case MAT_C_INT16:
    return AET_SCALAR_I16;
  case MAT_C_UINT16:
    return AET_SCALAR_U16;
  case MAT_C_INT32:
    return AET_SCALAR_I32;
  case MAT_C_UINT32:
    return AET_SCALAR_U32;
  case MAT_C_INT64:
    return AET_SCALAR_I64;
  case MAT_C_UINT64:
    return AET_SCALAR_U64;
  default:
    return AET_SCALAR_NONE;
  }
}

static const char *TypeName(const matvar_t *variable)
{
  switch (variable->class_type) {
  case MAT_C_CELL:
    return "cell";
  case MAT_C_STRUCT:
    return "struct";
  case MAT_C_OBJECT:
    return "object";
  case MAT_C_CHAR:
    return "text";
  case MAT_C_SPARSE:
    return "sparse";
  case MAT_C_FUNCTION:
    return "function";
  case MAT_C_OPAQUE:
    return "opaque";
  default:
    break;
  }
  if (variable->isComplex) return variable->class_type == MAT_C_SINGLE ? "complex64" : "complex128";
  if (variable->isLogical) return "logical";
  return AetScalarName(ScalarOf(variable->class_type));
}

static PetscBool Mat5Recognise(const AetFileHead *head)
{
  const unsigned char *end = head->bytes + 126;

  if (head->length < 128 || !memcmp(head->bytes, "MATLAB 7.3", 10)) return PETSC_FALSE;
  if (end[0] == 'I' && end[1] == 'M') return (PetscBool)(end[-1] == 1);
  return (PetscBool)(end[0] == 'M' && end[1] == 'I' && end[-2] == 1);
}

static PetscErrorCode OpenFile(const char *path, mat_t **file)
{
  PetscFunctionBegin;
  *file = Mat_Open(path, MAT_ACC_RDONLY);
  AetCheck(*file, AET_ERR_READ, "%s: the MATLAB header is damaged", path);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Mat5Inspect(const char *path, ptrdiff_t file_bytes, AetFormat *format, AetArrayList *list)
{
  mat_t         *file;
  matvar_t      *variable;
  PetscErrorCode code = PETSC_SUCCESS;

  PetscFunctionBegin;
  PetscCall(OpenFile(path, &file));
  while (!code && (variable = Mat_VarReadNextInfo(file)) != NULL) {
    ptrdiff_t n[4] = {0};
    for (int a = 0; a < variable->rank && a < 4 && variable->rank <= 4; a++) n[a] = (ptrdiff_t)variable->dims[variable->rank - 1 - a];
    code = AetArrayListAdd(list, variable->name ? variable->name : "", variable->rank, n, TypeName(variable),
                           (PetscBool)(ScalarOf(variable->class_type) != AET_SCALAR_NONE), 0);
    Mat_VarFree(variable);
  }
  Mat_Close(file);
  PetscFunctionReturn(code);
}

static PetscErrorCode Mat5Close(void **state)
{
  AetMat5 *mat = *state;

  PetscFunctionBegin;
  if (!mat) PetscFunctionReturn(PETSC_SUCCESS);
  if (mat->variable) Mat_VarFree(mat->variable);
  if (mat->file) Mat_Close(mat->file);
  PetscCall(PetscFree(mat));
  *state = NULL;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode LoadVariable(AetMat5 *mat, const AetArrayInfo *info)
{
  ptrdiff_t elements;

  PetscFunctionBegin;
  PetscCall(OpenFile(mat->path, &mat->file));
  mat->variable = Mat_VarReadInfo(mat->file, info->name);
  AetCheck(mat->variable && mat->variable->rank == info->rank, AET_ERR_READ, "%s:%s: the array could not be found again", mat->path,
           info->name);
  mat->type = ScalarOf(mat->variable->class_type);
  AetCheck(mat->type != AET_SCALAR_NONE && !mat->variable->isComplex, AET_ERR_DATA, "%s:%s: expected real numbers, found %s", mat->path,
           info->name, TypeName(mat->variable));
  elements = AetArrayElements(info);
  mat->row = (size_t)(elements / info->n[0]);
  AetCheck(Mat_VarReadDataAll(mat->file, mat->variable) == 0 && mat->variable->data &&
               mat->variable->nbytes >= (size_t)elements * AetScalarSize(mat->type),
           AET_ERR_READ, "%s:%s: the data of the array is damaged", mat->path, info->name);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Mat5Open(const char *path, const AetArrayInfo *info, void **state)
{
  AetMat5       *mat;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(PetscNew(&mat));
  snprintf(mat->path, sizeof mat->path, "%s", path);
  *state = mat;
  code = LoadVariable(mat, info);
  if (code) PetscCall(Mat5Close(state));
  PetscFunctionReturn(code);
}

static PetscErrorCode Mat5Read(void *state, ptrdiff_t first, ptrdiff_t count, AetScalar as, void *values)
{
  const AetMat5 *mat = state;
  const char    *raw = (const char *)mat->variable->data + (size_t)first * mat->row * AetScalarSize(mat->type);

  PetscFunctionBegin;
  if (as == AET_SCALAR_F32)
    AetConvertToFloat(mat->type, (size_t)count * mat->row, raw, values);
  else
    AetConvertToDouble(mat->type, (size_t)count * mat->row, raw, values);
  PetscFunctionReturn(PETSC_SUCCESS);
}

const AetReader AetReaderMat5 = {AET_FORMAT_MAT5, PETSC_FALSE, PETSC_TRUE, Mat5Recognise, Mat5Inspect, Mat5Open, Mat5Read, Mat5Close};
