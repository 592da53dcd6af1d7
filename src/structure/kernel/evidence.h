/* How many of many doubtful things are true, and which. */
#ifndef AET_STRUCTURE_KERNEL_EVIDENCE_H
#define AET_STRUCTURE_KERNEL_EVIDENCE_H

#include <stddef.h>

/* Probability of the observation if a site has another species than expected, over the one if it has that: a classifier gave the expected
   species the probability p, where its fraction of all atoms (the classifier's prior) is `fraction`. Between 1e-12 and 1e12. */
double AetSpeciesRatio(double p, double fraction);
/* The rate r of greatest posterior: the likelihood is the product of 1 - r + r ratio[i], the prior that of `weight` sites seen before, of
   which the part `before` (within 0 … 1) was true. */
double AetRate(ptrdiff_t count, const double *ratio, double weight, double before);
/* r ratio / (1 - r + r ratio) */
double AetPosterior(double rate, double ratio);

#endif
