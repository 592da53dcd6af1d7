/* Displacement and strain at the atoms, shared by blocks of atoms. */
#include "structure/kernel/bonds.h"
#include "structure/kernel/sites.h"
#include "structure/strain_private.h"
#include <math.h>
#include <string.h>

typedef struct {
  MPI_Comm       comm;
  ptrdiff_t      start, count; /* this rank's block */
  AetStrainField field;
  double        *position;
  double (*known)[3];    /* [total] variance of the positions that the atoms carry; 0: unknown */
  double (*residual)[3]; /* [total] squared distance from the smooth field, as large as if the atom had no part in it */
} Work;

PetscErrorCode AetStrainDestroy(AetStrain *strain)
{
  PetscFunctionBegin;
  if (!*strain) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscFree6((*strain)->displacement, (*strain)->strain, (*strain)->rotation, (*strain)->sigma, (*strain)->scatter,
                       (*strain)->deformation));
  PetscCall(PetscFree2((*strain)->density, (*strain)->d2min));
  PetscCall(PetscFree(*strain));
  PetscFunctionReturn(PETSC_SUCCESS);
}

double AetStrainMask(double density)
{
  return fmin(fmax((density - 0.5) / 0.1, 0), 1);
}

static PetscErrorCode Allocate(PetscInt total, double sigma, AetStrain *strain)
{
  const size_t atoms = (size_t)total + 1;
  AetStrain    s;

  PetscFunctionBegin;
  PetscCall(PetscNew(&s));
  s->total = total;
  s->sigma_angstrom = sigma;
  PetscCall(PetscCalloc6(atoms, &s->displacement, atoms, &s->strain, atoms, &s->rotation, atoms, &s->sigma, atoms, &s->scatter, atoms,
                         &s->deformation));
  PetscCall(PetscCalloc2(atoms, &s->density, atoms, &s->d2min));
  *strain = s;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Variances of all atoms' positions on every rank. */
static PetscErrorCode GatherVariances(AetAtoms atoms, double (*known)[3])
{
  int *counts, *offsets, size, count = 3 * (int)atoms->count, start = 3 * (int)atoms->start;
  double(*own)[3];

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(atoms->comm, &size));
  PetscCall(PetscMalloc3(size, &counts, size, &offsets, (size_t)atoms->count + 1, &own));
  for (PetscInt i = 0; i < atoms->count; i++)
    for (int a = 0; a < 3; a++) {
      const double total = atoms->sigma_total[3 * i + a], sigma = total > 0 ? total : atoms->sigma[3 * i + a];
      own[i][a] = isfinite(sigma) && sigma > 0 ? sigma * sigma : 0;
    }
  PetscCallMPI(MPI_Allgather(&count, 1, MPI_INT, counts, 1, MPI_INT, atoms->comm));
  PetscCallMPI(MPI_Allgather(&start, 1, MPI_INT, offsets, 1, MPI_INT, atoms->comm));
  PetscCallMPI(MPI_Allgatherv(own, count, MPI_DOUBLE, known, counts, offsets, MPI_DOUBLE, atoms->comm));
  PetscCall(PetscFree3(counts, offsets, own));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The line at an atom's site; 0 where there is none. */
static int LineAt(const Work *w, ptrdiff_t i, AetStrainAround *around, AetLocalLine *line, int *short_of_memory)
{
  const AetLattice l = w->field.lattice;
  double           site[3];

  if (l->grain[i] < 0) return 0;
  for (int a = 0; a < 3; a++) site[a] = w->position[3 * i + a] - l->displacement[i][a];
  if (AetStrainLook(&w->field, l->grain[i], site, l->displacement[i], around)) {
    *short_of_memory = 1;
    return 0;
  }
  return AetLocalLineFit(around->count, (const double(*)[3])around->d, (const double(*)[3])around->u, around->w, line);
}

/* The field and its gradient. An atom's distance from a line that it helped to draw is too small by 1 - h, h its own part. */
static PetscErrorCode FitBlock(Work *w, AetStrain s)
{
  int failed = 0;

  PetscFunctionBegin;
#pragma omp parallel num_threads(AetThreads()) reduction(| : failed)
  {
    AetStrainAround around = {0};
#pragma omp for schedule(dynamic, 32)
    for (ptrdiff_t i = w->start; i < w->start + w->count; i++) {
      AetLocalLine line;
      double       rest;
      w->residual[i][0] = -1;
      if (!LineAt(w, i, &around, &line, &failed)) continue;
      memcpy(s->displacement[i], line.value, sizeof line.value);
      AetLocalStrain(line.gradient, s->strain[i], s->rotation[i]);
      s->density[i] = line.weight / w->field.bulk[w->field.lattice->grain[i]];
      rest = 1 - line.inverse[0];
      for (int a = 0; a < 3 && rest > 0.1; a++) w->residual[i][a] = pow(w->field.lattice->displacement[i][a] - line.value[a], 2) / rest;
    }
    AetStrainAroundFree(&around);
  }
  AetCheck(!failed, AET_ERR_MEMORY, "strain: no memory for the atoms around one");
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Mean of the residuals around, with the weights of the fit. */
static void Scatter(const Work *w, const AetStrainAround *around, double scatter[3])
{
  double sum[3] = {0}, weight = 0;

  for (ptrdiff_t k = 0; k < around->count; k++) {
    const double *r = w->residual[around->atom[k]];
    if (r[0] < 0) continue;
    weight += around->w[k];
    for (int a = 0; a < 3; a++) sum[a] += around->w[k] * r[a];
  }
  for (int a = 0; a < 3; a++) scatter[a] = weight > 0 ? sqrt(sum[a] / weight) : 0;
}

static PetscErrorCode SigmaBlock(Work *w, AetStrain s)
{
  int failed = 0;

  PetscFunctionBegin;
#pragma omp parallel num_threads(AetThreads()) reduction(| : failed)
  {
    AetStrainAround around = {0};
#pragma omp for schedule(dynamic, 32)
    for (ptrdiff_t i = w->start; i < w->start + w->count; i++) {
      AetLocalLine line;
      if (!LineAt(w, i, &around, &line, &failed)) continue;
      Scatter(w, &around, s->scatter[i]);
      for (ptrdiff_t k = 0; k < around.count; k++)
        for (int a = 0; a < 3; a++) {
          const double known = w->known[around.atom[k]][a];
          around.variance[k][a] = known > 0 ? known : s->scatter[i][a] * s->scatter[i][a];
        }
      AetLocalLineVariance(around.count, (const double(*)[3])around.d, around.w, (const double(*)[3])around.variance, &line, s->sigma[i]);
      for (int c = 0; c < 6; c++) s->sigma[i][c] = sqrt(s->sigma[i][c]);
    }
    AetStrainAroundFree(&around);
  }
  AetCheck(!failed, AET_ERR_MEMORY, "strain: no memory for the atoms around one");
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* F and D² of the bonds of this rank's atoms. */
static PetscErrorCode BondBlock(Work *w, AetStrain s)
{
  const AetLattice l = w->field.lattice;
  AetCells         cells;
  double           reach = 1;

  PetscFunctionBegin;
  for (PetscInt g = 0; g < l->grains; g++) reach = fmax(reach, AetSitesReach(l->kind[g]) * l->nearest[g]);
  AetCheck(!AetCellsBuild(&cells, l->total, w->position, reach), AET_ERR_MEMORY,
           "strain: no memory for the cells of %" PetscInt_FMT " atoms", l->total);
#pragma omp parallel for num_threads(AetThreads()) schedule(dynamic, 64)
  for (ptrdiff_t i = w->start; i < w->start + w->count; i++) {
    enum { ROOM = 48 };
    ptrdiff_t      list[ROOM], found;
    double         bond[ROOM][3];
    int            count = 0;
    const PetscInt g = l->grain[i];
    if (g < 0) continue;
    found = AetCellsNear(&cells, w->position, w->position + 3 * i, AetSitesReach(l->kind[g]) * l->nearest[g], ROOM, list);
    for (ptrdiff_t k = 0; k < PetscMin(found, ROOM); k++) {
      if (list[k] == i || l->grain[list[k]] != g) continue;
      for (int a = 0; a < 3; a++) bond[count][a] = w->position[3 * list[k] + a] - w->position[3 * i + a];
      count++;
    }
    AetBondsDeformation(l->kind[g], AetSitesSublattice(l->kind[g], l->index[i]), l->cell[g], count, (const double(*)[3])bond,
                        s->deformation[i], &s->d2min[i]);
  }
  AetCellsFree(&cells);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Compute(Work *w, AetStrain s)
{
  PetscFunctionBegin;
  PetscCall(AetAgree(w->comm, FitBlock(w, s)));
  PetscCall(AetBlockGather(w->comm, s->total, 3, MPI_DOUBLE, w->residual));
  PetscCall(AetAgree(w->comm, SigmaBlock(w, s)));
  PetscCall(AetAgree(w->comm, BondBlock(w, s)));
  PetscCall(AetBlockGather(w->comm, s->total, 3, MPI_DOUBLE, s->displacement));
  PetscCall(AetBlockGather(w->comm, s->total, 6, MPI_DOUBLE, s->strain));
  PetscCall(AetBlockGather(w->comm, s->total, 3, MPI_DOUBLE, s->rotation));
  PetscCall(AetBlockGather(w->comm, s->total, 6, MPI_DOUBLE, s->sigma));
  PetscCall(AetBlockGather(w->comm, s->total, 3, MPI_DOUBLE, s->scatter));
  PetscCall(AetBlockGather(w->comm, s->total, 1, MPI_DOUBLE, s->density));
  PetscCall(AetBlockGather(w->comm, s->total, 9, MPI_DOUBLE, s->deformation));
  PetscCall(AetBlockGather(w->comm, s->total, 1, MPI_DOUBLE, s->d2min));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetStrainCreate(AetAtoms atoms, AetLattice lattice, double sigma_angstrom, AetStrain *strain)
{
  Work           w = {.comm = atoms->comm};
  int            rank, size;
  PetscErrorCode code;

  PetscFunctionBegin;
  *strain = NULL;
  AetCheck(isfinite(sigma_angstrom) && sigma_angstrom > 0, AET_ERR_INPUT,
           "strain: width of the Gaussian: expected a length > 0 Å, found %g", sigma_angstrom);
  AetCheck(lattice->total == atoms->total, AET_ERR_INPUT,
           "strain: expected the lattice of %" PetscInt_FMT " atoms, found one of %" PetscInt_FMT, atoms->total, lattice->total);
  PetscCallMPI(MPI_Comm_rank(atoms->comm, &rank));
  PetscCallMPI(MPI_Comm_size(atoms->comm, &size));
  AetBlock(atoms->total, rank, size, &w.start, &w.count);
  PetscCall(AetPositionsGather(atoms, &w.position));
  PetscCall(PetscMalloc2((size_t)atoms->total + 1, &w.known, (size_t)atoms->total + 1, &w.residual));
  PetscCall(GatherVariances(atoms, w.known));
  PetscCall(Allocate(atoms->total, sigma_angstrom, strain));
  code = AetAgree(atoms->comm, AetStrainFieldCreate(lattice, w.position, sigma_angstrom, &w.field));
  if (!code) {
    code = Compute(&w, *strain);
    PetscCall(AetStrainFieldDestroy(&w.field));
  }
  if (code) PetscCall(AetStrainDestroy(strain));
  PetscCall(PetscFree2(w.known, w.residual));
  PetscCall(PetscFree(w.position));
  PetscFunctionReturn(code);
}
