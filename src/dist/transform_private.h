/* The padded transform's insides.

   Between its two halves the object lives as [k_y][block of 8 k_x][z][real parts of the block, imaginary parts]: whole lines of 64 bytes,
   of which the plane half writes one per (k_y, block) and the column half reads a contiguous run of z. The last block is as narrow as k_x
   leaves it. The exchange goes in phases, each with a part of every rank's k_y, and rows of k_y lie in the order of the phases: what
   one rank sends to another is one contiguous piece and is used as it arrives, and only a phase is ever held twice. */
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
  ptrdiff_t    *source_z;     /* [size+1] first z of every rank */
  ptrdiff_t    *source_start; /* [size] floats of one k_y of the ranks before: where a rank's piece begins, per k_y of the phase */
  ptrdiff_t    *place;        /* [N_y] place of a k_y among the rows of k_y */
  ptrdiff_t     phases;
  ptrdiff_t    *phase_ky;                                              /* [phases+1] first local k_y of a phase */
  ptrdiff_t    *phase_start;                                           /* [phases+1] where a phase begins among the planes, floats */
  int          *plane_counts, *plane_starts, *row_counts, *row_starts; /* [phases][size] of the exchange, in lines */
  MPI_Datatype  line;
  PetscBool     fits;    /* the planes can lie at the end of a spectrum while it is filled from its beginning */
  PetscBool     has_own; /* `planes` was asked for on all ranks */
  float        *planes;  /* before the exchange, where it may not lie in a spectrum */
  float        *rows;    /* one phase after the exchange */
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
void AetPlanesForward(AetTransform t, const float *object, float *planes);
void AetPlanesBackward(AetTransform t, const float *planes, float scale, float *object);
/* Columns of one phase in `rows` to the spectrum, back, or to a visitor and back. Threads inside. */
void AetColumnsForward(AetTransform t, ptrdiff_t phase, float *rows, float complex *spectrum);
void AetColumnsBackward(AetTransform t, ptrdiff_t phase, const float complex *spectrum, float *rows);
void AetColumnsApply(AetTransform t, ptrdiff_t phase, float *rows, AetColumnVisitor visitor, void *context);

/* Work arrays: zero-filled, on lines, on huge pages where they are large. NULL if memory is short; free with free(). */
float *AetWorkAllocate(size_t floats);
/* What that will take: whole huge pages where it is large. */
double AetWorkBytes(double floats);

#endif
