/* The chemical order of a model: order parameters, then what follows from them. */
#include "atoms/atoms_private.h"
#include "structure/chemistry_private.h"
#include <math.h>

void AetChemistryDefaults(AetChemistrySettings *settings)
{
  *settings = (AetChemistrySettings){
      .sigma_angstrom = 3.87, .threshold = 0.3, .min_sites = 13, .neighbours = 10, .claim = 0.5, .species_error = 0.01, .a = 0, .b = 1};
}

static PetscErrorCode CheckSettings(AetAtoms atoms, AetLattice lattice, const AetChemistrySettings *s)
{
  PetscFunctionBegin;
  AetCheck(lattice->total == atoms->total, AET_ERR_INPUT, "chemistry: expected a lattice of %" PetscInt_FMT " atoms, found %" PetscInt_FMT,
           atoms->total, lattice->total);
  AetCheck(s->threshold > 0 && s->threshold <= 1, AET_ERR_INPUT, "chemistry: threshold: expected above 0, at most 1, found %g",
           s->threshold);
  AetCheck(s->min_sites >= 1, AET_ERR_INPUT, "chemistry: least number of sites: expected 1 or more, found %" PetscInt_FMT, s->min_sites);
  AetCheck(s->neighbours >= 0 && s->neighbours <= AET_FCC_NEAR, AET_ERR_INPUT,
           "chemistry: neighbours: expected 0 … 12, found %" PetscInt_FMT, s->neighbours);
  AetCheck(s->claim > 0 && s->claim <= 1, AET_ERR_INPUT, "chemistry: claim: expected above 0, at most 1, found %g", s->claim);
  AetCheck(s->species_error >= 0 && s->species_error < 0.5, AET_ERR_INPUT, "chemistry: species error: expected 0 … 0.5, found %g",
           s->species_error);
  AetCheck(s->a >= 0 && s->b >= 0 && s->a != s->b, AET_ERR_INPUT, "chemistry: species: expected two, found %d and %d", s->a, s->b);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Probabilities of A and B of every atom; -1 where none are known. */
static PetscErrorCode GatherProbabilities(AetAtoms atoms, const AetChemistrySettings *settings, double (**p)[2])
{
  const int count = atoms->species_count, pair[2] = {settings->a, settings->b};
  PetscInt  total;
  double(*mine)[2];

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)atoms->count + 1, &mine));
  for (PetscInt i = 0; i < atoms->count; i++) {
    const double *row = atoms->probability + (ptrdiff_t)i * count;
    double        sum = 0;
    for (int s = 0; s < count; s++) sum += row[s];
    for (int k = 0; k < 2; k++) {
      mine[i][k] = sum > 0 ? (pair[k] < count ? row[pair[k]] : 0) : -1;
      if (sum <= 0 && atoms->confidence[i] > 0 && count > 1) /* only the confidence is known */
        mine[i][k] = atoms->species[i] == pair[k] ? atoms->confidence[i] : (1 - atoms->confidence[i]) / (count - 1);
    }
    if (count < 2) mine[i][0] = mine[i][1] = -1; /* of a single species it is the probability of being an atom */
  }
  PetscCall(AetRecordsGather(atoms->comm, atoms->count, mine, sizeof *mine, &total, p));
  PetscCall(PetscFree(mine));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode LookUp(AetAtoms atoms, AetSites *s)
{
  PetscFunctionBegin;
  PetscCall(AetAtomsGather(atoms, &s->position, &s->species));
  PetscCall(GatherProbabilities(atoms, s->settings, &s->p));
  PetscCall(PetscMalloc2((size_t)s->total + 1, &s->letter, (size_t)s->total + 1, &s->near));
  for (PetscInt i = 0; i < s->total; i++) {
    s->letter[i] = s->species[i] == s->settings->a ? 0 : s->species[i] == s->settings->b ? 1 : 2;
    for (int k = 0; k < 2; k++) s->fraction[k] += (double)(s->letter[i] == k) / s->total;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Largest order parameters, fractions, domains and all that follows. */
static PetscErrorCode Analyse(AetOrderPlan plan, AetSites *s, AetChemistry c)
{
  PetscFunctionBegin;
  PetscCall(AetOrderPlanNear(plan, s->near));
  PetscCall(AetOrderEvaluate(plan, s->letter, 1, AetPhases + AET_PHASES_ORDERED, c->fraction));
  PetscCall(AetOrderBest(plan, s->letter, AET_PHASES_ORDERED, AetPhases, c->order, c->phase));
  for (PetscInt i = 0; i < c->total; i++) c->fraction[i] = c->phase[i] < 0 ? 0 : 0.5 * (1 + c->fraction[i]);
  PetscCall(AetChemistryDomains(s, c));
  PetscCall(AetChemistryBoundaries(s, c));
  PetscCall(AetChemistryAntisites(s, c));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Release(AetSites *s)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(s->position));
  PetscCall(PetscFree(s->species));
  PetscCall(PetscFree(s->p));
  PetscCall(PetscFree2(s->letter, s->near));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetChemistryCreate(AetAtoms atoms, AetLattice lattice, const AetChemistrySettings *settings, AetChemistry *chemistry)
{
  const size_t   room = (size_t)atoms->total + 1;
  AetSites       sites = {.settings = settings, .lattice = lattice, .total = atoms->total};
  AetOrderPlan   plan;
  AetChemistry   c;
  PetscErrorCode code;

  PetscFunctionBegin;
  *chemistry = NULL;
  PetscCall(CheckSettings(atoms, lattice, settings));
  PetscCall(AetOrderPlanCreate(lattice, settings->sigma_angstrom, &plan));
  PetscCall(LookUp(atoms, &sites));
  PetscCall(PetscNew(&c));
  c->total = atoms->total;
  PetscCall(PetscCalloc6(room, &c->order, room, &c->phase, room, &c->state, room, &c->fraction, room, &c->domain, room, &c->near_domain));
  code = AetAgree(atoms->comm, Analyse(plan, &sites, c));
  PetscCall(AetOrderPlanDestroy(&plan));
  PetscCall(Release(&sites));
  if (code) PetscCall(AetChemistryDestroy(&c));
  PetscCall(code);
  *chemistry = c;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetChemistryDestroy(AetChemistry *chemistry)
{
  AetChemistry c = *chemistry;

  PetscFunctionBegin;
  if (!c) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscFree6(c->order, c->phase, c->state, c->fraction, c->domain, c->near_domain));
  PetscCall(PetscFree(c->domain_list));
  PetscCall(PetscFree(c->antisite));
  PetscCall(PetscFree(c->swap));
  PetscCall(PetscFree(c->boundary));
  PetscCall(PetscFree(*chemistry));
  PetscFunctionReturn(PETSC_SUCCESS);
}
