/* The padded transform, times a real factor, and back; docs/decisions/0008-multiplier.md. */
#include "dist/multiplier_private.h"
#include <stdlib.h>
#include <string.h>

/* The unit of rank `rank` in a phase; not below m->units if it has none. */
static ptrdiff_t UnitOf(const AetMultiplierState *m, ptrdiff_t phase, int rank)
{
  return phase * m->size + rank;
}

static ptrdiff_t Phases(const AetMultiplierState *m)
{
  return (m->units + m->size - 1) / m->size;
}

/* Numbers of one plane of z of a unit, complex or, planar, real ones. */
static ptrdiff_t PlaneNumbers(const AetMultiplierState *m, ptrdiff_t unit)
{
  if (unit >= m->units) return 0;
  return m->planar ? AetUnitLines(m, unit) * m->n[2] : m->n[1] * AetUnitWidth(m, unit) / 2;
}

static ptrdiff_t OwnUnits(const AetMultiplierState *m, ptrdiff_t units)
{
  return units > m->rank ? (units - m->rank + m->size - 1) / m->size : 0;
}

static void CountUnits(AetMultiplierState *m)
{
  const ptrdiff_t Kx = m->N[2] / 2 + 1;

  m->blocks = m->planar ? 0 : Kx / AET_LANES;
  m->units = m->planar ? (m->n[1] + AET_UNIT_LINES - 1) / AET_UNIT_LINES : m->blocks + Kx % AET_LANES;
  AetBlock(m->n[0], m->rank, m->size, &m->z_start, &m->z_count);
}

static PetscErrorCode Layout(AetMultiplier m)
{
  ptrdiff_t count;

  PetscFunctionBegin;
  CountUnits(m);
  PetscCall(PetscMalloc2(m->size + 1, &m->source_z, 4 * m->size, &m->counts));
  for (int r = 0; r < m->size; r++) AetBlock(m->n[0], r, m->size, &m->source_z[r], &count);
  m->source_z[m->size] = m->n[0];
  AetCheck((m->n[0] + m->size) * PetscMax(m->n[1] + 1, m->n[2]) <= INT_MAX / AET_LINE, AET_ERR_INPUT,
           "convolution: expected planes of at most %d numbers along z, found %td x %td x %td", INT_MAX / AET_LINE, m->n[0], m->n[1],
           m->n[2]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static size_t PlanesSize(const AetMultiplierState *m)
{
  if (!m->planar) return (size_t)AetUnitStart(m, m->units);
  return m->size == 1 ? 0 : (size_t)(m->size * m->z_count * AET_UNIT_LINES * m->n[2]);
}

static size_t UnitSize(const AetMultiplierState *m)
{
  if (m->size == 1) return 0;
  return (size_t)(m->n[0] * (m->planar ? AET_UNIT_LINES * m->n[2] : m->n[1] * AetUnitWidth(m, 0)));
}

static size_t FactorSize(const AetMultiplierState *m)
{
  const ptrdiff_t blocks = OwnUnits(m, m->blocks);

  if (m->planar) return (size_t)AetSingleFactor(m, 2);
  return (size_t)(blocks * AetBlockFactor(m) + (OwnUnits(m, m->units) - blocks) * AetSingleFactor(m, 1));
}

static PetscErrorCode Allocate(AetMultiplier m)
{
  PetscFunctionBegin;
  for (int a = 0; a < 3; a++)
    AetCheck(!AetPaddedPlanCreate(&m->axis[a], m->planar && a == 1 ? 1 : m->n[a], m->planar && a == 1 ? 1 : m->N[a]), AET_ERR_MEMORY,
             "convolution: no memory for the plan of %td points", m->N[a]);
  m->factor_size = FactorSize(m);
  m->factor = AetWorkAllocate(m->factor_size);
  AetCheck(m->factor, AET_ERR_MEMORY, "convolution: expected %.3g bytes of memory, found less", 4.0 * (double)m->factor_size);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void RoomLeave(AetRoom **room)
{
  AetRoom *r = *room;

  *room = NULL;
  if (!r || --r->users) return;
  free(r->all);
  free(r);
}

static size_t Lines(size_t floats)
{
  return (floats + AET_LINE - 1) / AET_LINE * AET_LINE;
}

/* The lender's room where it is large enough on every rank, else one of its own. */
static PetscErrorCode RoomEnter(AetMultiplier m, AetMultiplier lender)
{
  const AetRoom need = {.users = 1,
                        .planes_size = Lines(PlanesSize(m)),
                        .unit_size = Lines(UnitSize(m)),
                        .square_size = Lines(AetUnitSquare(m)),
                        .work_size = Lines(AetUnitWork(m) * (size_t)m->threads)};
  AetRoom      *r = lender ? lender->room : NULL;
  int           fits = r && r->planes_size >= need.planes_size && r->unit_size >= need.unit_size && r->square_size >= need.square_size &&
             r->work_size >= need.work_size;

  PetscFunctionBegin;
  m->work_size = AetUnitWork(m);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &fits, 1, MPI_INT, MPI_MIN, m->comm));
  if (fits) {
    m->room = r;
    r->users++;
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  m->room = calloc(1, sizeof *m->room);
  if (m->room) *m->room = need;
  PetscCall(AetAgree(m->comm, m->room ? PETSC_SUCCESS : AetRaise(AET_ERR_MEMORY, "convolution: no memory")));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode RoomAllocate(AetRoom *r)
{
  const size_t floats = r->planes_size + r->unit_size + r->square_size + r->work_size;

  PetscFunctionBegin;
  r->all = AetWorkAllocate(floats);
  AetCheck(r->all, AET_ERR_MEMORY, "convolution: expected %.3g bytes of memory, found less", 4.0 * (double)floats);
  r->planes = r->all;
  r->unit = r->planes + r->planes_size;
  r->square = r->unit + r->unit_size;
  r->work = r->square + r->square_size;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Before every use. Collective. */
static PetscErrorCode RoomFill(AetMultiplier m)
{
  PetscFunctionBegin;
  if (!m->room->all) PetscCall(AetAgree(m->comm, RoomAllocate(m->room)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetMultiplierRest(AetMultiplier multiplier)
{
  PetscFunctionBegin;
  if (!multiplier) PetscFunctionReturn(PETSC_SUCCESS);
  free(multiplier->room->all);
  multiplier->room->all = NULL;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SetUp(AetMultiplier m)
{
  PetscFunctionBegin;
  PetscCall(Layout(m));
  PetscCall(Allocate(m));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetMultiplierCreate(MPI_Comm comm, const ptrdiff_t n[3], const ptrdiff_t N[3], PetscBool planar, AetMultiplier lender,
                                   AetMultiplier *multiplier)
{
  AetMultiplier  m;
  PetscErrorCode code;

  PetscFunctionBegin;
  for (int a = 0; a < 3; a++)
    AetCheck(n[a] >= 1 && (N[a] >= n[a] || (planar && a == 1)), AET_ERR_INPUT,
             "convolution: expected at least one voxel and a padded size not below it, found %td and %td", n[a], N[a]);
  AetCheck(N[2] % 2 == 0, AET_ERR_INPUT, "convolution along x: expected an even padded size, found %td", N[2]);
  PetscCall(PetscNew(&m));
  PetscCallMPI(MPI_Comm_dup(comm, &m->comm));
  PetscCallMPI(MPI_Comm_rank(m->comm, &m->rank));
  PetscCallMPI(MPI_Comm_size(m->comm, &m->size));
  for (int a = 0; a < 3; a++) m->n[a] = n[a], m->N[a] = planar && a == 1 ? n[a] : N[a];
  m->planar = planar;
  m->threads = AetThreads();
  code = AetAgree(m->comm, SetUp(m));
  if (!code) code = RoomEnter(m, lender);
  if (code)
    PetscCall(AetMultiplierDestroy(&m));
  else
    *multiplier = m;
  PetscFunctionReturn(code);
}

PetscErrorCode AetMultiplierDestroy(AetMultiplier *multiplier)
{
  AetMultiplier m = *multiplier;

  PetscFunctionBegin;
  if (!m) PetscFunctionReturn(PETSC_SUCCESS);
  for (int a = 0; a < 3; a++) AetPaddedPlanFree(&m->axis[a]);
  PetscCall(PetscFree2(m->source_z, m->counts));
  free(m->factor);
  RoomLeave(&m->room);
  PetscCallMPI(MPI_Comm_free(&m->comm));
  PetscCall(PetscFree(*multiplier));
  PetscFunctionReturn(PETSC_SUCCESS);
}

double AetMultiplierBytes(const ptrdiff_t n[3], const ptrdiff_t N[3], PetscBool planar, int ranks, int threads, double *room)
{
  AetMultiplierState m = {.size = ranks, .threads = threads, .planar = planar};

  for (int a = 0; a < 3; a++) {
    m.n[a] = n[a], m.N[a] = planar && a == 1 ? n[a] : N[a];
    m.axis[a].n = n[a], m.axis[a].N = m.axis[a].length = m.N[a]; /* the length: at most */
  }
  CountUnits(&m);
  *room = AetWorkBytes((double)AetUnitWork(&m) * threads + (double)AetUnitSquare(&m) + (double)UnitSize(&m) + (double)PlanesSize(&m));
  return AetWorkBytes((double)FactorSize(&m));
}

PetscErrorCode AetMultiplierGetFactor(AetMultiplier multiplier, float **values, ptrdiff_t *count)
{
  PetscFunctionBegin;
  *values = multiplier->factor;
  *count = (ptrdiff_t)multiplier->factor_size;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Who sends how much in a phase: `out` of the planes, `in` of the own unit. */
static void PhaseCounts(AetMultiplier m, ptrdiff_t phase)
{
  const ptrdiff_t first = UnitOf(m, phase, 0), mine = PlaneNumbers(m, UnitOf(m, phase, m->rank));
  int            *out = m->counts, *out_start = out + m->size, *in = out_start + m->size, *in_start = in + m->size;

  for (int r = 0; r < m->size; r++) {
    const ptrdiff_t unit = PetscMin(first + r, m->units);
    out[r] = (int)(m->z_count * PlaneNumbers(m, unit));
    out_start[r] = (int)(m->planar ? r * m->z_count * AET_UNIT_LINES * m->n[2] : (AetUnitStart(m, unit) - AetUnitStart(m, first)) / 2);
    in[r] = (int)((m->source_z[r + 1] - m->source_z[r]) * mine);
    in_start[r] = (int)(m->source_z[r] * mine);
  }
}

/* Planes of all ranks to the unit of this one, or back. *unit: where it is. */
static PetscErrorCode Exchange(AetMultiplier m, ptrdiff_t phase, PetscBool forward, float **unit)
{
  const MPI_Datatype number = m->planar ? MPI_FLOAT : MPI_C_FLOAT_COMPLEX;
  float             *planes = m->room->planes + (m->planar ? 0 : AetUnitStart(m, UnitOf(m, phase, 0)));
  int               *out = m->counts, *out_start = out + m->size, *in = out_start + m->size, *in_start = in + m->size;

  PetscFunctionBegin;
  *unit = m->size == 1 ? planes : m->room->unit;
  if (m->size == 1) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AetEventBegin(AET_EVENT_TRANSPOSE));
  PhaseCounts(m, phase);
  if (forward)
    PetscCallMPI(MPI_Alltoallv(planes, out, out_start, number, m->room->unit, in, in_start, number, m->comm));
  else
    PetscCallMPI(MPI_Alltoallv(m->room->unit, in, in_start, number, planes, out, out_start, number, m->comm));
  PetscCall(AetEventEnd(AET_EVENT_TRANSPOSE));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* All units of this rank through `task`; its factor is set here. */
static PetscErrorCode VisitUnits(AetMultiplier m, AetUnitTask *task)
{
  float *unit;

  PetscFunctionBegin;
  for (ptrdiff_t phase = 0; phase < Phases(m); phase++) {
    const ptrdiff_t own = UnitOf(m, phase, m->rank), kx = own < m->blocks ? own * AET_LANES : m->blocks * (AET_LANES - 1) + own;
    PetscCall(Exchange(m, phase, PETSC_TRUE, &unit));
    task->factor = AetFactorAt(m, phase);
    if (own < m->blocks)
      AetUnitBlock(m, (AetLane *)unit, kx, task);
    else if (own < m->units)
      AetUnitSingle(m, (float complex *)unit, 1, task->turn[0] ? task->turn[2][kx] : 1, task);
    if (!task->turn[0]) PetscCall(Exchange(m, phase, PETSC_FALSE, &unit));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The plane of a planar factor, whole on every rank. */
static PetscErrorCode AddPlane(AetMultiplier m, const float *object, AetUnitTask *task)
{
  const ptrdiff_t nx = m->n[2], numbers = m->n[0] * nx;
  float complex  *plane;
  float          *all;

  PetscFunctionBegin;
  PetscCall(AetAgree(m->comm, PetscMalloc2((size_t)numbers, &plane, (size_t)numbers, &all)));
  for (int r = 0; r < m->size; r++) {
    m->counts[r] = (int)((m->source_z[r + 1] - m->source_z[r]) * nx);
    m->counts[m->size + r] = (int)(m->source_z[r] * nx);
  }
  PetscCallMPI(MPI_Allgatherv(object, (int)(m->z_count * nx), MPI_FLOAT, all, m->counts, m->counts + m->size, MPI_FLOAT, m->comm));
  for (ptrdiff_t i = 0; i < numbers; i++) plane[i] = all[i];
  task->factor = m->factor;
  AetUnitSingle(m, plane, 2, 1, task);
  PetscCall(PetscFree2(plane, all));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetMultiplierAdd(AetMultiplier m, const float *object, const ptrdiff_t shift[3])
{
  AetUnitTask     task;
  double complex *turn[3];

  PetscFunctionBegin;
  PetscCall(RoomFill(m));
  for (int a = 0; a < 3; a++) {
    PetscCall(PetscMalloc1((size_t)m->N[a], &turn[a]));
    for (ptrdiff_t k = 0; k < m->N[a]; k++) /* whole turns are taken off before the cosine, not by it */
      turn[a][k] = cexp(-2 * M_PI * _Complex_I * (double)(k * shift[a] % m->N[a]) / (double)m->N[a]);
    task.turn[a] = turn[a];
  }
  if (m->planar) {
    PetscCall(AddPlane(m, object, &task));
  } else {
    AetUnitsForward(m, object);
    PetscCall(VisitUnits(m, &task));
  }
  for (int a = 0; a < 3; a++) PetscCall(PetscFree(turn[a]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Lines of a phase between an object and the planes. */
static void Pack(AetMultiplier m, ptrdiff_t phase, const float *object)
{
  const ptrdiff_t nx = m->n[2], piece = m->z_count * AET_UNIT_LINES * nx;

  for (int r = 0; r < m->size && UnitOf(m, phase, r) < m->units; r++) {
    const ptrdiff_t unit = UnitOf(m, phase, r), floats = AetUnitLines(m, unit) * nx;
    for (ptrdiff_t z = 0; z < m->z_count; z++)
      memcpy(m->room->planes + r * piece + z * floats, object + (z * m->n[1] + unit * AET_UNIT_LINES) * nx, sizeof(float) * (size_t)floats);
  }
}

static void Unpack(AetMultiplier m, ptrdiff_t phase, float *object)
{
  const ptrdiff_t nx = m->n[2], piece = m->z_count * AET_UNIT_LINES * nx;

  for (int r = 0; r < m->size && UnitOf(m, phase, r) < m->units; r++) {
    const ptrdiff_t unit = UnitOf(m, phase, r), floats = AetUnitLines(m, unit) * nx;
    for (ptrdiff_t z = 0; z < m->z_count; z++)
      memcpy(object + (z * m->n[1] + unit * AET_UNIT_LINES) * nx, m->room->planes + r * piece + z * floats, sizeof(float) * (size_t)floats);
  }
}

static PetscErrorCode ApplyPlanar(AetMultiplier m, const float *object, float *result)
{
  const ptrdiff_t nx = m->n[2];
  const float     scale = (float)(1 / ((double)m->N[0] * (double)m->N[2]));
  float          *lines;

  PetscFunctionBegin;
  for (ptrdiff_t phase = 0; phase < Phases(m); phase++) {
    const ptrdiff_t own = UnitOf(m, phase, m->rank), at = own * AET_UNIT_LINES * nx;
    if (m->size == 1) {
      AetUnitPlanar(m, object + at, AetUnitLines(m, own), m->n[1] * nx, scale, result + at);
      continue;
    }
    Pack(m, phase, object);
    PetscCall(Exchange(m, phase, PETSC_TRUE, &lines));
    if (own < m->units) AetUnitPlanar(m, lines, AetUnitLines(m, own), AetUnitLines(m, own) * nx, scale, lines);
    PetscCall(Exchange(m, phase, PETSC_FALSE, &lines));
    Unpack(m, phase, result);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetMultiplierApply(AetMultiplier m, const float *object, float *result)
{
  const double points = (double)m->N[0] * (double)m->N[1] * (double)m->N[2];
  AetUnitTask  task = {0};

  PetscFunctionBegin;
  PetscCall(RoomFill(m));
  PetscCall(AetEventBegin(AET_EVENT_TRANSFORM_FORWARD));
  if (m->planar) {
    PetscCall(ApplyPlanar(m, object, result));
  } else {
    AetUnitsForward(m, object);
    PetscCall(VisitUnits(m, &task));
    AetUnitsBackward(m, (float)(1 / points), result);
  }
  PetscCall(AetEventEnd(AET_EVENT_TRANSFORM_FORWARD));
  PetscFunctionReturn(PETSC_SUCCESS);
}
