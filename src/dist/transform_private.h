/* The padded transform's insides.

   Between its two halves the object lives as [k_y][block of 8 k_x][z][real parts of the block, imaginary parts]: whole lines of 64 bytes,
   of which the plane half writes one per (k_y, block) and the column half reads a contiguous run of z. What one rank sends to another is
   one contiguous piece and is used as it arrives. The last block is as narrow as k_x leaves it. */
#ifndef AET4D_TRANSFORM_PRIVATE_H
#define AET4D_TRANSFORM_PRIVATE_H

#include "dist/kernel/lanes.h"
#include <aet4d/dist.h>

#define AET_LINE (2 * AET_LANES) /* floats of a row of lanes */

struct _p_AetTransform {
  MPI_Comm      comm;
  int           rank, size, threads;
  ptrdiff_t     n[3], N[3];
  ptrdiff_t     Kx, blocks; /* N_x/2+1, and in blocks of 8 */
  ptrdiff_t     z_start, z_count, ky_start, ky_count;
  AetPaddedPlan axis[3];
  ptrdiff_t    *source_z;                                              /* [size+1] first z of every rank */
  ptrdiff_t    *source_start;                                          /* [size] where a rank's piece begins in `rows`, floats */
  int          *plane_counts, *plane_starts, *row_counts, *row_starts; /* of the exchange, in lines */
  MPI_Datatype  line;
  float        *planes, *rows; /* before and after the exchange; the same array on one rank */
  size_t        planes_size, rows_size;
  float        *work; /* per thread */
  size_t        work_size;
};

/* Floats of one k_y of a piece of `count` planes: rounded up to lines. */
static inline ptrdiff_t AetPieceRow(const struct _p_AetTransform *t, ptrdiff_t count)
{
  return (2 * t->Kx * count + AET_LINE - 1) / AET_LINE * AET_LINE;
}

/* k_x in block b. */
static inline int AetBlockLanes(const struct _p_AetTransform *t, ptrdiff_t b)
{
  return (int)(t->Kx - b * AET_LANES < AET_LANES ? t->Kx - b * AET_LANES : AET_LANES);
}

/* A row of the last, narrow block: its lanes that are there, and back with the others zero. */
static inline void AetRowToPart(const AetLane *row, int lanes, float *part)
{
  const float *re = (const float *)row, *im = re + AET_LANES;

  for (int l = 0; l < lanes; l++) part[l] = re[l], part[lanes + l] = im[l];
}

static inline void AetPartToRow(const float *part, int lanes, AetLane *row)
{
  float *re = (float *)row, *im = re + AET_LANES;

  for (int l = 0; l < AET_LANES; l++) re[l] = l < lanes ? part[l] : 0, im[l] = l < lanes ? part[lanes + l] : 0;
}

static inline AetLane *AetThreadWork(const struct _p_AetTransform *t, int thread)
{
  return (AetLane *)(t->work + (size_t)thread * t->work_size);
}

/* Floats of work a thread needs in each half. */
size_t AetPlaneWork(const struct _p_AetTransform *t);
size_t AetColumnWork(const struct _p_AetTransform *t);
/* Object planes to `planes` and back; the way back scales. Threads inside. */
void AetPlanesForward(AetTransform t, const float *object);
void AetPlanesBackward(AetTransform t, float scale, float *object);
/* Columns of `rows` to the spectrum, back, or to a visitor and back. Threads inside. */
void AetColumnsForward(AetTransform t, float complex *spectrum);
void AetColumnsBackward(AetTransform t, const float complex *spectrum);
void AetColumnsApply(AetTransform t, AetColumnVisitor visitor, void *context);

/* Work arrays: zero-filled, on lines, on huge pages where they are large. NULL if memory is short; free with free(). */
float *AetWorkAllocate(size_t floats);

#endif
