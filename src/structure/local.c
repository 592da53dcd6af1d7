/* Local structure of every atom by its nearest neighbours: common-neighbour analysis, templates, centrosymmetry. */
#include "structure/kernel/centrosymmetry.h"
#include "structure/kernel/common_neighbour.h"
#include "structure/kernel/nearest.h"
#include "structure/kernel/ordering.h"
#include "structure/structure_private.h"
#include <math.h>

static const double CEILING = 0.2; /* rmsd of fits that are told of, though not named, where the limit is less */
static const double REACH = 2.2;   /* of the median distance of nearest neighbours: 14 lie within it also in strained bcc */

const char *AetLocalName(int kind)
{
  static const char *const name[] = {"other", "fcc", "hcp", "bcc", "ico", "sc"};

  return kind >= 0 && kind < AET_LOCAL_KINDS ? name[kind] : NULL;
}

void AetLocalDefaults(AetLocalSettings *settings)
{
  settings->rmsd_limit = 0.13;
  settings->centro_neighbours = 12;
}

static PetscErrorCode CheckSettings(const AetLocalSettings *s)
{
  PetscFunctionBegin;
  AetCheck(isfinite(s->rmsd_limit) && s->rmsd_limit > 0, AET_ERR_INPUT,
           "structure: limit of template matching: expected a number > 0, found %g", s->rmsd_limit);
  AetCheck(s->centro_neighbours >= 2 && s->centro_neighbours <= AET_CENTROSYMMETRY_MAX && s->centro_neighbours % 2 == 0, AET_ERR_INPUT,
           "structure: neighbours of the centrosymmetry: expected an even number, 2 to %d, found %d", AET_CENTROSYMMETRY_MAX,
           s->centro_neighbours);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Nearest atoms of one; its list has room for `room`. */
static PetscErrorCode FindNearest(const AetCells *cells, const double *position, ptrdiff_t i, double reach, ptrdiff_t room, ptrdiff_t *list,
                                  PetscInt nearest[AET_LOCAL_NEAREST])
{
  ptrdiff_t index[AET_LOCAL_NEAREST];
  const int found = AetNearest(cells, position, i, reach, AET_LOCAL_NEAREST, room, list, index);

  PetscFunctionBegin;
  for (int k = 0; k < AET_LOCAL_NEAREST; k++) nearest[k] = k < found ? (PetscInt)index[k] : -1;
  if (found > 0) {
    const double *x = position + 3 * i, *y = position + 3 * index[0];
    AetCheck(x[0] != y[0] || x[1] != y[1] || x[2] != y[2], AET_ERR_INPUT,
             "structure: expected one atom in one place, found atoms %td and %td at %g %g %g", i + 1, index[0] + 1, x[0], x[1], x[2]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Those of this rank's block. Not collective. */
static PetscErrorCode NearestOfBlock(AetLocal l, const double *position, ptrdiff_t start, ptrdiff_t count)
{
  AetCells       cells;
  ptrdiff_t     *list = NULL, most = 0;
  PetscErrorCode code = PETSC_SUCCESS;

  PetscFunctionBegin;
  AetCheck(!AetCellsBuild(&cells, l->total, position, l->reach_angstrom), AET_ERR_MEMORY,
           "structure: no memory for the cells of %" PetscInt_FMT " atoms", l->total);
  for (ptrdiff_t i = start; i < start + count; i++)
    most = PetscMax(most, AetCellsNear(&cells, position, position + 3 * i, l->reach_angstrom, 0, NULL));
  code = PetscMalloc1((size_t)most + 1, &list);
  for (ptrdiff_t i = start; i < start + count && !code; i++)
    code = FindNearest(&cells, position, i, l->reach_angstrom, most, list, l->nearest[i]);
  AetCellsFree(&cells);
  PetscCall(PetscFree(list));
  PetscFunctionReturn(code);
}

static void OfAtom(const AetTemplates *templates, const AetLocalSettings *settings, AetLocal l, const double *position, const int *species,
                   ptrdiff_t i)
{
  double         vector[AET_LOCAL_NEAREST][3];
  int            kind[AET_LOCAL_NEAREST], count = 0;
  AetTemplateFit fit;

  for (; count < AET_LOCAL_NEAREST && l->nearest[i][count] >= 0; count++) {
    const ptrdiff_t j = l->nearest[i][count];
    kind[count] = species[j];
    for (int a = 0; a < 3; a++) vector[count][a] = position[3 * j + a] - position[3 * i + a];
  }
  l->cna[i] = AetCommonNeighbours(count, vector);
  l->centrosymmetry[i] = count < settings->centro_neighbours ? -1 : AetCentrosymmetry(settings->centro_neighbours, vector);
  AetTemplateBest(templates, count, vector, fmax(CEILING, settings->rmsd_limit), &fit);
  l->ptm_rmsd[i] = fit.kind ? fit.rmsd : -1;
  if (!fit.kind || fit.rmsd > settings->rmsd_limit) {
    l->quaternion[i][0] = 1;
    return; /* the rest is zero */
  }
  l->ptm[i] = fit.kind;
  l->ptm_scale[i] = fit.nearest;
  l->ordering[i] = AetOrdering(templates, &fit, species[i], kind);
  AetQuaternionReduce(&templates->of[fit.kind].group, fit.q);
  for (int a = 0; a < 4; a++) l->quaternion[i][a] = fit.q[a];
}

static PetscErrorCode GatherAll(MPI_Comm comm, AetLocal l)
{
  PetscFunctionBegin;
  PetscCall(AetBlockGather(comm, l->total, AET_LOCAL_NEAREST, MPIU_INT, l->nearest));
  PetscCall(AetBlockGather(comm, l->total, 1, MPI_INT, l->cna));
  PetscCall(AetBlockGather(comm, l->total, 1, MPI_INT, l->ptm));
  PetscCall(AetBlockGather(comm, l->total, 1, MPI_INT, l->ordering));
  PetscCall(AetBlockGather(comm, l->total, 1, MPI_DOUBLE, l->ptm_rmsd));
  PetscCall(AetBlockGather(comm, l->total, 1, MPI_DOUBLE, l->ptm_scale));
  PetscCall(AetBlockGather(comm, l->total, 4, MPI_DOUBLE, l->quaternion));
  PetscCall(AetBlockGather(comm, l->total, 1, MPI_DOUBLE, l->centrosymmetry));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Compute(AetAtoms atoms, const AetLocalSettings *settings, AetLocal l, const double *position, const int *species)
{
  AetTemplates *templates;
  ptrdiff_t     start, count;
  double        median;
  int           rank, size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(atoms->comm, &rank));
  PetscCallMPI(MPI_Comm_size(atoms->comm, &size));
  AetBlock(l->total, rank, size, &start, &count);
  PetscCall(AetNearestMedian(atoms->comm, l->total, position, &median));
  l->reach_angstrom = PetscMax(REACH * median, 1e-3); /* of a single atom the median is 0 */
  PetscCall(AetAgree(atoms->comm, NearestOfBlock(l, position, start, count)));
  PetscCall(PetscNew(&templates));
  AetTemplatesMake(templates);
#pragma omp parallel for num_threads(AetThreads()) schedule(dynamic, 64)
  for (ptrdiff_t i = start; i < start + count; i++) OfAtom(templates, settings, l, position, species, i);
  PetscCall(PetscFree(templates));
  PetscCall(GatherAll(atoms->comm, l));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetLocalCreate(AetAtoms atoms, const AetLocalSettings *settings, AetLocal *local)
{
  const size_t   room = (size_t)atoms->total + 1;
  AetLocal       l;
  double        *position;
  int           *species;
  PetscErrorCode code;

  PetscFunctionBegin;
  *local = NULL;
  PetscCall(CheckSettings(settings));
  PetscCall(AetPositionsGather(atoms, &position)); /* refuses what is not finite */
  PetscCall(PetscFree(position));
  PetscCall(AetAtomsGather(atoms, &position, &species));
  PetscCall(PetscNew(&l));
  l->total = atoms->total;
  PetscCall(PetscMalloc1(room, &l->nearest));
  PetscCall(PetscCalloc4(room, &l->cna, room, &l->ptm, room, &l->ordering, room, &l->quaternion));
  PetscCall(PetscCalloc3(room, &l->ptm_rmsd, room, &l->ptm_scale, room, &l->centrosymmetry));
  code = Compute(atoms, settings, l, position, species);
  PetscCall(PetscFree(position));
  PetscCall(PetscFree(species));
  if (code) PetscCall(AetLocalDestroy(&l));
  PetscCall(code);
  *local = l;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetLocalDestroy(AetLocal *local)
{
  PetscFunctionBegin;
  if (!*local) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscFree((*local)->nearest));
  PetscCall(PetscFree4((*local)->cna, (*local)->ptm, (*local)->ordering, (*local)->quaternion));
  PetscCall(PetscFree3((*local)->ptm_rmsd, (*local)->ptm_scale, (*local)->centrosymmetry));
  PetscCall(PetscFree(*local));
  PetscFunctionReturn(PETSC_SUCCESS);
}
