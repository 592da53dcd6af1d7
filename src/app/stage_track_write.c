/* series.h5, nuclei.csv, events.csv. */
#include "sheet.h"
#include "track.h"
#include <string.h>

enum { LINE = 512 };

static const char *AxisName(int axis)
{
  static const char *const names[] = {"-", "x", "y", "z"};

  return names[axis + 1];
}

/* ---------------------------------------------------------------- text */

static PetscErrorCode NucleiCsv(const AetTracked *t, const char *path)
{
  AetHistory     h = t->history;
  const size_t   size = LINE * ((size_t)h->count + 1);
  size_t         used;
  char          *text;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(size, &text));
  used = (size_t)snprintf(text, size, "time,nucleus,sites,x,y,z,max_order,phase,axis,sigma_sites\n");
  for (PetscInt k = 0; k < h->count; k++) {
    const AetHistoryNucleus *n = &h->nucleus[k];
    int                      axis;
    const char              *phase = AetHistoryPhaseName(&t->order, n->phase, &axis);
    used += (size_t)snprintf(text + used, size - used, "%.200s,%d,%d,%.4f,%.4f,%.4f,%.4f,%s,%s,%.2f\n", t->labels[n->time], (int)n->id,
                             (int)n->sites, n->centre[0], n->centre[1], n->centre[2], n->max_order, phase, AxisName(axis), n->sigma_sites);
  }
  code = AetTextWrite(path, text, used);
  PetscCall(PetscFree(text));
  PetscFunctionReturn(code);
}

static void Join(const PetscInt *number, int count, char *text, size_t size)
{
  size_t used = 0;

  text[0] = 0;
  for (int n = 0; n < count; n++) used += (size_t)snprintf(text + used, size - used, "%s%d", n ? ";" : "", (int)number[n]);
}

static PetscErrorCode EventsCsv(const AetTracked *t, const char *path)
{
  AetHistory     h = t->history;
  const size_t   size = 2 * LINE * ((size_t)h->events + 1);
  size_t         used;
  char          *text, from[12 * AET_HISTORY_PARTNERS], to[12 * AET_HISTORY_PARTNERS];
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(size, &text));
  used = (size_t)snprintf(text, size, "from_time,to_time,event,from_nuclei,to_nuclei,probability\n");
  for (PetscInt e = 0; e < h->events; e++) {
    const AetHistoryEvent *v = &h->event[e];
    Join(v->from, v->from_count, from, sizeof from);
    Join(v->to, v->to_count, to, sizeof to);
    used += (size_t)snprintf(text + used, size - used, "%.200s,%.200s,%s,%s,%s,%.4f\n", t->labels[v->from_time], t->labels[v->to_time],
                             AetHistoryKindName(v->kind), from, to, v->probability);
  }
  code = AetTextWrite(path, text, used);
  PetscCall(PetscFree(text));
  PetscFunctionReturn(code);
}

/* ---------------------------------------------------------------- series.h5 */

static PetscErrorCode WriteTimes(const AetTracked *t, AetFile file)
{
  AetRegistration reg = t->registration;
  AetSheet        sheet = {.rows = t->times};
  char           *labels;
  PetscErrorCode  code;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(260 * (size_t)t->times + 1, &labels));
  for (int i = 0; i < t->times; i++) snprintf(labels + strlen(labels), 260, "%s%.255s", i ? "," : "", t->labels[i]);
  PetscCall(AetSheetReal(&sheet, NULL, "minutes", "min", "accumulated annealing time", 1, t->minutes));
  PetscCall(AetSheetWhole(&sheet, NULL, "atoms", "number of atoms", 1, reg->total, 0, NULL));
  PetscCall(AetSheetReal(&sheet, NULL, "linear", "", "rows of the matrix: x in the frame of the first time is linear x + shift", 9,
                         reg->linear[0]));
  PetscCall(AetSheetReal(&sheet, NULL, "shift", "angstrom", "added behind the matrix", 3, reg->shift[0]));
  PetscCall(AetSheetReal(&sheet, NULL, "rotation", "", "rows of the proper rotation in it", 9, reg->rotation[0]));
  PetscCall(AetSheetReal(&sheet, NULL, "scale", "", "lengths of this time, times this, are those of the first", 1, reg->scale));
  PetscCall(AetSheetReal(&sheet, NULL, "rotation_sigma", "degree", "standard deviation of the turn", 1, reg->rotation_sigma_deg));
  PetscCall(AetSheetReal(&sheet, NULL, "shift_sigma", "angstrom", "standard deviation of the shift", 1, reg->shift_sigma_angstrom));
  PetscCall(AetSheetReal(&sheet, NULL, "precision", "angstrom", "standard deviation of a coordinate of the core", 1, reg->precision));
  PetscCall(AetSheetReal(&sheet, NULL, "exchange", "", "part of the sites whose species was drawn anew since the time before", 1,
                         t->history->exchange));
  code = AetSheetWriteTable(&sheet, t->comm, file, "times");
  if (!code) code = AetFileWriteText(file, "times", "labels", labels);
  PetscCall(AetSheetFree(&sheet));
  PetscCall(PetscFree(labels));
  PetscFunctionReturn(code);
}

/* Per site and time, from arrays of the atoms of each time; -1 (NaN) where the site is empty. */
typedef struct {
  PetscInt *species, *nucleus, *phase, *conserved, *core;
  double   *order;
} SiteColumns;

static PetscErrorCode FillSites(const AetTracked *t, SiteColumns *c)
{
  AetRegistration reg = t->registration;
  const size_t    sites = (size_t)reg->sites, all = sites * (size_t)t->times;

  PetscFunctionBegin;
  PetscCall(PetscMalloc6(all + 1, &c->species, all + 1, &c->nucleus, all + 1, &c->phase, sites + 1, &c->conserved, sites + 1, &c->core,
                         all + 1, &c->order));
  for (size_t s = 0; s < sites; s++) {
    c->conserved[s] = reg->conserved[s], c->core[s] = reg->core[s];
    for (int i = 0; i < t->times; i++) {
      const size_t   at = s * (size_t)t->times + (size_t)i;
      const PetscInt atom = reg->atom[at];
      c->species[at] = atom < 0 ? -1 : reg->species[i][atom];
      c->nucleus[at] = atom < 0 ? 0 : t->history->label[i][atom];
      c->phase[at] = atom < 0 ? -1 : t->history->phase[i][atom];
      c->order[at] = atom < 0 ? 0 : t->history->order[i][atom];
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteSites(const AetTracked *t, AetFile file)
{
  AetRegistration reg = t->registration;
  AetSheet        sheet = {.rows = reg->sites};
  SiteColumns     c;
  char            symbols[AET_SPECIES_MAX * 9] = "";
  PetscErrorCode  code;

  PetscFunctionBegin;
  PetscCall(FillSites(t, &c));
  for (int k = 0; k < reg->species_count; k++) snprintf(symbols + strlen(symbols), 10, "%s%s", k ? "," : "", reg->symbol[k]);
  PetscCall(AetSheetReal(&sheet, NULL, "position", "angstrom", "mean over the times, in the frame of the first", 3,
                         reg->sites ? reg->site_position[0] : NULL));
  PetscCall(AetSheetWhole(&sheet, NULL, "atom", "row of the atom at every time, from 0; -1: none", t->times, reg->atom, 0, NULL));
  PetscCall(AetSheetWhole(&sheet, NULL, "species", "its species, by the attribute symbols; -1: none", t->times, c.species, 0, NULL));
  PetscCall(AetSheetWhole(&sheet, NULL, "nucleus", "its nucleus; 0: none", t->times, c.nucleus, 0, NULL));
  PetscCall(AetSheetWhole(&sheet, NULL, "phase", "phase of its largest order parameter; -1: none", t->times, c.phase, 0, NULL));
  PetscCall(AetSheetReal(&sheet, NULL, "order", "", "its order parameter; 0 without an atom", t->times, c.order));
  PetscCall(AetSheetWhole(&sheet, NULL, "conserved", "1: an atom at all times, always of the same species", 1, c.conserved, 0, NULL));
  PetscCall(AetSheetWhole(&sheet, NULL, "core", "1: in the conserved core", 1, c.core, 0, NULL));
  PetscCall(AetSheetReal(&sheet, NULL, "depth", "angstrom", "to the nearest site of the surface", 1, reg->depth));
  PetscCall(AetSheetReal(&sheet, NULL, "agreement_near", "", "conserved part of the sites around it", 1, reg->agreement_near));
  code = AetSheetWriteTable(&sheet, t->comm, file, "sites");
  if (!code) code = AetFileWriteText(file, "sites", "symbols", symbols);
  PetscCall(AetSheetFree(&sheet));
  PetscCall(PetscFree6(c.species, c.nucleus, c.phase, c.conserved, c.core, c.order));
  PetscFunctionReturn(code);
}

/* A column of a member of every row of a table of structs. */
#define REAL_COLUMN(rows, row, width, name, unit, text) \
  do { \
    double *values_; \
    PetscCall(PetscMalloc1((size_t)(width) * (size_t)(rows) + 1, &values_)); \
    for (PetscInt k = 0; k < (rows); k++) \
      for (int w = 0; w < (width); w++) values_[(width)*k + w] = row; \
    PetscCall(AetSheetReal(&sheet, NULL, name, unit, text, width, values_)); \
    PetscCall(PetscFree(values_)); \
  } while (0)
#define WHOLE_COLUMN(rows, row, width, name, text) \
  do { \
    PetscInt *values_; \
    PetscCall(PetscMalloc1((size_t)(width) * (size_t)(rows) + 1, &values_)); \
    for (PetscInt k = 0; k < (rows); k++) \
      for (int w = 0; w < (width); w++) values_[(width)*k + w] = row; \
    PetscCall(AetSheetWhole(&sheet, NULL, name, text, width, values_, 0, NULL)); \
    PetscCall(PetscFree(values_)); \
  } while (0)

static PetscErrorCode WriteNuclei(const AetTracked *t, AetFile file)
{
  const AetHistoryNucleus *n = t->history->nucleus;
  const PetscInt           rows = t->history->count;
  AetSheet                 sheet = {.rows = rows};
  char                     phases[512] = "";
  PetscErrorCode           code;

  PetscFunctionBegin;
  for (int p = 0; p < t->order.phases; p++) {
    int          axis;
    const char  *name = AetHistoryPhaseName(&t->order, p, &axis);
    const size_t used = strlen(phases);
    snprintf(phases + used, sizeof phases - used, "%s%s %s", p ? "," : "", name, AxisName(axis));
  }
  WHOLE_COLUMN(rows, n[k].time, 1, "time", "row of the table of times, from 0");
  WHOLE_COLUMN(rows, n[k].id, 1, "nucleus", "number, the same at all times");
  WHOLE_COLUMN(rows, n[k].sites, 1, "sites", "sites of at least the threshold");
  REAL_COLUMN(rows, n[k].sigma_sites, 1, "sigma_sites", "", "standard deviation of that over the replicas");
  REAL_COLUMN(rows, n[k].fluctuation, 1, "fluctuation", "", "standard deviation of ln(sites) of a nucleus that stays as it is");
  REAL_COLUMN(rows, n[k].centre[w], 3, "position", "angstrom", "mean of the sites, in the frame of that time");
  REAL_COLUMN(rows, n[k].common[w], 3, "position_common", "angstrom", "the same in the frame of the first time");
  WHOLE_COLUMN(rows, n[k].peak, 1, "peak", "row of the atom of the largest order parameter");
  REAL_COLUMN(rows, n[k].max_order, 1, "max_order", "", "largest order parameter");
  WHOLE_COLUMN(rows, n[k].phase, 1, "phase", "by the attribute phases");
  REAL_COLUMN(rows, n[k].presence, 1, "presence", "", "part of the replicas that show it");
  REAL_COLUMN(rows, n[k].chance, 1, "chance", "", "probability that a random alloy has one as large somewhere");
  code = AetSheetWriteTable(&sheet, t->comm, file, "nuclei");
  if (!code) code = AetFileWriteText(file, "nuclei", "phases", phases);
  PetscCall(AetSheetFree(&sheet));
  PetscFunctionReturn(code);
}

static PetscErrorCode WriteEvents(const AetTracked *t, AetFile file)
{
  const AetHistoryEvent *v = t->history->event;
  const PetscInt         rows = t->history->events;
  AetSheet               sheet = {.rows = rows};
  char                   kinds[128] = "";
  PetscErrorCode         code;

  PetscFunctionBegin;
  for (int k = 0; k < AET_HISTORY_KINDS; k++) snprintf(kinds + strlen(kinds), 16, "%s%s", k ? "," : "", AetHistoryKindName(k));
  WHOLE_COLUMN(rows, v[k].from_time, 1, "from_time", "row of the table of times, from 0");
  WHOLE_COLUMN(rows, v[k].to_time, 1, "to_time", "row of the table of times");
  WHOLE_COLUMN(rows, v[k].kind, 1, "event", "by the attribute events");
  WHOLE_COLUMN(rows, v[k].from[w], AET_HISTORY_PARTNERS, "from_nuclei", "numbers of the nuclei before; 0: no more");
  WHOLE_COLUMN(rows, v[k].to[w], AET_HISTORY_PARTNERS, "to_nuclei", "numbers of the nuclei after; 0: no more");
  REAL_COLUMN(rows, v[k].probability, 1, "probability", "", "of the event");
  REAL_COLUMN(rows, v[k].change, 1, "change", "", "ln of the ratio of the sites, of one nucleus that becomes one");
  REAL_COLUMN(rows, v[k].sigma, 1, "sigma", "", "its standard deviation by measurement and fluctuation");
  code = AetSheetWriteTable(&sheet, t->comm, file, "events");
  if (!code) code = AetFileWriteText(file, "events", "events", kinds);
  PetscCall(AetSheetFree(&sheet));
  PetscFunctionReturn(code);
}

static PetscErrorCode WriteChains(const AetTracked *t, AetFile file)
{
  const AetHistoryChain *c = t->history->chain;
  const PetscInt         rows = t->history->chains;
  AetSheet               sheet = {.rows = rows};
  PetscErrorCode         code;

  PetscFunctionBegin;
  WHOLE_COLUMN(rows, c[k].id, 1, "nucleus", "one that is one at three times or more");
  WHOLE_COLUMN(rows, c[k].from_time, 1, "from_time", "row of the table of times, from 0");
  WHOLE_COLUMN(rows, c[k].to_time, 1, "to_time", "row of the table of times");
  WHOLE_COLUMN(rows, c[k].kind, 1, "event", "by the attribute events of the table of events: what becomes of it in all");
  REAL_COLUMN(rows, c[k].probability, 1, "probability", "", "of that");
  REAL_COLUMN(rows, c[k].change, 1, "change", "", "ln of the ratio of the sites at its last and first time");
  REAL_COLUMN(rows, c[k].sigma, 1, "sigma", "", "its standard deviation by measurement and fluctuation");
  code = AetSheetWriteTable(&sheet, t->comm, file, "chains");
  PetscCall(AetSheetFree(&sheet));
  PetscFunctionReturn(code);
}

static PetscErrorCode WriteTables(const AetTracked *t, AetFile file)
{
  PetscFunctionBegin;
  PetscCall(WriteTimes(t, file));
  PetscCall(WriteSites(t, file));
  PetscCall(WriteNuclei(t, file));
  PetscCall(WriteEvents(t, file));
  PetscCall(WriteChains(t, file));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetTrackedWrite(const AetTracked *t, const AetOutput *output)
{
  AetFile        file;
  char           path[PETSC_MAX_PATH_LEN], nuclei[PETSC_MAX_PATH_LEN], events[PETSC_MAX_PATH_LEN];
  int            rank;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(t->comm, &rank));
  AetOutputPath(output, "series.h5", path);
  AetOutputPath(output, "nuclei.csv", nuclei);
  AetOutputPath(output, "events.csv", events);
  PetscCall(AetFileCreate(t->comm, path, &file));
  code = WriteTables(t, file);
  if (!code) code = AetFileClose(&file);
  if (code) {
    PetscCall(AetFileDestroy(&file));
    PetscFunctionReturn(code);
  }
  if (!rank) code = NucleiCsv(t, nuclei);
  if (!rank && !code) code = EventsCsv(t, events);
  PetscCall(AetAgree(t->comm, code));
  PetscFunctionReturn(PETSC_SUCCESS);
}
