/* The padded transform: x and y on planes, one exchange, z on columns; docs/decisions/0003-padded-transform.md. */
#include "dist/transform_private.h"
#include <stdlib.h>

/* The layout of the exchange: one piece per pair of ranks, counted in lines so that an int is enough. */
static PetscErrorCode ExchangeSetUp(AetTransform t)
{
  ptrdiff_t start, count, lines = 0, mine = AetPieceRow(t, t->z_count) / AET_LINE;

  PetscFunctionBegin;
  PetscCall(PetscMalloc6(t->size + 1, &t->source_z, t->size, &t->source_start, t->size, &t->plane_counts, t->size, &t->plane_starts,
                         t->size, &t->row_counts, t->size, &t->row_starts));
  for (int r = 0; r < t->size; r++) {
    AetBlock(t->n[0], r, t->size, &start, &count);
    t->source_z[r] = start;
    t->source_start[r] = lines * AET_LINE;
    t->row_starts[r] = (int)lines;
    t->row_counts[r] = (int)(t->ky_count * (AetPieceRow(t, count) / AET_LINE));
    lines += t->ky_count * (AetPieceRow(t, count) / AET_LINE);
    AetBlock(t->N[1], r, t->size, &start, &count);
    t->plane_starts[r] = (int)(start * mine);
    t->plane_counts[r] = (int)(count * mine);
  }
  t->source_z[t->size] = t->n[0];
  t->planes_size = (size_t)(t->N[1] * mine * AET_LINE);
  t->rows_size = (size_t)(lines * AET_LINE);
  AetCheck(lines <= INT_MAX && t->N[1] * mine <= INT_MAX, AET_ERR_INPUT, "transform: a rank's part is more than %d lines; use more ranks",
           INT_MAX);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TransformAllocate(AetTransform t)
{
  size_t plane = AetPlaneWork(t), column = AetColumnWork(t);

  PetscFunctionBegin;
  t->work_size = plane > column ? plane : column;
  t->work = AetWorkAllocate(t->work_size * (size_t)t->threads);
  t->planes = AetWorkAllocate(t->planes_size);
  t->rows = t->size == 1 ? t->planes : AetWorkAllocate(t->rows_size);
  AetCheck(t->work && t->planes && t->rows, AET_ERR_MEMORY, "transform: expected %.3g bytes of memory, found less",
           4.0 * (double)(t->planes_size + t->rows_size));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TransformSetUp(AetTransform t)
{
  PetscFunctionBegin;
  for (int i = 0; i < 3; i++)
    AetCheck(!AetPaddedPlanCreate(&t->axis[i], t->n[i], t->N[i]), AET_ERR_MEMORY, "transform: no memory for the plan of %td points",
             t->N[i]);
  PetscCall(ExchangeSetUp(t));
  PetscCall(TransformAllocate(t));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetTransformCreate(MPI_Comm comm, const ptrdiff_t n[3], const ptrdiff_t N[3], AetTransform *transform)
{
  static const char axis[] = "zyx";
  AetTransform      t;
  PetscErrorCode    code;

  PetscFunctionBegin;
  for (int i = 0; i < 3; i++)
    AetCheck(n[i] >= 1 && N[i] >= n[i], AET_ERR_INPUT,
             "transform along %c: expected at least one voxel and a padded size not below it, found %td and %td", axis[i], n[i], N[i]);
  AetCheck(N[2] % 2 == 0, AET_ERR_INPUT, "transform along x: expected an even padded size, found %td", N[2]);
  PetscCall(PetscNew(&t));
  PetscCallMPI(MPI_Comm_dup(comm, &t->comm));
  PetscCallMPI(MPI_Comm_rank(t->comm, &t->rank));
  PetscCallMPI(MPI_Comm_size(t->comm, &t->size));
  PetscCallMPI(MPI_Type_contiguous(AET_LINE, MPI_FLOAT, &t->line));
  PetscCallMPI(MPI_Type_commit(&t->line));
  for (int i = 0; i < 3; i++) t->n[i] = n[i], t->N[i] = N[i];
  t->threads = AetThreads();
  t->Kx = N[2] / 2 + 1;
  t->blocks = (t->Kx + AET_LANES - 1) / AET_LANES;
  AetBlock(n[0], t->rank, t->size, &t->z_start, &t->z_count);
  AetBlock(N[1], t->rank, t->size, &t->ky_start, &t->ky_count);
  code = AetAgree(t->comm, TransformSetUp(t));
  if (code)
    PetscCall(AetTransformDestroy(&t));
  else
    *transform = t;
  PetscFunctionReturn(code);
}

PetscErrorCode AetTransformDestroy(AetTransform *transform)
{
  AetTransform t = *transform;

  PetscFunctionBegin;
  if (!t) PetscFunctionReturn(PETSC_SUCCESS);
  for (int i = 0; i < 3; i++) AetPaddedPlanFree(&t->axis[i]);
  PetscCall(PetscFree6(t->source_z, t->source_start, t->plane_counts, t->plane_starts, t->row_counts, t->row_starts));
  if (t->rows != t->planes) free(t->rows);
  free(t->planes);
  free(t->work);
  PetscCallMPI(MPI_Type_free(&t->line));
  PetscCallMPI(MPI_Comm_free(&t->comm));
  PetscCall(PetscFree(*transform));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetTransformGetLayout(AetTransform transform, ptrdiff_t n[3], ptrdiff_t N[3], ptrdiff_t *ky_start, ptrdiff_t *ky_count,
                                     ptrdiff_t *spectrum)
{
  PetscFunctionBegin;
  for (int i = 0; i < 3; i++) {
    if (n) n[i] = transform->n[i];
    if (N) N[i] = transform->N[i];
  }
  if (ky_start) *ky_start = transform->ky_start;
  if (ky_count) *ky_count = transform->ky_count;
  if (spectrum) *spectrum = transform->ky_count * transform->Kx * transform->N[0];
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetTransformMemory(AetTransform transform, double *bytes)
{
  double floats = (double)transform->work_size * transform->threads + (double)transform->planes_size;

  PetscFunctionBegin;
  if (transform->size > 1) floats += (double)transform->rows_size;
  for (int i = 0; i < 3; i++) floats += 4.0 * (double)(transform->axis[i].N + transform->axis[i].length);
  *bytes = sizeof(float) * floats;
  PetscFunctionReturn(PETSC_SUCCESS);
}

double AetTransformBytes(const ptrdiff_t n[3], const ptrdiff_t N[3], int ranks, int threads)
{
  struct _p_AetTransform t = {.size = ranks, .threads = threads, .Kx = N[2] / 2 + 1};
  ptrdiff_t              start;
  double                 floats, work;

  t.blocks = (t.Kx + AET_LANES - 1) / AET_LANES;
  for (int i = 0; i < 3; i++) {
    t.n[i] = n[i], t.N[i] = N[i];
    t.axis[i].length = 2 * N[i]; /* at most */
  }
  AetBlock(n[0], 0, ranks, &start, &t.z_count);
  AetBlock(N[1], 0, ranks, &start, &t.ky_count);
  floats = (double)N[1] * (double)AetPieceRow(&t, t.z_count);
  if (ranks > 1) floats += (double)t.ky_count * (double)AetPieceRow(&t, n[0]);
  work = (double)PetscMax(AetPlaneWork(&t), AetColumnWork(&t));
  return sizeof(float) * (floats + work * threads);
}

static PetscErrorCode ExchangeForward(AetTransform t)
{
  PetscFunctionBegin;
  if (t->size == 1) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AetEventBegin(AET_EVENT_TRANSPOSE));
  PetscCallMPI(
      MPI_Alltoallv(t->planes, t->plane_counts, t->plane_starts, t->line, t->rows, t->row_counts, t->row_starts, t->line, t->comm));
  PetscCall(AetEventEnd(AET_EVENT_TRANSPOSE));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ExchangeBackward(AetTransform t)
{
  PetscFunctionBegin;
  if (t->size == 1) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AetEventBegin(AET_EVENT_TRANSPOSE));
  PetscCallMPI(
      MPI_Alltoallv(t->rows, t->row_counts, t->row_starts, t->line, t->planes, t->plane_counts, t->plane_starts, t->line, t->comm));
  PetscCall(AetEventEnd(AET_EVENT_TRANSPOSE));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetTransformForward(AetTransform transform, const float *object, float complex *spectrum)
{
  PetscFunctionBegin;
  PetscCall(AetEventBegin(AET_EVENT_TRANSFORM_FORWARD));
  AetPlanesForward(transform, object);
  PetscCall(ExchangeForward(transform));
  AetColumnsForward(transform, spectrum);
  PetscCall(AetEventEnd(AET_EVENT_TRANSFORM_FORWARD));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetTransformBackward(AetTransform transform, const float complex *spectrum, float *object)
{
  PetscFunctionBegin;
  PetscCall(AetEventBegin(AET_EVENT_TRANSFORM_BACKWARD));
  AetColumnsBackward(transform, spectrum);
  PetscCall(ExchangeBackward(transform));
  AetPlanesBackward(transform, 1, object);
  PetscCall(AetEventEnd(AET_EVENT_TRANSFORM_BACKWARD));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetTransformApply(AetTransform transform, const float *object, AetColumnVisitor visitor, void *context, float *result)
{
  const double points = (double)transform->N[0] * (double)transform->N[1] * (double)transform->N[2];

  PetscFunctionBegin;
  PetscCall(AetEventBegin(AET_EVENT_TRANSFORM_FORWARD));
  AetPlanesForward(transform, object);
  PetscCall(ExchangeForward(transform));
  PetscCall(AetEventEnd(AET_EVENT_TRANSFORM_FORWARD));
  AetColumnsApply(transform, visitor, context);
  PetscCall(AetEventBegin(AET_EVENT_TRANSFORM_BACKWARD));
  PetscCall(ExchangeBackward(transform));
  AetPlanesBackward(transform, (float)(1 / points), result);
  PetscCall(AetEventEnd(AET_EVENT_TRANSFORM_BACKWARD));
  PetscFunctionReturn(PETSC_SUCCESS);
}
