/* The multiplier's arithmetic, unit by unit. */
#include "dist/kernel/factor.h"
#include "dist/multiplier_private.h"
#include <omp.h>

/* One thread's arrays, in rows of lanes. */
typedef struct {
  AetLane *object; /* the longest n */
  AetLane *padded; /* the longest N */
  AetLane *last;   /* 16 lines of the k_x that fill no block */
  AetLane *work;
} UnitWork;

static ptrdiff_t Longest(const AetMultiplierState *m, int what)
{
  ptrdiff_t most = 0;

  for (int a = 0; a < 3; a++) {
    const AetPaddedPlan *p = &m->axis[a];
    most = PetscMax(most, what == 0 ? p->n : what == 1 ? p->N : p->length);
  }
  return most;
}

size_t AetUnitWork(const AetMultiplierState *m)
{
  return (size_t)(Longest(m, 0) + Longest(m, 1) + AET_UNIT_LINES + 2 * Longest(m, 2)) * AET_LINE;
}

static UnitWork GetWork(const AetMultiplierState *m)
{
  UnitWork w;

  w.object = (AetLane *)(m->room->work + (size_t)omp_get_thread_num() * m->work_size);
  w.padded = w.object + 2 * Longest(m, 0);
  w.last = w.padded + 2 * Longest(m, 1);
  w.work = w.last + 2 * AET_UNIT_LINES;
  return w;
}

/* Rows from one index of the first axis to the next: one more than needed, against equal cache sets. */
static ptrdiff_t Pitch(const AetMultiplierState *m)
{
  return m->n[0] + 1;
}

size_t AetUnitSquare(const AetMultiplierState *m)
{
  return (size_t)(m->N[m->planar ? 2 : 1] * Pitch(m) * AET_LINE);
}

/* 16 lines of y to their places in all units. */
static void LinesForward(const AetMultiplierState *m, const float *lines_in, ptrdiff_t z, ptrdiff_t y, const UnitWork *w)
{
  const int       lines = (int)PetscMin(m->n[1] - y, AET_UNIT_LINES), singles = (int)(m->units - m->blocks);
  const ptrdiff_t at = z * m->n[1] + y, pitch = m->z_count * m->n[1] + 1;

  AetLinesToRows(lines_in, m->n[2], m->n[2], lines, w->object);
  AetPaddedForward(&m->axis[2], w->object, w->padded, 1, w->work);
  AetRealSplitApart(w->padded, m->N[2], lines, (AetLane *)m->room->planes + 2 * at, pitch, singles ? w->last : NULL);
  for (int s = 0; s < singles; s++) {
    float complex *to = (float complex *)(m->room->planes + AetUnitStart(m, m->blocks + s)) + at;
    for (int l = 0; l < lines; l++) to[l] = w->last[2 * l][s] + w->last[2 * l + 1][s] * _Complex_I;
  }
}

static void LinesBackward(const AetMultiplierState *m, ptrdiff_t z, ptrdiff_t y, float scale, const UnitWork *w, float *lines_out)
{
  const int       lines = (int)PetscMin(m->n[1] - y, AET_UNIT_LINES), singles = (int)(m->units - m->blocks);
  const ptrdiff_t at = z * m->n[1] + y, pitch = m->z_count * m->n[1] + 1;

  for (int s = 0; s < singles; s++) {
    const float complex *from = (const float complex *)(m->room->planes + AetUnitStart(m, m->blocks + s)) + at;
    for (int l = 0; l < lines; l++) w->last[2 * l][s] = crealf(from[l]), w->last[2 * l + 1][s] = cimagf(from[l]);
  }
  AetRealJoinApart((const AetLane *)m->room->planes + 2 * at, pitch, singles ? w->last : NULL, m->N[2], lines, w->padded);
  AetPaddedBackward(&m->axis[2], w->padded, 1, w->object, w->work);
  AetRowsToLines(w->object, m->n[2], lines, scale, lines_out, m->n[2]);
}

void AetUnitsForward(AetMultiplierState *m, const float *object)
{
#pragma omp parallel num_threads(m->threads)
  {
    const UnitWork w = GetWork(m);
#pragma omp for collapse(2) schedule(static)
    for (ptrdiff_t z = 0; z < m->z_count; z++)
      for (ptrdiff_t y = 0; y < m->n[1]; y += AET_UNIT_LINES) LinesForward(m, object + (z * m->n[1] + y) * m->n[2], z, y, &w);
  }
}

void AetUnitsBackward(AetMultiplierState *m, float scale, float *object)
{
#pragma omp parallel num_threads(m->threads)
  {
    const UnitWork w = GetWork(m);
#pragma omp for collapse(2) schedule(static)
    for (ptrdiff_t z = 0; z < m->z_count; z++)
      for (ptrdiff_t y = 0; y < m->n[1]; y += AET_UNIT_LINES) LinesBackward(m, z, y, scale, &w, object + (z * m->n[1] + y) * m->n[2]);
  }
}

/* One column along z of the square, there and back. */
static void Column(const AetMultiplierState *m, AetLane *column, const double complex *lane, int lanes, const AetUnitTask *task,
                   float *factor, const UnitWork *w)
{
  AetPaddedForward(&m->axis[0], column, w->padded, 1, w->work);
  if (task->turn[0]) {
    AetRowsAddTurned(w->padded, m->N[0], task->turn[0], lane, lanes, factor);
    return;
  }
  AetRowsMultiply(w->padded, m->N[0], factor);
  AetPaddedBackward(&m->axis[0], w->padded, 1, column, w->work);
}

void AetUnitBlock(AetMultiplierState *m, AetLane *unit, ptrdiff_t kx, const AetUnitTask *task)
{
  AetLane        *square = (AetLane *)m->room->square;
  const ptrdiff_t ny = m->n[1], nz = m->n[0], pitch = Pitch(m);

#pragma omp parallel num_threads(m->threads)
  {
    const UnitWork w = GetWork(m);
#pragma omp for schedule(static)
    for (ptrdiff_t z = 0; z < nz; z++) AetPaddedForward(&m->axis[1], unit + 2 * z * ny, square + 2 * z, pitch, w.work);
#pragma omp for schedule(static)
    for (ptrdiff_t ky = 0; ky < m->N[1]; ky++) {
      double complex lane[AET_LANES];
      for (int l = 0; l < AET_LANES && task->turn[0]; l++) lane[l] = task->turn[1][ky] * task->turn[2][kx + l];
      Column(m, square + 2 * ky * pitch, lane, AET_LANES, task, task->factor + ky * m->N[0] * AET_LANES, &w);
    }
    if (!task->turn[0]) {
#pragma omp for schedule(static)
      for (ptrdiff_t z = 0; z < nz; z++) AetPaddedBackward(&m->axis[1], square + 2 * z, pitch, unit + 2 * z * ny, w.work);
    }
  }
}

/* Eight neighbours of each of `count` lines of a plane to rows, and back. */
static void TakeColumns(const float complex *plane, ptrdiff_t pitch, ptrdiff_t count, int lanes, AetLane *rows)
{
  for (ptrdiff_t z = 0; z < count; z++) {
    rows[2 * z] = rows[2 * z + 1] = (AetLane){0};
    for (int l = 0; l < lanes; l++) rows[2 * z][l] = crealf(plane[z * pitch + l]), rows[2 * z + 1][l] = cimagf(plane[z * pitch + l]);
  }
}

static void PutColumns(const AetLane *rows, ptrdiff_t count, int lanes, float complex *plane, ptrdiff_t pitch)
{
  for (ptrdiff_t z = 0; z < count; z++)
    for (int l = 0; l < lanes; l++) plane[z * pitch + l] = rows[2 * z][l] + rows[2 * z + 1][l] * _Complex_I;
}

void AetUnitSingle(AetMultiplierState *m, float complex *unit, int axis, double complex turn, const AetUnitTask *task)
{
  float complex  *square = (float complex *)m->room->square;
  const ptrdiff_t n = m->n[axis], N = m->N[axis], nz = m->n[0];

#pragma omp parallel num_threads(m->threads)
  {
    const UnitWork w = GetWork(m);
#pragma omp for schedule(static)
    for (ptrdiff_t z = 0; z < nz; z += AET_LANES) {
      const int lanes = (int)PetscMin(nz - z, AET_LANES);
      AetColumnsToRows(unit + z * n, n, n, lanes, w.object);
      AetPaddedForward(&m->axis[axis], w.object, w.padded, 1, w.work);
      AetRowsToColumns(w.padded, N, lanes, square + z * N, N);
    }
#pragma omp for schedule(static)
    for (ptrdiff_t k = 0; k < N; k += AET_LANES) {
      const int      lanes = (int)PetscMin(N - k, AET_LANES);
      double complex lane[AET_LANES];
      for (int l = 0; l < lanes && task->turn[0]; l++) lane[l] = turn * task->turn[axis][k + l];
      TakeColumns(square + k, N, nz, lanes, w.object);
      Column(m, w.object, lane, lanes, task, task->factor + k * m->N[0], &w);
      PutColumns(w.object, nz, lanes, square + k, N);
    }
    if (!task->turn[0]) {
#pragma omp for schedule(static)
      for (ptrdiff_t z = 0; z < nz; z += AET_LANES) {
        const int lanes = (int)PetscMin(nz - z, AET_LANES);
        AetColumnsToRows(square + z * N, N, N, lanes, w.padded);
        AetPaddedBackward(&m->axis[axis], w.padded, 1, w.object, w.work);
        AetRowsToColumns(w.object, n, lanes, unit + z * n, n);
      }
    }
  }
}

void AetUnitPlanar(AetMultiplierState *m, const float *from, ptrdiff_t lines, ptrdiff_t line_pitch, float scale, float *to)
{
  AetLane        *square = (AetLane *)m->room->square;
  const ptrdiff_t nz = m->n[0], nx = m->n[2], pitch = Pitch(m);

#pragma omp parallel num_threads(m->threads)
  {
    const UnitWork w = GetWork(m);
#pragma omp for schedule(static)
    for (ptrdiff_t z = 0; z < nz; z++) {
      AetLinesToRows(from + z * line_pitch, nx, nx, (int)lines, w.object);
      AetPaddedForward(&m->axis[2], w.object, square + 2 * z, pitch, w.work);
    }
#pragma omp for schedule(static)
    for (ptrdiff_t kx = 0; kx < m->N[2]; kx++) {
      const float *factor = m->factor + kx / AET_LANES * m->N[0] * AET_LANES + kx % AET_LANES;
      AetPaddedForward(&m->axis[0], square + 2 * kx * pitch, w.padded, 1, w.work);
      AetRowsMultiplyEqual(w.padded, m->N[0], factor, AET_LANES);
      AetPaddedBackward(&m->axis[0], w.padded, 1, square + 2 * kx * pitch, w.work);
    }
#pragma omp for schedule(static)
    for (ptrdiff_t z = 0; z < nz; z++) {
      AetPaddedBackward(&m->axis[2], square + 2 * z, pitch, w.object, w.work);
      AetRowsToLines(w.object, nx, (int)lines, scale, to + z * line_pitch, nx);
    }
  }
}
