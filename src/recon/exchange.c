/* The transposition between slabs: one all-to-all of runs of `width` numbers. */
#include "recon/exchange.h"

typedef struct {
  int          size;
  ptrdiff_t    outer_count, inner_count;
  int         *outer_runs, *outer_start; /* [size] runs of this rank's outer block that belong to each rank's inner block */
  int         *inner_runs, *inner_start; /* [size] runs of this rank's inner block that belong to each rank's outer block */
  float       *packed;                   /* [outer_count][inner][width], grouped by rank */
  MPI_Datatype run;
} Plan;

static PetscErrorCode PlanCreate(const AetExchangeLayout *l, Plan *p)
{
  int       rank, at[2] = {0, 0};
  ptrdiff_t start, count;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(l->comm, &rank));
  PetscCallMPI(MPI_Comm_size(l->comm, &p->size));
  AetBlock(l->outer, rank, p->size, &start, &p->outer_count);
  AetBlock(l->inner, rank, p->size, &start, &p->inner_count);
  PetscCall(PetscMalloc4(p->size, &p->outer_runs, p->size, &p->outer_start, p->size, &p->inner_runs, p->size, &p->inner_start));
  for (int r = 0; r < p->size; r++) {
    AetBlock(l->inner, r, p->size, &start, &count);
    p->outer_runs[r] = (int)(p->outer_count * count), p->outer_start[r] = at[0], at[0] += p->outer_runs[r];
    AetBlock(l->outer, r, p->size, &start, &count);
    p->inner_runs[r] = (int)(p->inner_count * count), p->inner_start[r] = at[1], at[1] += p->inner_runs[r];
  }
  PetscCall(AetAgree(l->comm, PetscMalloc1(p->outer_count * l->inner * l->width, &p->packed)));
  PetscCallMPI(MPI_Type_contiguous((int)l->width, MPI_FLOAT, &p->run));
  PetscCallMPI(MPI_Type_commit(&p->run));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode PlanDestroy(Plan *p)
{
  PetscFunctionBegin;
  PetscCallMPI(MPI_Type_free(&p->run));
  PetscCall(PetscFree(p->packed));
  PetscCall(PetscFree4(p->outer_runs, p->outer_start, p->inner_runs, p->inner_start));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Between [outer_count][inner][width] and the same grouped by the owner of the inner index. */
static PetscErrorCode Pack(const AetExchangeLayout *l, const Plan *p, float *by_outer, PetscBool unpack)
{
  PetscFunctionBegin;
  for (int r = 0; r < p->size; r++) {
    ptrdiff_t start, count;
    AetBlock(l->inner, r, p->size, &start, &count);
    for (ptrdiff_t o = 0; o < p->outer_count; o++) {
      float *whole = by_outer + (o * l->inner + start) * l->width, *part = p->packed + (p->outer_start[r] + o * count) * l->width;
      PetscCall(PetscArraycpy(unpack ? whole : part, unpack ? part : whole, count * l->width));
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetExchangeToInner(const AetExchangeLayout *l, const float *by_outer, float *by_inner)
{
  Plan p;

  PetscFunctionBegin;
  PetscCall(AetEventBegin(AET_EVENT_TRANSPOSE));
  PetscCall(PlanCreate(l, &p));
  PetscCall(Pack(l, &p, (float *)by_outer, PETSC_FALSE));
  PetscCallMPI(MPI_Alltoallv(p.packed, p.outer_runs, p.outer_start, p.run, by_inner, p.inner_runs, p.inner_start, p.run, l->comm));
  PetscCall(PlanDestroy(&p));
  PetscCall(AetEventEnd(AET_EVENT_TRANSPOSE));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetExchangeToOuter(const AetExchangeLayout *l, const float *by_inner, float *by_outer)
{
  Plan p;

  PetscFunctionBegin;
  PetscCall(AetEventBegin(AET_EVENT_TRANSPOSE));
  PetscCall(PlanCreate(l, &p));
  PetscCallMPI(MPI_Alltoallv(by_inner, p.inner_runs, p.inner_start, p.run, p.packed, p.outer_runs, p.outer_start, p.run, l->comm));
  PetscCall(Pack(l, &p, by_outer, PETSC_TRUE));
  PetscCall(PlanDestroy(&p));
  PetscCall(AetEventEnd(AET_EVENT_TRANSPOSE));
  PetscFunctionReturn(PETSC_SUCCESS);
}
