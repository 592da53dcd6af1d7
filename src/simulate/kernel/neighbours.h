/* Neighbours within a distance, by cells. Plain C. */
#ifndef AET_SIMULATE_NEIGHBOURS_H
#define AET_SIMULATE_NEIGHBOURS_H

#include <stddef.h>

/* Points ordered by cubes of an edge. */
typedef struct {
  double low[3], edge;
  int    n[3];
  int   *first, *index; /* points of cell c: index[first[c] … first[c+1]-1], ascending */
} AetNeighbourCells;

/* Sorts points x [count][3] into cells of at least `edge`; 0 where memory fails. */
int  AetKernelNeighbourCells(int count, const double *x, double edge, AetNeighbourCells *cells);
void AetKernelNeighbourCellsFree(AetNeighbourCells *cells);
/* Up to `size` points other than `self` (-1: none) within `cutoff` <= edge of p, ascending by cell; returns how many there are. */
int AetKernelNeighbours(const AetNeighbourCells *cells, const double *x, const double p[3], int self, double cutoff, int size, int *found);

#endif
