/* Chemical order on the sites of a lattice. */
#include "simulate/kernel/ordered.h"

int AetKernelVariants(AetPhase phase)
{
  static const int variants[] = {1, 6, 4, 4, 2};

  return variants[phase];
}

int AetKernelPhaseAxis(AetPhase phase, int variant)
{
  return phase == AET_PHASE_L10 ? (variant + 2) % 3 : -1;
}

/* The four simple cubic sublattices of fcc by the parities of the coordinates. */
static int OnSublattice(int variant, const int site[3])
{
  static const int odd[4][3] = {{0, 0, 0}, {0, 1, 1}, {1, 0, 1}, {1, 1, 0}};

  return (site[0] & 1) == odd[variant][0] && (site[1] & 1) == odd[variant][1] && (site[2] & 1) == odd[variant][2];
}

int AetKernelOrdered(AetPhase phase, int variant, const int site[3])
{
  switch (phase) {
  case AET_PHASE_L10:
    return (site[AetKernelPhaseAxis(phase, variant)] + variant / 3) & 1;
  case AET_PHASE_L12:
    return OnSublattice(variant, site);
  case AET_PHASE_L12_AB3:
    return !OnSublattice(variant, site);
  case AET_PHASE_B2:
    return (site[2] + variant) & 1;
  default:
    return 0;
  }
}

void AetKernelAntiphase(AetPhase phase, int variant, int shift[3])
{
  const int axis = phase == AET_PHASE_L10 ? AetKernelPhaseAxis(phase, variant) : 2;

  for (int a = 0; a < 3; a++) shift[a] = phase == AET_PHASE_B2 || a == axis || a == (axis + 1) % 3;
}
