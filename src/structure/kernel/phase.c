#include "structure/kernel/phase.h"

static const int odd_parity[4][3] = {{0, 0, 0}, {0, 1, 1}, {1, 0, 1}, {1, 1, 0}};

int AetPhaseSublattice(const int index[3])
{
  for (int c = 0; c < 4; c++)
    if ((index[0] & 1) == odd_parity[c][0] && (index[1] & 1) == odd_parity[c][1] && (index[2] & 1) == odd_parity[c][2]) return c;
  return -1;
}

int AetPhaseMaskL10(int axis, int odd)
{
  int mask = 0;

  for (int c = 0; c < 4; c++) mask |= (odd_parity[c][axis] ^ odd) << c;
  return mask;
}

double AetPhaseOrder(int mask, const float all[4], const float a[4], const float b[4])
{
  double whole = 0, of_a = 0, of_b = 0, sites_b = 0, agree = 0, chance, room;

  for (int c = 0; c < 4; c++) {
    whole += all[c], of_a += a[c], of_b += b[c];
    if (mask >> c & 1)
      sites_b += all[c], agree += b[c];
    else
      agree += a[c];
  }
  if (whole <= 0) return 0;
  if (mask == 0 || mask == 15) return 2 * agree / whole - 1; /* disordered: against equal parts */
  chance = ((whole - sites_b) * of_a + sites_b * of_b) / whole;
  room = whole - chance;
  return room > 1e-6 * whole ? (agree - chance) / room : 0;
}
