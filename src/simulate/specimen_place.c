/* Where the atoms of a specimen are: a lattice cut by a body, a cluster, a packing. */
#include "simulate/kernel/cluster.h"
#include "simulate/kernel/packing.h"
#include "simulate/specimen_private.h"
#include <math.h>
#include <string.h>

enum { PACKING_SWEEPS = 2000 };

PetscErrorCode AetMakingAllocate(AetMaking *work, PetscInt count)
{
  PetscFunctionBegin;
  work->count = count;
  PetscCall(PetscCalloc1((size_t)count + 1, &work->atom));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetMakingFree(AetMaking *work)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(work->atom));
  PetscCall(PetscFree(work->defect));
  work->count = work->defects = work->defects_room = 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetMakingAddDefect(AetMaking *work, const AetPlantedDefect *defect)
{
  PetscFunctionBegin;
  if (work->defects == work->defects_room) {
    work->defects_room = 2 * work->defects_room + 16;
    PetscCall(PetscRealloc((size_t)work->defects_room * sizeof *defect, &work->defect));
  }
  work->defect[work->defects++] = *defect;
  PetscFunctionReturn(PETSC_SUCCESS);
}

void AetSitePlace(const AetSpecimenPlan *plan, AetSite site, double x[3])
{
  double shift[3];

  AetKernelSitePosition(&plan->cell, site, x);
  if (plan->faults) {
    AetKernelStacking(plan->faults, plan->fault, site, shift);
    for (int a = 0; a < 3; a++) x[a] += plan->cell.a * shift[a];
  }
  for (int a = 0; a < 3; a++) x[a] += plan->offset[a];
}

static int Inside(const AetSpecimenPlan *plan, const double x[3])
{
  double seen[3];

  if (!plan->in_laboratory) return AetKernelBodyContains(&plan->body, x);
  AetRotate(plan->R, x, seen);
  return AetKernelBodyContains(&plan->body, seen);
}

static int InsideOf(const void *context, const double x[3])
{
  return Inside(context, x);
}

/* Sites in the body, ordered by k, j, i; fills `atom` where it is given. */
static PetscInt CountSites(const AetSpecimenPlan *plan, AetMakingAtom *atom)
{
  const double shift = fmax(fabs(plan->offset[0]), fmax(fabs(plan->offset[1]), fabs(plan->offset[2])));
  PetscInt     count = 0;
  int          n[3];

  AetKernelSiteBounds(&plan->cell, AetKernelBodyReach(&plan->body) + sqrt(3) * shift + plan->cell.a, n);
  for (int k = -n[2]; k <= n[2]; k++)
    for (int j = -n[1]; j <= n[1]; j++)
      for (int i = -n[0]; i <= n[0]; i++) {
        const AetSite site = {i, j, k};
        double        x[3];

        if (!AetKernelIsSite(plan->cell.kind, site)) continue;
        AetSitePlace(plan, site, x);
        if (!Inside(plan, x)) continue;
        if (atom) {
          memcpy(atom[count].x, x, sizeof x);
          atom[count].site = site;
          AetKernelStackingParent(plan->faults, plan->fault, site, atom[count].name);
          atom[count].zone = AetKernelStackingZone(plan->faults, plan->fault, site);
        }
        count++;
      }
  return count;
}

static PetscErrorCode PlaceLattice(const AetSpecimenPlan *plan, AetMaking *work)
{
  const PetscInt count = CountSites(plan, NULL);

  PetscFunctionBegin;
  AetCheck(count > 0, AET_ERR_INPUT, "simulate_diameter_angstrom: no atom lies in a particle of %g Å", plan->diameter);
  PetscCall(AetMakingAllocate(work, count));
  CountSites(plan, work->atom);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Shells or edge: given, or those whose number of atoms is nearest to that of the sphere. */
static PetscErrorCode PlaceCluster(const AetSpecimenPlan *plan, AetMaking *work)
{
  const int       mackay = plan->body.shape == AET_SHAPE_ICOSAHEDRON, least = mackay ? 0 : 1;
  const double    wanted = M_PI / 6 * pow(plan->diameter / plan->cell.a, 3) * 4;
  size_t          count = 0;
  int             shells = plan->shells ? plan->shells : least;
  AetClusterAtom *atom;

  PetscFunctionBegin;
  for (int n = least; n < 1000 && !plan->shells; n++) {
    const size_t here = mackay ? AetKernelMackayCount(n) : AetKernelDecahedronCount(n);
    if (n > least && fabs((double)here - wanted) > fabs((double)count - wanted)) break;
    shells = n, count = here;
  }
  count = mackay ? AetKernelMackayCount(shells) : AetKernelDecahedronCount(shells);
  PetscCall(AetMakingAllocate(work, (PetscInt)count));
  PetscCall(PetscMalloc1(count, &atom));
  if (mackay)
    AetKernelMackay(shells, AetKernelNearest(&plan->cell), atom);
  else
    AetKernelDecahedron(shells, AetKernelNearest(&plan->cell), atom);
  for (size_t i = 0; i < count; i++) {
    work->atom[i].site = atom[i].site;
    memcpy(work->atom[i].x, atom[i].x, sizeof atom[i].x);
  }
  PetscCall(PetscFree(atom));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Atoms thrown at random into the body, then pushed apart. The volume is that of the body, counted with the points that fall outside. */
static PetscErrorCode PlaceAmorphous(const AetSpecimenPlan *plan, AetMaking *work)
{
  const double reach = AetKernelBodyReach(&plan->body), box = pow(2 * reach, 3);
  const double throws = plan->density * box;
  double      *x, least;
  PetscInt     count = 0;

  PetscFunctionBegin;
  AetCheck(throws < 2e8, AET_ERR_INPUT, "simulate_density_per_nm3: more atoms than memory holds");
  PetscCall(PetscMalloc1((size_t)(3 * throws) + 3, &x));
  for (uint64_t p = 0; (double)p < throws; p++) {
    double *at = x + 3 * count;
    for (int a = 0; a < 3; a++) at[a] = reach * (2 * AetRandomUniform(plan->seed, (uint64_t)(STREAM_PACKING + a), p) - 1);
    count += Inside(plan, at);
  }
  AetCheck(count > 0, AET_ERR_INPUT, "simulate_diameter_angstrom: no atom lies in a particle of %g Å", plan->diameter);
  least = AetKernelPack((int)count, x, plan->min_distance, PACKING_SWEEPS, InsideOf, plan);
  PetscCall(AetMakingAllocate(work, count));
  for (PetscInt i = 0; i < count; i++) {
    memcpy(work->atom[i].x, x + 3 * i, sizeof work->atom[i].x);
    work->atom[i].site = (AetSite){(int)(i & 0xfffff), (int)(i >> 20), 0};
  }
  PetscCall(PetscFree(x));
  AetCheck(least >= 0, AET_ERR_MEMORY, "simulate_structure: no memory to pack %d atoms", (int)count);
  AetCheck(least >= plan->min_distance, AET_ERR_INPUT,
           "simulate_min_distance_angstrom: expected a distance at which %g atoms fit into 1 nm³, found %g Å (%.4g Å was reached)",
           1000 * plan->density, plan->min_distance, least);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetMakingPlace(AetSpecimenPlan *plan, AetMaking *work)
{
  PetscFunctionBegin;
  memset(work, 0, sizeof *work);
  if (plan->cell.kind == AET_LATTICE_NONE)
    PetscCall(PlaceAmorphous(plan, work));
  else if (plan->body.shape >= AET_SHAPE_ICOSAHEDRON)
    PetscCall(PlaceCluster(plan, work));
  else
    PetscCall(PlaceLattice(plan, work));
  for (PetscInt i = 0; i < work->count; i++) work->atom[i].key = AetKernelSiteKey(work->atom[i].site);
  PetscFunctionReturn(PETSC_SUCCESS);
}
