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

static AetLaneEnds Ends(const AetPaddedPlan *plan, ptrdiff_t class, const AetLane *in, AetLane *out)
{
  return (AetLaneEnds){plan->n, plan->n / 2, plan->length, class ? plan->twiddle + 2 * class * plan->n : NULL, in, out};
}

void AetPaddedForward(const AetPaddedPlan *plan, const AetLane *in, AetLane *out, ptrdiff_t stride, AetLane *work)
{
  for (ptrdiff_t class = 0; class < plan->classes; class ++) {
    const AetLaneEnds ends = Ends(plan, class, in, NULL);
    AetLaneForward(&plan->plan, &ends, out + 2 * class * stride, plan->classes * stride, work);
  }
}

void AetPaddedBackward(const AetPaddedPlan *plan, const AetLane *in, ptrdiff_t stride, AetLane *out, AetLane *work)
{
  for (ptrdiff_t class = 0; class < plan->classes; class ++) {
    const AetLaneEnds ends = Ends(plan, class, NULL, out);
    AetLaneBackward(&plan->plan, in + 2 * class * stride, plan->classes * stride, &ends, work);
  }
}
