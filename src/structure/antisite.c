/* Antisites and swaps, each with a probability. */
#include "structure/chemistry_private.h"
#include "structure/kernel/evidence.h"

#define POOLED 1 /* sites that the rate of all domains starts from */
#define BEFORE 0.01
#define SHARED 50 /* sites of the mean domain that the rate of one domain starts from */

/* What is known about the inner sites, by domain. */
typedef struct {
  PetscInt  count;
  PetscInt *atom;  /* [count] sorted by domain, then by atom */
  double   *ratio; /* [count] evidence against the template */
  PetscInt *first; /* [domains + 1] */
} Inner;

/* Species (0: A, 1: B) of the template at an atom of the domain. */
static int Expected(const AetSites *s, AetChemistry c, PetscInt i)
{
  return AetPhaseSpecies(AetPhases + c->domain_list[c->near_domain[i]].phase, s->lattice->index[i]);
}

/* Whether all neighbours are of the atom's domain, and enough of them. */
static PetscBool IsInner(const AetSites *s, AetChemistry c, PetscInt i)
{
  PetscInt inside = 0;

  if (c->near_domain[i] < 0) return PETSC_FALSE;
  for (int n = 0; n < AET_FCC_NEAR; n++) {
    if (s->near[i][n] < 0) continue;
    if (c->near_domain[s->near[i][n]] != c->near_domain[i]) return PETSC_FALSE;
    inside++;
  }
  return (PetscBool)(inside >= s->settings->neighbours);
}

static double Evidence(const AetSites *s, PetscInt i, int expected)
{
  const double error = s->settings->species_error, fraction = PetscMin(PetscMax(s->fraction[expected], 1e-3), 1 - 1e-3);

  if (s->p[i][0] >= 0) return AetSpeciesRatio(s->p[i][expected], fraction);
  return AetSpeciesRatio(s->letter[i] == expected ? 1 - error : error, 0.5);
}

static PetscErrorCode FindInner(const AetSites *s, AetChemistry c, Inner *in)
{
  const size_t room = (size_t)c->total + 1;
  char        *is;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(room, &in->atom, room, &in->ratio));
  PetscCall(PetscMalloc1(room, &is));
  PetscCall(PetscCalloc1((size_t)c->domains + 2, &in->first));
  for (PetscInt i = 0; i < c->total; i++) {
    is[i] = (char)IsInner(s, c, i);
    if (is[i]) in->first[c->near_domain[i] + 2]++;
  }
  for (PetscInt d = 0; d < c->domains; d++) in->first[d + 2] += in->first[d + 1];
  for (PetscInt i = 0; i < c->total; i++) {
    if (!is[i]) continue;
    const PetscInt k = in->first[c->near_domain[i] + 1]++;
    in->atom[k] = i;
    in->ratio[k] = Evidence(s, i, Expected(s, c, i));
  }
  PetscCall(PetscFree(is));
  in->count = in->first[c->domains];
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Candidates: all that is named against its template or is to be claimed; sorted by atom afterwards. */
static PetscErrorCode List(const AetSites *s, AetChemistry c, const Inner *in)
{
  const double pooled = AetRate(in->count, in->ratio, POOLED, BEFORE);
  double      *probability;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)c->total + 1, &probability));
  for (PetscInt i = 0; i < c->total; i++) probability[i] = -1;
  for (PetscInt d = 0; d < c->domains; d++) {
    const PetscInt first = in->first[d], count = in->first[d + 1] - first;
    const double   rate = AetRate(count, in->ratio + first, SHARED, pooled);
    c->domain_list[d].antisites = count ? rate : -1;
    for (PetscInt k = first; k < first + count; k++) probability[in->atom[k]] = AetPosterior(rate, in->ratio[k]);
  }
  for (PetscInt pass = 0; pass < 2; pass++) { /* count, then write */
    if (pass) PetscCall(PetscCalloc1((size_t)c->antisites + 1, &c->antisite));
    c->antisites = 0;
    for (PetscInt i = 0; i < c->total; i++) {
      const int expected = probability[i] < 0 ? -1 : Expected(s, c, i);
      if (probability[i] < 0 || (s->letter[i] == expected && probability[i] < s->settings->claim)) continue;
      if (pass)
        c->antisite[c->antisites] = (AetAntisite){.atom = i,
                                                  .domain = c->near_domain[i],
                                                  .species = s->species[i],
                                                  .expected = expected ? s->settings->b : s->settings->a,
                                                  .probability = probability[i]};
      c->antisites++;
    }
  }
  PetscCall(PetscFree(probability));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Claimed antisites that are neighbours and expect different species. */
static PetscErrorCode Swaps(const AetSites *s, AetChemistry c)
{
  PetscInt *row;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)c->total + 1, &row));
  for (PetscInt i = 0; i < c->total; i++) row[i] = -1;
  for (PetscInt k = 0; k < c->antisites; k++)
    if (c->antisite[k].probability >= s->settings->claim) row[c->antisite[k].atom] = k, c->claimed++;
  for (int pass = 0; pass < 2; pass++) {
    if (pass) PetscCall(PetscCalloc1((size_t)c->swaps + 1, &c->swap));
    c->swaps = 0;
    for (PetscInt i = 0; i < c->total; i++)
      for (int n = 0; n < AET_FCC_NEAR && row[i] >= 0; n++) {
        const PetscInt j = (PetscInt)s->near[i][n];
        if (j <= i || row[j] < 0) continue;
        const AetAntisite *one = c->antisite + row[i], *other = c->antisite + row[j];
        if (one->expected == other->expected || one->domain != other->domain) continue;
        if (pass) c->swap[c->swaps] = (AetSwap){.atom = {i, j}, .probability = one->probability * other->probability};
        c->swaps++;
      }
  }
  PetscCall(PetscFree(row));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetChemistryAntisites(const AetSites *s, AetChemistry c)
{
  Inner in = {.count = 0};

  PetscFunctionBegin;
  PetscCall(FindInner(s, c, &in));
  PetscCall(List(s, c, &in));
  PetscCall(Swaps(s, c));
  PetscCall(PetscFree2(in.atom, in.ratio));
  PetscCall(PetscFree(in.first));
  PetscFunctionReturn(PETSC_SUCCESS);
}
