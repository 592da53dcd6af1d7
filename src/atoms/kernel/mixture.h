/* A mixture of Gaussians on a line. */
#ifndef AET_ATOMS_KERNEL_MIXTURE_H
#define AET_ATOMS_KERNEL_MIXTURE_H
#include <stddef.h>

/* Expectation maximisation from the given labels (0 … classes-1) of value[count]; posterior [count][classes] receives the probability of every class. A
   class with fewer than two members, or of no width, keeps a width of 1/1000 of the range. */
void AetMixturePosterior(ptrdiff_t count, const double *value, int classes, const int *label, double *posterior);

#endif
