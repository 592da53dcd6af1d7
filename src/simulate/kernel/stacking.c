/* Twins and stacking faults of fcc: changes of the sequence of (111) layers. */
#include "simulate/kernel/stacking.h"
#include <math.h>

/* From a layer to the next, beside the normal: a partial vector of 1/6 <112>, in lattice constants. */
static const double partial[3] = {1.0 / 6, 1.0 / 6, -1.0 / 3};

static int Layer(AetSite site)
{
  return (site.i + site.j + site.k) / 2; /* of a site of fcc the sum is even */
}

int AetKernelStackingZone(int count, const AetFault *fault, AetSite site)
{
  int zone = 0;

  while (zone < count && Layer(site) > fault[zone].layer) zone++;
  return zone;
}

/* Steps of the register from the first plane to layer m: forward or, after a twin, backward; a fault is one step the other way. */
static int Register(int count, const AetFault *fault, int m)
{
  int c = fault[0].layer, direction = 1, next = 0;

  for (int layer = fault[0].layer; layer < m; layer++) {
    int step = direction;
    for (; next < count && fault[next].layer == layer; next++) {
      if (fault[next].twin)
        direction = -direction, step = direction;
      else
        step = -direction;
    }
    c += step;
  }
  return c;
}

void AetKernelStacking(int count, const AetFault *fault, AetSite site, double shift[3])
{
  int steps = 0;

  if (count && Layer(site) > fault[0].layer) steps = (Register(count, fault, Layer(site)) - Layer(site)) % 3;
  if (steps > 1) steps -= 3;
  if (steps < -1) steps += 3;
  for (int a = 0; a < 3; a++) shift[a] = steps * partial[a];
}

void AetKernelStackingParent(int count, const AetFault *fault, AetSite site, int parent[3])
{
  double p[3], shift[3];
  int    direction = 1;

  AetKernelStacking(count, fault, site, shift);
  p[0] = site.i / 2.0 + shift[0], p[1] = site.j / 2.0 + shift[1], p[2] = site.k / 2.0 + shift[2];
  count = AetKernelStackingZone(count, fault, site);
  for (int f = 0; f < count; f++)
    if (fault[f].twin) direction = -direction;
  for (int f = count - 1; f >= 0; f--) {
    const double beyond = (p[0] + p[1] + p[2] - fault[f].layer) * 2 / 3; /* twice the distance along (1, 1, 1) */

    if (fault[f].twin) direction = -direction;
    for (int a = 0; a < 3; a++) p[a] -= fault[f].twin ? beyond : direction * partial[a];
  }
  for (int a = 0; a < 3; a++) parent[a] = (int)lround(2 * p[a]);
}
