/* The half of the padded transform that works on columns along z, eight k_x of one k_y at a time. */
#include "dist/transform_private.h"
#include <omp.h>
#include <string.h>

typedef struct {
  AetLane       *object;  /* n_z rows: the column of the object */
  AetLane       *padded;  /* N_z rows: its spectrum */
  float complex *columns; /* the same, one column after the other */
  AetLane       *work;
} ColumnWork;

size_t AetColumnWork(const struct _p_AetTransform *t)
{
  return (size_t)(t->n[0] + 2 * t->N[0] + 2 * t->axis[0].length) * AET_LINE;
}

static ColumnWork GetWork(const struct _p_AetTransform *t, int thread)
{
  AetLane   *base = AetThreadWork(t, thread), *padded = base + 2 * t->n[0], *columns = padded + 2 * t->N[0];
  ColumnWork w = {base, padded, (float complex *)columns, columns + 2 * t->N[0]};

  return w;
}

/* The k_y of a phase, and what the exchange brought of them. */
typedef struct {
  ptrdiff_t ky, ky_count; /* first local one; how many */
  float    *rows;
} Phase;

static Phase GetPhase(const struct _p_AetTransform *t, ptrdiff_t phase, float *rows)
{
  return (Phase){t->phase_ky[phase], t->phase_ky[phase + 1] - t->phase_ky[phase], rows};
}

/* Where the planes of one rank's piece begin for (k_y of the phase, block). */
static float *PieceAt(const struct _p_AetTransform *t, const Phase *p, int source, ptrdiff_t ky, ptrdiff_t b, ptrdiff_t *count)
{
  *count = t->source_z[source + 1] - t->source_z[source];
  return p->rows + t->source_start[source] * p->ky_count + ky * AetPieceRow(t, *count) + b * AET_LINE * *count;
}

/* The column's rows: in place where they lie in one run, else collected. */
static AetLane *Collect(const struct _p_AetTransform *t, const Phase *p, ptrdiff_t ky, ptrdiff_t b, AetLane *object)
{
  const int lanes = AetBlockLanes(t, b);
  ptrdiff_t count;

  if (lanes == AET_LANES && t->size == 1) return (AetLane *)PieceAt(t, p, 0, ky, b, &count);
  for (int source = 0; source < t->size; source++) {
    const float *from = PieceAt(t, p, source, ky, b, &count);
    AetLane     *to = object + 2 * t->source_z[source];
    if (lanes == AET_LANES)
      memcpy(to, from, sizeof(AetLane) * 2 * (size_t)count);
    else
      for (ptrdiff_t z = 0; z < count; z++) AetPartToRow(from + z * 2 * lanes, lanes, to + 2 * z);
  }
  return object;
}

/* The way back of Collect. */
static void Spread(const struct _p_AetTransform *t, const Phase *p, ptrdiff_t ky, ptrdiff_t b, const AetLane *object)
{
  const int lanes = AetBlockLanes(t, b);
  ptrdiff_t count;

  for (int source = 0; source < t->size; source++) {
    float         *to = PieceAt(t, p, source, ky, b, &count);
    const AetLane *from = object + 2 * t->source_z[source];
    if ((const float *)from == to) return;
    if (lanes == AET_LANES)
      memcpy(to, from, sizeof(AetLane) * 2 * (size_t)count);
    else
      for (ptrdiff_t z = 0; z < count; z++) AetRowToPart(from + 2 * z, lanes, to + z * 2 * lanes);
  }
}

void AetColumnsForward(AetTransform t, ptrdiff_t phase, float *rows, float complex *spectrum)
{
  const Phase p = GetPhase(t, phase, rows);

#pragma omp parallel num_threads(t->threads)
  {
    const ColumnWork w = GetWork(t, omp_get_thread_num());
#pragma omp for collapse(2) schedule(static)
    for (ptrdiff_t ky = 0; ky < p.ky_count; ky++)
      for (ptrdiff_t b = 0; b < t->blocks; b++) {
        AetPaddedForward(&t->axis[0], Collect(t, &p, ky, b, w.object), w.padded, 1, w.work);
        AetRowsToColumns(w.padded, t->N[0], AetBlockLanes(t, b), spectrum + ((p.ky + ky) * t->Kx + b * AET_LANES) * t->N[0], t->N[0]);
      }
  }
}

void AetColumnsBackward(AetTransform t, ptrdiff_t phase, const float complex *spectrum, float *rows)
{
  const Phase p = GetPhase(t, phase, rows);

#pragma omp parallel num_threads(t->threads)
  {
    const ColumnWork w = GetWork(t, omp_get_thread_num());
#pragma omp for collapse(2) schedule(static)
    for (ptrdiff_t ky = 0; ky < p.ky_count; ky++)
      for (ptrdiff_t b = 0; b < t->blocks; b++) {
        AetColumnsToRows(spectrum + ((p.ky + ky) * t->Kx + b * AET_LANES) * t->N[0], t->N[0], t->N[0], AetBlockLanes(t, b), w.padded);
        AetPaddedBackward(&t->axis[0], w.padded, 1, w.object, w.work);
        Spread(t, &p, ky, b, w.object);
      }
  }
}

void AetColumnsApply(AetTransform t, ptrdiff_t phase, float *rows, AetColumnVisitor visitor, void *context)
{
  const Phase p = GetPhase(t, phase, rows);

#pragma omp parallel num_threads(t->threads)
  {
    const int        thread = omp_get_thread_num();
    const ColumnWork w = GetWork(t, thread);
#pragma omp for collapse(2) schedule(static)
    for (ptrdiff_t ky = 0; ky < p.ky_count; ky++)
      for (ptrdiff_t b = 0; b < t->blocks; b++) {
        const int lanes = AetBlockLanes(t, b);
        AetLane  *object = Collect(t, &p, ky, b, w.object);
        AetPaddedForward(&t->axis[0], object, w.padded, 1, w.work);
        AetRowsToColumns(w.padded, t->N[0], lanes, w.columns, t->N[0]);
        visitor(context, thread, t->ky_start + p.ky + ky, b * AET_LANES, lanes, t->N[0], w.columns);
        AetColumnsToRows(w.columns, t->N[0], t->N[0], lanes, w.padded);
        AetPaddedBackward(&t->axis[0], w.padded, 1, object, w.work);
        Spread(t, &p, ky, b, object);
      }
  }
}
