/* Philox4x32-10: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC11. */
#include <aet4d/base.h>
#include <math.h>

void AetRandomBits(uint64_t seed, uint64_t stream, uint64_t index, uint32_t bits[4])
{
  uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
  uint32_t c[4] = {(uint32_t)index, (uint32_t)(index >> 32), (uint32_t)stream, (uint32_t)(stream >> 32)};

  for (int round = 0; round < 10; round++) {
    uint64_t a = (uint64_t)0xD2511F53u * c[0], b = (uint64_t)0xCD9E8D57u * c[2];
    uint32_t next[4] = {(uint32_t)(b >> 32) ^ c[1] ^ key[0], (uint32_t)b, (uint32_t)(a >> 32) ^ c[3] ^ key[1], (uint32_t)a};
    for (int i = 0; i < 4; i++) c[i] = next[i];
    key[0] += 0x9E3779B9u;
    key[1] += 0xBB67AE85u;
  }
  for (int i = 0; i < 4; i++) bits[i] = c[i];
}

static double UnitFromBits(uint32_t high, uint32_t low)
{
  uint64_t mantissa = ((uint64_t)high << 21) ^ ((uint64_t)low >> 11);

  return (double)(mantissa & 0x1FFFFFFFFFFFFFull) * 0x1p-53;
}

double AetRandomUniform(uint64_t seed, uint64_t stream, uint64_t index)
{
  uint32_t bits[4];

  AetRandomBits(seed, stream, index, bits);
  return UnitFromBits(bits[0], bits[1]);
}

double AetRandomNormal(uint64_t seed, uint64_t stream, uint64_t index)
{
  uint32_t bits[4];
  double   radius;

  AetRandomBits(seed, stream, index, bits);
  radius = sqrt(-2.0 * log(1.0 - UnitFromBits(bits[0], bits[1])));
  return radius * cos(6.283185307179586 * UnitFromBits(bits[2], bits[3]));
}

/* Inversion below 30; above, the transformed rejection PTRS (Hörmann, 1993), each trial on a counter of its own. */
double AetRandomPoisson(uint64_t seed, uint64_t stream, uint64_t index, double mean)
{
  const uint64_t trial_seed = seed ^ 0x5851F42D4C957F2Dull;

  if (!(mean > 0)) return 0;
  if (mean < 30) {
    double u = AetRandomUniform(seed, stream, index), p = exp(-mean), sum = p;
    int    k = 0;
    while (u > sum && k < 1000) {
      k++;
      p *= mean / k;
      sum += p;
    }
    return k;
  }
  double b = 0.931 + 2.53 * sqrt(mean), a = -0.059 + 0.02483 * b, inverse_alpha = 1.1239 + 1.1328 / (b - 3.4),
         v_r = 0.9277 - 3.6224 / (b - 2);
  for (uint64_t trial = 0;; trial++) {
    uint32_t bits[4];
    double   u, v, us, k;
    AetRandomBits(trial_seed + trial * 0x9E3779B97F4A7C15ull, stream, index, bits);
    u = UnitFromBits(bits[0], bits[1]) - 0.5;
    v = UnitFromBits(bits[2], bits[3]);
    us = 0.5 - fabs(u);
    k = floor((2 * a / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= v_r) return k;
    if (k < 0 || (us < 0.013 && v > us)) continue;
    if (log(v) + log(inverse_alpha) - log(a / (us * us) + b) <= k * log(mean) - mean - lgamma(k + 1)) return k;
  }
}
