/* The transform of n values padded by zeros to N = classes · length: the outputs k = class (mod classes) are a transform of `length` of the
   values times exp(-2πi class r/N). No zero is stored, loaded or added, and the work set is `length` rows instead of N. */
#include "dist/kernel/lanes.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

int AetPaddedPlanCreate(AetPaddedPlan *plan, ptrdiff_t n, ptrdiff_t N)
{
  memset(plan, 0, sizeof *plan);
  plan->n = n;
  plan->N = N;
  plan->classes = N / n;
  while (N % plan->classes) plan->classes--;
  plan->length = N / plan->classes;
  plan->twiddle = malloc(sizeof(float) * 2 * (size_t)(plan->classes * n));
  if (!plan->twiddle) return 1;
  for (ptrdiff_t c = 0; c < plan->classes; c++)
    for (ptrdiff_t i = 0; i < n; i++) {
      double angle = -2 * M_PI * (double)(c * (i - n / 2) % N) / (double)N;
      plan->twiddle[2 * (c * n + i)] = (float)cos(angle);
      plan->twiddle[2 * (c * n + i) + 1] = (float)sin(angle);
    }
  return AetLanePlanCreate(&plan->plan, plan->length);
}

void AetPaddedPlanFree(AetPaddedPlan *plan)
{
  free(plan->twiddle);
  AetLanePlanFree(&plan->plan);
  memset(plan, 0, sizeof *plan);
}

/* Rows times exp(-2πi class r/N). */
static void Turn(const float *w, const AetLane *in, ptrdiff_t count, AetLane *out)
{
  for (ptrdiff_t i = 0; i < count; i++) {
    const AetLane re = in[2 * i], im = in[2 * i + 1];
    out[2 * i] = re * w[2 * i] - im * w[2 * i + 1];
    out[2 * i + 1] = re * w[2 * i + 1] + im * w[2 * i];
  }
}

/* Adds rows times exp(+2πi class r/N). */
static void TurnBack(const float *w, const AetLane *in, ptrdiff_t count, AetLane *out)
{
  for (ptrdiff_t i = 0; i < count; i++) {
    const AetLane re = in[2 * i], im = in[2 * i + 1];
    out[2 * i] += re * w[2 * i] + im * w[2 * i + 1];
    out[2 * i + 1] += im * w[2 * i] - re * w[2 * i + 1];
  }
}

void AetPaddedForward(const AetPaddedPlan *plan, const AetLane *in, AetLane *out, ptrdiff_t stride, AetLane *work)
{
  const ptrdiff_t n = plan->n, low = n / 2, length = plan->length;
  AetLane        *first = work, *second = work + 2 * length, *wrapped = AetLaneScratch(&plan->plan, first, second);

  for (ptrdiff_t c = 0; c < plan->classes; c++) {
    const float *w = plan->twiddle + 2 * c * n;
    /* origin first: the values of negative r go to the end */
    Turn(w, in, low, wrapped + 2 * (length - low));
    Turn(w + 2 * low, in + 2 * low, n - low, wrapped);
    memset(wrapped + 2 * (n - low), 0, sizeof(AetLane) * 2 * (size_t)(length - n));
    AetLaneTransform(&plan->plan, -1, wrapped, 1, out + 2 * c * stride, plan->classes * stride, first, second);
  }
}

void AetPaddedBackward(const AetPaddedPlan *plan, const AetLane *in, ptrdiff_t stride, AetLane *out, AetLane *work)
{
  const ptrdiff_t n = plan->n, low = n / 2, length = plan->length;
  AetLane        *first = work, *second = work + 2 * length;

  for (ptrdiff_t c = 0; c < plan->classes; c++) {
    const float *w = plan->twiddle + 2 * c * n;
    AetLaneTransform(&plan->plan, +1, in + 2 * c * stride, plan->classes * stride, second, 1, first, second);
    if (c == 0) {
      memcpy(out, second + 2 * (length - low), sizeof(AetLane) * 2 * (size_t)low);
      memcpy(out + 2 * low, second, sizeof(AetLane) * 2 * (size_t)(n - low));
    } else {
      TurnBack(w, second + 2 * (length - low), low, out);
      TurnBack(w + 2 * low, second, n - low, out + 2 * low);
    }
  }
}
