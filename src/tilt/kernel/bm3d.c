#include "tilt/kernel/bm3d.h"
#include <math.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

/* The modified Bessel function of order 0. */
static double Bessel(double x)
{
  double term = 1, sum = 1;

  for (int k = 1; k < 40; k++) {
    term *= x * x / (4.0 * k * k);
    sum += term;
  }
  return sum;
}

int AetBm3dPlanSet(AetBm3dPlan *plan, const AetBm3dStage *stage, double sigma, double grey)
{
  const int n = stage->block;

  memset(plan, 0, sizeof *plan);
  plan->stage = *stage;
  if (AetBlockPlanSet(&plan->plan, stage->transform, n)) return 1;
  plan->sigma = (float)sigma;
  plan->limit = (float)fmax(stage->match / (grey * grey), stage->alike * sigma * sigma);
  for (int r = 0; r < n; r++)
    for (int c = 0; c < n; c++) {
      const double v = n > 1 ? 2.0 * r / (n - 1) - 1 : 0, u = n > 1 ? 2.0 * c / (n - 1) - 1 : 0, top = Bessel(stage->kaiser);
      plan->window[r * plan->plan.pitch + c] =
          (float)(Bessel(stage->kaiser * sqrt(1 - v * v)) * Bessel(stage->kaiser * sqrt(1 - u * u)) / (top * top));
    }
  return 0;
}

/* Haar's transform of the vectors v[K], orthonormal: the mean times √K first. And back. */
INLINE void Haar(int K, AetBlockRow *v)
{
  const float h = 0.70710678118654752f;

  for (int length = K; length > 1; length /= 2) {
    AetBlockRow t[AET_BM3D_GROUP];
    for (int i = 0; i < length / 2; i++) {
      t[i] = h * (v[2 * i] + v[2 * i + 1]);
      t[length / 2 + i] = h * (v[2 * i] - v[2 * i + 1]);
    }
    for (int i = 0; i < length; i++) v[i] = t[i];
  }
}

INLINE void HaarBack(int K, AetBlockRow *v)
{
  const float h = 0.70710678118654752f;

  for (int length = 2; length <= K; length *= 2) {
    AetBlockRow t[AET_BM3D_GROUP];
    for (int i = 0; i < length / 2; i++) {
      t[2 * i] = h * (v[i] + v[length / 2 + i]);
      t[2 * i + 1] = h * (v[i] - v[length / 2 + i]);
    }
    for (int i = 0; i < length; i++) v[i] = t[i];
  }
}

/* Sets to zero what is below the threshold, except for the mean of the group. Returns what was kept. */
INLINE int Threshold(int K, int size, float threshold, float *group)
{
  AetBlockMask kept = {0};
  int          sum = 0;

  for (int b = 0; b < size; b += 16) {
    AetBlockRow v[AET_BM3D_GROUP], mean;
    for (int k = 0; k < K; k++) v[k] = *(const AetBlockRow *)&group[k * size + b];
    Haar(K, v);
    mean = v[0];
    for (int k = 0; k < K; k++) {
      const AetBlockMask keep = (v[k] > threshold) | (v[k] < -threshold);
      v[k] = (AetBlockRow)((AetBlockMask)v[k] & keep);
      kept -= keep;
    }
    if (b == 0) v[0][0] = mean[0];
    HaarBack(K, v);
    for (int k = 0; k < K; k++) *(AetBlockRow *)&group[k * size + b] = v[k];
  }
  for (int i = 0; i < 16; i++) sum += kept[i];
  return sum;
}

/* Wiener's factors from the spectra of `pilot`, whose noise is taken as none, on those of `group`; 1 for the mean of the group. Returns the
   sum of their squares. */
INLINE float Shrink(int K, int size, float variance, const float *pilot, float *group)
{
  AetBlockRow squares = {0};
  float       sum = 0;

  for (int b = 0; b < size; b += 16) {
    AetBlockRow v[AET_BM3D_GROUP], p[AET_BM3D_GROUP];
    for (int k = 0; k < K; k++) v[k] = *(const AetBlockRow *)&group[k * size + b], p[k] = *(const AetBlockRow *)&pilot[k * size + b];
    Haar(K, v);
    Haar(K, p);
    for (int k = 0; k < K; k++) {
      AetBlockRow factor = p[k] * p[k] / (p[k] * p[k] + variance);
      if (b == 0 && k == 0) factor[0] = 1;
      squares += factor * factor;
      v[k] *= factor;
    }
    HaarBack(K, v);
    for (int k = 0; k < K; k++) *(AetBlockRow *)&group[k * size + b] = v[k];
  }
  for (int i = 0; i < 16; i++) sum += squares[i];
  return sum;
}

static int ThresholdAny(int K, int size, float threshold, float *group)
{
  switch (K) {
  case 1:
    return Threshold(1, size, threshold, group);
  case 2:
    return Threshold(2, size, threshold, group);
  case 4:
    return Threshold(4, size, threshold, group);
  case 8:
    return Threshold(8, size, threshold, group);
  case 16:
    return Threshold(16, size, threshold, group);
  default:
    return Threshold(32, size, threshold, group);
  }
}

static float ShrinkAny(int K, int size, float variance, const float *pilot, float *group)
{
  switch (K) {
  case 1:
    return Shrink(1, size, variance, pilot, group);
  case 2:
    return Shrink(2, size, variance, pilot, group);
  case 4:
    return Shrink(4, size, variance, pilot, group);
  case 8:
    return Shrink(8, size, variance, pilot, group);
  case 16:
    return Shrink(16, size, variance, pilot, group);
  default:
    return Shrink(32, size, variance, pilot, group);
  }
}

size_t AetBm3dWork(const AetBm3dPlan *plan)
{
  return (size_t)(2 * AET_BM3D_GROUP * AET_BLOCK_ROOM + plan->stage.search + 3 * AET_IMAGE_MARGIN);
}

static void Gather(const AetBm3dPlan *plan, const AetPlainImage *image, int count, const ptrdiff_t *at, float *group)
{
  const int size = plan->plan.n * plan->plan.pitch;

  for (int k = 0; k < count; k++) AetBlockForward(&plan->plan, image->data + at[k], image->nx, group + k * size);
}

/* Back to the places where the blocks came from. */
static void Aggregate(const AetBm3dPlan *plan, ptrdiff_t nx, int count, const ptrdiff_t *at, float weight, float *group, AetStripe *stripe)
{
  const int n = plan->plan.n, pitch = plan->plan.pitch;

  for (int k = 0; k < count; k++) {
    float          *block = group + k * n * pitch;
    const ptrdiff_t to = at[k] - stripe->first * nx;

    AetBlockInverse(&plan->plan, block);
    for (int r = 0; r < n; r++)
      for (int c = 0; c < n; c++) {
        const float w = weight * plan->window[r * pitch + c];
        stripe->sum[to + r * nx + c] += w * block[r * pitch + c];
        stripe->weight[to + r * nx + c] += w;
      }
  }
}

void AetBm3dHard(const AetBm3dPlan *plan, const AetPlainImage *noisy, float *work, AetStripe *stripe)
{
  const ptrdiff_t last = noisy->nx - plan->plan.n;
  const int       size = plan->plan.n * plan->plan.pitch;
  const float     variance = plan->sigma * plan->sigma, threshold = (float)plan->stage.lambda * plan->sigma;
  float          *group = work, *distance = work + 2 * AET_BM3D_GROUP * AET_BLOCK_ROOM;
  ptrdiff_t       at[AET_BM3D_GROUP];

  for (ptrdiff_t i = 0; i < stripe->rows; i++)
    for (ptrdiff_t x = 0; x < last + plan->stage.step; x += plan->stage.step) {
      const int count = AetBm3dMatch(plan, noisy, stripe->row[i], x < last ? x : last, distance, at);
      Gather(plan, noisy, count, at, group);
      const int kept = ThresholdAny(count, size, threshold, group);
      Aggregate(plan, noisy->nx, count, at, 1 / (variance * (float)(kept > 1 ? kept : 1)), group, stripe);
    }
}

void AetBm3dWiener(const AetBm3dPlan *plan, const AetPlainImage *noisy, const AetPlainImage *pilot, float *work, AetStripe *stripe)
{
  const ptrdiff_t last = noisy->nx - plan->plan.n;
  const int       size = plan->plan.n * plan->plan.pitch;
  const float     variance = plan->sigma * plan->sigma;
  float          *group = work, *clean = work + AET_BM3D_GROUP * AET_BLOCK_ROOM, *distance = work + 2 * AET_BM3D_GROUP * AET_BLOCK_ROOM;
  ptrdiff_t       at[AET_BM3D_GROUP];

  for (ptrdiff_t i = 0; i < stripe->rows; i++)
    for (ptrdiff_t x = 0; x < last + plan->stage.step; x += plan->stage.step) {
      const int count = AetBm3dMatch(plan, pilot, stripe->row[i], x < last ? x : last, distance, at);
      Gather(plan, noisy, count, at, group);
      Gather(plan, pilot, count, at, clean);
      const float squares = ShrinkAny(count, size, variance, clean, group);
      Aggregate(plan, noisy->nx, count, at, 1 / (variance * squares), group, stripe);
    }
}
