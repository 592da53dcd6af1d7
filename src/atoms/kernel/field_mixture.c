#include "atoms/kernel/field_mixture.h"
#include <math.h>
#include <string.h>

#define LEAST_OUTLIERS 1e-4
#define MOST_OUTLIERS 0.05
#define TIE 0.1 /* of all members, as members that say what noise alike would */

enum { ROUNDS = 80, UNKNOWNS = AET_FIELD_CLASSES + AET_FIELD_TERMS };

int AetFieldBasis(int degree, const double x[3], double *basis)
{
  int n = 0;

  for (int total = 1; total <= degree; total++)
    for (int i = total; i >= 0; i--)
      for (int j = total - i; j >= 0; j--) basis[n++] = pow(x[0], i) * pow(x[1], j) * pow(x[2], total - i - j);
  return n;
}

/* Solves A x = b, A symmetric and positive but for rounding, by Cholesky; directions without information get 0. */
static void Solve(int n, double A[UNKNOWNS][UNKNOWNS], double b[UNKNOWNS])
{
  double least[UNKNOWNS];

  for (int j = 0; j < n; j++) least[j] = 1e-10 * A[j][j];
  for (int j = 0; j < n; j++) {
    for (int k = 0; k < j; k++) A[j][j] -= A[j][k] * A[j][k];
    A[j][j] = A[j][j] > least[j] && A[j][j] > 0 ? sqrt(A[j][j]) : INFINITY;
    for (int i = j + 1; i < n; i++) {
      for (int k = 0; k < j; k++) A[i][j] -= A[i][k] * A[j][k];
      A[i][j] /= A[j][j];
    }
  }
  for (int j = 0; j < n; j++) {
    for (int k = 0; k < j; k++) b[j] -= A[j][k] * b[k];
    b[j] /= A[j][j];
  }
  for (int j = n - 1; j >= 0; j--) {
    for (int k = j + 1; k < n; k++) b[j] -= A[k][j] * b[k];
    b[j] /= A[j][j];
  }
}

static double Field(const AetFieldMixture *fit, const double *basis)
{
  double sum = 0;

  for (int t = 0; t < fit->terms; t++) sum += fit->coefficient[t] * basis[t];
  return sum;
}

/* Means and coefficients of weighted least squares: unknowns are the means first. */
static void Centre(ptrdiff_t count, const double *value, const double *basis, const double *posterior, AetFieldMixture *fit)
{
  const int K = fit->classes, T = fit->terms;
  double    A[UNKNOWNS][UNKNOWNS], b[UNKNOWNS];

  memset(A, 0, sizeof A);
  memset(b, 0, sizeof b);
  for (ptrdiff_t i = 0; i < count; i++) {
    const double *phi = basis + i * T;
    double        all = 0;
    for (int k = 0; k < K; k++) {
      const double w = posterior[i * K + k] / (fit->sigma[k] * fit->sigma[k]);
      if (w < 1e-12) continue;
      A[k][k] += w, b[k] += w * value[i], all += w;
      for (int t = 0; t < T; t++) A[K + t][k] += w * phi[t];
    }
    for (int t = 0; t < T; t++) {
      b[K + t] += all * phi[t] * value[i];
      for (int u = 0; u <= t; u++) A[K + t][K + u] += all * phi[t] * phi[u];
    }
  }
  Solve(K + T, A, b);
  for (int k = 0; k < K; k++) fit->mean[k] = b[k];
  for (int t = 0; t < T; t++) fit->coefficient[t] = b[K + t];
}

/* Weights and widths about the new centres. Where classes overlap, their own widths are known badly, and one drawn too narrow makes names
   too certain: they are drawn to what noise of one size for all would give, in a logarithm as exp(-mean). */
static void Spread(ptrdiff_t count, const double *value, const double *basis, const double *posterior, AetFieldMixture *fit)
{
  double n[AET_FIELD_CLASSES] = {0}, q[AET_FIELD_CLASSES] = {0}, pooled = 0, scaled = 0, alike, members = 0;

  for (ptrdiff_t i = 0; i < count; i++) {
    const double v = value[i] - Field(fit, basis + i * fit->terms);
    for (int k = 0; k < fit->classes; k++) {
      const double p = posterior[i * fit->classes + k];
      n[k] += p, q[k] += p * (v - fit->mean[k]) * (v - fit->mean[k]);
    }
  }
  for (int k = 0; k < fit->classes; k++) pooled += q[k] / (double)count, scaled += n[k] * exp(-2 * fit->mean[k]) / (double)count;
  alike = scaled > 0 && isfinite(scaled) ? pooled / scaled : 0;
  for (int k = 0; k < fit->classes; k++) {
    fit->weight[k] = n[k] / (double)count;
    members += n[k];
    fit->sigma[k] =
        sqrt(fmax((q[k] + TIE * (double)count * alike * exp(-2 * fit->mean[k])) / (n[k] + TIE * (double)count), fmax(pooled / 400, 1e-24)));
  }
  fit->outliers = fmin(fmax(1 - members / (double)count, LEAST_OUTLIERS), MOST_OUTLIERS);
}

/* New posteriors; the log-likelihood. A share of every value goes to the outliers, which are anywhere, unless `named`: then it is an atom
   of one class or another. */
static double Share(ptrdiff_t count, const double *value, const double *basis, const AetFieldMixture *fit, int named, double *posterior)
{
  double likelihood = 0;

  for (ptrdiff_t i = 0; i < count; i++) {
    const double v = value[i] - Field(fit, basis + i * fit->terms), stray = log(fit->outliers * fit->outlier_density * sqrt(2 * M_PI));
    double       exponent[AET_FIELD_CLASSES], largest = named ? -INFINITY : stray, sum, *p = posterior + i * fit->classes;
    for (int k = 0; k < fit->classes; k++) {
      const double z = (v - fit->mean[k]) / fit->sigma[k];
      exponent[k] = fit->weight[k] > 0 ? log(fit->weight[k] / fit->sigma[k]) - 0.5 * z * z : -INFINITY;
      largest = fmax(largest, exponent[k]);
    }
    sum = named ? 0 : exp(stray - largest);
    for (int k = 0; k < fit->classes; k++) sum += p[k] = exp(exponent[k] - largest);
    for (int k = 0; k < fit->classes; k++) p[k] /= sum;
    likelihood += largest + log(sum) - 0.5 * log(2 * M_PI);
  }
  return likelihood;
}

void AetFieldMixtureFit(ptrdiff_t count, const double *value, int classes, int terms, const double *basis, double *posterior,
                        AetFieldMixture *fit)
{
  double before = -INFINITY, low = INFINITY, high = -INFINITY;

  memset(fit, 0, sizeof *fit);
  fit->classes = classes, fit->terms = terms;
  if (count < 1) return;
  for (ptrdiff_t i = 0; i < count; i++) low = fmin(low, value[i]), high = fmax(high, value[i]);
  fit->outlier_density = 1 / fmax(high - low, 1e-3);
  for (int k = 0; k < classes; k++) fit->sigma[k] = 1;
  Centre(count, value, basis, posterior, fit);
  Spread(count, value, basis, posterior, fit);
  for (fit->rounds = 1; fit->rounds <= ROUNDS; fit->rounds++) {
    fit->log_likelihood = Share(count, value, basis, fit, 0, posterior);
    if (fit->log_likelihood - before < 1e-7 * (double)count) break;
    before = fit->log_likelihood;
    Centre(count, value, basis, posterior, fit);
    Spread(count, value, basis, posterior, fit);
  }
  (void)Share(count, value, basis, fit, 1, posterior);
}

void AetFieldAlone(ptrdiff_t count, const double *value, int terms, const double *basis, double *coefficient, double *constant)
{
  double A[UNKNOWNS][UNKNOWNS], b[UNKNOWNS];

  memset(A, 0, sizeof A);
  memset(b, 0, sizeof b);
  for (ptrdiff_t i = 0; i < count; i++) {
    double phi[UNKNOWNS] = {1};
    for (int t = 0; t < terms; t++) phi[1 + t] = basis[i * terms + t];
    for (int t = 0; t <= terms; t++) {
      b[t] += phi[t] * value[i];
      for (int u = 0; u <= t; u++) A[t][u] += phi[t] * phi[u];
    }
  }
  Solve(1 + terms, A, b);
  *constant = b[0];
  for (int t = 0; t < terms; t++) coefficient[t] = b[1 + t];
}
