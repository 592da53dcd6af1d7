/* Domains: connected regions of one template of chemical order. */
#include "structure/chemistry_private.h"

enum { ROUNDS = 8 };
#define CLEARLY 2 /* atoms of nineteen */
#define OWN 4     /* neighbours that a site's own species counts as much as */

/* Probability that the atom has the species that the template has there. */
static double Agrees(const AetSites *s, int phase, ptrdiff_t i)
{
  const int expected = AetPhaseSpecies(AetPhases + phase, s->lattice->index[i]);

  return s->p[i][expected] >= 0 ? s->p[i][expected] : s->letter[i] == expected;
}

/* Of a site and its nearest and second neighbours those that have the template's species, expected, out of how many. */
static double Agreement(const AetSites *s, int phase, PetscInt i, int *of)
{
  double agree = Agrees(s, phase, i);

  *of = 1;
  for (int n = 0; n < AET_FCC_ABOUT; n++) {
    if (s->near[i][n] < 0) continue;
    agree += Agrees(s, phase, s->near[i][n]);
    ++*of;
  }
  return agree;
}

/* Agreement, and for a smooth boundary half an atom for every neighbour that has the label already. */
static double Score(const AetSites *s, const int *label, int phase, PetscInt i)
{
  int of, votes = 0;

  for (int n = 0; n < AET_FCC_NEAR; n++) votes += s->near[i][n] >= 0 && label[s->near[i][n]] == phase;
  return Agreement(s, phase, i, &of) + 0.5 * votes;
}

/* inner[r]: whether the region r has a site with enough neighbours, all of its region. */
static void FindInner(const AetSites *s, const ptrdiff_t *region, ptrdiff_t regions, char *inner)
{
  for (ptrdiff_t r = 0; r < regions; r++) inner[r] = 0;
  for (PetscInt i = 0; i < s->total; i++) {
    int same = 0, other = 0;
    for (int n = 0; n < AET_FCC_NEAR && region[i] >= 0; n++)
      if (s->near[i][n] >= 0) same += region[s->near[i][n]] == region[i], other += region[s->near[i][n]] != region[i];
    if (region[i] >= 0 && !other && same >= s->settings->neighbours) inner[region[i]] = 1;
  }
}

/* The label for a site of a region without inner sites: that of an adjacent region which has some, unless it agrees clearly worse. */
static int Thicker(const AetSites *s, const int *label, const ptrdiff_t *region, const char *inner, PetscInt i)
{
  int    best = label[i], of;
  double most = -1;

  for (int n = 0; n < AET_FCC_NEAR; n++) {
    const ptrdiff_t j = s->near[i][n];
    if (j < 0 || region[j] < 0 || !inner[region[j]] || label[j] == label[i] || label[j] == best) continue;
    const double score = Score(s, label, label[j], i);
    if (Agreement(s, label[j], i, &of) < Agreement(s, label[i], i, &of) - CLEARLY) continue;
    if (score > most || (score == most && label[j] < best)) most = score, best = label[j];
  }
  return best;
}

/* Between two domains the Gaussian sees a mixture of both, which may look like a third. What is only a layer goes to the domains beside it.
 */
static PetscErrorCode Thicken(const AetSites *s, int *label, int *next, ptrdiff_t *region, ptrdiff_t *queue)
{
  char *inner;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)s->total + 1, &inner));
  for (int round = 0, moved = 1; round < ROUNDS && moved; round++) {
    const ptrdiff_t regions = AetComponents(s->total, (const ptrdiff_t(*)[AET_FCC_ABOUT])s->near, label, 1, region, queue);
    FindInner(s, region, regions, inner);
    moved = 0;
    for (PetscInt i = 0; i < s->total; i++) {
      next[i] = region[i] < 0 || inner[region[i]] ? label[i] : Thicker(s, label, region, inner, i);
      moved |= next[i] != label[i];
    }
    for (PetscInt i = 0; i < s->total; i++) label[i] = next[i];
  }
  PetscCall(PetscFree(inner));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A site below the threshold is near the adjacent domain whose template agrees best with what is next to the site, if more than half does.
 */
static PetscInt Adjacent(const AetSites *s, AetChemistry c, PetscInt i)
{
  PetscInt found = -1;
  double   most = 0;
  int      of;

  for (int n = 0; n < AET_FCC_NEAR; n++) {
    const PetscInt d = s->near[i][n] < 0 ? -1 : c->domain[s->near[i][n]];
    if (d < 0 || d == found) continue;
    const double agree = Agreement(s, c->domain_list[d].phase, i, &of);
    if (2 * agree > of && (agree > most || (agree == most && d < found))) most = agree, found = d;
  }
  return found;
}

/* What a site has to say for a domain: its own species, and that its neighbours are of it. */
static double Vote(const AetSites *s, AetChemistry c, PetscInt domain, PetscInt i)
{
  double votes = OWN * Agrees(s, c->domain_list[domain].phase, i);

  for (int n = 0; n < AET_FCC_NEAR; n++) votes += s->near[i][n] >= 0 && c->near_domain[s->near[i][n]] == domain;
  return votes;
}

/* An antisite speaks against the domain of the sites next to it, and may have handed them to the one beyond the boundary: in the end every
   site speaks for itself alone. */
static void Settle(const AetSites *s, AetChemistry c, int *next)
{
  for (int round = 0, moved = 1; round < ROUNDS && moved; round++) {
    moved = 0;
    for (PetscInt i = 0; i < s->total; i++) {
      PetscInt best = c->near_domain[i];
      double   most = -1;
      for (int n = 0; n < AET_FCC_NEAR && best >= 0; n++) {
        const PetscInt other = s->near[i][n] < 0 ? -1 : c->near_domain[s->near[i][n]];
        if (other < 0 || other == c->near_domain[i] || other == best) continue;
        if (most < 0) most = Vote(s, c, best, i);
        const double votes = Vote(s, c, other, i);
        if (votes > most || (votes == most && best != c->near_domain[i] && other < best)) most = votes, best = other;
      }
      next[i] = (int)best;
      moved |= best != c->near_domain[i];
    }
    for (PetscInt i = 0; i < s->total; i++) c->near_domain[i] = next[i];
  }
  for (PetscInt i = 0; i < s->total; i++)
    if (c->domain[i] >= 0) c->domain[i] = c->near_domain[i];
}

static void Describe(const AetSites *s, AetChemistry c)
{
  for (PetscInt i = 0; i < c->total; i++) {
    if (c->domain[i] < 0) continue;
    AetChemicalDomain *d = c->domain_list + c->domain[i];
    d->grain = s->lattice->grain[i];
    d->max_order = d->sites ? PetscMax(d->max_order, c->order[i]) : c->order[i];
    d->mean_order += c->order[i];
    for (int a = 0; a < 3; a++) d->centre[a] += s->position[3 * (ptrdiff_t)i + a];
    d->sites++;
  }
  for (PetscInt k = 0; k < c->domains; k++) {
    AetChemicalDomain *d = c->domain_list + k;
    d->mean_order /= PetscMax(1, d->sites);
    for (int a = 0; a < 3; a++) d->centre[a] /= PetscMax(1, d->sites);
  }
}

PetscErrorCode AetChemistryDomains(const AetSites *s, AetChemistry c)
{
  const size_t room = (size_t)c->total + 1;
  int         *label, *next;
  ptrdiff_t   *region, *queue;

  PetscFunctionBegin;
  PetscCall(PetscMalloc4(room, &label, room, &next, room, &region, room, &queue));
  for (PetscInt i = 0; i < c->total; i++) label[i] = c->phase[i] >= 0 && c->order[i] >= s->settings->threshold ? c->phase[i] : -1;
  PetscCall(Thicken(s, label, next, region, queue));
  c->domains = (PetscInt)AetComponents(c->total, (const ptrdiff_t(*)[AET_FCC_ABOUT])s->near, label, s->settings->min_sites, region, queue);
  PetscCall(PetscCalloc1((size_t)c->domains + 1, &c->domain_list));
  for (PetscInt i = 0; i < c->total; i++) {
    c->domain[i] = (PetscInt)region[i];
    if (region[i] >= 0) c->domain_list[region[i]].phase = label[i];
  }
  for (PetscInt i = 0; i < c->total; i++) c->near_domain[i] = c->domain[i] >= 0 || c->phase[i] < 0 ? c->domain[i] : Adjacent(s, c, i);
  Settle(s, c, next);
  PetscCall(PetscFree4(label, next, region, queue));
  Describe(s, c);
  for (PetscInt i = 0; i < c->total; i++)
    c->state[i] = c->domain[i] >= 0 ? c->domain_list[c->domain[i]].phase
                  : c->phase[i] < 0 ? -1
                                    : AET_PHASES_ORDERED + (c->fraction[i] < 0.5);
  PetscFunctionReturn(PETSC_SUCCESS);
}
