/* The displacement about a straight dislocation. Plain C. */
#ifndef AET_SIMULATE_DISLOCATION_H
#define AET_SIMULATE_DISLOCATION_H

typedef struct {
  double point[3], line[3], burgers[3]; /* a point of the line, its direction (any length), the Burgers vector */
  double poisson;
} AetDislocation;

/* Displacement at x in an isotropic elastic medium (Hirth and Lothe, Theory of Dislocations, 2nd ed., eqs 3-1 and 3-45), any mixture of
   edge and screw. Going once about the line by the right hand, the displacement grows by the Burgers vector; it falls back on the half
   plane behind the line, against the edge part of the Burgers vector. */
void AetKernelDislocation(const AetDislocation *dislocation, const double x[3], double u[3]);

#endif
