/* Lattices by integer coordinates. Plain C. */
#ifndef AET_SIMULATE_LATTICE_H
#define AET_SIMULATE_LATTICE_H

#include <stddef.h>
#include <stdint.h>

/* In the order of the choices of simulate_structure; the last has no lattice. */
typedef enum { AET_LATTICE_FCC, AET_LATTICE_BCC, AET_LATTICE_HCP, AET_LATTICE_DIAMOND, AET_LATTICE_NONE } AetLattice;

/* A site by integers. fcc: half lattice constants, i + j + k even. bcc: half lattice constants, all even or all odd. Diamond: quarters, the
   fcc sites (all even, their halves with an even sum) and those moved by (1, 1, 1). hcp: i, j along the two axes of the basal plane, 120
   degrees apart, k in halves of c; odd planes moved by (2/3, 1/3). */
typedef struct {
  int i, j, k;
} AetSite;

typedef struct {
  AetLattice kind;
  double     a, c_over_a;
} AetLatticeCell;

int AetKernelIsSite(AetLattice kind, AetSite site);
/* Position in the unit of a. */
void AetKernelSitePosition(const AetLatticeCell *cell, AetSite site, double x[3]);
/* Nearest-neighbour distance, neighbours of an atom in the bulk, atoms in a volume of a³. */
double AetKernelNearest(const AetLatticeCell *cell);
int    AetKernelCoordination(AetLattice kind);
double AetKernelAtomsPerCube(const AetLatticeCell *cell);
/* Bounds of |i|, |j| and |k| of the sites within `radius` of the origin. */
void AetKernelSiteBounds(const AetLatticeCell *cell, double radius, int bound[3]);
/* A number for a site that does not depend on the particle around it: the key of its random numbers. */
uint64_t AetKernelSiteKey(AetSite site);

#endif
