/* Warren–Cowley parameters from counts of bonds. */
#ifndef AET_STRUCTURE_KERNEL_SHORT_RANGE_H
#define AET_STRUCTURE_KERNEL_SHORT_RANGE_H

/* alpha[i][j] = (p(j|i) - c_j)/(delta_ij - c_j) with p(j|i) = bonds[i][j] / Σ_j bonds[i][j]; species × species each. 0 where an atom of
   species i has no bonds, or where the denominator vanishes. */
void AetWarrenAlpha(int species, const double *bonds, const double *fraction, double *alpha);
/* Its standard error if the species of the neighbours were drawn independently: of bonds counted from both ends only half are. */
void AetWarrenSigma(int species, const double *bonds, const double *fraction, double *sigma);
/* alpha[i][j] and alpha[j][i] become their mean. */
void AetWarrenSymmetrise(int species, double *alpha);

#endif
