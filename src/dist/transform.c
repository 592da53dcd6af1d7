/* The padded transform: x and y on planes, one exchange, z on columns; docs/decisions/0003-padded-transform.md. */
#include "dist/transform_private.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define PHASES 8 /* of the exchange: what is held twice is a part of this, and messages are still long */

/* Local k_y of a rank, and those of one of its phases. */
static void PhaseBlock(const struct _p_AetTransform *t, int rank, ptrdiff_t phase, ptrdiff_t *start, ptrdiff_t *count)
{
  ptrdiff_t first, owned;

  AetBlock(t->N[1], rank, t->size, &first, &owned);
  AetBlock(owned, (int)phase, (int)t->phases, start, count);
}

/* Pieces of one phase, counted in lines so that an int is enough. *place counts rows of k_y among the planes. */
static void PhaseSetUp(AetTransform t, ptrdiff_t phase, ptrdiff_t *place)
{
  const ptrdiff_t mine = AetPieceRow(t, t->z_count) / AET_LINE, begin = *place, at = phase * t->size;
  ptrdiff_t       my_start, my_count, start, count, first, owned;

  PhaseBlock(t, t->rank, phase, &my_start, &my_count);
  t->phase_ky[phase] = my_start;
  t->phase_start[phase] = begin * mine * AET_LINE;
  for (int r = 0; r < t->size; r++) {
    AetBlock(t->N[1], r, t->size, &first, &owned);
    PhaseBlock(t, r, phase, &start, &count);
    t->plane_starts[at + r] = (int)((*place - begin) * mine);
    t->plane_counts[at + r] = (int)(count * mine);
    t->row_starts[at + r] = (int)(t->source_start[r] / AET_LINE * my_count);
    t->row_counts[at + r] = (int)(my_count * (AetPieceRow(t, t->source_z[r + 1] - t->source_z[r]) / AET_LINE));
    for (ptrdiff_t k = 0; k < count; k++) t->place[first + start + k] = (*place)++;
  }
}

/* Whether columns that are written in order stay behind the planes still to be read, which end where the spectrum ends. */
static PetscBool PlanesFit(const struct _p_AetTransform *t)
{
  const ptrdiff_t column = 2 * t->Kx * t->N[0], tail = t->ky_count * column - (ptrdiff_t)t->planes_size - AET_LINE;

  if (tail < 0) return t->planes_size ? PETSC_FALSE : PETSC_TRUE;
  for (ptrdiff_t p = 1; p < t->phases; p++)
    if (t->phase_ky[p] * column > tail + t->phase_start[p]) return PETSC_FALSE;
  return PETSC_TRUE;
}

static PetscErrorCode ExchangeSetUp(AetTransform t)
{
  ptrdiff_t start, count, lines = 0, most, place = 0;
  size_t    pieces;

  PetscFunctionBegin;
  AetBlock(t->N[1], 0, t->size, &start, &most);
  t->phases = PetscMin(PHASES, most);
  pieces = (size_t)(t->phases * t->size);
  PetscCall(PetscMalloc5(t->size + 1, &t->source_z, t->size, &t->source_start, t->N[1], &t->place, t->phases + 1, &t->phase_ky,
                         t->phases + 1, &t->phase_start));
  PetscCall(PetscMalloc4(pieces, &t->plane_counts, pieces, &t->plane_starts, pieces, &t->row_counts, pieces, &t->row_starts));
  for (int r = 0; r < t->size; r++) {
    AetBlock(t->n[0], r, t->size, &start, &count);
    t->source_z[r] = start;
    t->source_start[r] = lines * AET_LINE;
    lines += AetPieceRow(t, count) / AET_LINE;
  }
  t->source_z[t->size] = t->n[0];
  AetBlock(most, 0, (int)t->phases, &start, &count);
  t->rows_size = (size_t)(count * lines * AET_LINE);
  t->planes_size = (size_t)(t->N[1] * AetPieceRow(t, t->z_count));
  AetCheck(count * lines <= INT_MAX && (ptrdiff_t)t->planes_size / AET_LINE <= INT_MAX, AET_ERR_INPUT,
           "transform: a rank's part is more than %d lines; use more ranks", INT_MAX);
  for (ptrdiff_t p = 0; p < t->phases; p++) PhaseSetUp(t, p, &place);
  t->phase_ky[t->phases] = t->ky_count;
  t->phase_start[t->phases] = (ptrdiff_t)t->planes_size;
  t->fits = PlanesFit(t);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode AllocatePlanes(AetTransform t)
{
  PetscFunctionBegin;
  if (!t->planes) t->planes = AetWorkAllocate(t->planes_size);
  AetCheck(t->planes, AET_ERR_MEMORY, "transform: expected %.3g bytes of memory, found less", 4.0 * (double)t->planes_size);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode AllocateRows(AetTransform t)
{
  PetscFunctionBegin;
  if (!t->rows) t->rows = AetWorkAllocate(t->rows_size);
  AetCheck(t->rows, AET_ERR_MEMORY, "transform: expected %.3g bytes of memory, found less", 4.0 * (double)t->rows_size);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The planes' own array, from the first time that they cannot lie in a spectrum. Collective. */
static PetscErrorCode OwnPlanes(AetTransform t)
{
  PetscFunctionBegin;
  if (t->has_own) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AetAgree(t->comm, AllocatePlanes(t)));
  t->has_own = PETSC_TRUE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The planes at the end of a spectrum, on a line. */
static float *SpectrumPlanes(const struct _p_AetTransform *t, float complex *spectrum)
{
  const uintptr_t line = AET_LINE * sizeof(float);
  uintptr_t       end = (uintptr_t)(spectrum + t->ky_count * t->Kx * t->N[0]);

  if (!t->fits) return t->planes;
  if (!t->planes_size) return t->work; /* never touched */
  return (float *)((end - t->planes_size * sizeof(float)) / line * line);
}

static PetscErrorCode TransformAllocate(AetTransform t)
{
  size_t plane = AetPlaneWork(t), column = AetColumnWork(t);

  PetscFunctionBegin;
  t->work_size = plane > column ? plane : column;
  t->work = AetWorkAllocate(t->work_size * (size_t)t->threads);
  if (t->size > 1) PetscCall(AllocateRows(t));
  if (!t->fits) PetscCall(AllocatePlanes(t));
  AetCheck(t->work, AET_ERR_MEMORY, "transform: expected %.3g bytes of memory, found less", 4.0 * (double)t->work_size);
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
  PetscCall(PetscFree5(t->source_z, t->source_start, t->place, t->phase_ky, t->phase_start));
  PetscCall(PetscFree4(t->plane_counts, t->plane_starts, t->row_counts, t->row_starts));
  free(t->rows);
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

PetscErrorCode AetTransformHead(AetTransform transform, ptrdiff_t *floats)
{
  *floats = 2 * transform->ky_count * transform->Kx * transform->N[0];
  if (transform->fits && transform->planes_size) *floats -= (ptrdiff_t)transform->planes_size + AET_LINE;
  return PETSC_SUCCESS;
}

PetscErrorCode AetTransformMemory(AetTransform transform, double *bytes)
{
  double floats = (double)transform->work_size * transform->threads + (double)transform->planes_size + (double)transform->rows_size;

  PetscFunctionBegin;
  for (int i = 0; i < 3; i++) floats += 4.0 * (double)(transform->axis[i].N + transform->axis[i].length);
  *bytes = sizeof(float) * floats;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Floats on the fullest of `ranks` ranks: of the planes, of a phase after the exchange (*rows), of the work of all threads. */
static double Imagine(const ptrdiff_t n[3], const ptrdiff_t N[3], int ranks, int threads, double *rows, double *work)
{
  struct _p_AetTransform t = {.size = ranks, .threads = threads, .Kx = N[2] / 2 + 1};
  ptrdiff_t              start;

  t.blocks = (t.Kx + AET_LANES - 1) / AET_LANES;
  for (int i = 0; i < 3; i++) {
    t.n[i] = n[i], t.N[i] = N[i];
    t.axis[i].length = 2 * N[i]; /* at most */
  }
  AetBlock(n[0], 0, ranks, &start, &t.z_count);
  AetBlock(N[1], 0, ranks, &start, &t.ky_count);
  *rows = (double)((t.ky_count + PHASES - 1) / PHASES) * (double)AetPieceRow(&t, n[0]);
  *work = (double)PetscMax(AetPlaneWork(&t), AetColumnWork(&t)) * threads;
  return (double)N[1] * (double)AetPieceRow(&t, t.z_count);
}

double AetTransformBytes(const ptrdiff_t n[3], const ptrdiff_t N[3], int ranks, int threads)
{
  double rows, work, planes = Imagine(n, N, ranks, threads, &rows, &work);

  return sizeof(float) * (planes + (ranks > 1 ? rows : 0) + work);
}

double AetTransformOverBytes(const ptrdiff_t n[3], const ptrdiff_t N[3], int ranks, int threads)
{
  ptrdiff_t start, ky_count, z_count;
  double    rows, work, spectrum, planes = Imagine(n, N, ranks, threads, &rows, &work), object;

  AetBlock(N[1], 0, ranks, &start, &ky_count);
  AetBlock(n[0], 0, ranks, &start, &z_count);
  spectrum = 2 * (double)ky_count * (double)(N[2] / 2 + 1) * (double)N[0];
  object = (double)z_count * (double)n[1] * (double)n[2];
  if (planes > spectrum) spectrum += planes; /* they have no room in it */
  if (object > spectrum - planes) spectrum += object;
  return sizeof(float) * (spectrum + rows + work);
}

/* One phase of the planes after the exchange; on one rank where it lies. */
static PetscErrorCode ExchangeForward(AetTransform t, ptrdiff_t phase, float *planes, float **rows)
{
  const ptrdiff_t at = phase * t->size;

  PetscFunctionBegin;
  planes += t->phase_start[phase];
  *rows = t->size == 1 ? planes : t->rows;
  if (t->size == 1) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AetEventBegin(AET_EVENT_TRANSPOSE));
  PetscCallMPI(MPI_Alltoallv(planes, t->plane_counts + at, t->plane_starts + at, t->line, t->rows, t->row_counts + at, t->row_starts + at,
                             t->line, t->comm));
  PetscCall(AetEventEnd(AET_EVENT_TRANSPOSE));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ExchangeBackward(AetTransform t, ptrdiff_t phase, float *planes)
{
  const ptrdiff_t at = phase * t->size;

  PetscFunctionBegin;
  if (t->size == 1) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AetEventBegin(AET_EVENT_TRANSPOSE));
  PetscCallMPI(MPI_Alltoallv(t->rows, t->row_counts + at, t->row_starts + at, t->line, planes + t->phase_start[phase], t->plane_counts + at,
                             t->plane_starts + at, t->line, t->comm));
  PetscCall(AetEventEnd(AET_EVENT_TRANSPOSE));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Floats of a phase among the planes. */
static size_t PhaseSize(const struct _p_AetTransform *t, ptrdiff_t phase)
{
  return (size_t)(t->phase_start[phase + 1] - t->phase_start[phase]);
}

/* On one rank: whether a phase's planes lie where its own columns do. */
static PetscBool Overlap(const struct _p_AetTransform *t, ptrdiff_t phase, const float complex *spectrum, const float *planes)
{
  const uintptr_t at = (uintptr_t)planes, begin = (uintptr_t)spectrum;

  if (t->size > 1) return PETSC_FALSE;
  return at >= begin && at < begin + sizeof *spectrum * (size_t)(t->phase_ky[phase + 1] * t->Kx * t->N[0]) ? PETSC_TRUE : PETSC_FALSE;
}

PetscErrorCode AetTransformForward(AetTransform transform, const float *object, float complex *spectrum)
{
  float *planes = SpectrumPlanes(transform, spectrum), *rows;

  PetscFunctionBegin;
  PetscCall(AetEventBegin(AET_EVENT_TRANSFORM_FORWARD));
  AetPlanesForward(transform, object, planes);
  for (ptrdiff_t p = 0; p < transform->phases; p++) {
    PetscCall(ExchangeForward(transform, p, planes, &rows));
    if (Overlap(transform, p, spectrum, rows)) {
      PetscCall(AllocateRows(transform));
      rows = memcpy(transform->rows, rows, PhaseSize(transform, p) * sizeof(float));
    }
    AetColumnsForward(transform, p, rows, spectrum);
  }
  PetscCall(AetEventEnd(AET_EVENT_TRANSFORM_FORWARD));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* `planes` apart from the spectrum, or at its end: the last phase goes first, and what it leaves is behind what is still to be read. */
static PetscErrorCode Backward(AetTransform t, const float complex *spectrum, float *planes, float *object)
{
  PetscFunctionBegin;
  PetscCall(AetEventBegin(AET_EVENT_TRANSFORM_BACKWARD));
  for (ptrdiff_t p = t->phases - 1; p >= 0; p--) {
    float    *to = planes + t->phase_start[p];
    PetscBool apart = Overlap(t, p, spectrum, to);
    if (apart) PetscCall(AllocateRows(t));
    AetColumnsBackward(t, p, spectrum, apart || t->size > 1 ? t->rows : to);
    if (apart) memcpy(to, t->rows, PhaseSize(t, p) * sizeof(float));
    PetscCall(ExchangeBackward(t, p, planes));
  }
  AetPlanesBackward(t, planes, 1, object);
  PetscCall(AetEventEnd(AET_EVENT_TRANSFORM_BACKWARD));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetTransformBackward(AetTransform transform, const float complex *spectrum, float *object)
{
  PetscFunctionBegin;
  PetscCall(OwnPlanes(transform));
  PetscCall(Backward(transform, spectrum, transform->planes, object));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetTransformBackwardOver(AetTransform transform, float complex *spectrum, float *object)
{
  PetscFunctionBegin;
  PetscCall(Backward(transform, spectrum, SpectrumPlanes(transform, spectrum), object));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetTransformApply(AetTransform transform, const float *object, AetColumnVisitor visitor, void *context, float *result)
{
  const double points = (double)transform->N[0] * (double)transform->N[1] * (double)transform->N[2];
  float       *rows;

  PetscFunctionBegin;
  PetscCall(OwnPlanes(transform));
  PetscCall(AetEventBegin(AET_EVENT_TRANSFORM_FORWARD));
  AetPlanesForward(transform, object, transform->planes);
  for (ptrdiff_t p = 0; p < transform->phases; p++) {
    PetscCall(ExchangeForward(transform, p, transform->planes, &rows));
    AetColumnsApply(transform, p, rows, visitor, context);
    PetscCall(ExchangeBackward(transform, p, transform->planes));
  }
  PetscCall(AetEventEnd(AET_EVENT_TRANSFORM_FORWARD));
  PetscCall(AetEventBegin(AET_EVENT_TRANSFORM_BACKWARD));
  AetPlanesBackward(transform, transform->planes, (float)(1 / points), result);
  PetscCall(AetEventEnd(AET_EVENT_TRANSFORM_BACKWARD));
  PetscFunctionReturn(PETSC_SUCCESS);
}
