/* Robust numbers of a population, and likelihood ratios of an atom's height. */
#ifndef AET_ATOMS_KERNEL_EVIDENCE_H
#define AET_ATOMS_KERNEL_EVIDENCE_H
#include <stddef.h>

/* The lower median; sorts the values. 0 of none. */
double AetMedianInPlace(size_t count, double *values);
/* Logarithm of the likelihood of `height` if the atom has `expected`, over that of `other`, both with this variance. */
double AetHeightLogRatio(double height, double expected, double other, double variance);
/* centre <- median of value; spread <- median of (value - centre)² / variance over that of a normal population. `scratch` [count]. */
void AetPopulationOf(size_t count, const double *value, const double *variance, double *scratch, double *centre, double *spread);

#endif
