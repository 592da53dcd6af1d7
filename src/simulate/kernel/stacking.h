/* Twins and stacking faults of fcc: changes of the sequence of (111) layers. Plain C. */
#ifndef AET_SIMULATE_STACKING_H
#define AET_SIMULATE_STACKING_H

#include "simulate/kernel/lattice.h"

enum { AET_FAULTS_MAX = 32 };

/* A plane of the sequence: the layer (i + j + k)/2 of a twin; of an intrinsic fault, the layer before it. Ascending. */
typedef struct {
  int layer, twin;
} AetFault;

/* Displacement, in lattice constants, of the layer of a site in the faulted sequence; 0 up to the first plane. */
void AetKernelStacking(int count, const AetFault *fault, AetSite site, double shift[3]);
/* Number of planes below the site. */
int AetKernelStackingZone(int count, const AetFault *fault, AetSite site);
/* The site of the crystal below all planes that the site continues: mirrored at every twin, moved back at every fault. By it chemical
   order is named, so that it is mirrored too. */
void AetKernelStackingParent(int count, const AetFault *fault, AetSite site, int parent[3]);

#endif
