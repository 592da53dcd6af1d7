/* Neighbours within a distance, by cells. */
#include "simulate/kernel/neighbours.h"
#include <math.h>
#include <stdlib.h>

static int CellOf(const AetNeighbourCells *cells, const double p[3], int at[3])
{
  for (int a = 0; a < 3; a++) {
    at[a] = (int)floor((p[a] - cells->low[a]) / cells->edge);
    at[a] = at[a] < 0 ? 0 : at[a] >= cells->n[a] ? cells->n[a] - 1 : at[a];
  }
  return (at[2] * cells->n[1] + at[1]) * cells->n[0] + at[0];
}

int AetKernelNeighbourCells(int count, const double *x, double edge, AetNeighbourCells *cells)
{
  double high[3] = {0};
  int    total = 1, at[3];

  for (int a = 0; a < 3; a++) {
    cells->low[a] = count ? x[a] : 0, high[a] = cells->low[a];
    for (int i = 1; i < count; i++) cells->low[a] = fmin(cells->low[a], x[3 * i + a]), high[a] = fmax(high[a], x[3 * i + a]);
  }
  cells->edge = edge;
  /* few points in a large box: larger cells */
  while ((high[0] - cells->low[0] + edge) * (high[1] - cells->low[1] + edge) * (high[2] - cells->low[2] + edge) / pow(cells->edge, 3) >
         8.0 * count + 64)
    cells->edge *= 1.25;
  for (int a = 0; a < 3; a++) cells->n[a] = (int)floor((high[a] - cells->low[a]) / cells->edge) + 1, total *= cells->n[a];
  cells->first = calloc((size_t)total + 2, sizeof *cells->first);
  cells->index = malloc(((size_t)count + 1) * sizeof *cells->index);
  if (!cells->first || !cells->index) {
    AetKernelNeighbourCellsFree(cells);
    return 0;
  }
  for (int i = 0; i < count; i++) cells->first[CellOf(cells, x + 3 * i, at) + 2]++;
  for (int c = 0; c < total; c++) cells->first[c + 2] += cells->first[c + 1];
  for (int i = 0; i < count; i++) cells->index[cells->first[CellOf(cells, x + 3 * i, at) + 1]++] = i;
  return 1;
}

void AetKernelNeighbourCellsFree(AetNeighbourCells *cells)
{
  free(cells->first);
  free(cells->index);
  cells->first = cells->index = NULL;
}

int AetKernelNeighbours(const AetNeighbourCells *cells, const double *x, const double p[3], int self, double cutoff, int size, int *found)
{
  int at[3], count = 0;

  CellOf(cells, p, at);
  for (int k = at[2] - 1; k <= at[2] + 1; k++)
    for (int j = at[1] - 1; j <= at[1] + 1; j++)
      for (int i = at[0] - 1; i <= at[0] + 1; i++) {
        if (i < 0 || j < 0 || k < 0 || i >= cells->n[0] || j >= cells->n[1] || k >= cells->n[2]) continue;
        const int c = (k * cells->n[1] + j) * cells->n[0] + i;
        for (int n = cells->first[c]; n < cells->first[c + 1]; n++) {
          const double *q = x + 3 * cells->index[n];
          const double  d2 = (p[0] - q[0]) * (p[0] - q[0]) + (p[1] - q[1]) * (p[1] - q[1]) + (p[2] - q[2]) * (p[2] - q[2]);
          if (d2 > cutoff * cutoff || cells->index[n] == self) continue;
          if (count < size) found[count] = cells->index[n];
          count++;
        }
      }
  return count;
}
