/* The object of lattices: its arrays, its sites, the choice of axes. */
#include "structure/lattice_private.h"
#include <math.h>
#include <string.h>

_Static_assert((int)AET_LATTICE_FCC == AET_SITES_FCC && (int)AET_LATTICE_HCP == AET_SITES_HCP && (int)AET_LATTICE_BCC == AET_SITES_BCC &&
                   (int)AET_LATTICE_SC == AET_SITES_SC,
               "kinds of lattices are numbered alike");

const char *AetLatticeKindName(int kind)
{
  static const char *const name[AET_LATTICE_KINDS] = {"fcc", "hcp", "bcc", "sc"};

  return kind >= 0 && kind < AET_LATTICE_KINDS ? name[kind] : NULL;
}

void AetLatticeDefaults(AetLatticeSettings *settings)
{
  *settings = (AetLatticeSettings){.shape = AET_LATTICE_FREE, .min_sites = 50, .tolerance = 0.4, .mismatch = 0.37};
}

PetscErrorCode AetLatticeAllocate(PetscInt total, PetscInt grains, AetLattice *lattice)
{
  const size_t atoms = (size_t)total + 1, found = (size_t)grains + 1;
  AetLattice   l;

  PetscFunctionBegin;
  PetscCall(PetscNew(&l));
  l->total = total;
  l->grains = grains;
  PetscCall(PetscCalloc3(atoms, &l->grain, atoms, &l->index, atoms, &l->displacement));
  PetscCall(PetscCalloc6(found, &l->kind, found, &l->cell, found, &l->origin, found, &l->sites, found, &l->rms, found, &l->nearest));
  for (PetscInt i = 0; i < total; i++) l->grain[i] = -1;
  *lattice = l;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetLatticeDestroy(AetLattice *lattice)
{
  PetscFunctionBegin;
  if (!*lattice) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscFree3((*lattice)->grain, (*lattice)->index, (*lattice)->displacement));
  PetscCall(PetscFree6((*lattice)->kind, (*lattice)->cell, (*lattice)->origin, (*lattice)->sites, (*lattice)->rms, (*lattice)->nearest));
  PetscCall(PetscFree(*lattice));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void AetLatticeSite(AetLattice lattice, PetscInt grain, const int index[3], double x[3])
{
  double f[3];

  AetSitesFraction(lattice->kind[grain], index, f);
  AetSitesVector(lattice->cell[grain], f, x);
  for (int a = 0; a < 3; a++) x[a] += lattice->origin[grain][a];
}

void AetLatticeDescribe(AetLattice l, const double *position)
{
  for (PetscInt g = 0; g < l->grains; g++) l->sites[g] = 0, l->rms[g] = 0;
  for (PetscInt i = 0; i < l->total; i++) {
    const PetscInt g = l->grain[i];
    double         site[3], square = 0;
    if (g < 0) continue;
    AetLatticeSite(l, g, l->index[i], site);
    for (int a = 0; a < 3; a++) {
      l->displacement[i][a] = position[3 * (ptrdiff_t)i + a] - site[a];
      square += l->displacement[i][a] * l->displacement[i][a];
    }
    l->sites[g]++;
    l->rms[g] += square;
  }
  for (PetscInt g = 0; g < l->grains; g++) l->rms[g] = l->sites[g] ? sqrt(l->rms[g] / (double)l->sites[g]) : 0;
}

/* The site of an atom in the axes P · cell about the site of another: f = (f_i - f_c) P⁻¹; P is orthogonal of the cubic kinds, else its
   inverse is found. Returns how far from a whole index, in cells. */
static double Renamed(int kind, const double inverse[9], const double from[3], const int index[3], int renamed[3])
{
  double f[3], d[3], back[3], far = 0;

  AetSitesFraction(kind, index, f);
  for (int a = 0; a < 3; a++) d[a] = f[a] - from[a];
  AetSitesVector(inverse, d, f);
  AetSitesRound(kind, f, renamed);
  AetSitesFraction(kind, renamed, back);
  for (int a = 0; a < 3; a++) far = fmax(far, fabs(back[a] - f[a]));
  return far;
}

int AetLatticeRename(AetLattice l, PetscInt label, const double P[9], PetscInt centre)
{
  const int kind = l->kind[label];
  double    inverse[9], from[3], cell[9], site[3];
  int       n[3];

  if (!AetSitesInvert(P, inverse)) return 0;
  AetSitesFraction(kind, l->index[centre], from);
  for (PetscInt i = 0; i < l->total; i++)
    if (l->grain[i] == label && Renamed(kind, inverse, from, l->index[i], n) > 1e-6) return 0;
  AetLatticeSite(l, label, l->index[centre], site);
  for (PetscInt i = 0; i < l->total; i++) {
    if (l->grain[i] != label) continue;
    Renamed(kind, inverse, from, l->index[i], n);
    memcpy(l->index[i], n, sizeof n);
  }
  memcpy(l->origin[label], site, sizeof site);
  for (int i = 0; i < 3; i++) AetSitesVector(l->cell[label], P + 3 * i, cell + 3 * i);
  memcpy(l->cell[label], cell, sizeof cell);
  return 1;
}
