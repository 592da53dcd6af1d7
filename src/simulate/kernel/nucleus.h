/* A nucleus of chemical order in a disordered alloy. Plain C. */
#ifndef AET_SIMULATE_NUCLEUS_H
#define AET_SIMULATE_NUCLEUS_H

/* Planted order at a distance from the centre of a nucleus: 1 at the centre, a half of (1 + tanh(radius/width)) times that at the radius,
   tanh profile. The probability that a site follows the order instead of the random alloy, which is the order parameter it has on
   average. */
double AetKernelNucleusOrder(double distance, double radius, double width);

#endif
