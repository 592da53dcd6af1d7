/* The order parameter of which nuclei are made: of bonds, or of the phases that two species form on fcc lattices. */
#include "analysis.h"
#include <math.h>
#include <string.h>

enum { STREAM = 0x5eed };

/* The templates of a kind of order. */
static void Templates(AetAnalyseOrder kind, const AetPhase **which, PetscInt *count)
{
  const PetscInt l10 = 6;

  *which = AetPhases + (kind == AET_ANALYSE_L12 ? l10 : 0);
  *count = kind == AET_ANALYSE_L10 ? l10 : kind == AET_ANALYSE_L12 ? AET_PHASES_ORDERED - l10 : AET_PHASES_ORDERED;
}

/* The two species that the model has, A the one of the lower atomic number: the list of a file may begin with either; how many it has. */
static int SpeciesPresent(const AetAnalysis *a, int present[2])
{
  PetscInt number[AET_SPECIES_MAX] = {0};
  int      count = 0;

  for (PetscInt i = 0; i < a->atoms->total; i++)
    if (a->species[i] >= 0) number[a->species[i]]++;
  for (int s = 0; s < a->atoms->species_count; s++) {
    if (!number[s]) continue;
    if (count < 2) present[count] = s;
    count++;
  }
  if (count == 2 && AetAtomicNumber(a->atoms->symbol[present[0]]) > AetAtomicNumber(a->atoms->symbol[present[1]])) {
    const int other = present[0];
    present[0] = present[1], present[1] = other;
  }
  return count;
}

/* Atoms on fcc lattices. */
static PetscInt OnFcc(const AetAnalysis *a)
{
  PetscInt count = 0;

  for (PetscInt i = 0; i < a->atoms->total; i++)
    count += a->lattice->grain[i] >= 0 && a->lattice->kind[a->lattice->grain[i]] == AET_LATTICE_FCC;
  return count;
}

/* What is asked for and what the model can have; auto is resolved. */
static PetscErrorCode Resolve(AetAnalysis *a)
{
  const char    *name = a->settings.order == AET_ANALYSE_L10 ? "l10" : "l12";
  const int      species = SpeciesPresent(a, a->pair);
  const PetscInt sites = OnFcc(a);

  PetscFunctionBegin;
  a->kind = a->settings.order;
  if (a->kind == AET_ANALYSE_AUTO && (species != 2 || 2 * sites < a->atoms->total)) a->kind = AET_ANALYSE_BOO;
  if (a->kind == AET_ANALYSE_BOO || a->kind == AET_ANALYSE_AUTO) PetscFunctionReturn(PETSC_SUCCESS);
  AetCheck(species == 2, AET_ERR_INPUT, "analyse_order: expected a model of two species for %s, found %d", name, species);
  AetCheck(sites > 0, AET_ERR_INPUT, "analyse_order: expected atoms on an fcc lattice for %s, found none", name);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The sites of the fcc grains alone. */
static PetscErrorCode MakePlan(AetAnalysis *a)
{
  const AetLattice lattice = a->lattice;
  PetscInt        *grain;
  PetscErrorCode   code;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)lattice->total + 1, &grain));
  for (PetscInt i = 0; i < lattice->total; i++) {
    grain[i] = lattice->grain[i];
    if (grain[i] >= 0 && lattice->kind[grain[i]] != AET_LATTICE_FCC) grain[i] = -1;
  }
  code = AetOrderPlanCreateSites(lattice->total, lattice->grains, grain, (const int(*)[3])lattice->index, (const double(*)[9])lattice->cell,
                                 a->settings.order_sigma_angstrom, &a->plan);
  PetscCall(PetscFree(grain));
  PetscFunctionReturn(code);
}

void AetAnalysisLetters(const AetAnalysis *a, int *letter)
{
  for (PetscInt i = 0; i < a->atoms->total; i++) letter[i] = a->species[i] == a->pair[0] ? 0 : a->species[i] == a->pair[1] ? 1 : -1;
}

PetscErrorCode AetAnalysisOrder(AetAnalysis *a)
{
  const PetscInt  total = a->atoms->total;
  const AetPhase *which;
  PetscInt        count;
  int            *letter;
  PetscErrorCode  code;

  PetscFunctionBegin;
  PetscCall(Resolve(a));
  a->order = a->bonds->order;
  if (a->kind == AET_ANALYSE_BOO) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(MakePlan(a));
  Templates(a->kind, &which, &count);
  PetscCall(PetscCalloc2((size_t)total + 1, &a->phase_order, (size_t)total + 1, &a->phase));
  PetscCall(PetscMalloc1((size_t)total + 1, &letter));
  AetAnalysisLetters(a, letter);
  code = AetOrderBest(a->plan, letter, count, which, a->phase_order, a->phase);
  PetscCall(PetscFree(letter));
  PetscCall(code);
  for (PetscInt i = 0; i < total; i++)
    if (a->phase[i] >= 0) a->phase[i] += (int)(which - AetPhases);
  a->order = a->phase_order;
  a->group = a->phase;
  PetscFunctionReturn(PETSC_SUCCESS);
}

typedef struct {
  const AetAnalysis *a;
  const double      *first; /* [total] probability of the first species; negative: the name is taken as it is */
  int               *letter;
} Draw;

/* The order parameter with species drawn by their probabilities. */
static PetscErrorCode DrawOrder(void *context, PetscInt replica, double *order, int *group)
{
  const Draw        *d = context;
  const AetAnalysis *a = d->a;
  const PetscInt     total = a->atoms->total;
  const AetPhase    *which;
  PetscInt           count;

  PetscFunctionBegin;
  AetAnalysisLetters(a, d->letter);
  for (PetscInt i = 0; i < total; i++) {
    const uint64_t key = (uint64_t)replica * (uint64_t)total + (uint64_t)i;
    if (d->first[i] >= 0) d->letter[i] = AetRandomUniform(a->settings.seed, STREAM, key) < d->first[i] ? 0 : 1;
  }
  Templates(a->kind, &which, &count);
  PetscCall(AetOrderBest(a->plan, d->letter, count, which, order, group));
  for (PetscInt i = 0; i < total; i++)
    if (group[i] >= 0) group[i] += (int)(which - AetPhases);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Probabilities of the first species of the pair on every rank; `any`: some are known. */
static PetscErrorCode Probabilities(const AetAnalysis *a, double *first, PetscBool *any)
{
  const AetAtoms atoms = a->atoms;
  int            known = 0;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < atoms->total; i++) first[i] = -1e30;
  for (PetscInt i = 0; i < atoms->count; i++) {
    const double *p = atoms->probability + (ptrdiff_t)i * atoms->species_count, sum = p[a->pair[0]] + p[a->pair[1]];
    first[atoms->start + i] = sum > 0 ? p[a->pair[0]] / sum : -1;
    known |= sum > 0;
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, first, (int)atoms->total, MPI_DOUBLE, MPI_MAX, atoms->comm));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &known, 1, MPI_INT, MPI_MAX, atoms->comm));
  *any = (PetscBool)known;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetAnalysisSpread(AetAnalysis *a)
{
  const AetNucleiSettings *s = &a->settings.nuclei;
  Draw                     draw = {.a = a};
  PetscBool                known = PETSC_FALSE;
  double                  *first;
  PetscErrorCode           code;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2((size_t)a->atoms->total + 1, &first, (size_t)a->atoms->total + 1, &draw.letter));
  PetscCall(AetAtomsAgree(a->atoms));
  if (a->kind != AET_ANALYSE_BOO) PetscCall(Probabilities(a, first, &known));
  draw.first = first;
  code = AetNucleiSpread(a->atoms, a->nuclei, a->order, a->group, s, a->settings.threshold_spread, a->settings.replicas, a->settings.seed,
                         known ? DrawOrder : NULL, &draw, a->sigma_sites);
  PetscCall(PetscFree2(first, draw.letter));
  PetscFunctionReturn(code);
}

PetscErrorCode AetAnalysisChemistry(AetAnalysis *a)
{
  enum { SHELLS = 6 };
  AetChemistrySettings s;
  double               edge[SHELLS + 1];
  int                  present[2];

  PetscFunctionBegin;
  if (SpeciesPresent(a, present) > 1) {
    PetscCall(AetWarrenEdges(AetAnalysisCell(a) / sqrt(2.), SHELLS, edge));
    PetscCall(AetWarrenCreate(a->atoms, SHELLS, edge, &a->warren));
  }
  AetChemistryDefaults(&s);
  a->claim = s.claim;
  if (!a->plan) PetscFunctionReturn(PETSC_SUCCESS);
  s.sigma_angstrom = a->settings.order_sigma_angstrom;
  s.threshold = a->settings.nuclei.threshold > 0 ? a->settings.nuclei.threshold : AET_NUCLEUS_THRESHOLD_CHEMICAL;
  s.min_sites = a->settings.nuclei.min_sites;
  s.a = a->pair[0], s.b = a->pair[1];
  PetscCall(AetChemistryCreate(a->atoms, a->lattice, &s, &a->chemistry));
  PetscFunctionReturn(PETSC_SUCCESS);
}
