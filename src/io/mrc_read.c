/* MRC volumes and stacks (.mrc, .st, .ali, .rec): read by every rank by itself. */
#include "io/io_private.h"
#include "io/kernel/mrc_header.h"
#include <errno.h>
#include <string.h>

typedef struct {
  char         path[PETSC_MAX_PATH_LEN];
  FILE        *file;
  AetMrcHeader header;
  size_t       plane; /* elements */
} AetMrc;

/* Bytes that header and data take; negative where that is beyond any file. */
static double BytesNeeded(const AetMrcHeader *header)
{
  return AET_MRC_HEADER + (double)header->extended +
         (double)header->n[0] * (double)header->n[1] * (double)header->n[2] * (double)AetScalarSize(header->type);
}

static PetscBool MrcRecognise(const AetFileHead *head)
{
  AetMrcHeader header;
  double       bytes;

  if (head->length >= 212 && !memcmp(head->bytes + 208, "MAP", 3)) return PETSC_TRUE;
  if (head->length < AET_MRC_HEADER || AetMrcParse(head->bytes, &header) || header.type == AET_SCALAR_NONE) return PETSC_FALSE;
  /* before the mark "MAP " existed, only the sizes tell: they fit the file, and the axes are in order */
  bytes = BytesNeeded(&header);
  return (PetscBool)(bytes <= (double)head->file_bytes && bytes >= 0.5 * (double)head->file_bytes && header.axes[0] == 1 &&
                     header.axes[1] == 2 && header.axes[2] == 3);
}

static PetscErrorCode LoadHeader(const char *path, ptrdiff_t file_bytes, AetMrcHeader *header)
{
  unsigned char bytes[AET_MRC_HEADER];
  FILE         *file = fopen(path, "rb");
  size_t        got;
  PetscBool     order;

  PetscFunctionBegin;
  if (!file) PetscFunctionReturn(AetRaiseOpen(path));
  got = fread(bytes, 1, sizeof bytes, file);
  fclose(file);
  AetCheck(got == sizeof bytes, AET_ERR_READ, "%s: the file is truncated: expected an MRC header of 1024 bytes, found %zu", path, got);
  AetCheck(!AetMrcParse(bytes, header), AET_ERR_READ, "%s: the MRC header is damaged: sizes, mode or axes make no sense", path);
  AetCheck(header->type != AET_SCALAR_NONE || header->complex_data, AET_ERR_DATA, "%s: expected MRC mode 0, 1, 2, 6 or 12, found %d", path,
           header->mode);
  order = (PetscBool)((header->axes[0] == 1 && header->axes[1] == 2 && header->axes[2] == 3) ||
                      (header->axes[0] == 0 && header->axes[1] == 0 && header->axes[2] == 0));
  AetCheck(order, AET_ERR_DATA, "%s: expected the axes in the order x, y, z (1 2 3), found %d %d %d", path, header->axes[0],
           header->axes[1], header->axes[2]);
  AetCheck(header->complex_data || BytesNeeded(header) <= (double)file_bytes, AET_ERR_READ,
           "%s: the file is truncated: %ld×%ld×%ld numbers of mode %d need %.0f bytes, found %td", path, header->n[2], header->n[1],
           header->n[0], header->mode, BytesNeeded(header), file_bytes);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode MrcInspect(const char *path, ptrdiff_t file_bytes, AetFormat *format, AetArrayList *list)
{
  AetMrcHeader header;
  ptrdiff_t    n[3];

  PetscFunctionBegin;
  PetscCall(LoadHeader(path, file_bytes, &header));
  for (int a = 0; a < 3; a++) n[a] = header.n[2 - a];
  PetscCall(AetArrayListAdd(list, "", 3, n,
                            header.complex_data ? header.mode == 4 ? "complex64" : "complex-int16" : AetScalarName(header.type), PETSC_TRUE,
                            header.pixel_angstrom));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode MrcClose(void **state)
{
  AetMrc *mrc = *state;

  PetscFunctionBegin;
  if (mrc && mrc->file) fclose(mrc->file);
  PetscCall(PetscFree(mrc));
  *state = NULL;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode OpenData(AetMrc *mrc, const AetArrayInfo *info)
{
  ptrdiff_t file_bytes;

  PetscFunctionBegin;
  PetscCall(AetFileSize(mrc->path, &file_bytes));
  PetscCall(LoadHeader(mrc->path, file_bytes, &mrc->header));
  for (int a = 0; a < 3; a++)
    AetCheck(mrc->header.n[2 - a] == info->n[a], AET_ERR_READ, "%s: the file changed while it was read", mrc->path);
  AetCheck(!mrc->header.complex_data, AET_ERR_DATA, "%s: expected real numbers, found complex ones", mrc->path);
  mrc->plane = (size_t)(mrc->header.n[0] * mrc->header.n[1]);
  mrc->file = fopen(mrc->path, "rb");
  if (!mrc->file) PetscFunctionReturn(AetRaiseOpen(mrc->path));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode MrcOpen(const char *path, const AetArrayInfo *info, void **state)
{
  AetMrc        *mrc;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(PetscNew(&mrc));
  snprintf(mrc->path, sizeof mrc->path, "%s", path);
  *state = mrc;
  code = OpenData(mrc, info);
  if (code) PetscCall(MrcClose(state));
  PetscFunctionReturn(code);
}

static PetscErrorCode MrcRead(void *state, ptrdiff_t first, ptrdiff_t count, AetScalar as, void *values)
{
  const AetMrc  *mrc = state;
  const size_t   bytes = AetScalarSize(mrc->header.type);
  void          *raw;
  PetscErrorCode code = PETSC_SUCCESS;

  PetscFunctionBegin;
  AetCheck(!fseeko(mrc->file, (off_t)(AET_MRC_HEADER + mrc->header.extended) + (off_t)first * (off_t)(mrc->plane * bytes), SEEK_SET),
           AET_ERR_READ, "%s: cannot be read: %s", mrc->path, strerror(errno));
  PetscCall(PetscMalloc(mrc->plane * bytes, &raw));
  for (ptrdiff_t p = 0; p < count && !code; p++) {
    if (fread(raw, bytes, mrc->plane, mrc->file) != mrc->plane)
      code = AetRaise(AET_ERR_READ, "%s: section %td cannot be read", mrc->path, first + p);
    else {
      if (mrc->header.swap) AetSwapBytes(bytes, mrc->plane, raw);
      if (as == AET_SCALAR_F32)
        AetConvertToFloat(mrc->header.type, mrc->plane, raw, (float *)values + (size_t)p * mrc->plane);
      else
        AetConvertToDouble(mrc->header.type, mrc->plane, raw, (double *)values + (size_t)p * mrc->plane);
    }
  }
  PetscCall(PetscFree(raw));
  PetscFunctionReturn(code);
}

const AetReader AetReaderMrc = {AET_FORMAT_MRC, PETSC_TRUE, PETSC_FALSE, MrcRecognise, MrcInspect, MrcOpen, MrcRead, MrcClose};
