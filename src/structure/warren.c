/* Warren–Cowley parameters of shells, and about every atom. Counts are whole numbers: their sums do not depend on the ranks. */
#include "structure/kernel/short_range.h"
#include "structure/structure_private.h"
#include <math.h>

enum { SHELLS_MOST = 12 };

PetscErrorCode AetWarrenEdges(double nearest_angstrom, PetscInt shells, double *edge)
{
  PetscFunctionBegin;
  AetCheck(shells >= 1 && shells <= SHELLS_MOST, AET_ERR_INPUT, "Warren–Cowley: expected 1 … %d shells, found %" PetscInt_FMT, SHELLS_MOST,
           shells);
  edge[0] = 0;
  for (PetscInt s = 1; s <= shells; s++) edge[s] = 0.5 * nearest_angstrom * (sqrt((double)s) + sqrt(s + 1.0));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Counts of this rank's atoms: bonds [shells][K][K]. */
static void Count(AetNeighbours n, const int *species, AetWarren w, PetscInt *bonds)
{
  const int k = w->species;

  for (PetscInt i = 0; i < n->count; i++) {
    const double *x = n->position + 3 * (ptrdiff_t)(n->start + i);
    for (ptrdiff_t m = n->first[i]; m < n->first[i + 1]; m++) {
      const double *y = n->position + 3 * n->index[m];
      const double  d = sqrt((y[0] - x[0]) * (y[0] - x[0]) + (y[1] - x[1]) * (y[1] - x[1]) + (y[2] - x[2]) * (y[2] - x[2]));
      PetscInt      s = 0;
      while (s < w->shells && d > w->edge[s + 1]) s++;
      if (s < w->shells && d > w->edge[0]) bonds[((ptrdiff_t)s * k + species[n->start + i]) * k + species[n->index[m]]]++;
    }
  }
}

static PetscErrorCode Fractions(AetAtoms atoms, const int *species, double *fraction)
{
  PetscFunctionBegin;
  for (int s = 0; s < AET_SPECIES_MAX; s++) fraction[s] = 0;
  for (PetscInt i = 0; i < atoms->total; i++) {
    AetCheck(species[i] >= 0 && species[i] < atoms->species_count, AET_ERR_INPUT,
             "Warren–Cowley: atom %" PetscInt_FMT ": expected one of %d species, found %d", i + 1, atoms->species_count, species[i]);
    fraction[species[i]] += 1.0 / (double)atoms->total;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckEdges(PetscInt shells, const double *edge)
{
  PetscFunctionBegin;
  AetCheck(shells >= 1 && edge[0] >= 0, AET_ERR_INPUT,
           "Warren–Cowley: expected 1 shell or more from 0 Å or more, found %" PetscInt_FMT " from %g Å", shells, edge[0]);
  for (PetscInt s = 0; s < shells; s++)
    AetCheck(edge[s + 1] > edge[s] && isfinite(edge[s + 1]), AET_ERR_INPUT,
             "Warren–Cowley: expected edges that rise, found %g Å, then %g Å", edge[s], edge[s + 1]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Fill(AetNeighbours neighbours, const int *species, const double *edge, AetWarren w)
{
  const PetscInt k = w->species, cells = w->shells * k * k;

  PetscFunctionBegin;
  PetscCall(PetscCalloc4((size_t)w->shells + 1, &w->edge, (size_t)cells, &w->bonds, (size_t)cells, &w->alpha, (size_t)cells, &w->sigma));
  PetscCall(PetscArraycpy(w->edge, edge, w->shells + 1));
  Count(neighbours, species, w, w->bonds);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, w->bonds, (int)cells, MPIU_INT, MPI_SUM, neighbours->comm));
  for (PetscInt s = 0; s < w->shells; s++) {
    double count[AET_SPECIES_MAX * AET_SPECIES_MAX];
    for (PetscInt q = 0; q < k * k; q++) count[q] = w->bonds[s * k * k + q];
    AetWarrenAlpha(w->species, count, w->fraction, w->alpha + s * k * k);
    AetWarrenSigma(w->species, count, w->fraction, w->sigma + s * k * k);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetWarrenCreate(AetAtoms atoms, PetscInt shells, const double *edge, AetWarren *warren)
{
  AetNeighbours  neighbours;
  AetWarren      w;
  double        *position;
  int           *species;
  PetscErrorCode code;

  PetscFunctionBegin;
  *warren = NULL;
  PetscCall(CheckEdges(shells, edge));
  PetscCall(AetNeighboursCreate(atoms, edge[shells], &neighbours));
  PetscCall(AetAtomsGather(atoms, &position, &species));
  PetscCall(PetscNew(&w));
  w->species = atoms->species_count;
  w->shells = shells;
  code = Fractions(atoms, species, w->fraction);
  if (!code) code = Fill(neighbours, species, edge, w);
  PetscCall(PetscFree(position));
  PetscCall(PetscFree(species));
  PetscCall(AetNeighboursDestroy(&neighbours));
  if (code) PetscCall(AetWarrenDestroy(&w));
  PetscCall(code);
  *warren = w;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetWarrenDestroy(AetWarren *warren)
{
  PetscFunctionBegin;
  if (!*warren) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscFree4((*warren)->edge, (*warren)->bonds, (*warren)->alpha, (*warren)->sigma));
  PetscCall(PetscFree(*warren));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* ---------------------------------------------------------------- about every atom */

/* near [total][K]: neighbours of each species of every atom. Collective. */
static PetscErrorCode CountNear(AetNeighbours n, int k, const int *species, int *near)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < n->count; i++)
    for (ptrdiff_t m = n->first[i]; m < n->first[i + 1]; m++) near[(ptrdiff_t)(n->start + i) * k + species[n->index[m]]]++;
  PetscCall(AetBlockGather(n->comm, n->total, k, MPI_INT, near));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The parameters about the atoms of this rank's block. */
static void Pool(AetNeighbours about, int k, const int *species, const int *near, const double *fraction, double *alpha)
{
#pragma omp parallel for num_threads(AetThreads())
  for (PetscInt i = 0; i < about->count; i++) {
    const ptrdiff_t centre = about->start + i;
    double          bonds[AET_SPECIES_MAX * AET_SPECIES_MAX] = {0};
    for (ptrdiff_t m = about->first[i] - 1; m < about->first[i + 1]; m++) {
      const ptrdiff_t j = m < about->first[i] ? centre : about->index[m];
      for (int s = 0; s < k; s++) bonds[species[j] * k + s] += near[j * k + s];
    }
    AetWarrenAlpha(k, bonds, fraction, alpha + centre * k * k);
    AetWarrenSymmetrise(k, alpha + centre * k * k);
  }
}

static PetscErrorCode Local(AetAtoms atoms, AetNeighbours neighbours, AetNeighbours about, const int *species, double **alpha)
{
  const int k = atoms->species_count;
  double    fraction[AET_SPECIES_MAX];
  int      *near;

  PetscFunctionBegin;
  PetscCall(Fractions(atoms, species, fraction));
  PetscCall(PetscCalloc1((size_t)atoms->total * k + 1, &near));
  PetscCall(PetscCalloc1((size_t)atoms->total * k * k + 1, alpha));
  PetscCall(CountNear(neighbours, k, species, near));
  Pool(about, k, species, near, fraction, *alpha);
  PetscCall(PetscFree(near));
  PetscCall(AetBlockGather(atoms->comm, atoms->total, k * k, MPI_DOUBLE, *alpha));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetWarrenLocal(AetAtoms atoms, AetNeighbours neighbours, double radius_angstrom, double **alpha)
{
  AetNeighbours  about;
  double        *position;
  int           *species;
  PetscErrorCode code;

  PetscFunctionBegin;
  *alpha = NULL;
  AetCheck(neighbours->total == atoms->total, AET_ERR_INPUT,
           "Warren–Cowley: expected neighbours of %" PetscInt_FMT " atoms, found %" PetscInt_FMT, atoms->total, neighbours->total);
  PetscCall(AetNeighboursCreate(atoms, radius_angstrom, &about));
  PetscCall(AetAtomsGather(atoms, &position, &species));
  PetscCall(PetscFree(position));
  code = Local(atoms, neighbours, about, species, alpha);
  PetscCall(PetscFree(species));
  PetscCall(AetNeighboursDestroy(&about));
  PetscFunctionReturn(code);
}
