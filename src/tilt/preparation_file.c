/* The record of a preparation in tilt.h5 and as text. */
#include "tilt/tilt_private.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define GROUP "preparation"

static const double *Field(const AetPreparedView *view, const AetPreparationColumn *column)
{
  return (const double *)((const char *)view + column->offset);
}

/* The local rows of every column, [column][local][width] one after the other in `values`. */
static void Gather(AetPreparation preparation, ptrdiff_t start, ptrdiff_t count, AetColumn *columns, double *values)
{
  for (int c = 0; c < AetPreparationColumnCount; c++) {
    const AetPreparationColumn *from = &AetPreparationColumns[c];
    columns[c] = (AetColumn){from->name, from->unit, from->text, AET_COLUMN_DOUBLE, from->width, values};
    for (ptrdiff_t v = start; v < start + count; v++, values += from->width)
      memcpy(values, Field(&preparation->view[v], from), sizeof(double) * (size_t)from->width);
  }
}

static PetscErrorCode WriteRecord(AetFile file, AetPreparation preparation, AetColumn *columns)
{
  static const char *const noise[3] = {"noise_alpha", "noise_mu", "noise_sigma"};
  ptrdiff_t                start, count;
  double                  *values;
  int                      rank, size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(preparation->comm, &rank));
  PetscCallMPI(MPI_Comm_size(preparation->comm, &size));
  AetBlock(preparation->views, rank, size, &start, &count);
  PetscCall(AetAgree(preparation->comm, PetscMalloc1(sizeof(AetPreparedView) / sizeof(double) * (size_t)(count + 1), &values)));
  Gather(preparation, start, count, columns, values);
  PetscCall(AetFileWriteTable(file, GROUP, (PetscInt)count, AetPreparationColumnCount, columns));
  PetscCall(PetscFree(values));
  PetscCall(AetFileWriteNumber(file, GROUP, "ny", (double)preparation->ny));
  PetscCall(AetFileWriteNumber(file, GROUP, "nx", (double)preparation->nx));
  PetscCall(AetFileWriteNumber(file, GROUP, "pixel_angstrom", preparation->pixel_angstrom));
  PetscCall(AetFileWriteNumber(file, GROUP, "align_residual_px", preparation->residual_px));
  for (int i = 0; i < 3; i++) PetscCall(AetFileWriteNumber(file, GROUP, noise[i], preparation->noise[i]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Rank 0 has all rows of the repeats, which are few. */
static PetscErrorCode WriteRepeats(AetFile file, AetPreparation preparation)
{
  enum { COLUMNS = 7 };
  static const char *const names[COLUMNS] = {"first", "later", "correlation", "correlation_expected", "r", "r_expected", "flagged"};
  double                  *values;
  AetColumn                columns[COLUMNS];
  int                      rank;
  const ptrdiff_t          n = preparation->repeats;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(preparation->comm, &rank));
  PetscCall(AetAgree(preparation->comm, PetscMalloc1((size_t)(COLUMNS * n) + 1, &values)));
  for (ptrdiff_t i = 0; i < n; i++) {
    const AetRepeat *repeat = &preparation->repeat[i];
    const double     row[COLUMNS] = {
            (double)repeat->views[0], (double)repeat->views[1], repeat->correlation, repeat->correlation_expected, repeat->r,
            repeat->r_expected,       repeat->flagged};
    for (int c = 0; c < COLUMNS; c++) values[c * n + i] = row[c];
  }
  for (int c = 0; c < COLUMNS; c++)
    columns[c] =
        (AetColumn){names[c], "", "two images of one orientation against what their noise allows", AET_COLUMN_DOUBLE, 1, values + c * n};
  PetscCall(AetFileWriteTable(file, "repeats", rank ? 0 : (PetscInt)n, COLUMNS, columns));
  PetscCall(PetscFree(values));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteInto(AetFile file, AetTiltSeries tilt, AetPreparation preparation)
{
  AetColumn *columns;

  PetscFunctionBegin;
  PetscCall(AetTiltSeriesWriteInto(tilt, file));
  if (!preparation) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscMalloc1((size_t)AetPreparationColumnCount, &columns));
  PetscCall(WriteRecord(file, preparation, columns));
  PetscCall(PetscFree(columns));
  PetscCall(AetFileWriteNumber(file, GROUP, "distortion_corrected", preparation->distortion.given));
  PetscCall(AetFileWriteNumber(file, GROUP, "drift_corrected", preparation->drift != NULL));
  if (preparation->drift) PetscCall(AetDriftRecordWrite(preparation->drift, file));
  if (preparation->distortion.given) PetscCall(AetDistortionPut(file, &preparation->distortion));
  if (preparation->repeats) PetscCall(WriteRepeats(file, preparation));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetTiltSeriesWriteWith(AetTiltSeries tilt, AetPreparation preparation, const char *path)
{
  AetFile        file;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(AetFileCreate(tilt->comm, path, &file));
  code = WriteInto(file, tilt, preparation);
  if (code)
    PetscCall(AetFileDestroy(&file));
  else
    code = AetFileClose(&file);
  PetscFunctionReturn(code);
}

/* The rows of this rank into the record; a column that an older file does not have stays zero. */
static void Scatter(AetPreparation preparation, ptrdiff_t start, PetscInt count, const AetColumn *columns)
{
  for (int c = 0; c < AetPreparationColumnCount; c++)
    for (PetscInt i = 0; i < count && columns[c].data; i++)
      memcpy((char *)&preparation->view[start + i] + AetPreparationColumns[c].offset, (double *)columns[c].data + i * columns[c].width,
             sizeof(double) * (size_t)columns[c].width);
}

static PetscErrorCode ReadRows(AetFile file, const double sizes[3], MPI_Comm comm, AetPreparation *preparation)
{
  AetColumn     *columns;
  PetscInt       count, total;
  ptrdiff_t      start, block;
  PetscMPIInt    rank, size;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  PetscCall(PetscCalloc1((size_t)AetPreparationColumnCount, &columns));
  for (int c = 0; c < AetPreparationColumnCount; c++)
    columns[c] = (AetColumn){
        AetPreparationColumns[c].name, AetPreparationColumns[c].unit, "", AET_COLUMN_DOUBLE, AetPreparationColumns[c].width, NULL};
  code = AetFileReadTable(file, GROUP, &count, &total, AetPreparationColumnCount, columns);
  if (!code) code = AetPreparationAllocate(comm, total, (ptrdiff_t)sizes[0], (ptrdiff_t)sizes[1], sizes[2], preparation);
  if (!code) {
    AetBlock(total, rank, size, &start, &block);
    Scatter(*preparation, start, count, columns);
    code = AetPreparationShare(*preparation);
  }
  for (int c = 0; c < AetPreparationColumnCount; c++) PetscCall(PetscFree(columns[c].data));
  PetscCall(PetscFree(columns));
  PetscFunctionReturn(code);
}

static PetscErrorCode ReadRecord(AetFile file, const char *path, MPI_Comm comm, AetPreparation *preparation)
{
  double    sizes[3], distorted, drifted;
  PetscBool found;

  PetscFunctionBegin;
  PetscCall(AetFileReadNumber(file, GROUP, "ny", &sizes[0], &found));
  AetCheck(found, AET_ERR_DATA, "%s: expected the tilt.h5 of a preparation, found no group " GROUP " in it", path);
  PetscCall(AetFileReadNumber(file, GROUP, "nx", &sizes[1], NULL));
  PetscCall(AetFileReadNumber(file, GROUP, "pixel_angstrom", &sizes[2], NULL));
  PetscCall(ReadRows(file, sizes, comm, preparation));
  PetscCall(AetFileReadNumber(file, GROUP, "distortion_corrected", &distorted, &found));
  if (found && distorted != 0) PetscCall(AetDistortionGet(file, path, &(*preparation)->distortion));
  PetscCall(AetFileReadNumber(file, GROUP, "drift_corrected", &drifted, &found));
  if (found && drifted != 0) PetscCall(AetDriftRecordRead(comm, file, &(*preparation)->drift));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetPreparationRead(MPI_Comm comm, const char *path, AetPreparation *preparation)
{
  AetFile        file;
  PetscErrorCode code;

  PetscFunctionBegin;
  *preparation = NULL;
  PetscCall(AetFileOpen(comm, path, &file));
  code = ReadRecord(file, path, comm, preparation);
  PetscCall(AetFileDestroy(&file));
  if (code) PetscCall(AetPreparationDestroy(preparation));
  PetscFunctionReturn(code);
}

/* ---------------------------------------------------------------- text */

typedef struct {
  char  *text;
  size_t used, room;
} Text;

__attribute__((format(printf, 2, 3))) static PetscErrorCode Append(Text *text, const char *format, ...)
{
  va_list list;
  int     length;

  PetscFunctionBegin;
  va_start(list, format);
  length = vsnprintf(text->text + text->used, text->room - text->used, format, list);
  va_end(list);
  AetCheck(length >= 0 && text->used + (size_t)length < text->room, PETSC_ERR_PLIB, "the table of a preparation is longer than expected");
  text->used += (size_t)length;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Fill(AetPreparation preparation, Text *text)
{
  PetscFunctionBegin;
  PetscCall(Append(text, "view"));
  for (int c = 0; c < AetPreparationColumnCount; c++)
    for (int i = 0; i < AetPreparationColumns[c].width; i++) {
      const AetPreparationColumn *column = &AetPreparationColumns[c];
      if (column->width > 1)
        PetscCall(Append(text, ",%s_%d", column->name, i));
      else
        PetscCall(Append(text, ",%s", column->name));
    }
  for (ptrdiff_t v = 0; v < preparation->views; v++) {
    PetscCall(Append(text, "\n%td", v));
    for (int c = 0; c < AetPreparationColumnCount; c++)
      for (int i = 0; i < AetPreparationColumns[c].width; i++)
        PetscCall(Append(text, ",%.6g", Field(&preparation->view[v], &AetPreparationColumns[c])[i]));
  }
  PetscCall(Append(text, "\n"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetPreparationWriteCsv(AetPreparation preparation, const char *path)
{
  enum { NUMBER = 24 };
  Text           text = {.room = NUMBER * (sizeof(AetPreparedView) / sizeof(double) + 1) * ((size_t)preparation->views + 1) + 256};
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(text.room, &text.text));
  code = Fill(preparation, &text);
  if (!code) code = AetTextWrite(path, text.text, text.used);
  PetscCall(PetscFree(text.text));
  PetscFunctionReturn(code);
}
