/* Every column that there is per atom: names, units, words about them. A group of columns is one function. */
#include "analysis.h"
#include <string.h>

static AetColumn *Next(AetAnalysisColumns *c, const char *name, const char *unit, const char *text, AetColumnType type, int width)
{
  AetColumn *column = &c->column[c->columns++];

  PetscAssertAbort(c->columns <= AET_ANALYSIS_COLUMNS, PETSC_COMM_SELF, PETSC_ERR_PLIB, "room for more columns is needed");
  *column = (AetColumn){name, unit, text, type, width, NULL};
  return column;
}

/* Numbers [total][width] that every rank has; lent. */
static void Real(AetAnalysisColumns *c, const char *name, const char *unit, const char *text, int width, const double *all)
{
  Next(c, name, unit, text, AET_COLUMN_DOUBLE, width)->data = (void *)(uintptr_t)(all + (ptrdiff_t)width * c->start);
}

/* Numbers [count][width] of this rank's atoms; lent. */
static void Local(AetAnalysisColumns *c, const char *name, const char *unit, const char *text, AetColumnType type, int width,
                  const void *mine)
{
  Next(c, name, unit, text, type, width)->data = (void *)(uintptr_t)mine;
}

/* Whole numbers [total][width] that every rank has, plus `more`; copied. */
static PetscErrorCode Whole(AetAnalysisColumns *c, const char *name, const char *text, int width, const PetscInt *all, int more)
{
  AetColumn *column = Next(c, name, "", text, AET_COLUMN_INT, width);
  int       *copy;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)c->count * (size_t)width + 1, &copy));
  for (ptrdiff_t i = 0; i < (ptrdiff_t)c->count * width; i++) copy[i] = (int)all[(ptrdiff_t)c->start * width + i] + more;
  column->data = c->own[c->columns - 1] = copy;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The same of int. */
static PetscErrorCode Codes(AetAnalysisColumns *c, const char *name, const char *text, int width, const int *all)
{
  Next(c, name, "", text, AET_COLUMN_INT, width)->data = (void *)(uintptr_t)(all + (ptrdiff_t)width * c->start);
  return PETSC_SUCCESS;
}

static PetscErrorCode Flag(AetAnalysisColumns *c, const char *name, const char *text, const PetscBool *all)
{
  AetColumn *column = Next(c, name, "", text, AET_COLUMN_INT, 1);
  int       *copy;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)c->count + 1, &copy));
  for (PetscInt i = 0; i < c->count; i++) copy[i] = all[c->start + i] ? 1 : 0;
  column->data = c->own[c->columns - 1] = copy;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What the model brought; the names are those of atoms.h5, so that the file is a model too. */
static PetscErrorCode OfTheModel(const AetAnalysis *a, AetAnalysisColumns *c)
{
  AetAtoms atoms = a->atoms;
  int      known = 0, any;

  PetscFunctionBegin;
  Local(c, "position", "angstrom", "x, y, z as in the model", AET_COLUMN_DOUBLE, 3, atoms->position);
  Local(c, "species", "", "index into the attribute `symbols`", AET_COLUMN_INT, 1, atoms->species);
  Local(c, "intensity", "", "as in the model; 0 where it has none", AET_COLUMN_DOUBLE, 1, atoms->intensity);
  Local(c, "confidence", "", "probability of the named species; 0 where unknown", AET_COLUMN_DOUBLE, 1, atoms->confidence);
  Local(c, "sigma", "angstrom", "standard deviations of x, y, z; 0 where unknown", AET_COLUMN_DOUBLE, 3, atoms->sigma);
  Local(c, "p_species", "", "probability of every species of the attribute `symbols`; 0 where unknown", AET_COLUMN_DOUBLE,
        atoms->species_count, atoms->probability);
  for (PetscInt i = 0; i < atoms->count; i++) known |= atoms->p_found[i] > 0 || atoms->sigma_total[3 * i] > 0;
  PetscCallMPI(MPI_Allreduce(&known, &any, 1, MPI_INT, MPI_MAX, atoms->comm));
  if (!any) PetscFunctionReturn(PETSC_SUCCESS);
  Local(c, "sigma_total", "angstrom", "standard deviations of x, y, z as replicas of the whole chain calibrate them", AET_COLUMN_DOUBLE, 3,
        atoms->sigma_total);
  Local(c, "p_found", "", "fraction of the replicas of the whole chain in which the atom was found", AET_COLUMN_DOUBLE, 1, atoms->p_found);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode OfBonds(const AetAnalysis *a, AetAnalysisColumns *c)
{
  PetscFunctionBegin;
  PetscCall(Whole(c, "coordination", "neighbours within the cut-off", 1, a->bonds->coordination, 0));
  Real(c, "q4", "", "bond-orientational order of the atom's own neighbours, l = 4", 1, a->bonds->q4);
  Real(c, "q6", "", "bond-orientational order of the atom's own neighbours, l = 6", 1, a->bonds->q6);
  Real(c, "q4_averaged", "", "the same, averaged over the atom and its neighbours, l = 4", 1, a->bonds->q4_averaged);
  Real(c, "q6_averaged", "", "the same, averaged over the atom and its neighbours, l = 6", 1, a->bonds->q6_averaged);
  Real(c, "bond_order", "", "sqrt(q4_averaged^2 + q6_averaged^2) over that of perfect fcc", 1, a->bonds->order);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode OfSurface(const AetAnalysis *a, AetAnalysisColumns *c)
{
  PetscFunctionBegin;
  if (!a->surface) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(Flag(c, "surface", "1 on the surface (alpha shape), of voids too", a->surface->surface));
  Real(c, "depth", "angstrom", "distance to the surface", 1, a->surface->depth);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode OfVoronoi(const AetAnalysis *a, AetAnalysisColumns *c)
{
  PetscFunctionBegin;
  Real(c, "volume", "angstrom3", "of the Voronoi cell, inside the surface", 1, a->voronoi->volume);
  PetscCall(
      Whole(c, "voronoi_coordination", "faces of the Voronoi cell, those under 1 % of its area dropped", 1, a->voronoi->coordination, 0));
  PetscCall(Whole(c, "voronoi_index", "of these, those of 3, 4, 5 and 6 edges", 4, (const PetscInt *)a->voronoi->faces, 0));
  PetscCall(Flag(c, "voronoi_closed", "1 where the cell is closed: the atom is surrounded by others", a->voronoi->closed));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode OfLocal(const AetAnalysis *a, AetAnalysisColumns *c)
{
  const AetLocal l = a->local;

  PetscFunctionBegin;
  PetscCall(Codes(c, "cna", "adaptive common-neighbour analysis: 0 other, 1 fcc, 2 hcp, 3 bcc, 4 icosahedral", 1, l->cna));
  PetscCall(Codes(c, "ptm", "polyhedral template matching: 0 other, 1 fcc, 2 hcp, 3 bcc, 4 icosahedral, 5 simple cubic", 1, l->ptm));
  Real(c, "ptm_rmsd", "", "misfit of the best template over the distance of its neighbours; -1: too few neighbours", 1, l->ptm_rmsd);
  Real(c, "ptm_scale", "angstrom", "nearest distance in the matched template; 0: none matched", 1, l->ptm_scale);
  Real(c, "quaternion", "", "w, x, y, z of the rotation from the axes of the matched template to x, y, z", 4,
       (const double *)l->quaternion);
  PetscCall(Codes(c, "ordering", "of the matched neighbours: 0 none, 1 one species, 2 L1_0, 3 L1_2 minority, 4 L1_2 majority, 5 B2", 1,
                  l->ordering));
  Real(c, "centrosymmetry", "angstrom2", "of the 12 nearest neighbours; -1: fewer", 1, l->centrosymmetry);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode OfLattice(const AetAnalysis *a, AetAnalysisColumns *c)
{
  PetscFunctionBegin;
  PetscCall(Whole(c, "grain", "grain of the crystal lattice, from 1; 0: none", 1, a->lattice->grain, 1));
  PetscCall(Codes(c, "site", "index of the lattice site (fcc and bcc: in half edges)", 3, (const int *)a->lattice->index));
  Real(c, "displacement", "angstrom", "x, y, z from the site of the fitted lattice; 0 without a grain", 3,
       (const double *)a->lattice->displacement);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode OfCrystals(const AetAnalysis *a, AetAnalysisColumns *c)
{
  PetscFunctionBegin;
  PetscCall(Whole(c, "crystal", "grain by orientation alone, its surface and layers of hcp included, from 1; 0: none", 1,
                  a->boundaries->grain, 1));
  PetscCall(Whole(c, "boundary", "boundary between crystals, or fault, that the atom is at, from 1; 0: none", 1, a->boundaries->at, 1));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode OfStrain(const AetAnalysis *a, AetAnalysisColumns *c)
{
  const AetStrain s = a->strain;

  PetscFunctionBegin;
  if (!s) PetscFunctionReturn(PETSC_SUCCESS);
  Real(c, "strain", "", "xx, yy, zz, yz, xz, xy of the displacements averaged over a Gaussian, relative to the grain's cell", 6,
       (const double *)s->strain);
  Real(c, "strain_sigma", "", "standard deviations of these", 6, (const double *)s->sigma);
  Real(c, "rotation", "radian", "of the lattice about x, y, z, from the same field", 3, (const double *)s->rotation);
  Real(c, "strain_density", "", "of the sites that the Gaussian sees: 1 inside, about 0.5 on a face", 1, s->density);
  Real(c, "d2min", "angstrom2", "mean square of what no deformation of the bonds explains", 1, s->d2min);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode OfChemistry(const AetAnalysis *a, AetAnalysisColumns *c)
{
  const AetChemistry h = a->chemistry;
  AetColumn         *column;
  double            *antisite;

  PetscFunctionBegin;
  if (!h) PetscFunctionReturn(PETSC_SUCCESS);
  Real(c, "fraction", "", "of the first of the two species around, by the weights of the order parameter", 1, h->fraction);
  PetscCall(Whole(c, "domain", "ordered domain of the atom, from 1; 0: none", 1, h->domain, 1));
  column = Next(c, "antisite", "", "probability that the atom is on a site of the other species; 0 outside domains", AET_COLUMN_DOUBLE, 1);
  PetscCall(PetscCalloc1((size_t)c->count + 1, &antisite));
  for (PetscInt k = 0; k < h->antisites; k++) {
    const PetscInt i = h->antisite[k].atom - c->start;
    if (i >= 0 && i < c->count) antisite[i] = h->antisite[k].probability;
  }
  column->data = c->own[c->columns - 1] = antisite;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode OfNuclei(const AetAnalysis *a, AetAnalysisColumns *c)
{
  PetscFunctionBegin;
  if (a->phase)
    PetscCall(Codes(c, "phase", "template of the order: 0 to 5 L1_0, 6 to 9 L1_2 AB3, 10 to 13 L1_2 A3B; -1: no site", 1, a->phase));
  Real(c, "order", "", "order parameter of which the nuclei are made", 1, a->order);
  PetscCall(Whole(c, "nucleus", "nucleus of the atom, from 1; 0: none", 1, a->nuclei->label, 1));
  PetscCall(Flag(c, "core", "1 in the core of its nucleus", a->nuclei->core));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetAnalysisColumnsCreate(const AetAnalysis *a, AetAnalysisColumns *c)
{
  PetscFunctionBegin;
  memset(c, 0, sizeof *c);
  c->start = a->atoms->start;
  c->count = a->atoms->count;
  PetscCall(OfTheModel(a, c));
  PetscCall(OfBonds(a, c));
  PetscCall(OfSurface(a, c));
  PetscCall(OfVoronoi(a, c));
  PetscCall(OfLocal(a, c));
  PetscCall(OfLattice(a, c));
  PetscCall(OfCrystals(a, c));
  PetscCall(OfStrain(a, c));
  PetscCall(OfChemistry(a, c));
  PetscCall(OfNuclei(a, c));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetAnalysisColumnsDestroy(AetAnalysisColumns *c)
{
  PetscFunctionBegin;
  for (int i = 0; i < c->columns; i++) PetscCall(PetscFree(c->own[i]));
  c->columns = 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}
