/* The plane nearest to points. */
#ifndef AET_STRUCTURE_KERNEL_PLANE_FIT_H
#define AET_STRUCTURE_KERNEL_PLANE_FIT_H

/* Sums over points: their number, coordinates and products. Zero at first. */
typedef struct {
  double count, x[3], xx[9];
} AetPlaneSums;
void AetPlaneAdd(AetPlaneSums *sums, const double x[3]);
/* Mean of the points. */
void AetPlaneMean(const AetPlaneSums *sums, double mean[3]);
/* Unit normal of the plane through the mean with the least sum of squared distances, its z positive (of equal z, y, x); returns the r.m.s.
   distance. Of `groups` sums, each about its own mean: parallel planes. At least one point. */
double AetPlaneFit(int groups, const AetPlaneSums *sums, double normal[3]);

#endif
