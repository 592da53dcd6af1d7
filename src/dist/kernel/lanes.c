/* Stockham's self-sorting transform (decimation in frequency, mixed radix) on rows of eight columns. */
#include "dist/kernel/lanes.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  AetLane re, im;
} Value;

static inline __attribute__((always_inline)) void Butterfly2(Value *v)
{
  Value a = v[0], b = v[1];

  v[0].re = a.re + b.re, v[0].im = a.im + b.im;
  v[1].re = a.re - b.re, v[1].im = a.im - b.im;
}

static inline __attribute__((always_inline)) void Butterfly4(Value *v)
{
  Value s = v[0], d = v[0], t = v[1], u = v[1];

  s.re += v[2].re, s.im += v[2].im, d.re -= v[2].re, d.im -= v[2].im;
  t.re += v[3].re, t.im += v[3].im, u.re -= v[3].re, u.im -= v[3].im;
  v[0].re = s.re + t.re, v[0].im = s.im + t.im;
  v[1].re = d.re + u.im, v[1].im = d.im - u.re;
  v[2].re = s.re - t.re, v[2].im = s.im - t.im;
  v[3].re = d.re - u.im, v[3].im = d.im + u.re;
}

static inline __attribute__((always_inline)) void Butterfly8(Value *v)
{
  const float h = 0.70710678118654752f;
  Value       even[4] = {v[0], v[2], v[4], v[6]}, odd[4] = {v[1], v[3], v[5], v[7]}, t;

  Butterfly4(even);
  Butterfly4(odd);
  t = odd[1], odd[1].re = h * (t.re + t.im), odd[1].im = h * (t.im - t.re);
  t = odd[2], odd[2].re = t.im, odd[2].im = -t.re;
  t = odd[3], odd[3].re = h * (t.im - t.re), odd[3].im = -h * (t.re + t.im);
  for (int k = 0; k < 4; k++) {
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
  static inline __attribute__((always_inline)) void Butterfly##R(Value *v) \
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

/* What a stage works on: columns of `length` still to be transformed, `stride` of them side by side; parts of rows `step` rows apart. */
typedef struct {
  ptrdiff_t      length, stride;
  const float   *twiddle, *root;
  const AetLane *in_re, *in_im;
  ptrdiff_t      in_step;
  AetLane       *out_re, *out_im;
  ptrdiff_t      out_step;
} Stage;

/* out[q + stride (R p + k)] = exp(-2πi p k/length) Σ_j in[q + stride (p + j length/R)] exp(-2πi j k/R); p = 0 needs no twiddle, and the
   last stage is all p = 0. */
#define STAGE(R) \
  static inline __attribute__((always_inline)) void Turn##R(const Stage *g, ptrdiff_t p, int twiddled) \
  { \
    const ptrdiff_t m = g->length / R, s = g->stride, is = 2 * g->in_step, os = 2 * g->out_step; \
    const float    *w = g->twiddle + p * 2 * (R - 1); \
    for (ptrdiff_t q = 0; q < s; q++) { \
      Value          v[R]; \
      const AetLane *re = g->in_re + (q + s * p) * is, *im = g->in_im + (q + s * p) * is; \
      AetLane       *ore = g->out_re + (q + s * R * p) * os, *oim = g->out_im + (q + s * R * p) * os; \
      _Pragma("GCC unroll 8") for (int j = 0; j < R; j++) v[j].re = re[j * s * m * is], v[j].im = im[j * s * m * is]; \
      Butterfly##R(v); \
      ore[0] = v[0].re, oim[0] = v[0].im; \
      _Pragma("GCC unroll 8") for (int k = 1; k < R; k++) \
      { \
        const float c = twiddled ? w[2 * k - 2] : 1, d = twiddled ? w[2 * k - 1] : 0; \
        if (twiddled) { \
          ore[k * s * os] = v[k].re * c - v[k].im * d; \
          oim[k * s * os] = v[k].re * d + v[k].im * c; \
        } else { \
          ore[k * s * os] = v[k].re; \
          oim[k * s * os] = v[k].im; \
        } \
      } \
    } \
  } \
  static void Stage##R(const Stage *g) \
  { \
    Turn##R(g, 0, 0); \
    for (ptrdiff_t p = 1; p < g->length / R; p++) Turn##R(g, p, 1); \
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
        const AetLane *re = g->in_re + (q + s * p) * is, *im = g->in_im + (q + s * p) * is;
        AetLane        a = re[0], b = im[0];
        for (ptrdiff_t j = 1; j < R; j++) {
          const float *u = g->root + 2 * (j * k % R);
          a += re[j * s * m * is] * u[0] - im[j * s * m * is] * u[1];
          b += re[j * s * m * is] * u[1] + im[j * s * m * is] * u[0];
        }
        g->out_re[(q + s * (R * p + k)) * os] = a * c - b * d;
        g->out_im[(q + s * (R * p + k)) * os] = a * d + b * c;
      }
    }
}

static void StageRun(const Stage *g, ptrdiff_t radix)
{
  switch (radix) {
  case 2:
    Stage2(g);
    break;
  case 3:
    Stage3(g);
    break;
  case 4:
    Stage4(g);
    break;
  case 5:
    Stage5(g);
    break;
  case 7:
    Stage7(g);
    break;
  case 8:
    Stage8(g);
    break;
  default:
    StageAny(g, radix);
  }
}

AetLane *AetLaneScratch(const AetLanePlan *plan, AetLane *first, AetLane *second)
{
  return plan->stages % 2 ? first : second;
}

void AetLaneTransform(const AetLanePlan *plan, int sign, const AetLane *in, ptrdiff_t in_stride, AetLane *out, ptrdiff_t out_stride,
                      AetLane *first, AetLane *second)
{
  /* exchanging the parts on the way in and out conjugates the transform */
  const int      re = sign < 0 ? 0 : 1, last = plan->stages - 1;
  ptrdiff_t      length = plan->n, stride = 1, step = in_stride;
  const AetLane *from = in;

  if (!plan->stages) out[0] = in[0], out[1] = in[1];
  for (int t = 0; t <= last; t++) {
    AetLane *to = t == last ? out : (last - t) % 2 ? first : second;
    Stage g = {length, stride, plan->twiddle[t], plan->root[t], from + re, from + !re, step, to + re, to + !re, t == last ? out_stride : 1};
    StageRun(&g, plan->radix[t]);
    length /= plan->radix[t], stride *= plan->radix[t];
    from = to, step = 1;
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
