/* A mixture of Gaussians on a line whose means drift with the place: value = mean of the class + a smooth field + noise of the class. */
#ifndef AET_ATOMS_KERNEL_FIELD_MIXTURE_H
#define AET_ATOMS_KERNEL_FIELD_MIXTURE_H

#include <stddef.h>

#define AET_FIELD_CLASSES 16
#define AET_FIELD_TERMS 19 /* monomials of x, y, z up to the third degree, without the constant */

typedef struct {
  int    classes, terms;
  double weight[AET_FIELD_CLASSES], mean[AET_FIELD_CLASSES], sigma[AET_FIELD_CLASSES], coefficient[AET_FIELD_TERMS];
  double outliers, outlier_density; /* values that are anywhere in the range: their part, 1/10000 to 1/20; their density */
  double log_likelihood;
  int    rounds;
} AetFieldMixture;

/* Monomials of degree 1 … degree (0 … 3) at x; returns how many there are (0, 3, 9, 19). */
int AetFieldBasis(int degree, const double x[3], double *basis);
/* Expectation maximisation from posterior [count][classes] (the start; of zeros and ones if it is from labels), which receives the
   probability of every class, given that it is of one. A few values may be outliers. basis [count][terms] of AetFieldBasis. The means, the
   field's coefficients and the widths are those of weighted least squares in every round. Classes come out in the order in which they went
   in. No class is narrower than 1/20 of the mean width. Classes without members keep weight 0. */
void AetFieldMixtureFit(ptrdiff_t count, const double *value, int classes, int terms, const double *basis, double *posterior,
                        AetFieldMixture *fit);
/* coefficient [terms] and constant of the field alone, as if all were one class. */
void AetFieldAlone(ptrdiff_t count, const double *value, int terms, const double *basis, double *coefficient, double *constant);

#endif
