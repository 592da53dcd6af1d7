#include "structure/kernel/common_neighbour.h"
#include <math.h>
#include <stdint.h>

enum { MOST = 14, FCC = 1, HCP = 2, BCC = 3, ICO = 4 };

/* bond[i]: bit j where neighbours i and j of `count` are within the cut-off of each other. */
static void Bonds(int count, double (*v)[3], double cutoff, uint32_t *bond)
{
  for (int i = 0; i < count; i++) bond[i] = 0;
  for (int i = 0; i < count; i++)
    for (int j = 0; j < i; j++) {
      const double x = v[i][0] - v[j][0], y = v[i][1] - v[j][1], z = v[i][2] - v[j][2];
      if (x * x + y * y + z * z > cutoff * cutoff) continue;
      bond[i] |= 1u << j;
      bond[j] |= 1u << i;
    }
}

static int Bits(uint32_t set)
{
  int count = 0;

  for (; set; set &= set - 1) count++;
  return count;
}

static int Lowest(uint32_t set)
{
  int bit = 0;

  while (!(set >> bit & 1)) bit++;
  return bit;
}

/* Most bonds among the atoms of `set` that hang together. */
static int LongestChain(const uint32_t *bond, uint32_t set)
{
  int longest = 0;

  while (set) {
    uint32_t grown = set & -set, before = 0;
    int      bonds = 0;
    while (grown != before) {
      before = grown;
      for (uint32_t left = before; left; left &= left - 1) grown |= bond[Lowest(left)] & set;
    }
    for (uint32_t left = grown; left; left &= left - 1) bonds += Bits(bond[Lowest(left)] & grown);
    if (bonds / 2 > longest) longest = bonds / 2;
    set &= ~grown;
  }
  return longest;
}

/* Signature of the bond to neighbour i: common neighbours, bonds among them, the longest chain of these, as digits. */
static int Signature(int count, const uint32_t *bond, int i)
{
  const uint32_t common = bond[i];
  int            bonds = 0;

  for (int j = 0; j < count; j++)
    if (common >> j & 1) bonds += Bits(bond[j] & common);
  return 100 * Bits(common) + 10 * (bonds / 2) + LongestChain(bond, common);
}

static double Length(const double *v)
{
  return sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
}

static int OfTwelve(double (*v)[3])
{
  uint32_t bond[MOST];
  double   mean = 0;
  int      n421 = 0, n422 = 0, n555 = 0;

  for (int i = 0; i < 12; i++) mean += Length(v[i]) / 12;
  Bonds(12, v, mean * (1 + M_SQRT2) / 2, bond);
  for (int i = 0; i < 12; i++) {
    const int s = Signature(12, bond, i);
    n421 += s == 421, n422 += s == 422, n555 += s == 555;
  }
  if (n421 == 12) return FCC;
  if (n421 == 6 && n422 == 6) return HCP;
  return n555 == 12 ? ICO : 0;
}

static int OfFourteen(double (*v)[3])
{
  uint32_t bond[MOST];
  double   mean = 0;
  int      n444 = 0, n666 = 0;

  for (int i = 0; i < 8; i++) mean += 2 / sqrt(3) * Length(v[i]) / 14; /* both shells give the edge of the cube */
  for (int i = 8; i < 14; i++) mean += Length(v[i]) / 14;
  Bonds(14, v, mean * (1 + M_SQRT2) / 2, bond);
  for (int i = 0; i < 14; i++) {
    const int s = Signature(14, bond, i);
    n444 += s == 444, n666 += s == 666;
  }
  return n444 == 6 && n666 == 8 ? BCC : 0;
}

int AetCommonNeighbours(int count, double (*vector)[3])
{
  int kind = 0;

  if (count >= 12) kind = OfTwelve(vector);
  if (!kind && count >= 14) kind = OfFourteen(vector);
  return kind;
}
