/* The multiplier's insides.

   After x every unit of k_x is a problem of y and z by itself, which fits in a cache: a block of 8 k_x in lanes, or, of the k_x that fill
   no block, a single plane with other indices in the lanes. The units lie one after the other as [z][y], so that what a rank sends of one
   is one contiguous piece, and what it receives from all ranks is the whole unit. In a phase every rank has one unit.

   Where planes of y do not mix there is nothing to do along y, and a unit is 16 lines of all planes: two real lines travel as one complex
   number, which a real, even factor keeps apart. */
#ifndef AET4D_MULTIPLIER_PRIVATE_H
#define AET4D_MULTIPLIER_PRIVATE_H

#include "dist/transform_private.h"

#define AET_UNIT_LINES (2 * AET_LANES)

/* Work arrays, which one multiplier may lend to others: nothing stays in them from one application to the next. There from the first use.
 */
typedef struct {
  int    users;
  size_t planes_size, unit_size, square_size, work_size; /* floats, whole lines; of work, of all threads */
  float *all;                                            /* they lie one after the other */
  float *planes;                                         /* all units of the local planes, or, planar, one phase of them */
  float *unit;                                           /* this rank's unit of a phase; one rank has it among the planes */
  float *square;                                         /* one unit, transformed along one axis */
  float *work;                                           /* per thread */
} AetRoom;

struct _p_AetMultiplier {
  MPI_Comm      comm;
  int           rank, size, threads;
  PetscBool     planar;
  ptrdiff_t     n[3], N[3];
  ptrdiff_t     blocks, units; /* full blocks of 8 k_x; and single k_x after them. Planar: units of 16 lines */
  ptrdiff_t     z_start, z_count;
  ptrdiff_t    *source_z; /* [size+1] first z of every rank */
  int          *counts;   /* [4][size] of the exchange: counts and starts, out and in */
  AetPaddedPlan axis[3];
  AetRoom      *room;
  size_t        work_size; /* of a thread */
  float        *factor;    /* per own unit [along][k_z][8], see AetFactorAt */
  size_t        factor_size;
};
typedef struct _p_AetMultiplier AetMultiplierState;

/* ---- layout */
/* Floats of one (z, y) of a unit. */
static inline ptrdiff_t AetUnitWidth(const AetMultiplierState *m, ptrdiff_t unit)
{
  return unit < m->blocks ? AET_LINE : 2;
}

/* Where a unit begins among the planes: a line more than its size, against equal cache sets. */
static inline ptrdiff_t AetUnitStart(const AetMultiplierState *m, ptrdiff_t unit)
{
  const ptrdiff_t area = m->z_count * m->n[1], single = (2 * area + AET_LINE - 1) / AET_LINE * AET_LINE;

  return unit < m->blocks ? unit * (area + 1) * AET_LINE : m->blocks * (area + 1) * AET_LINE + (unit - m->blocks) * single;
}

/* Lines of y of a planar unit. */
static inline ptrdiff_t AetUnitLines(const AetMultiplierState *m, ptrdiff_t unit)
{
  const ptrdiff_t left = m->n[1] - unit * AET_UNIT_LINES;

  return left < AET_UNIT_LINES ? left : AET_UNIT_LINES;
}

/* Groups of 8 numbers along an axis. */
static inline ptrdiff_t AetGroups(ptrdiff_t N)
{
  return (N + AET_LANES - 1) / AET_LANES;
}

/* Floats of the factor of a block [N_y][N_z][8 k_x], and of a single plane [N/8][N_z][8 of N]. */
static inline ptrdiff_t AetBlockFactor(const AetMultiplierState *m)
{
  return m->N[1] * m->N[0] * AET_LANES;
}

static inline ptrdiff_t AetSingleFactor(const AetMultiplierState *m, int axis)
{
  return AetGroups(m->N[axis]) * m->N[0] * AET_LANES;
}

/* The factor of own unit `phase`. */
static inline float *AetFactorAt(const AetMultiplierState *m, ptrdiff_t phase)
{
  const ptrdiff_t blocks = m->blocks > m->rank ? (m->blocks - m->rank + m->size - 1) / m->size : 0;

  if (m->planar) return m->factor;
  return m->factor + (phase < blocks ? phase * AetBlockFactor(m) : blocks * AetBlockFactor(m) + (phase - blocks) * AetSingleFactor(m, 1));
}

/* ---- units; threads inside */
/* What is done with the columns along z: they are multiplied by the factor and go back, or their real parts after a turn are added to it.
 */
typedef struct {
  float                *factor;
  const double complex *turn[3]; /* [N_a]; NULL: multiply */
} AetUnitTask;

/* Real planes to all units, and back. */
void AetUnitsForward(AetMultiplierState *m, const float *object);
void AetUnitsBackward(AetMultiplierState *m, float scale, float *object);
/* One unit [n_z][n_y]: y and z, the task, and back where it multiplies. */
void AetUnitBlock(AetMultiplierState *m, AetLane *unit, ptrdiff_t kx, const AetUnitTask *task);
void AetUnitSingle(AetMultiplierState *m, float complex *unit, int axis, double complex turn, const AetUnitTask *task);
/* Planar: lines [n_z] of `lines` lines of x, `pitch` floats from z to z, to the result, which may be the same array. */
void AetUnitPlanar(AetMultiplierState *m, const float *from, ptrdiff_t lines, ptrdiff_t pitch, float scale, float *to);
/* Floats of work of a thread; of the square. */
size_t AetUnitWork(const AetMultiplierState *m);
size_t AetUnitSquare(const AetMultiplierState *m);

#endif
