/* What moved between two times. Atoms of a species look alike: an atom that stays at its site is followed, one that goes to another is
 * counted. */
#include "atoms/atoms_private.h"
#include "atoms/kernel/pair.h"
#include "series/register_private.h"
#include <math.h>

#define BESIDE 1.2    /* spacings: a jump of a vacancy */
#define REACH 3.0     /* spacings: a departure and the arrival that it is paired with */
#define NEIGHBOURS 12 /* of a close packing */

/* What is worked on. */
typedef struct {
  AetRegistration r;
  int             from, to;
  double         *confidence[2]; /* [total] of either time; NULL: none */
  double         *a, *b;         /* [sites][3] to work in */
  ptrdiff_t      *partner;       /* [sites] */
} Work;

static PetscInt AtomAt(const Work *w, PetscInt site, int later)
{
  return w->r->atom[(ptrdiff_t)site * w->r->times + (later ? w->to : w->from)];
}

/* Species of the atom at a site; -2: no atom. */
static int SpeciesAt(const Work *w, PetscInt site, int later)
{
  const PetscInt i = AtomAt(w, site, later);

  return i < 0 ? -2 : w->r->species[later ? w->to : w->from][i];
}

static double Square(const Work *w, PetscInt site)
{
  const double *x = w->r->position[w->from] + 3 * (ptrdiff_t)AtomAt(w, site, 0),
               *y = w->r->position[w->to] + 3 * (ptrdiff_t)AtomAt(w, site, 1);

  return pow(y[0] - x[0], 2) + pow(y[1] - x[1], 2) + pow(y[2] - x[2], 2);
}

/* Probability that two names of one species differ, by how sure they are. */
static double Misnamed(const Work *w, PetscInt site)
{
  const int n = w->r->species_count;
  double    p, q;

  if (!w->confidence[0] || n < 2) return 0;
  p = w->confidence[0][AtomAt(w, site, 0)], q = w->confidence[1][AtomAt(w, site, 1)];
  return p > 0 && q > 0 ? 1 - p * q - (1 - p) * (1 - q) / (n - 1) : 0;
}

/* The fraction of sites whose atom was replaced by another, drawn from what the shell has, that explains the changes of species; the
   standard deviation by their number. */
static void Replaced(AetDiffusionShell *shell, const double *before, const double *after)
{
  const double both = shell->same + shell->exchanged;
  double       alike = 0, differ;

  for (int s = 0; s < AET_SPECIES_MAX && both > 0; s++) alike += before[s] * after[s] / (both * both);
  differ = both * (1 - alike);
  if (!(differ > 0)) return;
  shell->replaced = fmin(1, fmax(0, (shell->exchanged - shell->misnamed) / differ));
  shell->replaced_sigma = sqrt(fmax(1, shell->exchanged)) / differ;
}

/* One shell; `last`: all that is deeper too. */
static void OfShell(const Work *w, int last, AetDiffusionShell *shell)
{
  double before[AET_SPECIES_MAX] = {0}, after[AET_SPECIES_MAX] = {0};

  for (PetscInt site = 0; site < w->r->sites; site++) {
    const int s = SpeciesAt(w, site, 0), t = SpeciesAt(w, site, 1);
    if (w->r->depth[site] < shell->from_angstrom || (!last && w->r->depth[site] >= shell->to_angstrom) || (s == -2 && t == -2)) continue;
    shell->sites++;
    shell->arrived += s == -2;
    shell->left += t == -2;
    if (s < 0 || t < 0) continue;
    before[s]++, after[t]++;
    shell->misnamed += Misnamed(w, site);
    if (s != t) shell->exchanged++;
    if (s == t) shell->same++, shell->msd += Square(w, site);
  }
  if (shell->same) shell->msd /= shell->same;
  Replaced(shell, before, after);
}

static void Shells(const Work *w, double thickness, AetDiffusion *d)
{
  double deepest = 0;

  for (PetscInt site = 0; site < w->r->sites; site++) deepest = fmax(deepest, w->r->depth[site]);
  d->shells = (int)fmin(AET_DIFFUSION_SHELLS, floor(deepest / thickness) + 1);
  for (int k = 0; k < d->shells; k++) {
    d->shell[k].from_angstrom = k * thickness;
    d->shell[k].to_angstrom = (k + 1) * thickness;
    OfShell(w, k == d->shells - 1, &d->shell[k]);
  }
}

/* Pairs the places a and b one to one, nearest first: how many, and the sum of their squared distances. */
static PetscErrorCode PairPlaces(const Work *w, ptrdiff_t a_count, ptrdiff_t b_count, double reach, PetscInt *pairs, double *squares)
{
  const double zero[3] = {0};

  PetscFunctionBegin;
  *pairs = 0;
  if (squares) *squares = 0;
  AetCheck(!AetPairPoints(a_count, w->a, zero, b_count, w->b, reach, w->partner), AET_ERR_MEMORY,
           "diffusion: no memory for the pairs of %td sites", a_count);
  for (ptrdiff_t i = 0; i < a_count; i++) {
    const ptrdiff_t j = w->partner[i];
    if (j < 0) continue;
    ++*pairs;
    for (int k = 0; k < 3 && squares; k++) *squares += pow(w->a[3 * i + k] - w->b[3 * j + k], 2);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Note(const Work *w, double *places, ptrdiff_t *count, PetscInt site)
{
  for (int k = 0; k < 3; k++) places[3 * *count + k] = w->r->site_position[site][k];
  ++*count;
}

/* Departures and arrivals of a species. */
static PetscErrorCode Moves(const Work *w, int species, AetDiffusionSpecies *d)
{
  ptrdiff_t departures = 0, arrivals = 0;
  double    squares;

  PetscFunctionBegin;
  for (PetscInt site = 0; site < w->r->sites; site++) {
    const int s = SpeciesAt(w, site, 0), t = SpeciesAt(w, site, 1);
    if (s == -1 || t == -1) continue; /* nobody knows */
    if (s == species && t != species) Note(w, w->a, &departures, site);
    if (t == species && s != species) Note(w, w->b, &arrivals, site);
  }
  PetscCall(PairPlaces(w, departures, arrivals, REACH * w->r->neighbour_angstrom, &d->moves[species], &squares));
  d->least_msd[species] = d->moves[species] ? squares / d->moves[species] : 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Species(const Work *w, AetDiffusionSpecies *d)
{
  PetscFunctionBegin;
  for (PetscInt site = 0; site < w->r->sites; site++) {
    const int s = SpeciesAt(w, site, 0), t = SpeciesAt(w, site, 1);
    if (s >= 0 && t >= 0) d->changed[s][t]++;
    if (s == -2 && t >= 0) d->arrived[t]++;
    if (t == -2 && s >= 0) d->left[s]++;
    if (s >= 0 && s == t) d->stayed[s]++, d->msd[s] += Square(w, site);
  }
  for (int s = 0; s < w->r->species_count; s++) {
    if (d->stayed[s]) d->msd[s] /= d->stayed[s];
    PetscCall(Moves(w, s, d));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Empty sites below the surface, and how many of those that were filled have a new one beside them. */
static PetscErrorCode Vacancies(const Work *w, AetDiffusion *d)
{
  ptrdiff_t filled = 0, emptied = 0;
  PetscInt  inside = 0;

  PetscFunctionBegin;
  for (PetscInt site = 0; site < w->r->sites; site++) {
    const int before = AtomAt(w, site, 0) >= 0, after = AtomAt(w, site, 1) >= 0;
    if (!(w->r->depth[site] > 0)) continue;
    inside++;
    d->vacancies_from += !before;
    d->vacancies_to += !after;
    if (!before && after) Note(w, w->a, &filled, site);
    if (before && !after) Note(w, w->b, &emptied, site);
  }
  PetscCall(PairPlaces(w, filled, emptied, BESIDE * w->r->neighbour_angstrom, &d->vacancies_moved, NULL));
  d->vacancies_by_chance = inside ? (double)filled * (double)emptied * NEIGHBOURS / inside : 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Measure(const Work *w, double thickness, AetDiffusion *d)
{
  PetscFunctionBegin;
  Shells(w, thickness, d);
  PetscCall(Species(w, &d->species));
  PetscCall(Vacancies(w, d));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetDiffusionMeasure(AetRegistration r, AetAtoms *atoms, int from, int to, double shell_angstrom, AetDiffusion *diffusion)
{
  Work           w = {.r = r, .from = from, .to = to};
  const size_t   room = (size_t)r->sites + 1;
  PetscErrorCode code;

  PetscFunctionBegin;
  *diffusion = (AetDiffusion){.from = from, .to = to};
  AetCheck(from >= 0 && from < r->times && to >= 0 && to < r->times && from != to, AET_ERR_INPUT,
           "diffusion: expected two different times of 0 to %d, found %d and %d", r->times - 1, from, to);
  AetCheck(isfinite(shell_angstrom) && shell_angstrom > 0, AET_ERR_INPUT,
           "diffusion: thickness of a shell: expected a length > 0 Å, found %g", shell_angstrom);
  for (int k = 0; k < 2 && atoms; k++) {
    AetAtoms list = atoms[k ? to : from];
    PetscInt total;
    PetscCall(AetRecordsGather(list->comm, list->count, list->confidence, sizeof(double), &total, &w.confidence[k]));
    PetscCheck(total == r->total[k ? to : from], PETSC_COMM_SELF, PETSC_ERR_ARG_SIZ, "these are not the atoms that were registered");
  }
  PetscCall(PetscMalloc3(3 * room, &w.a, 3 * room, &w.b, room, &w.partner));
  code = Measure(&w, shell_angstrom, diffusion);
  PetscCall(PetscFree3(w.a, w.b, w.partner));
  for (int k = 0; k < 2; k++) PetscCall(PetscFree(w.confidence[k]));
  PetscFunctionReturn(code);
}
