/* The map of the vectors between near atoms, and how well it fits another's when it is turned: Rossmann and Blow's rotation function (Acta
   Cryst. 15 (1962) 24) in real space. Plain C. */
#ifndef AET_SERIES_KERNEL_VECTORS_H
#define AET_SERIES_KERNEL_VECTORS_H

#include "atoms/kernel/cells.h"
#include <stddef.h>

/* value [n][n][n] (z, y, x) about the vector 0, the middle voxel. */
typedef struct {
  ptrdiff_t n;
  double    pixel, reach;
  double   *value;
} AetVectorMap;

/* Vectors of at most `reach` from the atoms list [count] to all in the cells, smoothed by a Gaussian of `sigma`, less the mean of their
   length: what is left is anisotropic. Cells must be as wide as the reach. Nonzero when memory is short. */
int  AetVectorMapBuild(AetVectorMap *map, const AetCells *cells, const double *position, ptrdiff_t count, const ptrdiff_t *list,
                       double reach, double pixel, double sigma);
void AetVectorMapFree(AetVectorMap *map);
/* Samples of half the map (it has a centre), `step` apart, between `low` and the reach: writes up to `room` rows x, y, z, value and returns
 * how many there are. */
ptrdiff_t AetVectorMapSample(const AetVectorMap *map, double step, double low, ptrdiff_t room, double *sample);
/* The strongest first. */
void AetVectorSamplesSort(ptrdiff_t count, double *sample);
/* Σ value of a sample · map at R (x, y, z), trilinear. */
double AetVectorMapScore(const AetVectorMap *map, ptrdiff_t count, const double *sample, const double R[9]);
/* Small turns of R as long as they raise the score: steps of `step` radian, halved down to `least`. Returns the score. */
double AetVectorMapClimb(const AetVectorMap *map, ptrdiff_t count, const double *sample, double step, double least, double R[9]);

/* Places vector by vector: the histogram of b - (R a + shift) for the atoms list [count] of a and all b in the window of `half` voxels to
   each side; value [2 half + 1]³ (z, y, x) receives Σ weight (same species: 1, else other_weight). Cells of b are as wide as `reach` =
   (half + 1/2) pixel √3. */
void AetShiftHistogram(const AetCells *cells, const double *b, const int *b_species, const double *a, const int *a_species, ptrdiff_t count,
                       const ptrdiff_t *list, const double linear[9], const double shift[3], ptrdiff_t half, double pixel,
                       double other_weight, double *value);
/* Separable Gaussian of `sigma` voxels on [n]³, values outside 0. `room` [n]. */
void AetSmoothCube(ptrdiff_t n, double sigma, double *value, double *room);

#endif
