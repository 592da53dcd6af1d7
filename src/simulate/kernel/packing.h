/* Amorphous packing: points pushed apart until none are nearer than a distance. Plain C. */
#ifndef AET_SIMULATE_PACKING_H
#define AET_SIMULATE_PACKING_H

typedef int (*AetInside)(const void *context, const double x[3]);

/* Pushes the points x [count][3] apart, each pair by its overlap, none out of where it is inside; stops when every distance is at least
   `distance` or after `sweeps`. Returns the smallest distance left; -1 where memory fails. */
double AetKernelPack(int count, double *x, double distance, int sweeps, AetInside inside, const void *context);

#endif
