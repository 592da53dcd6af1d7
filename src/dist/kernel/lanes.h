/* Fourier transforms of eight columns at a time. A row holds the eight values of one index, real parts then imaginary parts, so every
   operation of the transform is one vector operation and nothing is ever shuffled. Plain C with the vectors GCC and Clang have. */
#ifndef AET4D_DIST_LANES_H
#define AET4D_DIST_LANES_H

#include <complex.h>
#include <stddef.h>

#define AET_LANES 8

/* every function that passes a vector by value is inlined, so how an older processor would pass it does not matter */
#pragma GCC diagnostic ignored "-Wpsabi"

typedef float AetLane __attribute__((vector_size(4 * AET_LANES), may_alias)); /* one part of a row; a row is two of them */

/* ---------------------------------------------------------------- complex transform of rows */

#define AET_LANE_STAGES 40

typedef struct {
  ptrdiff_t n;
  int       stages;
  ptrdiff_t radix[AET_LANE_STAGES];
  float    *twiddle[AET_LANE_STAGES]; /* per stage [p][k = 1 … radix-1] (cos, sin) of exp(-2πi p k / length) */
  float    *root[AET_LANE_STAGES];    /* only of a radix without its own butterfly: exp(-2πi k / radix) */
} AetLanePlan;

/* 0, or 1 if memory is short. The plan may be freed after either. */
int  AetLanePlanCreate(AetLanePlan *plan, ptrdiff_t n);
void AetLanePlanFree(AetLanePlan *plan);
/* The side of a transform that is an object of n rows: row i is place i - low of the transform, counted round; the other places are empty.
   Each row is multiplied by `turn`[i] (cos, sin) on its way in, and by the conjugate on its way out, where it is then added to what is
   there; where turn is NULL it goes in as it is, and out over what is there. */
typedef struct {
  ptrdiff_t      n, low, length; /* length is the plan's n */
  const float   *turn;
  const AetLane *in;
  AetLane       *out;
} AetLaneEnds;

/* Unnormalised transform with exp(-2πi jk/n) of the object ends->in to rows out[k out_stride]; `work` is 2 n rows. */
void AetLaneForward(const AetLanePlan *plan, const AetLaneEnds *ends, AetLane *out, ptrdiff_t out_stride, AetLane *work);
/* The one with exp(+2πi jk/n) of rows in[k in_stride] to the object ends->out. */
void AetLaneBackward(const AetLanePlan *plan, const AetLane *in, ptrdiff_t in_stride, const AetLaneEnds *ends, AetLane *work);

/* ---------------------------------------------------------------- transform of n rows, padded by zeros to N, without the padding */

typedef struct {
  ptrdiff_t   n, N, classes, length; /* N = classes · length, length ≥ n */
  AetLanePlan plan;                  /* of `length` */
  float      *twiddle;               /* [class][n] (cos, sin) of exp(-2πi class r / N), r = i - floor(n/2) */
} AetPaddedPlan;

int  AetPaddedPlanCreate(AetPaddedPlan *plan, ptrdiff_t n, ptrdiff_t N);
void AetPaddedPlanFree(AetPaddedPlan *plan);
/* Row k of out, `stride` rows apart, = Σ_i in[i] exp(-2πi k (i - floor(n/2))/N), k = 0 … N-1; `work` is 2·length rows. */
void AetPaddedForward(const AetPaddedPlan *plan, const AetLane *in, AetLane *out, ptrdiff_t stride, AetLane *work);
/* The adjoint: out[i] = Σ_k in[k] exp(+2πi k (i - floor(n/2))/N), i = 0 … n-1, with rows of `in` `stride` apart. */
void AetPaddedBackward(const AetPaddedPlan *plan, const AetLane *in, ptrdiff_t stride, AetLane *out, AetLane *work);

/* ---------------------------------------------------------------- between rows and arrays with one column after the other */

/* rows[count] to columns[lanes][pitch] and back; lanes that are not there read as zero. */
void AetRowsToColumns(const AetLane *rows, ptrdiff_t count, int lanes, float complex *columns, ptrdiff_t pitch);
void AetColumnsToRows(const float complex *columns, ptrdiff_t pitch, ptrdiff_t count, int lanes, AetLane *rows);
/* `lines` ≤ 16 real lines of `count` numbers, `pitch` apart, to rows: lines 0 … 7 the real parts, 8 … 15 the imaginary parts; and back,
 * scaled. */
void AetLinesToRows(const float *lines_in, ptrdiff_t pitch, ptrdiff_t count, int lines, AetLane *rows);
void AetRowsToLines(const AetLane *rows, ptrdiff_t count, int lines, float scale, float *lines_out, ptrdiff_t pitch);
/* The transform Z[N] of sixteen real lines in the rows of AetLinesToRows, to their half spectra k = 0 … N/2, with k in the lanes: line y,
   block b = k/8 at half[(b block_pitch + y) 2] (in AetLane). And its adjoint in the sense of a c2r: the full Hermitian Z of the half
   spectra. */
void AetRealSplit(const AetLane *Z, ptrdiff_t N, int lines, AetLane *half, ptrdiff_t block_pitch);
void AetRealJoin(const AetLane *half, ptrdiff_t block_pitch, ptrdiff_t N, int lines, AetLane *Z);
/* The same with the last block apart, at last[2 y], unless that is NULL. */
void AetRealSplitApart(const AetLane *Z, ptrdiff_t N, int lines, AetLane *half, ptrdiff_t block_pitch, AetLane *last);
void AetRealJoinApart(const AetLane *half, ptrdiff_t block_pitch, const AetLane *last, ptrdiff_t N, int lines, AetLane *Z);

#endif
