/* MRC of mode 2, written by rank 0. */
#include "io/io_private.h"
#include "io/kernel/mrc_header.h"
#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

typedef struct {
  const char *path;
  FILE       *file;
  size_t      plane;
  double      least, most, sum, squares, count;
} Writer;

static PetscErrorCode WritePlane(void *context, ptrdiff_t plane, const float *values)
{
  Writer *writer = context;

  PetscFunctionBegin;
  for (size_t i = 0; i < writer->plane; i++) {
    const double value = values[i];
    writer->least = PetscMin(writer->least, value), writer->most = PetscMax(writer->most, value);
    writer->sum += value, writer->squares += value * value;
  }
  writer->count += (double)writer->plane;
  AetCheck(fwrite(values, sizeof *values, writer->plane, writer->file) == writer->plane, AET_ERR_WRITE, "%s: cannot be written: %s",
           writer->path, strerror(errno));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The header stands before the data but knows their range: its place is left free, and filled at the end. */
static PetscErrorCode StartFile(Writer *writer, const char *temporary)
{
  const unsigned char none[AET_MRC_HEADER] = {0};

  PetscFunctionBegin;
  writer->file = fopen(temporary, "wb");
  AetCheck(writer->file && fwrite(none, 1, sizeof none, writer->file) == sizeof none, AET_ERR_WRITE, "%s: cannot be written: %s",
           writer->path, strerror(errno));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FinishFile(Writer *writer, const char *temporary, const ptrdiff_t n[3], double pixel_angstrom, PetscBool stack)
{
  const long    sizes[3] = {(long)n[2], (long)n[1], (long)n[0]};
  const double  mean = writer->sum / writer->count, deviation = sqrt(PetscMax(0, writer->squares / writer->count - mean * mean));
  unsigned char header[AET_MRC_HEADER];
  int           failed;

  PetscFunctionBegin;
  AetMrcMake(sizes, pixel_angstrom, stack, writer->least, writer->most, mean, deviation, header);
  failed = fseeko(writer->file, 0, SEEK_SET) || fwrite(header, 1, sizeof header, writer->file) != sizeof header;
  failed = fclose(writer->file) || failed;
  writer->file = NULL;
  AetCheck(!failed, AET_ERR_WRITE, "%s: cannot be written: %s", writer->path, strerror(errno));
  PetscCall(AetFileCommit(temporary, writer->path));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetMrcWrite(MPI_Comm comm, const char *path, const ptrdiff_t n[3], double pixel_angstrom, PetscBool stack, const float *data)
{
  Writer         writer = {path, NULL, (size_t)(n[1] * n[2]), INFINITY, -INFINITY, 0, 0, 0};
  char           temporary[PETSC_MAX_PATH_LEN];
  PetscMPIInt    rank;
  PetscErrorCode code = PETSC_SUCCESS;

  PetscFunctionBegin;
  for (int a = 0; a < 3; a++)
    AetCheck(n[a] <= PETSC_MPI_INT_MAX, AET_ERR_INPUT, "%s: MRC holds at most 2^31-1 elements along an axis, found %td", path, n[a]);
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCall(AetTemporaryName(comm, path, temporary, sizeof temporary));
  if (rank == 0) code = StartFile(&writer, temporary);
  code = AetAgree(comm, code);
  if (!code) code = AetPlanesVisit(comm, n, data, WritePlane, &writer);
  if (!code && rank == 0) code = FinishFile(&writer, temporary, n, pixel_angstrom, stack);
  if (writer.file) fclose(writer.file);
  if (code && rank == 0) unlink(temporary);
  PetscCall(AetAgree(comm, code));
  PetscFunctionReturn(PETSC_SUCCESS);
}
