/* Sites through time: atoms of different times at one place. */
#include "atoms/kernel/pair.h"
#include "series/register_private.h"
#include <string.h>

/* The sites so far, while the times come one after the other. */
typedef struct {
  PetscInt  count;
  double   *mean;  /* [room][3] */
  PetscInt *atoms; /* [room] that were averaged */
  PetscInt *atom;  /* [room][times] */
} Sites;

static void Put(Sites *s, int times, PetscInt site, int time, PetscInt atom, const double x[3])
{
  const PetscInt n = ++s->atoms[site];

  s->atom[(ptrdiff_t)site * times + time] = atom;
  for (int k = 0; k < 3; k++) s->mean[3 * site + k] += (x[k] - s->mean[3 * site + k]) / n;
}

/* The atoms of a time go to free sites, nearest pairs first; those that find none are new sites. */
static PetscErrorCode AddTime(AetRegistration r, int t, double cutoff, Sites *s)
{
  const double zero[3] = {0};
  ptrdiff_t   *partner;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)r->total[t] + 1, &partner));
  AetCheck(!AetPairPoints(r->total[t], r->position[t], zero, s->count, s->mean, cutoff, partner), AET_ERR_MEMORY,
           "registration: no memory for the pairs of %" PetscInt_FMT " atoms", r->total[t]);
  for (PetscInt i = 0; i < r->total[t]; i++) {
    const PetscInt site = partner[i] >= 0 ? (PetscInt)partner[i] : s->count++;
    Put(s, r->times, site, t, i, r->position[t] + 3 * i);
    r->site[t][i] = site;
  }
  PetscCall(PetscFree(partner));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetSitesMatch(AetRegistration r, double cutoff_angstrom)
{
  Sites  s = {.count = 0};
  size_t room = 1;

  PetscFunctionBegin;
  for (int t = 0; t < r->times; t++) room += (size_t)r->total[t];
  PetscCall(PetscCalloc2(3 * room, &s.mean, room, &s.atoms));
  PetscCall(PetscMalloc1(room * (size_t)r->times, &s.atom));
  for (size_t k = 0; k < room * (size_t)r->times; k++) s.atom[k] = -1;
  for (int t = 0; t < r->times; t++) PetscCall(AddTime(r, t, cutoff_angstrom, &s));
  PetscCall(PetscFree(r->atom));
  PetscCall(PetscFree5(r->site_position, r->present, r->site_species, r->conserved, r->core));
  PetscCall(PetscFree2(r->agreement_near, r->depth));
  r->sites = s.count;
  room = (size_t)s.count + 1;
  PetscCall(PetscCalloc5(room, &r->site_position, room, &r->present, room, &r->site_species, room, &r->conserved, room, &r->core));
  PetscCall(PetscCalloc2(room, &r->agreement_near, room, &r->depth));
  PetscCall(PetscMalloc1(room * (size_t)r->times, &r->atom));
  memcpy(r->atom, s.atom, (size_t)s.count * (size_t)r->times * sizeof *r->atom);
  memcpy(r->site_position, s.mean, 3 * (size_t)s.count * sizeof(double));
  memcpy(r->present, s.atoms, (size_t)s.count * sizeof *r->present);
  PetscCall(PetscFree2(s.mean, s.atoms));
  PetscCall(PetscFree(s.atom));
  PetscFunctionReturn(PETSC_SUCCESS);
}
