/* The script of an annealing series: where nuclei are at each time, and what happens to them. */
#include "simulate/series_private.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DIRECTIONS = 2000, SLOTS_MAX = 128 };
#define GAP 5.0 /* Å between nuclei */

typedef enum { GROWS, FLUCTUATES, BORN_EARLY, BORN_LATE, DISSOLVES_EARLY, DISSOLVES_LATE, MERGES, DIVIDES } Fate;

typedef struct {
  Fate   fate;
  double reach; /* from the centre */
  int    order, variant;
  double centre[3], along[3]; /* along: tangent on which pairs lie */
} Slot;

/* ---------------------------------------------------------------- the script of a file */

static PetscErrorCode ReadScript(const char *file, AetSeriesPlan *plan)
{
  ptrdiff_t      rows, columns;
  double        *value;
  PetscErrorCode code = PETSC_SUCCESS;

  PetscFunctionBegin;
  PetscCall(AetTableRead(PETSC_COMM_WORLD, file, &rows, &columns, &value));
  if (columns != 8)
    code = AetRaise(AET_ERR_DATA, "%s: expected 8 columns (time, nucleus, x, y, z, radius, order, variant), found %td", file, columns);
  else if (rows > AET_SCRIPT_ROWS_MAX)
    code = AetRaise(AET_ERR_DATA, "%s: expected at most %d rows, found %td", file, AET_SCRIPT_ROWS_MAX, rows);
  for (ptrdiff_t r = 0; r < rows && !code; r++) {
    const double *v = value + 8 * r;
    AetScriptRow *row = plan->row + plan->rows++;

    *row = (AetScriptRow){(int)v[0] - 1, (int)v[1], (int)v[6], (int)v[7], {v[2], v[3], v[4]}, v[5]};
    if (row->time < 0 || row->time >= plan->times || row->nucleus < 1 || row->nucleus > 100000 || !(row->radius > 0) ||
        row->order < AET_PHASE_L10 || row->order > AET_PHASE_L12_AB3 || row->variant < 0 ||
        row->variant >= AetKernelVariants((AetPhase)row->order))
      code = AetRaise(AET_ERR_DATA,
                      "%s: row %td: expected a time 1 to %d, a nucleus from 1, a radius above 0, an order 1 to 3 and one of its variants",
                      file, r + 1, plan->times);
    for (int earlier = 0; earlier + 1 < plan->rows && !code; earlier++)
      if (plan->row[earlier].time == row->time && plan->row[earlier].nucleus == row->nucleus)
        code = AetRaise(AET_ERR_DATA, "%s: row %td: nucleus %d has a row of time %d already", file, r + 1, row->nucleus, row->time + 1);
  }
  PetscCall(PetscFree(value));
  PetscFunctionReturn(code);
}

/* ---------------------------------------------------------------- the standard script */

static void Spiral(uint64_t seed, int d, double u[3])
{
  const double z = 1 - (2 * d + 1.0) / DIRECTIONS, r = sqrt(1 - z * z),
               turn = 2 * M_PI * AetRandomUniform(seed, STREAM_NUCLEI, 0) + d * M_PI * (3 - sqrt(5));

  u[0] = r * cos(turn), u[1] = r * sin(turn), u[2] = z;
}

/* The middle between core and surface in a direction. */
static void MiddleOfShell(const AetSeriesPlan *plan, int d, double x[3])
{
  double u[3], r;

  Spiral(plan->particle.seed, d, u);
  r = (plan->core_radius + AetKernelBodySurface(&plan->particle.body, u)) / 2;
  for (int a = 0; a < 3; a++) x[a] = r * u[a];
}

/* Every slot, the largest first, where it has most room. */
static PetscErrorCode PlaceSlots(const AetSeriesPlan *plan, int count, Slot *slot)
{
  PetscFunctionBegin;
  for (int s = 0; s < count; s++) {
    double best = -INFINITY;

    for (int d = 0; d < DIRECTIONS; d++) {
      double x[3], room = 1e-6 * d; /* of two alike, one */
      MiddleOfShell(plan, d, x);
      if (s) room = INFINITY;
      for (int t = 0; t < s; t++) {
        const double *y = slot[t].centre;
        room = fmin(room, hypot(hypot(x[0] - y[0], x[1] - y[1]), x[2] - y[2]) - slot[s].reach - slot[t].reach - GAP);
      }
      if (room <= best) continue;
      best = room;
      memcpy(slot[s].centre, x, sizeof x);
    }
    AetCheck(
        s == 0 || best >= 0, AET_ERR_INPUT,
        "simulate_series_nucleus_angstrom: %d places for nuclei do not fit into the shell of this particle (%d do); expected smaller or "
        "fewer nuclei, or a larger particle",
        count, s);
    { /* across the radius, towards a lattice axis */
      const double *c = slot[s].centre, size = sqrt(c[0] * c[0] + c[1] * c[1] + c[2] * c[2]);
      const int     axis = fabs(c[0]) < fabs(c[1]) ? (fabs(c[0]) < fabs(c[2]) ? 0 : 2) : fabs(c[1]) < fabs(c[2]) ? 1 : 2;
      double        length = 0;
      for (int a = 0; a < 3; a++) slot[s].along[a] = (a == axis) - c[axis] * c[a] / (size * size);
      for (int a = 0; a < 3; a++) length += slot[s].along[a] * slot[s].along[a];
      for (int a = 0; a < 3; a++) slot[s].along[a] /= sqrt(length);
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void AddRow(AetSeriesPlan *plan, const Slot *slot, int nucleus, int time, double radius, double away)
{
  AetScriptRow *row = plan->row + plan->rows;

  if (plan->rows >= AET_SCRIPT_ROWS_MAX) return;
  *row = (AetScriptRow){time, nucleus, slot->order, slot->variant, {0}, radius};
  for (int a = 0; a < 3; a++) row->centre[a] = slot->centre[a] + away * slot->along[a];
  plan->rows++;
}

/* Radius of a single nucleus at a time, in units of the radius of the options; 0: it is not there. */
static double SingleRadius(Fate fate, int time, int early, int last)
{
  const double progress = (double)time / (double)last;

  switch (fate) {
  case GROWS:
    return 0.65 + 0.55 * progress;
  case FLUCTUATES:
    return 0.95;
  case BORN_EARLY:
    return time >= early ? 0.9 : 0;
  case BORN_LATE:
    return time >= last ? 0.9 : 0;
  case DISSOLVES_EARLY:
    return time < early ? 0.9 : 0;
  default:
    return time < last ? 1.1 - 0.35 * (last > 1 ? (double)time / (double)(last - 1) : 0) : 0;
  }
}

/* The rows of a slot; numbers of its nuclei are counted on. */
static void Act(AetSeriesPlan *plan, const Slot *slot, double radius, int *number)
{
  const int    last = plan->times - 1, early = PetscMax(1, plan->times / 2), change = slot->fate == MERGES ? early : last;
  const double small = 0.7 * radius, away = 0.95 * radius;

  if (slot->fate < MERGES) {
    ++*number;
    for (int t = 0; t <= last; t++)
      if (SingleRadius(slot->fate, t, early, last) > 0)
        AddRow(plan, slot, *number, t, radius * SingleRadius(slot->fate, t, early, last), 0);
    return;
  }
  for (int t = 0; t <= last; t++) {
    const int pair = slot->fate == MERGES ? t < change : t >= change;
    if (!pair) AddRow(plan, slot, *number + 3, t, 1.2 * radius, 0);
    if (pair) AddRow(plan, slot, *number + 1, t, small, away);
    if (pair) AddRow(plan, slot, *number + 2, t, small, -away);
  }
  *number += 3;
}

static PetscErrorCode StandardScript(AetSeriesPlan *plan, PetscBool quiet, int phases, const int *phase)
{
  static const Fate singles[] = {GROWS, FLUCTUATES, BORN_EARLY, BORN_LATE, DISSOLVES_EARLY, DISSOLVES_LATE};
  Slot              slot[SLOTS_MAX];
  PetscInt          events;
  double            radius;
  int               count = 0, number = 0;

  PetscFunctionBegin;
  PetscCall(AetOptionGetInt("simulate_series_events", &events));
  PetscCall(AetOptionGetReal("simulate_series_nucleus_angstrom", &radius));
  memset(slot, 0, sizeof slot);
  if (!quiet) {
    slot[count].fate = MERGES, slot[count++].reach = 1.65 * radius;
    slot[count].fate = DIVIDES, slot[count++].reach = 1.65 * radius;
  }
  for (int e = 0; e < events; e++)
    for (int f = 0; f < 6 && count < SLOTS_MAX; f++) {
      slot[count].fate = quiet ? FLUCTUATES : singles[f];
      slot[count].reach = radius * (quiet || f == 1 ? 0.95 : f == 0 ? 1.2 : f == 5 ? 1.1 : 0.9);
      count++;
    }
  for (int s = 0; s < count; s++) {
    const AetPhase order = (AetPhase)phase[s % phases];
    slot[s].order = (int)order;
    slot[s].variant = (int)(AetKernelVariants(order) * AetRandomUniform(plan->particle.seed, STREAM_NUCLEI + 1, (uint64_t)s));
  }
  PetscCall(PlaceSlots(plan, count, slot));
  for (int s = 0; s < count; s++) Act(plan, slot + s, radius, &number);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadOrders(int *phases, int phase[AET_LIST_MAX])
{
  static const char *const names[] = {"random", "l10", "l12", "l12_ab3"};
  int                      count;
  char                   **words, wrong[64] = "";

  PetscFunctionBegin;
  PetscCall(AetOptionGetTexts("simulate_series_orders", &count, &words));
  *phases = 0;
  for (int w = 0; w < count && *phases < AET_LIST_MAX; w++) {
    int p = 1;
    while (p < 4 && strcmp(words[w], names[p])) p++;
    if (p == 4) snprintf(wrong, sizeof wrong, "%.60s", words[w]);
    phase[(*phases)++] = p;
  }
  AetTextsFree(&count, &words);
  AetCheck(!wrong[0] && *phases > 0, AET_ERR_INPUT, "simulate_series_orders: expected words l10, l12, l12_ab3, found \"%s\"", wrong);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetSeriesScript(AetSeriesPlan *plan)
{
  PetscBool from_file;
  char      script[PETSC_MAX_PATH_LEN];
  int       phases = 0, phase[AET_LIST_MAX] = {0};

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(AET_SCRIPT_ROWS_MAX, &plan->row));
  PetscCall(AetOptionNamesFile("simulate_series_script", &from_file));
  PetscCall(AetOptionGetText("simulate_series_script", script, sizeof script));
  PetscCall(ReadOrders(&phases, phase));
  if (from_file)
    PetscCall(ReadScript(script, plan));
  else
    PetscCall(StandardScript(plan, (PetscBool)!strcmp(script, "null"), phases, phase));
  for (int r = 0; r < plan->rows; r++) plan->nuclei = PetscMax(plan->nuclei, plan->row[r].nucleus);
  PetscFunctionReturn(PETSC_SUCCESS);
}
