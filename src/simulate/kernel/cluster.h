/* Clusters of fivefold symmetry, built atom by atom. Plain C. */
#ifndef AET_SIMULATE_CLUSTER_H
#define AET_SIMULATE_CLUSTER_H

#include "simulate/kernel/lattice.h"

/* An atom with an integer name that does not depend on the size of the cluster (of decahedra: given the parity of the edge). */
typedef struct {
  AetSite site;
  double  x[3];
} AetClusterAtom;

/* Atoms of a Mackay icosahedron of `shells` about its centre: 1 + sum of 10 k² + 2 (Mackay, Acta Cryst. 15 (1962) 916). */
size_t AetKernelMackayCount(int shells);
/* `nearest`: mean of the radial and the 5.1 % longer tangential nearest-neighbour distance. */
void AetKernelMackay(int shells, double nearest, AetClusterAtom *atom);
/* Atoms of a pentagonal bipyramid with `edge` atoms on an edge: five tetrahedra about the axis z. */
size_t AetKernelDecahedronCount(int edge);
void   AetKernelDecahedron(int edge, double nearest, AetClusterAtom *atom);

#endif
