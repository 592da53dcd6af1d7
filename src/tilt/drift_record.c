/* The record of a drift correction: made, summed up, written and read. */
#include "tilt/drift_private.h"
#include "tilt/tilt_private.h"
#include <math.h>
#include <string.h>

static PetscErrorCode Allocate(AetDriftRecord record)
{
  const size_t all = (size_t)(record->views * record->frames), views = (size_t)record->views;

  PetscFunctionBegin;
  PetscCall(PetscCalloc4(all, &record->shift, all, &record->rate, all, &record->state, all, &record->misfit));
  PetscCall(PetscCalloc5(views, &record->drift, views, &record->walk_px, views, &record->jitter_px, views, &record->residual_px, views,
                         &record->pairs_rejected));
  PetscCall(PetscCalloc1((size_t)record->frames, &record->scan_deg));
  PetscCall(PetscCalloc1((size_t)(record->v_count * record->frames * record->ny), &record->path));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetDriftRecordCreate(MPI_Comm comm, ptrdiff_t views, ptrdiff_t frames, ptrdiff_t ny, ptrdiff_t nx, const double *scan_deg,
                                    AetDriftRecord *out)
{
  AetDriftRecord record;
  PetscMPIInt    rank, size;
  PetscErrorCode code;

  PetscFunctionBegin;
  *out = NULL;
  PetscCall(PetscNew(&record));
  PetscCallMPI(MPI_Comm_dup(comm, &record->comm));
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  record->views = views, record->frames = frames, record->ny = ny, record->nx = nx;
  AetBlock(views, rank, size, &record->v_start, &record->v_count);
  code = AetAgree(comm, Allocate(record));
  if (code) PetscCall(AetDriftRecordDestroy(&record));
  PetscCall(code);
  memcpy(record->scan_deg, scan_deg, sizeof *scan_deg * (size_t)frames);
  *out = record;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetDriftRecordDestroy(AetDriftRecord *out)
{
  AetDriftRecord record = *out;

  PetscFunctionBegin;
  if (!record) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscFree4(record->shift, record->rate, record->state, record->misfit));
  PetscCall(PetscFree5(record->drift, record->walk_px, record->jitter_px, record->residual_px, record->pairs_rejected));
  PetscCall(PetscFree(record->scan_deg));
  PetscCall(PetscFree(record->path));
  PetscCallMPI(MPI_Comm_free(&record->comm));
  PetscCall(PetscFree(*out));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Every view is known to one rank, and 0 on the others. */
PetscErrorCode AetDriftRecordGather(AetDriftRecord record)
{
  const int all = (int)(record->views * record->frames), views = (int)record->views;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, record->shift, 2 * all, MPI_DOUBLE, MPI_SUM, record->comm));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, record->rate, 2 * all, MPI_DOUBLE, MPI_SUM, record->comm));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, record->misfit, all, MPI_DOUBLE, MPI_SUM, record->comm));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, record->state, all, MPI_INT, MPI_SUM, record->comm));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, record->drift, 2 * views, MPI_DOUBLE, MPI_SUM, record->comm));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, record->walk_px, views, MPI_DOUBLE, MPI_SUM, record->comm));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, record->jitter_px, views, MPI_DOUBLE, MPI_SUM, record->comm));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, record->residual_px, views, MPI_DOUBLE, MPI_SUM, record->comm));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, record->pairs_rejected, views, MPI_INT, MPI_SUM, record->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static int Used(AetDriftRecord record, ptrdiff_t view)
{
  int used = 0;

  for (ptrdiff_t f = 0; f < record->frames; f++) used += record->state[view * record->frames + f] == AET_FRAME_USED;
  return used;
}

PetscErrorCode AetDriftRecordSummary(AetDriftRecord record, double *residual_pm, int *rejected, int *registered)
{
  double sum = 0;
  int    out = 0, several = 0;

  PetscFunctionBegin;
  for (ptrdiff_t v = 0; v < record->views; v++) {
    const int used = Used(record, v);
    out += (int)record->frames - used;
    if (used < 2) continue;
    several++;
    sum += record->residual_px[v] * record->residual_px[v];
  }
  if (residual_pm) *residual_pm = several ? sqrt(sum / several) * record->pixel_angstrom * AET_PM_PER_ANGSTROM : 0;
  if (rejected) *rejected = out;
  if (registered) *registered = several;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A table of `rows` that every rank has whole is written by its first rank. */
static PetscErrorCode WriteTables(AetDriftRecord record, AetFile file, PetscMPIInt rank)
{
  const PetscInt  frames = rank ? 0 : (PetscInt)(record->views * record->frames), views = rank ? 0 : (PetscInt)record->views;
  const AetColumn frame[4] = {
      {"shift", "px", "displacement along x, y; mean over the lines", AET_COLUMN_DOUBLE, 2, record->shift},
      {"rate", "px per line", "displacement per line along x, y", AET_COLUMN_DOUBLE, 2, record->rate},
      {"state", "", "0 used, 1 empty, 2 unlike the others, 3 misfit", AET_COLUMN_INT, 1, record->state},
      {"misfit", "", "squared difference from the others, in medians of the view", AET_COLUMN_DOUBLE, 1, record->misfit}};
  const AetColumn view[5] = {{"drift", "px per line", "steady drift along x, y", AET_COLUMN_DOUBLE, 2, record->drift},
                             {"walk", "px", "r.m.s. random walk per frame", AET_COLUMN_DOUBLE, 1, record->walk_px},
                             {"jitter", "px", "r.m.s. jitter of single lines", AET_COLUMN_DOUBLE, 1, record->jitter_px},
                             {"residual", "px", "r.m.s. error of the displacement of a line", AET_COLUMN_DOUBLE, 1, record->residual_px},
                             {"pairs_rejected", "", "pairs of frames that did not agree", AET_COLUMN_INT, 1, record->pairs_rejected}};

  PetscFunctionBegin;
  PetscCall(AetFileWriteTable(file, "drift", frames, 4, frame));
  PetscCall(AetFileWriteTable(file, "drift_views", views, 5, view));
  PetscCall(AetFileWriteNumber(file, "drift", "frames", (double)record->frames));
  PetscCall(AetFileWriteNumber(file, "drift", "lines", (double)record->ny));
  PetscCall(AetFileWriteNumber(file, "drift", "columns", (double)record->nx));
  PetscCall(AetFileWriteNumber(file, "drift", "pixel_angstrom", record->pixel_angstrom));
  PetscCall(AetFileWriteNumber(file, "drift", "method", record->method));
  PetscCall(AetFileWriteNumber(file, "drift", "flyback_lines", record->flyback_lines));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetDriftRecordWrite(AetDriftRecord record, AetFile file)
{
  const PetscInt lines = (PetscInt)(record->v_count * record->frames * record->ny);
  PetscMPIInt    rank;
  AetColumn      path = {"displacement",    "px", "of each line of each frame, in the order they were taken, along x, y",
                         AET_COLUMN_DOUBLE, 2,    record->path},
            scan = {"scan", "degree",        "direction of the fast scan on the image, of each frame of a view", AET_COLUMN_DOUBLE,
                    1,      record->scan_deg};

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(record->comm, &rank));
  PetscCall(WriteTables(record, file, rank));
  PetscCall(AetFileWriteTable(file, "drift_path", lines, 1, &path));
  PetscCall(AetFileWriteTable(file, "drift_scan", rank ? 0 : (PetscInt)record->frames, 1, &scan));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One column of a table, rows by AetBlock in the file, brought whole to every rank: to[rows · width]. */
static PetscErrorCode ReadColumn(MPI_Comm comm, AetFile file, const char *group, const char *name, AetColumnType type, int width,
                                 ptrdiff_t rows, void *to)
{
  const size_t   one = type == AET_COLUMN_INT ? sizeof(int) : sizeof(double);
  AetColumn      column = {.name = name, .type = type, .width = width};
  PetscInt       count, total;
  PetscMPIInt    rank, size;
  ptrdiff_t      start, local;
  PetscErrorCode code = PETSC_SUCCESS;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  PetscCall(AetFileReadTable(file, group, &count, &total, 1, &column));
  AetBlock(rows, rank, size, &start, &local);
  if ((!column.data && local > 0) || total != rows)
    code = AetRaise(AET_ERR_DATA, "record of the drift: expected %td rows of %s in group %s, found %d", rows, name, group, (int)total);
  code = AetAgree(comm, code);
  if (!code) {
    memset(to, 0, one * (size_t)(rows * width));
    if (local > 0) memcpy((char *)to + one * (size_t)(start * width), column.data, one * (size_t)(local * width));
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, to, (int)(rows * width), type == AET_COLUMN_INT ? MPI_INT : MPI_DOUBLE, MPI_SUM, comm));
  }
  PetscCall(PetscFree(column.data));
  PetscFunctionReturn(code);
}

static PetscErrorCode ReadTables(AetFile file, AetDriftRecord record)
{
  const ptrdiff_t all = record->views * record->frames, lines = record->frames * record->ny;
  const MPI_Comm  comm = record->comm;
  double(*path)[2];
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(ReadColumn(comm, file, "drift", "shift", AET_COLUMN_DOUBLE, 2, all, record->shift));
  PetscCall(ReadColumn(comm, file, "drift", "rate", AET_COLUMN_DOUBLE, 2, all, record->rate));
  PetscCall(ReadColumn(comm, file, "drift", "state", AET_COLUMN_INT, 1, all, record->state));
  PetscCall(ReadColumn(comm, file, "drift", "misfit", AET_COLUMN_DOUBLE, 1, all, record->misfit));
  PetscCall(ReadColumn(comm, file, "drift_views", "drift", AET_COLUMN_DOUBLE, 2, record->views, record->drift));
  PetscCall(ReadColumn(comm, file, "drift_views", "walk", AET_COLUMN_DOUBLE, 1, record->views, record->walk_px));
  PetscCall(ReadColumn(comm, file, "drift_views", "jitter", AET_COLUMN_DOUBLE, 1, record->views, record->jitter_px));
  PetscCall(ReadColumn(comm, file, "drift_views", "residual", AET_COLUMN_DOUBLE, 1, record->views, record->residual_px));
  PetscCall(ReadColumn(comm, file, "drift_views", "pairs_rejected", AET_COLUMN_INT, 1, record->views, record->pairs_rejected));
  PetscCall(ReadColumn(comm, file, "drift_scan", "scan", AET_COLUMN_DOUBLE, 1, record->frames, record->scan_deg));
  PetscCall(AetAgree(comm, PetscMalloc1((size_t)(record->views * lines), &path)));
  code = ReadColumn(comm, file, "drift_path", "displacement", AET_COLUMN_DOUBLE, 2, record->views * lines, path);
  if (!code && record->v_count > 0) memcpy(record->path, path + record->v_start * lines, sizeof *path * (size_t)(record->v_count * lines));
  PetscCall(PetscFree(path));
  PetscFunctionReturn(code);
}

PetscErrorCode AetDriftRecordRead(MPI_Comm comm, AetFile file, AetDriftRecord *out)
{
  static const char *const keys[6] = {"frames", "lines", "columns", "pixel_angstrom", "method", "flyback_lines"};
  double                   number[6], *none;
  AetColumn                column = {.name = "walk", .type = AET_COLUMN_DOUBLE, .width = 1};
  PetscInt                 count, views;
  PetscErrorCode           code;

  PetscFunctionBegin;
  *out = NULL;
  for (int i = 0; i < 6; i++) PetscCall(AetFileReadNumber(file, "drift", keys[i], &number[i], NULL));
  AetCheck(number[0] >= 1 && number[0] <= 1e6 && number[1] >= 1 && number[1] <= 1e7 && number[4] >= 0 && number[4] <= AET_DRIFT_LINES,
           AET_ERR_DATA, "record of the drift: expected frames of some lines, found %g frames of %g lines, method %g", number[0], number[1],
           number[4]);
  PetscCall(AetFileReadTable(file, "drift_views", &count, &views, 1, &column));
  PetscCall(PetscFree(column.data));
  PetscCall(AetAgree(comm, PetscCalloc1((size_t)number[0], &none)));
  code = AetDriftRecordCreate(comm, views, (ptrdiff_t)number[0], (ptrdiff_t)number[1], (ptrdiff_t)number[2], none, out);
  PetscCall(PetscFree(none));
  PetscCall(code);
  (*out)->pixel_angstrom = number[3], (*out)->method = (AetDriftMethod)(int)number[4], (*out)->flyback_lines = number[5];
  code = ReadTables(file, *out);
  if (code) PetscCall(AetDriftRecordDestroy(out));
  PetscFunctionReturn(code);
}
