/* Lattices by integer coordinates. */
#include "simulate/kernel/lattice.h"
#include <math.h>

static int Odd(int n)
{
  return n & 1;
}

int AetKernelIsSite(AetLattice kind, AetSite s)
{
  switch (kind) {
  case AET_LATTICE_FCC:
    return !Odd(s.i + s.j + s.k);
  case AET_LATTICE_BCC:
    return Odd(s.i) == Odd(s.j) && Odd(s.j) == Odd(s.k);
  case AET_LATTICE_DIAMOND:
    if (Odd(s.i) != Odd(s.j) || Odd(s.j) != Odd(s.k)) return 0;
    return (s.i + s.j + s.k - 3 * Odd(s.i)) % 4 == 0;
  default:
    return 1;
  }
}

void AetKernelSitePosition(const AetLatticeCell *cell, AetSite s, double x[3])
{
  const double a = cell->a;

  switch (cell->kind) {
  case AET_LATTICE_HCP:
    x[0] = a * (s.i + Odd(s.k) * 2.0 / 3 - (s.j + Odd(s.k) / 3.0) / 2);
    x[1] = a * sqrt(3) / 2 * (s.j + Odd(s.k) / 3.0);
    x[2] = a * cell->c_over_a / 2 * s.k;
    break;
  case AET_LATTICE_DIAMOND:
    x[0] = s.i * a / 4, x[1] = s.j * a / 4, x[2] = s.k * a / 4;
    break;
  default:
    x[0] = s.i * a / 2, x[1] = s.j * a / 2, x[2] = s.k * a / 2;
  }
}

double AetKernelNearest(const AetLatticeCell *cell)
{
  switch (cell->kind) {
  case AET_LATTICE_BCC:
    return cell->a * sqrt(3) / 2;
  case AET_LATTICE_HCP:
    return cell->a * fmin(1, sqrt(1 / 3.0 + cell->c_over_a * cell->c_over_a / 4));
  case AET_LATTICE_DIAMOND:
    return cell->a * sqrt(3) / 4;
  default:
    return cell->a / sqrt(2);
  }
}

int AetKernelCoordination(AetLattice kind)
{
  return kind == AET_LATTICE_BCC ? 8 : kind == AET_LATTICE_DIAMOND ? 4 : 12;
}

double AetKernelAtomsPerCube(const AetLatticeCell *cell)
{
  switch (cell->kind) {
  case AET_LATTICE_BCC:
    return 2;
  case AET_LATTICE_HCP:
    return 4 / (sqrt(3) * cell->c_over_a);
  case AET_LATTICE_DIAMOND:
    return 8;
  default:
    return 4;
  }
}

void AetKernelSiteBounds(const AetLatticeCell *cell, double radius, int bound[3])
{
  const double a = cell->a;

  bound[0] = bound[1] = bound[2] = (int)ceil((cell->kind == AET_LATTICE_DIAMOND ? 4 : 2) * radius / a) + 1;
  if (cell->kind != AET_LATTICE_HCP) return;
  bound[0] = bound[1] = (int)ceil(radius * 2 / (sqrt(3) * a)) + 2;
  bound[2] = (int)ceil(2 * radius / (a * cell->c_over_a)) + 1;
}

uint64_t AetKernelSiteKey(AetSite site)
{
  const int64_t middle = 1 << 20;

  return ((uint64_t)(site.k + middle) << 42) | ((uint64_t)(site.j + middle) << 21) | (uint64_t)(site.i + middle);
}
