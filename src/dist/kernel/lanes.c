/* Stockham's self-sorting transform (decimation in frequency, mixed radix) on rows of eight columns. */
#include "dist/kernel/lanes.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define INLINE __attribute__((always_inline))

typedef struct {
  AetLane re, im;
} Value;

static inline INLINE void Butterfly2(Value *v)
{
  Value a = v[0], b = v[1];

  v[0].re = a.re + b.re, v[0].im = a.im + b.im;
  v[1].re = a.re - b.re, v[1].im = a.im - b.im;
}

static inline INLINE void Butterfly4(Value *v)
{
  Value s = v[0], d = v[0], t = v[1], u = v[1];

  s.re += v[2].re, s.im += v[2].im, d.re -= v[2].re, d.im -= v[2].im;
  t.re += v[3].re, t.im += v[3].im, u.re -= v[3].re, u.im -= v[3].im;
  v[0].re = s.re + t.re, v[0].im = s.im + t.im;
  v[1].re = d.re + u.im, v[1].im = d.im - u.re;
  v[2].re = s.re - t.re, v[2].im = s.im - t.im;
  v[3].re = d.re - u.im, v[3].im = d.im + u.re;
}

static inline INLINE void Butterfly8(Value *v)
{
  const float h = 0.70710678118654752f;
  Value       even[4] = {v[0], v[2], v[4], v[6]}, odd[4] = {v[1], v[3], v[5], v[7]}, t;

  Butterfly4(even);
  Butterfly4(odd);
  t = odd[1], odd[1].re = h * (t.re + t.im), odd[1].im = h * (t.im - t.re);
  t = odd[2], odd[2].re = t.im, odd[2].im = -t.re;
  t = odd[3], odd[3].re = h * (t.im - t.re), odd[3].im = -h * (t.re + t.im);
  _Pragma("GCC unroll 4") for (int k = 0; k < 4; k++)
  {
    v[k].re = even[k].re + odd[k].re, v[k].im = even[k].im + odd[k].im;
    v[k + 4].re = even[k].re - odd[k].re, v[k + 4].im = even[k].im - odd[k].im;
  }
}

/* cos and sin of 2πk/R */
static const float cos3[] = {1, -0.5f, -0.5f}, sin3[] = {0, 0.86602540378443865f, -0.86602540378443865f};
static const float cos5[] = {1, 0.30901699437494742f, -0.80901699437494742f, -0.80901699437494742f, 0.30901699437494742f},
                   sin5[] = {0, 0.95105651629515357f, 0.58778525229247313f, -0.58778525229247313f, -0.95105651629515357f};
static const float cos7[] = {1,
                             0.62348980185873353f,
                             -0.22252093395631440f,
                             -0.90096886790241913f,
                             -0.90096886790241913f,
                             -0.22252093395631440f,
                             0.62348980185873353f},
                   sin7[] = {0,
                             0.78183148246802981f,
                             0.97492791218182361f,
                             0.43388373911755812f,
                             -0.43388373911755812f,
                             -0.97492791218182361f,
                             -0.78183148246802981f};

/* An odd radix: the sums and differences of mirrored inputs meet only cosines and only sines. */
#define BUTTERFLY_ODD(R) \
  static inline INLINE void Butterfly##R(Value *v) \
  { \
    Value sum[R / 2 + 1], difference[R / 2 + 1], x0 = v[0]; \
    for (int j = 1; j <= R / 2; j++) { \
      sum[j].re = v[j].re + v[R - j].re, sum[j].im = v[j].im + v[R - j].im; \
      difference[j].re = v[j].re - v[R - j].re, difference[j].im = v[j].im - v[R - j].im; \
      v[0].re += sum[j].re, v[0].im += sum[j].im; \
    } \
    for (int k = 1; k <= R / 2; k++) { \
      Value a = x0, b; \
      b.re = sin##R[k] * difference[1].re, b.im = sin##R[k] * difference[1].im; \
      a.re += cos##R[k] * sum[1].re, a.im += cos##R[k] * sum[1].im; \
      for (int j = 2; j <= R / 2; j++) { \
        a.re += cos##R[j * k % R] * sum[j].re, a.im += cos##R[j * k % R] * sum[j].im; \
        b.re += sin##R[j * k % R] * difference[j].re, b.im += sin##R[j * k % R] * difference[j].im; \
      } \
      v[k].re = a.re + b.im, v[k].im = a.im - b.re; \
      v[R - k].re = a.re - b.im, v[R - k].im = a.im + b.re; \
    } \
  }
BUTTERFLY_ODD(3)
BUTTERFLY_ODD(5)
BUTTERFLY_ODD(7)

/* What a stage works on: columns of `length` still to be transformed, `stride` of them side by side; parts of rows `step` rows apart. The
   first and the last stage also do the work of the padding, so that no pass over the data is spent on it (AetLaneEnds). */
typedef enum { PLAIN, WRAPPED, TURNED, KEPT, ADDED } Kind;
typedef struct {
  ptrdiff_t          length, stride;
  const float       *twiddle, *root;
  const AetLane     *in_re, *in_im;
  ptrdiff_t          in_step;
  AetLane           *out_re, *out_im;
  ptrdiff_t          out_step;
  Kind               kind;
  const AetLaneEnds *ends;
} Stage;

static const AetLane zero[2];

/* Row `row` of a first stage: place i of the object, perhaps turned. */
static inline INLINE Value TakeIn(const Stage *g, ptrdiff_t row, int turned)
{
  const AetLaneEnds *e = g->ends;
  const ptrdiff_t    i = row + e->low < e->length ? row + e->low : row + e->low - e->length;
  const AetLane     *from = i < e->n ? e->in + 2 * i : zero;
  Value              v = {from[0], from[1]};

  if (turned) {
    const float *w = e->turn + 2 * (i < e->n ? i : 0);
    const Value  u = v;
    v.re = u.re * w[0] - u.im * w[1];
    v.im = u.re * w[1] + u.im * w[0];
  }
  return v;
}

/* Row `row` of a last stage to place i of the object, in conjugate form: parts exchanged. */
static inline INLINE void PutOut(const Stage *g, ptrdiff_t row, const Value *v, int added)
{
  const AetLaneEnds *e = g->ends;
  const ptrdiff_t    i = row + e->low < e->length ? row + e->low : row + e->low - e->length;
  AetLane           *to = e->out + 2 * i;

  if (i >= e->n) return;
  if (added) {
    const float *w = e->turn + 2 * i;
    to[0] += v->im * w[0] + v->re * w[1];
    to[1] += v->re * w[0] - v->im * w[1];
  } else {
    to[0] = v->im;
    to[1] = v->re;
  }
}

/* out[q + stride (R p + k)] = exp(-2πi p k/length) Σ_j in[q + stride (p + j length/R)] exp(-2πi j k/R); p = 0 needs no twiddle, and the
   last stage is all p = 0. */
#define STAGE(R) \
  static inline INLINE void Turn##R(const Stage *g, ptrdiff_t p, int twiddled, Kind kind) \
  { \
    const ptrdiff_t m = g->length / R, s = g->stride, is = 2 * g->in_step, os = 2 * g->out_step; \
    const float    *w = g->twiddle + p * 2 * (R - 1); \
    for (ptrdiff_t q = 0; q < s; q++) { \
      Value          v[R]; \
      const AetLane *re = g->in_re + (q + s * p) * is, *im = g->in_im + (q + s * p) * is; \
      AetLane       *ore = g->out_re + (q + s * R * p) * os, *oim = g->out_im + (q + s * R * p) * os; \
      _Pragma("GCC unroll 8") for (int j = 0; j < R; j++) \
      { \
        if (kind == WRAPPED || kind == TURNED) \
          v[j] = TakeIn(g, p + j * m, kind == TURNED); \
        else \
          v[j].re = re[j * s * m * is], v[j].im = im[j * s * m * is]; \
      } \
      Butterfly##R(v); \
      _Pragma("GCC unroll 8") for (int k = 0; k < R; k++) \
      { \
        const float c = twiddled && k ? w[2 * k - 2] : 1, d = twiddled && k ? w[2 * k - 1] : 0; \
        if (kind == KEPT || kind == ADDED) \
          PutOut(g, q + s * k, &v[k], kind == ADDED); \
        else if (twiddled && k) { \
          ore[k * s * os] = v[k].re * c - v[k].im * d; \
          oim[k * s * os] = v[k].re * d + v[k].im * c; \
        } else { \
          ore[k * s * os] = v[k].re; \
          oim[k * s * os] = v[k].im; \
        } \
      } \
    } \
  } \
  static void Plain##R(const Stage *g) \
  { \
    Turn##R(g, 0, 0, PLAIN); \
    for (ptrdiff_t p = 1; p < g->length / R; p++) Turn##R(g, p, 1, PLAIN); \
  } \
  static void Wrapped##R(const Stage *g) \
  { \
    Turn##R(g, 0, 0, WRAPPED); \
    for (ptrdiff_t p = 1; p < g->length / R; p++) Turn##R(g, p, 1, WRAPPED); \
  } \
  static void Turned##R(const Stage *g) \
  { \
    Turn##R(g, 0, 0, TURNED); \
    for (ptrdiff_t p = 1; p < g->length / R; p++) Turn##R(g, p, 1, TURNED); \
  } \
  static void Kept##R(const Stage *g) \
  { \
    Turn##R(g, 0, 0, KEPT); \
  } \
  static void Added##R(const Stage *g) \
  { \
    Turn##R(g, 0, 0, ADDED); \
  }
STAGE(2)
STAGE(3)
STAGE(4)
STAGE(5)
STAGE(7)
STAGE(8)

/* Any radix, in radix² operations: for the prime sizes that nobody should choose. */
static void StageAny(const Stage *g, ptrdiff_t R)
{
  const ptrdiff_t m = g->length / R, s = g->stride, is = 2 * g->in_step, os = 2 * g->out_step;

  for (ptrdiff_t p = 0; p < m; p++)
    for (ptrdiff_t k = 0; k < R; k++) {
      const float *w = g->twiddle + (p * (R - 1) + k - 1) * 2;
      const float  c = k ? w[0] : 1, d = k ? w[1] : 0;
      for (ptrdiff_t q = 0; q < s; q++) {
        Value sum = {{0}, {0}}, turned;
        for (ptrdiff_t j = 0; j < R; j++) {
          const float    *u = g->root + 2 * (j * k % R);
          const ptrdiff_t row = (q + s * (p + j * m)) * is;
          const Value     v =
              g->kind == WRAPPED || g->kind == TURNED ? TakeIn(g, p + j * m, g->kind == TURNED) : (Value){g->in_re[row], g->in_im[row]};
          sum.re += v.re * u[0] - v.im * u[1];
          sum.im += v.re * u[1] + v.im * u[0];
        }
        turned.re = sum.re * c - sum.im * d, turned.im = sum.re * d + sum.im * c;
        if (g->kind == KEPT || g->kind == ADDED)
          PutOut(g, q + s * k, &turned, g->kind == ADDED);
        else
          g->out_re[(q + s * (R * p + k)) * os] = turned.re, g->out_im[(q + s * (R * p + k)) * os] = turned.im;
      }
    }
}

static void StageRun(const Stage *g, ptrdiff_t radix)
{
  static void (*const run[9][5])(const Stage *) = {
      [2] = {Plain2, Wrapped2, Turned2, Kept2, Added2}, [3] = {Plain3, Wrapped3, Turned3, Kept3, Added3},
      [4] = {Plain4, Wrapped4, Turned4, Kept4, Added4}, [5] = {Plain5, Wrapped5, Turned5, Kept5, Added5},
      [7] = {Plain7, Wrapped7, Turned7, Kept7, Added7}, [8] = {Plain8, Wrapped8, Turned8, Kept8, Added8},
  };

  if (radix < 9 && run[radix][0])
    run[radix][g->kind](g);
  else
    StageAny(g, radix);
}

void AetLaneForward(const AetLanePlan *plan, const AetLaneEnds *ends, AetLane *out, ptrdiff_t out_stride, AetLane *work)
{
  const int last = plan->stages - 1;
  ptrdiff_t length = plan->n, stride = 1;
  AetLane  *from = NULL;

  if (!plan->stages) {
    const Stage g = {.ends = ends};
    const Value v = TakeIn(&g, 0, ends->turn != NULL);
    out[0] = v.re, out[1] = v.im;
  }
  for (int t = 0; t <= last; t++) {
    AetLane    *to = t == last ? out : work + t % 2 * 2 * plan->n;
    const Stage g = {.length = length,
                     .stride = stride,
                     .twiddle = plan->twiddle[t],
                     .root = plan->root[t],
                     .in_re = from,
                     .in_im = from + 1,
                     .in_step = 1,
                     .out_re = to,
                     .out_im = to + 1,
                     .out_step = t == last ? out_stride : 1,
                     .kind = t            ? PLAIN
                             : ends->turn ? TURNED
                                          : WRAPPED,
                     .ends = ends};
    StageRun(&g, plan->radix[t]);
    length /= plan->radix[t], stride *= plan->radix[t];
    from = to;
  }
}

void AetLaneBackward(const AetLanePlan *plan, const AetLane *in, ptrdiff_t in_stride, const AetLaneEnds *ends, AetLane *work)
{
  /* parts exchanged on the way in and out: that conjugates the transform */
  const int      last = plan->stages - 1;
  ptrdiff_t      length = plan->n, stride = 1;
  const AetLane *re = in + 1, *im = in;

  if (!plan->stages) {
    const Stage g = {.ends = ends};
    PutOut(&g, 0, &(Value){in[1], in[0]}, ends->turn != NULL);
  }
  for (int t = 0; t <= last; t++) {
    AetLane    *to = work + t % 2 * 2 * plan->n;
    const Stage g = {.length = length,
                     .stride = stride,
                     .twiddle = plan->twiddle[t],
                     .root = plan->root[t],
                     .in_re = re,
                     .in_im = im,
                     .in_step = t ? 1 : in_stride,
                     .out_re = to,
                     .out_im = to + 1,
                     .out_step = 1,
                     .kind = t < last     ? PLAIN
                             : ends->turn ? ADDED
                                          : KEPT,
                     .ends = ends};
    StageRun(&g, plan->radix[t]);
    length /= plan->radix[t], stride *= plan->radix[t];
    re = to, im = to + 1;
  }
}

/* Radices: threes, fives, sevens and others as they are; of twos, eights and fours, never a lone two beside an eight. */
static void Factor(AetLanePlan *plan)
{
  ptrdiff_t rest = plan->n;
  int       twos = 0;

  for (; rest % 2 == 0; rest /= 2) twos++;
  for (; twos == 3 || twos > 4; twos -= 3) plan->radix[plan->stages++] = 8;
  for (; twos >= 2; twos -= 2) plan->radix[plan->stages++] = 4;
  if (twos) plan->radix[plan->stages++] = 2;
  for (ptrdiff_t f = 3; rest > 1; f += 2) {
    if (f * f > rest) f = rest;
    for (; rest % f == 0; rest /= f) plan->radix[plan->stages++] = f;
  }
}

static void Root(double numerator, double denominator, float *w)
{
  double angle = -2 * M_PI * numerator / denominator;

  w[0] = (float)cos(angle);
  w[1] = (float)sin(angle);
}

int AetLanePlanCreate(AetLanePlan *plan, ptrdiff_t n)
{
  ptrdiff_t length = n;

  memset(plan, 0, sizeof *plan);
  plan->n = n;
  Factor(plan);
  for (int t = 0; t < plan->stages; t++) {
    ptrdiff_t R = plan->radix[t], m = length / R;
    plan->twiddle[t] = malloc(sizeof(float) * 2 * (size_t)(m * (R - 1)));
    plan->root[t] = malloc(sizeof(float) * 2 * (size_t)R);
    if (!plan->twiddle[t] || !plan->root[t]) return 1;
    for (ptrdiff_t p = 0; p < m; p++)
      for (ptrdiff_t k = 1; k < R; k++) Root((double)(p * k), (double)length, plan->twiddle[t] + 2 * (p * (R - 1) + k - 1));
    for (ptrdiff_t k = 0; k < R; k++) Root((double)k, (double)R, plan->root[t] + 2 * k);
    length = m;
  }
  return 0;
}

void AetLanePlanFree(AetLanePlan *plan)
{
  for (int t = 0; t < plan->stages; t++) {
    free(plan->twiddle[t]);
    free(plan->root[t]);
  }
  memset(plan, 0, sizeof *plan);
}
