/* Checkpoints: the parts of a state as groups of one HDF5 file, which any number of ranks may read. */
#include "recon/checkpoint.h"
#include "recon/kernel/fingerprint.h"
#include <aet4d/io.h>
#include <string.h>
#include <unistd.h>

#define FORMAT 1 /* of the file; another one is not read */

/* A distributed part: its sizes, this rank's rows, its numbers. */
typedef struct {
  ptrdiff_t n[3], start, count;
  float    *data;
} Rows;

static Rows RowsOf(AetRecon recon, const AetKept *kept)
{
  const AetTiltSeries tilt = recon->tilt;
  Rows                rows = {{recon->n[0], recon->n[1], recon->n[2]}, recon->z_start, recon->z_count, *(float **)kept->address};

  int rank, size;

  if (kept->kind == AET_KEPT_IMAGES) {
    rows.n[0] = tilt->views, rows.n[1] = tilt->ny, rows.n[2] = tilt->nx;
    rows.start = tilt->v_start, rows.count = tilt->v_count;
  }
  if (kept->kind == AET_KEPT_SLICES) {
    rows.n[0] = recon->n[1], rows.n[1] = recon->n[0];
    MPI_Comm_rank(recon->comm, &rank);
    MPI_Comm_size(recon->comm, &size);
    AetBlock(recon->n[1], rank, size, &rows.start, &rows.count);
  }
  return rows;
}

/* The same on every rank, whatever the partition: text of 16 digits. */
static PetscErrorCode Fingerprint(MPI_Comm comm, const Rows *rows, const float *data, char text[17])
{
  const ptrdiff_t size = rows->n[1] * rows->n[2];
  uint64_t        mine = 0, all;

  PetscFunctionBegin;
#pragma omp parallel for reduction(^ : mine) num_threads(AetThreads())
  for (ptrdiff_t i = 0; i < rows->count; i++) mine ^= AetFingerprint((size_t)size, data + i * size, (uint64_t)(rows->start + i));
  PetscCallMPI(MPI_Allreduce(&mine, &all, 1, MPI_UINT64_T, MPI_BXOR, comm));
  snprintf(text, 17, "%016llx", (unsigned long long)all);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* ---------------------------------------------------------------- writing */

static PetscErrorCode WriteRows(AetRecon recon, AetFile file, const AetKept *kept)
{
  static const char *const axes[3][3] = {
      [AET_KEPT_VOLUME] = {"z", "y", "x"}, [AET_KEPT_IMAGES] = {"view", "y", "x"}, [AET_KEPT_SLICES] = {"y", "z", "x"}};
  const char *const voxels[3] = {"voxel", "voxel", "voxel"};
  const double      steps[3] = {1, 1, 1};
  const Rows        rows = RowsOf(recon, kept);
  char              print[17];

  PetscFunctionBegin;
  PetscCall(Fingerprint(recon->comm, &rows, rows.data, print));
  PetscCall(AetFileWriteArray(file, kept->name, rows.n, axes[kept->kind], voxels, steps, rows.data));
  PetscCall(AetFileWriteText(file, kept->name, "fingerprint", print));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteNumbers(AetFile file, const AetKept *kept)
{
  const double *value = kept->address;
  char          key[32];

  PetscFunctionBegin;
  for (PetscInt i = 0; i < kept->count; i++) {
    snprintf(key, sizeof key, "value_%d", (int)i);
    PetscCall(AetFileWriteNumber(file, kept->name, key, value[i]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteAll(AetRecon recon, AetFile file, PetscInt done, int count, const AetKept *kept)
{
  PetscFunctionBegin;
  PetscCall(AetFileWriteNumber(file, "checkpoint", "format", FORMAT));
  PetscCall(AetFileWriteText(file, "checkpoint", "key", recon->checkpoint_key));
  PetscCall(AetFileWriteText(file, "checkpoint", "method", recon->method->name));
  PetscCall(AetFileWriteNumber(file, "checkpoint", "iterations", done));
  for (int i = 0; i < count; i++) {
    if (kept[i].kind == AET_KEPT_NUMBERS)
      PetscCall(WriteNumbers(file, &kept[i]));
    else
      PetscCall(WriteRows(recon, file, &kept[i]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetCheckpointWrite(AetRecon recon, PetscInt done, int count, const AetKept *kept)
{
  AetFile        file;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(AetFileCreate(recon->comm, recon->checkpoint, &file));
  code = WriteAll(recon, file, done, count, kept);
  if (code) PetscCall(AetFileDestroy(&file));
  PetscCall(code);
  PetscCall(AetFileClose(&file));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* ---------------------------------------------------------------- reading */

/* Reads a distributed part; keeps it where `keep`, else only looks whether it is whole. */
static PetscErrorCode ReadRows(AetRecon recon, AetFile file, const AetKept *kept, PetscBool keep)
{
  const Rows     rows = RowsOf(recon, kept);
  char           print[17], expected[64];
  ptrdiff_t      n[3];
  float         *data = NULL;
  PetscErrorCode code = PETSC_SUCCESS;

  PetscFunctionBegin;
  PetscCall(AetFileReadText(file, kept->name, "fingerprint", expected, sizeof expected, NULL));
  PetscCall(AetFileReadArray(file, kept->name, n, &data));
  if (n[0] != rows.n[0] || n[1] != rows.n[1] || n[2] != rows.n[2])
    code = AetRaise(AET_ERR_DATA, "%s: %s is of another size", recon->checkpoint, kept->name);
  if (!code) code = Fingerprint(recon->comm, &rows, data, print);
  if (!code && strcmp(print, expected)) code = AetRaise(AET_ERR_DATA, "%s: %s is damaged", recon->checkpoint, kept->name);
  if (!code && keep) memcpy(rows.data, data, sizeof(float) * (size_t)(rows.count * n[1] * n[2]));
  PetscCall(PetscFree(data));
  PetscFunctionReturn(code);
}

static PetscErrorCode ReadNumbers(AetFile file, const AetKept *kept, PetscBool keep)
{
  double *value = kept->address, read;
  char    key[32];

  PetscFunctionBegin;
  for (PetscInt i = 0; i < kept->count; i++) {
    snprintf(key, sizeof key, "value_%d", (int)i);
    PetscCall(AetFileReadNumber(file, kept->name, key, &read, NULL));
    if (keep) value[i] = read;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadAll(AetRecon recon, AetFile file, int count, const AetKept *kept, PetscBool keep)
{
  PetscFunctionBegin;
  for (int i = 0; i < count; i++) {
    if (kept[i].kind == AET_KEPT_NUMBERS)
      PetscCall(ReadNumbers(file, &kept[i], keep));
    else
      PetscCall(ReadRows(recon, file, &kept[i], keep));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadHead(AetRecon recon, AetFile file, double *done)
{
  char   key[64];
  double format;

  PetscFunctionBegin;
  PetscCall(AetFileReadNumber(file, "checkpoint", "format", &format, NULL));
  AetCheck(format == FORMAT, AET_ERR_DATA, "%s: expected format %d, found %g", recon->checkpoint, FORMAT, format);
  PetscCall(AetFileReadText(file, "checkpoint", "key", key, sizeof key, NULL));
  AetCheck(!strcmp(key, recon->checkpoint_key), AET_ERR_DATA, "%s: of other options or inputs", recon->checkpoint);
  PetscCall(AetFileReadNumber(file, "checkpoint", "iterations", done, NULL));
  AetCheck(*done >= 1 && *done <= (double)recon->iterations, AET_ERR_DATA, "%s: of %g iterations", recon->checkpoint, *done);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Looks at every part before the first is taken over: a state is never left half restored. One part more than the state needs room. */
static PetscErrorCode Restore(AetRecon recon, int count, const AetKept *kept, double *done)
{
  AetFile        file;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(AetFileOpen(recon->comm, recon->checkpoint, &file));
  code = ReadHead(recon, file, done);
  for (int keep = 0; keep < 2 && !code; keep++) code = ReadAll(recon, file, count, kept, keep ? PETSC_TRUE : PETSC_FALSE);
  PetscCall(AetFileDestroy(&file));
  PetscFunctionReturn(code);
}

PetscErrorCode AetCheckpointRead(AetRecon recon, int count, const AetKept *kept, PetscInt *done)
{
  int            there = access(recon->checkpoint, F_OK) == 0;
  double         iterations = 0;
  PetscErrorCode code;

  PetscFunctionBegin;
  *done = 0;
  PetscCallMPI(MPI_Bcast(&there, 1, MPI_INT, 0, recon->comm));
  if (!there) PetscFunctionReturn(PETSC_SUCCESS);
  code = Restore(recon, count, kept, &iterations);
  if (!code) {
    *done = (PetscInt)iterations;
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  if (!AetErrorIsUser(code) || code == AET_ERR_MEMORY) PetscFunctionReturn(code);
  PetscCall(AetReport(recon->comm, "  %s; not used, the iterations begin anew\n", AetErrorMessage()));
  AetErrorClear();
  PetscFunctionReturn(PETSC_SUCCESS);
}
