/* An annealing series: one particle at several times. */
#include "simulate/series_private.h"
#include <math.h>
#include <string.h>

static PetscErrorCode ReadTimes(AetSpecimenSeries *series)
{
  int     count, minutes;
  char  **words, wrong[64] = "";
  double *value;

  PetscFunctionBegin;
  PetscCall(AetOptionGetTexts("simulate_series_labels", &count, &words));
  series->times = count;
  for (int t = 0; t < count && t < AET_SERIES_TIMES_MAX; t++) {
    snprintf(series->label[t], sizeof series->label[t], "%.60s", words[t]);
    if (!words[t][0] || strspn(words[t], "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+.") != strlen(words[t]) ||
        words[t][0] == '.' || strlen(words[t]) > 60)
      snprintf(wrong, sizeof wrong, "%.60s", words[t]);
    for (int e = 0; e < t; e++)
      if (!strcmp(series->label[t], series->label[e])) snprintf(wrong, sizeof wrong, "%.50s twice", words[t]);
  }
  AetTextsFree(&count, &words);
  AetCheck(!wrong[0], AET_ERR_INPUT, "simulate_series_labels: expected different labels of letters, digits, _ - + and ., found %s", wrong);
  AetCheck(series->times >= 2 && series->times <= AET_SERIES_TIMES_MAX, AET_ERR_INPUT,
           "simulate_series_labels: expected 2 to %d times, found %d", AET_SERIES_TIMES_MAX, series->times);
  PetscCall(AetOptionGetReals("simulate_series_minutes", &minutes, &value));
  for (int t = 0; t < series->times; t++) series->minutes[t] = t < minutes ? value[t] : t;
  PetscCall(PetscFree(value));
  AetCheck(!minutes || minutes == series->times, AET_ERR_INPUT, "simulate_series_minutes: expected %d times, found %d", series->times,
           minutes);
  for (int t = 1; t < series->times; t++)
    AetCheck(series->minutes[t] > series->minutes[t - 1], AET_ERR_INPUT,
             "simulate_series_minutes: expected growing times, found %g behind %g", series->minutes[t], series->minutes[t - 1]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadPlan(int times, AetSeriesPlan *plan)
{
  double    diameter;
  PetscBool from_file;

  PetscFunctionBegin;
  memset(plan, 0, sizeof *plan);
  plan->times = times;
  PetscCall(AetSpecimenPlanFromOptions(&plan->particle));
  PetscCall(AetOptionNamesFile("simulate_atoms", &from_file));
  AetCheck(!from_file && plan->particle.cell.kind == AET_LATTICE_FCC && plan->particle.body.shape < AET_SHAPE_FILM &&
               plan->particle.species_count == 2,
           AET_ERR_INPUT, "simulate_series_labels: a series needs an fcc particle of two species, cut from its lattice");
  AetCheck(!plan->particle.vacancies && !plan->particle.antisites && !plan->particle.relaxed_layers && !plan->particle.dislocated &&
               !plan->particle.faults && !plan->particle.antiphase && !plan->particle.strained && plan->particle.domains == 1 &&
               plan->particle.order == AET_PHASE_A1,
           AET_ERR_INPUT, "simulate_series_labels: a series has nuclei; order, defects or strain of a single particle does not go with it");
  PetscCall(AetOptionGetReal("simulate_series_core_diameter_angstrom", &diameter));
  plan->core_radius = diameter > 0 ? diameter / 2 : 0.225 * plan->particle.diameter;
  PetscCall(AetOptionGetReal("simulate_series_core_fraction", &plan->core_fraction));
  PetscCall(AetOptionGetReal("simulate_series_exchange", &plan->redraw));
  PetscCall(AetOptionGetBool("simulate_series_even", &plan->even));
  PetscCall(AetOptionGetReal("simulate_series_surface", &plan->surface));
  PetscCall(AetOptionGetReal("simulate_series_interface_angstrom", &plan->width));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What the core does not take of the composition, the shell has. */
static PetscErrorCode ShareComposition(AetSeriesPlan *plan, const AetSeriesSites *sites)
{
  double core = 0, all = 0;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < sites->count; i++) all += sites->occupied[i] != 0, core += sites->occupied[i] && sites->core[i];
  plan->shell_fraction = (plan->particle.fractions[0] * all - plan->core_fraction * core) / (all - core);
  AetCheck(core > 0 && core < all, AET_ERR_INPUT,
           "simulate_series_core_diameter_angstrom: expected a core of some of the atoms, found %g of %g", core, all);
  AetCheck(plan->shell_fraction >= 0 && plan->shell_fraction <= 1, AET_ERR_INPUT,
           "simulate_series_core_fraction: a core of %g leaves no composition for the shell of a particle of %g", plan->core_fraction,
           plan->particle.fractions[0]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A turn about an axis drawn evenly from all, by an angle of at most that of the options, and a shift. */
static PetscErrorCode Motion(uint64_t seed, int time, double R[9], double shift[3])
{
  double most, farthest, u[3], c, s, z = 2 * AetRandomUniform(seed, STREAM_MOTION, (uint64_t)time) - 1,
                                     turn = 2 * M_PI * AetRandomUniform(seed, STREAM_MOTION + 1, (uint64_t)time);

  PetscFunctionBegin;
  PetscCall(AetOptionGetReal("simulate_series_rotation_deg", &most));
  PetscCall(AetOptionGetReal("simulate_series_shift_angstrom", &farthest));
  u[0] = sqrt(1 - z * z) * cos(turn), u[1] = sqrt(1 - z * z) * sin(turn), u[2] = z;
  turn = most * AET_DEG * AetRandomUniform(seed, STREAM_MOTION + 2, (uint64_t)time);
  c = cos(turn), s = sin(turn);
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++) {
      const int k = 3 - i - j;
      R[3 * i + j] = (1 - c) * u[i] * u[j] + (i == j ? c : (j == (i + 1) % 3 ? -s : s) * u[k]);
    }
  for (int a = 0; a < 3; a++) shift[a] = farthest * (2 * AetRandomUniform(seed, (uint64_t)(STREAM_MOTION + 3 + a), (uint64_t)time) - 1);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Move(const AetSpecimenPlan *particle, const double R[9], const double shift[3], const double x[3], const double displaced[3],
                 double moved[3])
{
  double turned[3];

  AetRotate(particle->R, x, turned);
  for (int a = 0; a < 3; a++) turned[a] += displaced[a];
  AetRotate(R, turned, moved);
  for (int a = 0; a < 3; a++) moved[a] += shift[a];
}

/* The atoms of a time. The core keeps its displacements, the shell takes new ones at every time. */
static PetscErrorCode TakeSpecimen(const AetSeriesPlan *plan, int time, const AetSeriesSites *s, const double R[9], const double shift[3],
                                   AetSpecimen *specimen)
{
  const AetSpecimenPlan *p = &plan->particle;
  PetscInt               count = 0, at = 0;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < s->count; i++) count += s->occupied[i] != 0;
  PetscCall(AetSpecimenCreate(count, specimen));
  specimen->species_count = p->species_count;
  memcpy(specimen->symbol, p->symbol, sizeof specimen->symbol);
  PetscCall(PetscMalloc1((size_t)count, &specimen->site));
  PetscCall(PetscMalloc1((size_t)count, &specimen->core));
  PetscCall(PetscMalloc1((size_t)count, &specimen->nucleus));
  PetscCall(PetscMalloc1((size_t)count, &specimen->order));
  for (PetscInt i = 0; i < s->count; i++) {
    const uint64_t stream = s->core[i] ? STREAM_DISPLACEMENT : (uint64_t)(STREAM_SHELL_DISPLACEMENT + 3 * time);
    double         displaced[3];

    if (!s->occupied[i]) continue;
    for (int a = 0; a < 3; a++) displaced[a] = p->displacement / sqrt(3) * AetRandomNormal(p->seed, stream + (uint64_t)a, s->key[i]);
    Move(p, R, shift, s->x + 3 * i, displaced, specimen->position + 3 * at);
    specimen->species[at] = s->species[s->id[i]];
    specimen->id[at] = s->id[i];
    specimen->site[at] = (int)i + 1;
    specimen->core[at] = s->core[i];
    specimen->nucleus[at] = s->nucleus[i];
    specimen->order[at++] = s->order[i];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The rows of the script at a time, with the sites they have and where they lie. */
static void TakeNuclei(const AetSeriesPlan *plan, int time, AetSpecimenSeries *series)
{
  const AetSpecimen *specimen = series->specimen + time;
  const double       still[3] = {0, 0, 0};

  for (int r = 0; r < plan->rows; r++) {
    const AetScriptRow *row = plan->row + r;
    AetScriptedNucleus *nucleus = series->nucleus + series->nuclei;

    if (row->time != time) continue;
    *nucleus = (AetScriptedNucleus){row->time, row->nucleus, row->order, row->variant, 0, row->radius, {0}};
    Move(&plan->particle, series->rotation[time], series->shift[time], row->centre, still, nucleus->position);
    for (PetscInt i = 0; i < specimen->count; i++) nucleus->sites += specimen->nucleus[i] == row->nucleus;
    if (nucleus->sites) series->nuclei++;
  }
}

static PetscErrorCode Anneal(AetSeriesPlan *plan, AetSeriesSites *sites, AetSpecimenSeries *series)
{
  PetscFunctionBegin;
  PetscCall(AetSeriesSitesMake(plan, sites));
  PetscCall(ShareComposition(plan, sites));
  PetscCall(AetSeriesScript(plan));
  PetscCall(PetscCalloc1((size_t)plan->rows + 1, &series->nucleus));
  for (int t = 0; t < series->times; t++) {
    if (t) PetscCall(AetSeriesSurface(plan, t, sites));
    PetscCall(AetSeriesWant(plan, t, sites));
    if (t) PetscCall(AetSeriesExchange(sites));
    PetscCall(Motion(plan->particle.seed, t, series->rotation[t], series->shift[t]));
    PetscCall(TakeSpecimen(plan, t, sites, series->rotation[t], series->shift[t], &series->specimen[t]));
    TakeNuclei(plan, t, series);
  }
  PetscCall(AetSeriesEvents(series));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetSpecimenSeriesFromOptions(AetSpecimenSeries *series)
{
  AetSeriesPlan  plan = {0};
  AetSeriesSites sites = {0};
  PetscErrorCode code;

  PetscFunctionBegin;
  memset(series, 0, sizeof *series);
  PetscCall(ReadTimes(series));
  PetscCall(ReadPlan(series->times, &plan));
  code = Anneal(&plan, &sites, series);
  PetscCall(AetSeriesSitesFree(&sites));
  PetscCall(PetscFree(plan.row));
  if (code) AetSpecimenSeriesDestroy(series);
  PetscFunctionReturn(code);
}

void AetSpecimenSeriesDestroy(AetSpecimenSeries *series)
{
  for (int t = 0; t < series->times && t < AET_SERIES_TIMES_MAX; t++) AetSpecimenDestroy(&series->specimen[t]);
  (void)PetscFree(series->nucleus);
  (void)PetscFree(series->event);
  series->times = 0, series->nuclei = series->events = 0;
}
