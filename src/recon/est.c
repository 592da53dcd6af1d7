/* EST, equal-slope tomography (Miao, Förster and Levi, Phys. Rev. B 72 (2005) 052103): every slice perpendicular to the tilt axis by
   itself, between what the slice may be (not negative, inside the support) and what the views measured, lines of its pseudo-polar
   transform. docs/theory/est.md. */
#include "recon/course.h"
#include "recon/est_private.h"
#include "recon/estimate.h"
#include "recon/exchange.h"
#include "recon/kernel/pseudopolar_inverse.h"
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#define INVERSE_STEPS 2 /* of conjugate gradients, where plain steps are asked for: within 1e-3 of the inverse */
#define POWER_STEPS 20  /* that find the length of an accelerated step */
#define MARGIN 1.1      /* on what they find */
#define STREAM_POWER 0x6573740002ull
#define WORK 70.0 /* of a batch of lines of the grid for each of their N² log2 N, in units of AetTransformWork; measured */
#define SUMS 5    /* per slice: misfit and modulus of used points, the same of withheld ones; rise of the momentum */

typedef struct {
  AetPseudopolar grid;
  AetEstData     data;
  PetscBool      accelerated;
  double         step, relaxation;
  double         withheld;      /* 1 while points are */
  double         momentum[2];   /* t and β */
  float         *object, *last; /* [y_count][z][x]: the iterate, the one before */
  const float   *support;       /* the same; NULL: everywhere 1 */
  double        *sums;          /* [y_count][SUMS] */
  AetLane      **work;          /* [threads] */
} Est;

/* A thread's view of one batch during one transform. */
typedef struct {
  const Est           *est;
  const AetLane       *value; /* NULL: 0 was measured */
  const unsigned char *held;
  double               step, misfit[AET_LANES], modulus[AET_LANES], held_misfit[AET_LANES], held_modulus[AET_LANES];
  AetLane             *residual; /* [lines] complex */
} Pass;

static AetLane Modulus(AetLane re, AetLane im)
{
  AetLane square = re * re + im * im;

  for (int i = 0; i < AET_LANES; i++) square[i] = sqrtf(square[i]);
  return square;
}

/* The sums of one point, whose bits in `held` say which slices withhold it. */
static void Count(Pass *pass, unsigned held, AetLane misfit, AetLane modulus)
{
  for (int i = 0; i < AET_LANES; i++) {
    const double a = fabsf(misfit[i]), b = modulus[i];
    if (held >> i & 1)
      pass->held_misfit[i] += a, pass->held_modulus[i] += b;
    else
      pass->misfit[i] += a, pass->modulus[i] += b;
  }
}

/* row ← step · weight · (measured - row) on the lines that are measured there, 0 on the others. */
static void Compare(void *context, int sector, ptrdiff_t u, AetLane *row)
{
  static const AetLane zero;
  Pass                *pass = context;
  const Est           *est = pass->est;
  const AetEstData    *d = &est->data;
  const float          weight = (float)(pass->step * AetPseudopolarWeight(&est->grid, u));

  for (ptrdiff_t l = d->first[sector]; l < d->first[sector + 1]; l++) {
    const AetEstLine *line = d->line + l;
    const ptrdiff_t   p = line->begin + u;
    AetLane          *residual = pass->residual + 2 * l;
    if (u >= line->count) {
      residual[0] = residual[1] = zero;
      continue;
    }
    const AetLane  re = row[2 * line->row], im = row[2 * line->row + 1];
    const AetLane  measured_re = pass->value ? pass->value[2 * p] : zero, measured_im = pass->value ? pass->value[2 * p + 1] : zero;
    const AetLane  modulus = Modulus(measured_re, measured_im);
    const unsigned held = pass->held ? pass->held[p] : 0;
    Count(pass, held, Modulus(re, im) - modulus, modulus);
    residual[0] = weight * (measured_re - re), residual[1] = weight * (measured_im - im);
    for (int i = 0; held && i < AET_LANES; i++)
      if (held >> i & 1) residual[0][i] = residual[1][i] = 0;
  }
  memset(row, 0, sizeof *row * 2 * (size_t)d->L);
  for (ptrdiff_t l = d->first[sector]; l < d->first[sector + 1]; l++) {
    row[2 * d->line[l].row] = pass->residual[2 * l];
    row[2 * d->line[l].row + 1] = pass->residual[2 * l + 1];
  }
}

static ptrdiff_t Pixels(const Est *est)
{
  return est->grid.n[0] * est->grid.n[1];
}

/* A thread's work: slices before and after, residuals, then what the transforms need. */
typedef struct {
  AetLane *slice, *change, *inverse, *residual, *work;
} Room;

static Room RoomOf(const Est *est, int thread)
{
  const ptrdiff_t pixels = Pixels(est);
  AetLane        *base = est->work[thread], *after = base + (3 * pixels + 3 * pixels % 2);

  return (Room){base, base + pixels, base + 2 * pixels, after, after + 2 * est->data.lines};
}

static PetscErrorCode AllocateRooms(Est *est)
{
  const size_t lanes =
      3 * (size_t)Pixels(est) + 2 * (size_t)est->data.lines + AetPseudopolarWork(&est->grid) + AetPseudopolarInverseWork(&est->grid) + 2;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(AetThreads(), &est->work));
  for (int t = 0; t < AetThreads(); t++) PetscCall(AetEstAllocate(lanes, &est->work[t]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* slice ← Pᵀ W M P slice of eight slices of noise, again and again: its largest eigenvalue, a little more than that. */
static double LargestEigenvalue(Est *est)
{
  const Room      room = RoomOf(est, 0);
  const ptrdiff_t pixels = Pixels(est);
  double          norm[AET_LANES], most = 0;

  for (ptrdiff_t p = 0; p < pixels; p++)
    for (int i = 0; i < AET_LANES; i++) room.slice[p][i] = (float)AetRandomNormal(1, STREAM_POWER, (uint64_t)(p * AET_LANES + i));
  for (int step = 0; step < POWER_STEPS; step++) {
    Pass    pass = {.est = est, .step = -1, .residual = room.residual};
    AetLane scale;
    AetLaneDot(pixels, room.slice, room.slice, norm);
    for (int i = 0; i < AET_LANES; i++) scale[i] = norm[i] > 0 ? (float)(1 / sqrt(norm[i])) : 0;
    for (ptrdiff_t p = 0; p < pixels; p++) room.slice[p] *= scale;
    AetPseudopolarApply(&est->grid, room.slice, Compare, &pass, room.change, room.work);
    memcpy(room.slice, room.change, sizeof(AetLane) * (size_t)pixels);
  }
  AetLaneDot(pixels, room.slice, room.slice, norm);
  for (int i = 0; i < AET_LANES; i++) most = fmax(most, sqrt(norm[i]));
  return MARGIN * most;
}

/* Every rank has the same grid, but only one takes the decision. */
static PetscErrorCode ChooseStep(AetRecon recon, Est *est)
{
  int    rank;
  double most = 0;

  PetscFunctionBegin;
  est->step = 1;
  if (!est->accelerated || !est->data.lines) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCallMPI(MPI_Comm_rank(recon->comm, &rank));
  if (!rank) most = LargestEigenvalue(est);
  PetscCallMPI(MPI_Bcast(&most, 1, MPI_DOUBLE, 0, recon->comm));
  if (most > 0) est->step = 1 / most;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Planes [z_count][y][x] to slices [y_count][z][x]. Collective. */
static PetscErrorCode ToSlices(AetRecon recon, const float *planes, float *slices)
{
  const ptrdiff_t        *n = recon->n, y_count = ((Est *)recon->data)->data.y_count;
  const AetExchangeLayout layout = {recon->comm, n[0], n[1], n[2]};
  float                  *mixed = NULL;

  PetscFunctionBegin;
  PetscCall(AetAgree(recon->comm, PetscMalloc1(n[0] * y_count * n[2], &mixed)));
  PetscCall(AetExchangeToInner(&layout, planes, mixed));
  for (ptrdiff_t y = 0; y < y_count; y++)
    for (ptrdiff_t z = 0; z < n[0]; z++) PetscCall(PetscArraycpy(slices + (y * n[0] + z) * n[2], mixed + (z * y_count + y) * n[2], n[2]));
  PetscCall(PetscFree(mixed));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* And back. Collective. */
static PetscErrorCode ToPlanes(AetRecon recon, const float *slices, float *planes)
{
  const ptrdiff_t        *n = recon->n, y_count = ((Est *)recon->data)->data.y_count;
  const AetExchangeLayout layout = {recon->comm, n[0], n[1], n[2]};
  float                  *mixed = NULL;

  PetscFunctionBegin;
  PetscCall(AetAgree(recon->comm, PetscMalloc1(n[0] * y_count * n[2], &mixed)));
  for (ptrdiff_t y = 0; y < y_count; y++)
    for (ptrdiff_t z = 0; z < n[0]; z++) PetscCall(PetscArraycpy(mixed + (z * y_count + y) * n[2], slices + (y * n[0] + z) * n[2], n[2]));
  PetscCall(AetExchangeToOuter(&layout, mixed, planes));
  PetscCall(PetscFree(mixed));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Allocate(AetRecon recon, Est *est)
{
  const ptrdiff_t count = Pixels(est) * est->data.y_count;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(count, &est->object)); /* they change places: no common allocation */
  PetscCall(PetscMalloc1(count, &est->last));
  PetscCall(PetscMalloc1(SUMS * est->data.y_count, &est->sums));
  PetscCall(AllocateRooms(est));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode EstSetUp(AetRecon recon)
{
  const ptrdiff_t n[2] = {recon->n[0], recon->n[2]};
  Est            *est;
  int             acceleration;
  float          *support = NULL;

  PetscFunctionBegin;
  AetCheck(!recon->extended, AET_ERR_INPUT,
           "recon_extended: expected false for recon_method est, which needs the whole object in every image; resire does without");
  PetscCall(PetscNew(&est));
  recon->data = est;
  PetscCall(AetOptionGetEnum("recon_acceleration", &acceleration));
  PetscCall(AetOptionGetReal("recon_relaxation", &est->relaxation));
  est->accelerated = acceleration != 2 && est->relaxation == 0; /* 2: none */
  PetscCall(AetEstLinesCreate(recon, &est->data));
  PetscCall(AetAgree(recon->comm,
                     AetPseudopolarCreate(&est->grid, n, est->data.N, est->data.L)
                         ? AetRaise(AET_ERR_MEMORY, "est: no memory for a pseudo-polar grid of %td x 2 x %td", est->data.N, est->data.L)
                         : PETSC_SUCCESS));
  PetscCall(AetEstValuesCreate(recon, &est->data));
  PetscCall(AetAgree(recon->comm, Allocate(recon, est)));
  if (recon->support) {
    PetscCall(AetAgree(recon->comm, PetscMalloc1(Pixels(est) * est->data.y_count, &support)));
    PetscCall(ToSlices(recon, recon->support->data, support));
  }
  est->support = support;
  PetscCall(ChooseStep(recon, est));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode EstDestroy(AetRecon recon)
{
  Est *est = recon->data;

  PetscFunctionBegin;
  if (!est) PetscFunctionReturn(PETSC_SUCCESS);
  AetPseudopolarFree(&est->grid);
  PetscCall(AetEstDataDestroy(&est->data));
  PetscCall(PetscFree(est->object));
  PetscCall(PetscFree(est->last));
  PetscCall(PetscFree(est->support));
  PetscCall(PetscFree(est->sums));
  for (int t = 0; est->work && t < AetThreads(); t++) free(est->work[t]);
  PetscCall(PetscFree(est->work));
  PetscCall(PetscFree(recon->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Slices of a batch that there are. */
static ptrdiff_t SlicesOf(const Est *est, ptrdiff_t b)
{
  return PetscMin(AET_LANES, est->data.y_count - b * AET_LANES);
}

/* slice ← object + β (object - last) */
static void Extrapolate(const Est *est, ptrdiff_t b, AetLane *slice)
{
  const ptrdiff_t pixels = Pixels(est), slices = SlicesOf(est, b);
  const float     beta = (float)est->momentum[1];

  memset(slice, 0, sizeof *slice * (size_t)pixels);
  for (ptrdiff_t i = 0; i < slices; i++) {
    const float *now = est->object + (b * AET_LANES + i) * pixels, *last = est->last + (b * AET_LANES + i) * pixels;
    for (ptrdiff_t p = 0; p < pixels; p++) slice[p][i] = now[p] + beta * (now[p] - last[p]);
  }
}

/* A value that is moved to `to`, from `from`: what it may be; elsewhere 0, or, relaxed, hybrid input-output. */
static float Allow(float from, float to, float support, float relaxation)
{
  const float allowed = to > 0 ? to * support : 0;

  return allowed > 0 || relaxation == 0 ? allowed : from - relaxation * to;
}

/* last ← the next iterate; they change places afterwards. Adds up (extrapolated - next)·(next - object) of each slice: where it is positive
   the momentum points uphill (O'Donoghue and Candès, Found. Comput. Math. 15 (2015) 715). */
static void Move(const Est *est, ptrdiff_t b, const AetLane *slice, const AetLane *change)
{
  const ptrdiff_t pixels = Pixels(est), slices = SlicesOf(est, b);

  for (ptrdiff_t i = 0; i < slices; i++) {
    const ptrdiff_t at = (b * AET_LANES + i) * pixels;
    const float    *now = est->object + at, *support = est->support ? est->support + at : NULL;
    float          *next = est->last + at;
    double          rise = 0;
    for (ptrdiff_t p = 0; p < pixels; p++) {
      const float from = slice[p][i], to = from + change[p][i];
      next[p] = Allow(from, to, support ? support[p] : 1, (float)est->relaxation);
      rise += (double)(from - next[p]) * (double)(next[p] - now[p]);
    }
    est->sums[SUMS * (b * AET_LANES + i) + 4] = rise;
  }
}

/* One batch: the misfit of the (extrapolated) slices, and, if they are to move, their next iterate. */
static void StepBatch(const Est *est, ptrdiff_t b, int thread, PetscBool move)
{
  const AetEstData *d = &est->data;
  const Room        room = RoomOf(est, thread);
  Pass              pass = {.est = est,
                            .value = d->value + 2 * b * d->points,
                            .held = est->withheld > 0 ? d->held + b * d->points : NULL,
                            .step = est->step,
                            .residual = room.residual};
  AetLane          *change = room.change;

  Extrapolate(est, b, room.slice);
  AetPseudopolarApply(&est->grid, room.slice, Compare, &pass, move ? change : NULL, room.work);
  for (ptrdiff_t i = 0; i < SlicesOf(est, b); i++) {
    double *sums = est->sums + SUMS * (b * AET_LANES + i);
    sums[0] = pass.misfit[i], sums[1] = pass.modulus[i], sums[2] = pass.held_misfit[i], sums[3] = pass.held_modulus[i], sums[4] = 0;
  }
  if (!move) return;
  if (!est->accelerated) AetPseudopolarInvert(&est->grid, INVERSE_STEPS, room.change, change = room.inverse, room.work);
  Move(est, b, room.slice, change);
}

/* All slices; E and R_free of what they were. */
static PetscErrorCode Step(AetRecon recon, Est *est, PetscBool move, double *rise)
{
  const AetEstData *d = &est->data;
  double            sums[SUMS];

  PetscFunctionBegin;
  PetscCall(AetEventBegin(AET_EVENT_RECON_ITERATION));
#pragma omp parallel for num_threads(AetThreads()) schedule(dynamic)
  for (ptrdiff_t b = 0; b < d->batches; b++) StepBatch(est, b, omp_get_thread_num(), move);
  PetscCall(AetSumOrdered(recon->comm, (PetscInt)d->y_start, (PetscInt)d->y_count, (PetscInt)recon->n[1], SUMS, est->sums, sums));
  recon->error = sums[1] > 0 ? sums[0] / sums[1] : 0;
  if (est->withheld > 0) recon->rfree = sums[3] > 0 ? sums[2] / sums[3] : -1;
  *rise = sums[4];
  if (move) {
    float *next = est->last;
    est->last = est->object;
    est->object = next;
  }
  PetscCall(AetEventEnd(AET_EVENT_RECON_ITERATION));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The momentum of the next step (Beck and Teboulle, SIAM J. Imaging Sci. 2 (2009) 183), begun anew where it points uphill. */
static void NextMomentum(Est *est, double rise)
{
  double *t = est->momentum, *beta = est->momentum + 1, next;

  if (!est->accelerated) return;
  if (rise > 0) *t = 1;
  next = (1 + sqrt(1 + 4 * *t * *t)) / 2;
  *beta = (*t - 1) / next;
  *t = next;
}

/* Points are withheld in the first half only; from then on all are used. */
static void Release(Est *est)
{
  est->withheld = 0;
  est->momentum[0] = 1;
  est->momentum[1] = 0;
}

static PetscErrorCode Iterate(AetRecon recon, Est *est)
{
  double    rise;
  PetscInt  k;
  PetscBool stop = PETSC_FALSE;
  char      note[64];

  PetscFunctionBegin;
  PetscCall(AetCourseKeep(recon, AET_KEPT_SLICES, "object", &est->object, 1));
  PetscCall(AetCourseKeep(recon, AET_KEPT_SLICES, "last", &est->last, 1));
  PetscCall(AetCourseKeep(recon, AET_KEPT_NUMBERS, "momentum", est->momentum, 2));
  PetscCall(AetCourseKeep(recon, AET_KEPT_NUMBERS, "withheld", &est->withheld, 1));
  PetscCall(AetCourseKeep(recon, AET_KEPT_NUMBERS, "error", &recon->error, 1));
  PetscCall(AetCourseStart(recon, &k));
  for (; k < recon->iterations && !stop; k++) {
    if (est->withheld > 0 && k >= recon->iterations / 2) Release(est);
    PetscCall(Step(recon, est, PETSC_TRUE, &rise));
    NextMomentum(est, rise);
    snprintf(note, sizeof note, "E %.4f", recon->error);
    PetscCall(AetCourseIterated(recon, k + 1, recon->error, note, &stop));
    if (stop && est->withheld > 0) { /* at rest without the withheld points; now with them */
      Release(est);
      AetCourseRenew(recon);
      stop = PETSC_FALSE;
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Not negative, inside the support: what relaxation has left outside goes. */
static void Clip(const Est *est)
{
  const ptrdiff_t count = Pixels(est) * est->data.y_count;

  for (ptrdiff_t i = 0; i < count; i++)
    if (!(est->object[i] > 0) || (est->support && !(est->support[i] > 0))) est->object[i] = 0;
}

static PetscErrorCode EstSolve(AetRecon recon)
{
  Est            *est = recon->data;
  const ptrdiff_t count = Pixels(est) * est->data.y_count;
  double          rise;
  PetscErrorCode  code;

  PetscFunctionBegin;
  PetscCall(AetReconInitial(recon));
  PetscCall(ToSlices(recon, recon->volume->data, est->object));
  PetscCall(PetscArraycpy(est->last, est->object, count));
  est->withheld = recon->rfree_fraction > 0 ? 1 : 0;
  est->momentum[0] = 1;
  est->momentum[1] = 0;
  PetscCall(AetCourseBegin(recon, "EST"));
  code = Iterate(recon, est);
  PetscCall(AetCourseEnd(recon));
  PetscCall(code);
  if (est->relaxation > 0) Clip(est);
  est->momentum[1] = 0;
  PetscCall(Step(recon, est, PETSC_FALSE, &rise)); /* E of the answer itself */
  PetscCall(ToPlanes(recon, est->object, recon->volume->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Values and withheld bits of the points, two sets of slices, every thread's room; beside them the rows of the images while values are
   made, or the volume, the pair and R1's images. Every view has a line, and no two the same. */
static void Estimate(const AetReconLayout *l, double *bytes, double *work)
{
  const AetRecon recon = l->recon;
  const double   N = (double)PetscMax(recon->N[0], recon->N[2]), views = (double)recon->tilt->views, points = 0.45 * views * N;
  const double   pixels = (double)recon->n[0] * (double)recon->n[2], width = (double)recon->tilt->nx;
  ptrdiff_t      start, rows, batches;
  double         rest, making;

  AetBlock(recon->n[1], 0, l->ranks, &start, &rows);
  batches = (rows + AET_LANES - 1) / AET_LANES;
  rest =
      65.0 * (double)batches * points + (2 + (recon->support_file[0] && strcmp(recon->support_file, "none"))) * 4.0 * (double)rows * pixels;
  rest += l->threads * sizeof(AetLane) * (5 * pixels + 2 * views + 12 * N);
  making = 4 * views * width * ((double)(batches * AET_LANES) + (double)rows);
  *bytes = rest + PetscMax(making, l->V + AetProjectorBytes(l) + AetR1Bytes(l));
  *work = WORK * (double)recon->n[1] / AET_LANES * N * N * log2(N);
}

const AetReconMethod AetReconEst = {"est", 100, EstSetUp, EstSolve, EstDestroy, PETSC_TRUE, PETSC_FALSE, Estimate};
