/* What moved between the times: diffusion.csv by shells of depth, moves.csv by species, displacements in the summary. Method:
   docs/theory/registration.md. */
#include "track.h"

enum { LINE = 512 };
#define SHELL_ANGSTROM 3.0
#define CLEAR 0.05 /* a fit whose next best is nearer than this is told */

static size_t ShellLines(const AetTracked *t, const AetDiffusion *d, char *text, size_t size)
{
  size_t used = 0;

  for (int k = 0; k < d->shells; k++) {
    const AetDiffusionShell *s = &d->shell[k];
    used += (size_t)snprintf(text + used, size - used, "%.100s,%.100s,%g,%g,%d,%d,%d,%d,%d,%.5f,%.4f,%.4f,%.1f\n", t->labels[d->from],
                             t->labels[d->to], s->from_angstrom, s->to_angstrom, (int)s->sites, (int)s->same, (int)s->exchanged,
                             (int)s->arrived, (int)s->left, s->msd, s->replaced, s->replaced_sigma, s->misnamed);
  }
  return used;
}

static size_t SpeciesLines(const AetTracked *t, const AetDiffusion *d, char *text, size_t size)
{
  const AetDiffusionSpecies *s = &d->species;
  size_t                     used = 0;

  for (int k = 0; k < t->registration->species_count; k++) {
    PetscInt changed = 0;
    for (int l = 0; l < t->registration->species_count; l++) changed += l != k ? s->changed[k][l] : 0;
    used += (size_t)snprintf(text + used, size - used, "%.100s,%.100s,%s,%d,%.5f,%d,%d,%d,%d,%.3f\n", t->labels[d->from], t->labels[d->to],
                             t->registration->symbol[k], (int)s->stayed[k], s->msd[k], (int)changed, (int)s->arrived[k], (int)s->left[k],
                             (int)s->moves[k], s->least_msd[k]);
  }
  return used;
}

/* Numbers of one step: displacements of the core and of all sites, vacancies. */
static PetscErrorCode Summarise(const AetTracked *t, const AetDiffusion *d, AetSummary summary)
{
  AetDisplacements moved;
  char             key[160];

  PetscFunctionBegin;
  for (int core = 0; core < 2; core++) {
    PetscCall(AetRegistrationDisplacements(t->registration, d->from, d->to, core ? PETSC_TRUE : PETSC_FALSE, &moved));
    snprintf(key, sizeof key, "series.%sdisplacement_median_pm.%.100s", core ? "core_" : "", t->labels[d->to]);
    PetscCall(AetSummarySetNumber(summary, key, AET_PM_PER_ANGSTROM * moved.median));
    snprintf(key, sizeof key, "series.%sdisplacement_95_pm.%.100s", core ? "core_" : "", t->labels[d->to]);
    PetscCall(AetSummarySetNumber(summary, key, AET_PM_PER_ANGSTROM * moved.percentile95));
  }
  snprintf(key, sizeof key, "series.vacancies_moved.%.100s", t->labels[d->to]);
  PetscCall(AetSummarySetNumber(summary, key, d->vacancies_moved));
  snprintf(key, sizeof key, "series.vacancies_moved_by_chance.%.100s", t->labels[d->to]);
  PetscCall(AetSummarySetNumber(summary, key, d->vacancies_by_chance));
  snprintf(key, sizeof key, "series.margin.%.100s", t->labels[d->to]);
  PetscCall(AetSummarySetNumber(summary, key, t->registration->margin[d->to]));
  if (t->registration->margin[d->to] < CLEAR)
    PetscCall(AetReport(t->comm, "  %s: another turn onto %s fits as well to %.1f %%: this one may be the wrong one\n", t->labels[d->to],
                        t->labels[d->from], 100 * t->registration->margin[d->to]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Write(const AetTracked *t, const AetOutput *output, const char *name, const char *text, size_t length)
{
  char           path[PETSC_MAX_PATH_LEN];
  int            rank;
  PetscErrorCode code = PETSC_SUCCESS;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(t->comm, &rank));
  AetOutputPath(output, name, path);
  if (!rank) code = AetTextWrite(path, text, length);
  PetscFunctionReturn(AetAgree(t->comm, code));
}

PetscErrorCode AetTrackedDiffusion(const AetTracked *t, AetOutput *output)
{
  const size_t   size = LINE * ((size_t)t->times * AET_DIFFUSION_SHELLS + 1);
  size_t         shells, species;
  char          *by_shell, *by_species;
  AetDiffusion   d;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(size, &by_shell, size, &by_species));
  shells = (size_t)snprintf(by_shell, size,
                            "from_time,to_time,from_angstrom,to_angstrom,sites,same,exchanged,arrived,left,msd_angstrom2,replaced,"
                            "sigma_replaced,misnamed\n");
  species =
      (size_t)snprintf(by_species, size, "from_time,to_time,species,stayed,msd_angstrom2,changed,arrived,left,moves,least_msd_angstrom2\n");
  for (int i = 1; i < t->times; i++) {
    PetscCall(AetDiffusionMeasure(t->registration, t->atoms, i - 1, i, SHELL_ANGSTROM, &d));
    shells += ShellLines(t, &d, by_shell + shells, size - shells);
    species += SpeciesLines(t, &d, by_species + species, size - species);
    PetscCall(Summarise(t, &d, output->summary));
  }
  code = Write(t, output, "diffusion.csv", by_shell, shells);
  if (!code) code = Write(t, output, "moves.csv", by_species, species);
  PetscCall(PetscFree2(by_shell, by_species));
  PetscFunctionReturn(code);
}
