#include "tilt/kernel/wiener.h"
#include <math.h>
#include <string.h>

enum { FEW = 64, RINGS = 2 * AET_BLOCK_MOST };
#define WHITE_WITHIN 4.0

static void SetVariance(AetWienerPlan *plan, const double *ring)
{
  const int n = plan->plan.n, pitch = plan->plan.pitch;

  for (int i = 0; i < AET_BLOCK_ROOM; i++) plan->variance[i] = 1;
  for (int r = 0; r < n && ring; r++)
    for (int c = 0; c < n; c++) plan->variance[r * pitch + c] = (float)ring[(int)(sqrt((double)(r * r + c * c)) + 0.5)];
  for (int i = 0; i < AET_BLOCK_ROOM; i++) plan->threshold[i] = (float)plan->lambda * sqrtf(plan->variance[i]);
}

int AetWienerPlanSet(AetWienerPlan *plan, int n, int step, double lambda)
{
  memset(plan, 0, sizeof *plan);
  plan->step = step, plan->lambda = lambda;
  if (AetBlockPlanSet(&plan->plan, AET_BLOCK_DCT, n)) return 1;
  SetVariance(plan, NULL);
  return 0;
}

static int IsBackground(const unsigned char *mask, ptrdiff_t nx, int n)
{
  int object = 0;

  for (int r = 0; r < n && !object; r++)
    for (int c = 0; c < n; c++) object |= mask[r * nx + c];
  return !object;
}

ptrdiff_t AetWienerMeasure(AetWienerPlan *plan, const AetPlainImage *noisy, const unsigned char *mask)
{
  const int n = plan->plan.n, pitch = plan->plan.pitch;
  double    power[AET_BLOCK_ROOM] = {0}, ring[RINGS] = {0}, number[RINGS] = {0};
  float     block[AET_BLOCK_ROOM];
  ptrdiff_t blocks = 0;

  for (ptrdiff_t y = 0; y + n <= noisy->ny; y += n / 2)
    for (ptrdiff_t x = 0; x + n <= noisy->nx; x += n / 2) {
      if (!IsBackground(&mask[y * noisy->nx + x], noisy->nx, n)) continue;
      AetBlockForward(&plan->plan, noisy->data + y * noisy->nx + x, noisy->nx, block);
      for (int i = 0; i < n * pitch; i++) power[i] += (double)block[i] * block[i];
      blocks++;
    }
  if (blocks < FEW) return blocks;
  for (int r = 0; r < n; r++)
    for (int c = 0; c < n; c++) {
      const int at = (int)(sqrt((double)(r * r + c * c)) + 0.5);
      if (at > 0) ring[at] += power[r * pitch + c] / (double)blocks, number[at]++;
    }
  for (int i = 1; i < RINGS; i++) ring[i] = number[i] > 0 ? fmin(fmax(ring[i] / number[i], 1 / WHITE_WITHIN), WHITE_WITHIN) : 1;
  ring[0] = ring[1]; /* the mean of the background is no noise */
  SetVariance(plan, ring);
  return blocks;
}

static void Aggregate(const AetBlockPlan *plan, ptrdiff_t nx, ptrdiff_t at, float weight, float *block, AetStripe *stripe)
{
  const ptrdiff_t to = at - stripe->first * nx;

  AetBlockInverse(plan, block);
  for (int r = 0; r < plan->n; r++)
    for (int c = 0; c < plan->n; c++) {
      stripe->sum[to + r * nx + c] += weight * block[r * plan->pitch + c];
      stripe->weight[to + r * nx + c] += weight;
    }
}

void AetWienerFirst(const AetWienerPlan *plan, const AetPlainImage *noisy, AetStripe *stripe)
{
  const ptrdiff_t last = noisy->nx - plan->plan.n;
  const int       size = plan->plan.n * plan->plan.pitch;
  float           block[AET_BLOCK_ROOM];

  for (ptrdiff_t i = 0; i < stripe->rows; i++)
    for (ptrdiff_t x = 0; x < last + plan->step; x += plan->step) {
      const ptrdiff_t at = stripe->row[i] * noisy->nx + (x < last ? x : last);
      float           left = plan->variance[0];

      AetBlockForward(&plan->plan, noisy->data + at, noisy->nx, block);
      for (int k = 1; k < size; k++) {
        const int keep = fabsf(block[k]) > plan->threshold[k];
        left += keep ? plan->variance[k] : 0;
        block[k] = keep ? block[k] : 0;
      }
      Aggregate(&plan->plan, noisy->nx, at, 1 / left, block, stripe);
    }
}

void AetWienerSecond(const AetWienerPlan *plan, const AetPlainImage *noisy, const AetPlainImage *pilot, AetStripe *stripe)
{
  const ptrdiff_t last = noisy->nx - plan->plan.n;
  const int       size = plan->plan.n * plan->plan.pitch;
  float           block[AET_BLOCK_ROOM], clean[AET_BLOCK_ROOM];

  for (ptrdiff_t i = 0; i < stripe->rows; i++)
    for (ptrdiff_t x = 0; x < last + plan->step; x += plan->step) {
      const ptrdiff_t at = stripe->row[i] * noisy->nx + (x < last ? x : last);
      float           left = plan->variance[0];

      AetBlockForward(&plan->plan, noisy->data + at, noisy->nx, block);
      AetBlockForward(&plan->plan, pilot->data + at, noisy->nx, clean);
      for (int k = 1; k < size; k++) {
        const float factor = clean[k] * clean[k] / (clean[k] * clean[k] + plan->variance[k]);
        left += factor * factor * plan->variance[k];
        block[k] *= factor;
      }
      Aggregate(&plan->plan, noisy->nx, at, 1 / left, block, stripe);
    }
}
