/* Bond-orientational order of every atom: moments of the blocks, gathered, then their averages over neighbours. */
#include "structure/kernel/bond_order.h"
#include "structure/structure_private.h"

/* Moments of this rank's atoms in `moments` [total][AET_BOND_MOMENTS], and their own invariants. */
static void OwnOrder(AetNeighbours n, AetBondOrder b, double complex *moments)
{
#pragma omp parallel for num_threads(AetThreads())
  for (PetscInt i = 0; i < n->count; i++) {
    const ptrdiff_t atom = n->start + i, neighbours = n->first[i + 1] - n->first[i];
    double complex *mine = moments + AET_BOND_MOMENTS * atom;
    double          q[2];

    AetBondMoments(n->position, n->position + 3 * atom, neighbours, n->index + n->first[i], mine);
    AetBondInvariants(mine, q);
    b->coordination[atom] = (PetscInt)neighbours;
    b->q4[atom] = q[0];
    b->q6[atom] = q[1];
  }
}

static void AveragedOrder(AetNeighbours n, AetBondOrder b, const double complex *moments)
{
#pragma omp parallel for num_threads(AetThreads())
  for (PetscInt i = 0; i < n->count; i++) {
    const ptrdiff_t atom = n->start + i;
    double complex  mean[AET_BOND_MOMENTS];
    double          q[2];

    AetBondAverage(moments, atom, n->first[i + 1] - n->first[i], n->index + n->first[i], mean);
    AetBondInvariants(mean, q);
    b->q4_averaged[atom] = q[0];
    b->q6_averaged[atom] = q[1];
    b->order[atom] = AetBondNormalised(q);
  }
}

PetscErrorCode AetBondOrderCreate(AetNeighbours neighbours, AetBondOrder *order)
{
  const PetscInt  total = neighbours->total;
  const size_t    room = (size_t)total + 1;
  AetBondOrder    b;
  double complex *moments;

  PetscFunctionBegin;
  *order = NULL;
  PetscCall(PetscNew(&b));
  b->total = total;
  PetscCall(
      PetscMalloc6(room, &b->coordination, room, &b->q4, room, &b->q6, room, &b->q4_averaged, room, &b->q6_averaged, room, &b->order));
  PetscCall(PetscMalloc1(room * AET_BOND_MOMENTS, &moments));
  OwnOrder(neighbours, b, moments);
  PetscCall(AetBlockGather(neighbours->comm, total, AET_BOND_MOMENTS, MPI_C_DOUBLE_COMPLEX, moments));
  AveragedOrder(neighbours, b, moments);
  PetscCall(PetscFree(moments));
  PetscCall(AetBlockGather(neighbours->comm, total, 1, MPIU_INT, b->coordination));
  for (int k = 0; k < 5; k++) {
    double *column[5] = {b->q4, b->q6, b->q4_averaged, b->q6_averaged, b->order};
    PetscCall(AetBlockGather(neighbours->comm, total, 1, MPI_DOUBLE, column[k]));
  }
  *order = b;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetBondOrderDestroy(AetBondOrder *order)
{
  PetscFunctionBegin;
  if (!*order) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscFree6((*order)->coordination, (*order)->q4, (*order)->q6, (*order)->q4_averaged, (*order)->q6_averaged, (*order)->order));
  PetscCall(PetscFree(*order));
  PetscFunctionReturn(PETSC_SUCCESS);
}
