/* Chemical order on the sites of a lattice. Plain C. */
#ifndef AET_SIMULATE_ORDERED_H
#define AET_SIMULATE_ORDERED_H

/* In the order of the choices of simulate_order. a1: random. l10, fcc: planes of an axis alternate. l12, fcc: the second species on the
   corners of the cubic cell and the first on its faces (A3B); l12_ab3: the other way. b2, bcc: corners and centres. */
typedef enum { AET_PHASE_A1, AET_PHASE_L10, AET_PHASE_L12, AET_PHASE_L12_AB3, AET_PHASE_B2 } AetPhase;

/* Variants: 6 of L1_0 (axis z, x, y; then the same with the planes exchanged), 4 of each L1_2 (which of the four simple cubic
   sublattices), 2 of B2, 1 of A1. */
int AetKernelVariants(AetPhase phase);
/* Axis of an L1_0 variant: 0 x, 1 y, 2 z; -1 of other phases. */
int AetKernelPhaseAxis(AetPhase phase, int variant);
/* Species, 0 or 1, that a perfect crystal has on a site (half lattice constants). */
int AetKernelOrdered(AetPhase phase, int variant, const int site[3]);
/* Whether x lies beyond the plane (normal, distance), and the antiphase translation, in half lattice constants, that changes the phase
   there. */
void AetKernelAntiphase(AetPhase phase, int variant, int shift[3]);

#endif
