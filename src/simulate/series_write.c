/* The truth about an annealing series on disk. */
#include "simulate/series_private.h"
#include <string.h>

static PetscErrorCode WriteNuclei(const AetSpecimenSeries *s, const char *path)
{
  const size_t   size = 256 * ((size_t)s->nuclei + 1);
  size_t         length;
  char          *text;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(size, &text));
  length = (size_t)snprintf(text, size, "time,nucleus,sites,x,y,z,phase,axis,variant,radius_angstrom\n");
  for (PetscInt n = 0; n < s->nuclei; n++) {
    const AetScriptedNucleus *c = s->nucleus + n;
    const int                 axis = AetKernelPhaseAxis((AetPhase)c->order, c->variant);
    length += (size_t)snprintf(text + length, size - length, "%s,%d,%d,%.4f,%.4f,%.4f,%s,%s,%d,%.4f\n", s->label[c->time], c->nucleus,
                               c->sites, c->position[0], c->position[1], c->position[2], AetScriptedOrderName(c->order),
                               axis < 0    ? "-"
                               : axis == 0 ? "x"
                               : axis == 1 ? "y"
                                           : "z",
                               c->variant, c->radius);
  }
  code = AetTextWrite(path, text, length);
  PetscCall(PetscFree(text));
  PetscFunctionReturn(code);
}

static void Join(const int *number, int count, char *text, size_t size)
{
  size_t used = 0;

  text[0] = 0;
  for (int n = 0; n < count; n++) used += (size_t)snprintf(text + used, size - used, "%s%d", n ? ";" : "", number[n]);
}

static PetscErrorCode WriteEvents(const AetSpecimenSeries *s, const char *path)
{
  const size_t   size = 400 * ((size_t)s->events + 1);
  size_t         length;
  char          *text, from[16 * AET_SCRIPTED_PARTNERS], to[16 * AET_SCRIPTED_PARTNERS];
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(size, &text));
  length = (size_t)snprintf(text, size, "from_time,to_time,event,from_nuclei,to_nuclei\n");
  for (PetscInt e = 0; e < s->events; e++) {
    const AetScriptedEvent *v = s->event + e;
    Join(v->from, v->from_count, from, sizeof from);
    Join(v->to, v->to_count, to, sizeof to);
    length += (size_t)snprintf(text + length, size - length, "%s,%s,%s,%s,%s\n", s->label[v->from_time], s->label[v->to_time],
                               AetScriptedEventName(v->kind), from, to);
  }
  code = AetTextWrite(path, text, length);
  PetscCall(PetscFree(text));
  PetscFunctionReturn(code);
}

/* Rank 0 brings the rows. */
static PetscErrorCode WriteTimes(AetFile file, int rank, const AetSpecimenSeries *s)
{
  const PetscInt n = rank ? 0 : s->times;
  char           labels[AET_SERIES_TIMES_MAX * 64] = "";
  int            count[AET_SERIES_TIMES_MAX];

  PetscFunctionBegin;
  for (int t = 0; t < s->times; t++) {
    count[t] = (int)s->specimen[t].count;
    if (t) strcat(labels, ",");
    strcat(labels, s->label[t]);
  }
  const AetColumn column[] = {{"minutes", "min", "accumulated annealing time", AET_COLUMN_DOUBLE, 1, (void *)(uintptr_t)s->minutes},
                              {"rotation", "", "rows of the matrix that turns the particle into its place at this time", AET_COLUMN_DOUBLE,
                               9, (void *)(uintptr_t)s->rotation},
                              {"shift", "angstrom", "added behind the turn", AET_COLUMN_DOUBLE, 3, (void *)(uintptr_t)s->shift},
                              {"atoms", "", "number of atoms", AET_COLUMN_INT, 1, count}};
  PetscCall(AetFileWriteTable(file, "times", n, 4, column));
  PetscCall(AetFileWriteText(file, "times", "labels", labels));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteSeries(MPI_Comm comm, int rank, const AetSpecimenSeries *series, const char *path)
{
  AetFile        file;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(AetFileCreate(comm, path, &file));
  code = WriteTimes(file, rank, series);
  if (!code) code = AetFileClose(&file);
  if (code) PetscCall(AetFileDestroy(&file));
  PetscFunctionReturn(code);
}

PetscErrorCode AetSpecimenSeriesWrite(MPI_Comm comm, const AetSpecimenSeries *series, const char *folder)
{
  char           path[PETSC_MAX_PATH_LEN];
  int            rank;
  PetscErrorCode code = PETSC_SUCCESS;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  for (int t = 0; t < series->times; t++) {
    snprintf(path, sizeof path, "%s/%s/truth.h5", folder, series->label[t]);
    PetscCall(AetSpecimenWrite(comm, &series->specimen[t], path));
  }
  snprintf(path, sizeof path, "%s/series_truth.h5", folder);
  PetscCall(WriteSeries(comm, rank, series, path));
  if (!rank) {
    snprintf(path, sizeof path, "%s/nuclei.csv", folder);
    code = WriteNuclei(series, path);
    snprintf(path, sizeof path, "%s/events.csv", folder);
    if (!code) code = WriteEvents(series, path);
  }
  PetscCall(AetAgree(comm, code));
  PetscFunctionReturn(PETSC_SUCCESS);
}
