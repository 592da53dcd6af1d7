/* Sites of the lattices fcc, hcp, bcc, sc, named by integers. Plain C. */
#ifndef AET_STRUCTURE_SITES_H
#define AET_STRUCTURE_SITES_H

#include <stddef.h>

enum { AET_SITES_FCC, AET_SITES_HCP, AET_SITES_BCC, AET_SITES_SC, AET_SITES_KINDS, AET_SITES_NEAR = 14 };

/* Coordinates of a site in units of the conventional cell: index / 2 of fcc (even sum) and bcc (all even or all odd), index of sc; of hcp
   (i, j, k / 2), odd k displaced by (1/3, 2/3, 0) of cells at 120 degrees. */
void AetSitesFraction(int kind, const int index[3], double f[3]);
/* Sublattice of a site: 1 of odd layers of hcp, else 0. */
int AetSitesSublattice(int kind, const int index[3]);
/* Neighbours of a site of a sublattice, as differences of index: 12 of fcc and hcp, 8 and 6 of bcc, 6 of sc. */
int AetSitesNeighbours(int kind, int sublattice, int offset[AET_SITES_NEAR][3]);
/* Rows of the undeformed cell with the nearest distance 1. */
void AetSitesCell(int kind, double cell[9]);
/* Neighbours lie within this many nearest distances, others beyond. */
double AetSitesReach(int kind);
/* The index of the site nearest to the coordinates f in cells, in the metric of the undeformed cell. */
void AetSitesRound(int kind, const double f[3], int index[3]);
/* x = f · cell (rows). */
void AetSitesVector(const double cell[9], const double f[3], double x[3]);
/* Inverse of a 3 x 3 matrix; 0 if it has none. */
int AetSitesInvert(const double m[9], double inverse[9]);
/* Equivalent choices of the axes, right-handed: P [3][3] of integers, new rows = P · rows. 0 beyond the last (24; 12 of hcp). */
int AetSitesAxes(int kind, int choice, double P[9]);

#endif
