/* Names by intensity, where a smooth field of intensity may drift over the specimen: a mixture of Gaussians in the logarithm, whose field
   is a polynomial. Its degree and the start are those of the best Bayesian information criterion. */
#include "atoms/kernel/field_mixture.h"
#include "atoms/kernel/kmeans.h"
#include "atoms/trace_private.h"
#include <math.h>
#include <stdlib.h>

enum { DEGREES = 4, ATOMS_PER_TERM = 30, STARTS = AET_CLASSIFY_STARTS };

/* The kept atoms, and what is tried with them. */
typedef struct {
  PetscInt        count;
  int             classes;
  PetscInt       *index;             /* among the candidates */
  double         *place;             /* [count][3] about the centre, within -1 … 1 */
  double         *value, *basis;     /* [count] logarithm of the intensity; [count][terms] */
  double         *posterior[STARTS]; /* [count][classes] by start */
  double         *best;              /* [count][classes] of the best so far */
  AetFieldMixture fit;               /* of the best */
  double          criterion;         /* of the best: -2 log-likelihood + parameters · log(count) */
  double          disagreement;      /* of the starts, at the best degree */
} Trial;

static int Ascending(const void *left, const void *right)
{
  const double l = *(const double *)left, r = *(const double *)right;
  return (l > r) - (l < r);
}

/* The intensity by which an atom is named: the height of the joint fit, its neighbours taken out; else the 5³ sum. */
static double Intensity(const AetPeak *peak, const AetTraceSettings *settings)
{
  return settings->joint ? peak->value : peak->sum5;
}

static PetscErrorCode Values(const AetCandidates *c, const AetTraceSettings *settings, Trial *t)
{
  double *sorted, least;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)t->count + 1, &sorted));
  for (PetscInt n = 0; n < t->count; n++) sorted[n] = t->value[n] = Intensity(c->peak + t->index[n], settings);
  qsort(sorted, (size_t)t->count, sizeof *sorted, Ascending);
  least = 1e-3 * sorted[t->count / 2];
  for (PetscInt n = 0; n < t->count; n++) t->value[n] = log(fmax(t->value[n], fmax(least, 1e-290)));
  PetscCall(PetscFree(sorted));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TrialCreate(const AetCandidates *c, const AetTraceSettings *settings, Trial *t)
{
  const size_t total = (size_t)c->total + 1, shares = (size_t)c->total * (size_t)settings->species_count + 1;
  double       centre[3] = {0}, radius = 1e-290;

  PetscFunctionBegin;
  PetscCall(PetscMalloc4(total, &t->index, 3 * total, &t->place, total, &t->value, total * AET_FIELD_TERMS, &t->basis));
  PetscCall(PetscMalloc4(shares, &t->posterior[0], shares, &t->posterior[1], shares, &t->posterior[2], shares, &t->best));
  t->classes = settings->species_count;
  t->criterion = INFINITY;
  t->count = 0;
  for (PetscInt i = 0; i < c->total; i++)
    if (c->keep[i]) t->index[t->count++] = i;
  for (PetscInt n = 0; n < t->count; n++)
    for (int k = 0; k < 3; k++) centre[k] += c->peak[t->index[n]].centre[k] / (double)t->count;
  for (PetscInt n = 0; n < 3 * t->count; n++) {
    t->place[n] = c->peak[t->index[n / 3]].centre[n % 3] - centre[n % 3];
    radius = fmax(radius, fabs(t->place[n]));
  }
  for (PetscInt n = 0; n < 3 * t->count; n++) t->place[n] /= radius;
  if (t->count) PetscCall(Values(c, settings, t));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TrialDestroy(Trial *t)
{
  PetscFunctionBegin;
  PetscCall(PetscFree4(t->index, t->place, t->value, t->basis));
  PetscCall(PetscFree4(t->posterior[0], t->posterior[1], t->posterior[2], t->best));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Starts: the labels given; k-means of the logarithms; k-means of what a field alone leaves of them (which is right where the species are
   mixed alike everywhere, however strong the field). */
static PetscErrorCode Start(const Trial *t, int start, int terms, const int *label, double *posterior)
{
  double *value, bound[AET_SPECIES_MAX], coefficient[AET_FIELD_TERMS], constant;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)t->count + 1, &value));
  PetscCall(PetscArraycpy(value, t->value, (size_t)t->count));
  AetFieldAlone(t->count, t->value, terms, t->basis, coefficient, &constant);
  for (PetscInt n = 0; n < t->count && start == 2; n++)
    for (int k = 0; k < terms; k++) value[n] -= coefficient[k] * t->basis[(ptrdiff_t)n * terms + k];
  AetKMeansBounds(t->count, value, t->classes, bound);
  for (PetscInt n = 0; n < t->count; n++) {
    int mine = start ? 0 : label[t->index[n]];
    while (start && mine < t->classes - 1 && value[n] >= bound[mine]) mine++;
    for (int k = 0; k < t->classes; k++) posterior[(ptrdiff_t)n * t->classes + k] = k == mine;
  }
  PetscCall(PetscFree(value));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The classes of a fit from dim to bright, in place. */
static void Order(PetscInt count, AetFieldMixture *fit, double *posterior)
{
  const int       K = fit->classes;
  AetFieldMixture old = *fit;
  int             place[AET_FIELD_CLASSES];

  for (int k = 0; k < K; k++) {
    place[k] = 0;
    for (int other = 0; other < K; other++) place[k] += old.mean[other] < old.mean[k] || (old.mean[other] == old.mean[k] && other < k);
  }
  for (int k = 0; k < K; k++) fit->weight[place[k]] = old.weight[k], fit->mean[place[k]] = old.mean[k], fit->sigma[place[k]] = old.sigma[k];
  for (PetscInt n = 0; n < count; n++) {
    double p[AET_FIELD_CLASSES];
    for (int k = 0; k < K; k++) p[place[k]] = posterior[(ptrdiff_t)n * K + k];
    for (int k = 0; k < K; k++) posterior[(ptrdiff_t)n * K + k] = p[k];
  }
}

static int Largest(int classes, const double *p)
{
  int best = 0;

  for (int k = 1; k < classes; k++)
    if (p[k] > p[best]) best = k;
  return best;
}

/* Largest fraction of atoms that two starts name differently. */
static double Disagreement(const Trial *t)
{
  PetscInt worst = 0;

  for (int a = 0; a < STARTS; a++)
    for (int b = a + 1; b < STARTS; b++) {
      PetscInt differ = 0;
      for (PetscInt n = 0; n < t->count; n++)
        differ += Largest(t->classes, t->posterior[a] + (ptrdiff_t)n * t->classes) !=
                  Largest(t->classes, t->posterior[b] + (ptrdiff_t)n * t->classes);
      worst = PetscMax(worst, differ);
    }
  return t->count ? (double)worst / (double)t->count : 0;
}

/* All starts with a field of this degree; the best of all degrees so far is kept. */
static PetscErrorCode TryDegree(Trial *t, int degree, const int *label)
{
  double    basis[AET_FIELD_TERMS];
  const int terms = AetFieldBasis(degree, (const double[3]){0}, basis);
  PetscBool better = PETSC_FALSE;

  PetscFunctionBegin;
  if (degree && t->count < ATOMS_PER_TERM * terms) PetscFunctionReturn(PETSC_SUCCESS);
  for (PetscInt n = 0; n < t->count; n++) (void)AetFieldBasis(degree, t->place + 3 * n, t->basis + (ptrdiff_t)n * terms);
  for (int s = 0; s < STARTS; s++) {
    AetFieldMixture fit;
    double          criterion;
    PetscCall(Start(t, s, terms, label, t->posterior[s]));
    AetFieldMixtureFit(t->count, t->value, t->classes, terms, t->basis, t->posterior[s], &fit);
    Order(t->count, &fit, t->posterior[s]);
    criterion = -2 * fit.log_likelihood + (3 * t->classes + terms) * log((double)t->count);
    if (!(criterion < t->criterion)) continue;
    better = PETSC_TRUE;
    t->criterion = criterion, t->fit = fit;
    PetscCall(PetscArraycpy(t->best, t->posterior[s], (size_t)(t->count * t->classes)));
  }
  if (better) t->disagreement = Disagreement(t);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Largest over least of the field at the atoms. */
static double Span(const Trial *t, int degree)
{
  double low = INFINITY, high = -INFINITY, basis[AET_FIELD_TERMS];

  for (PetscInt n = 0; n < t->count; n++) {
    double    field = 0;
    const int terms = AetFieldBasis(degree, t->place + 3 * n, basis);
    for (int k = 0; k < terms; k++) field += t->fit.coefficient[k] * basis[k];
    low = fmin(low, field), high = fmax(high, field);
  }
  return t->count ? exp(high - low) : 1;
}

PetscErrorCode AetClassifyField(const AetCandidates *c, const AetTraceSettings *settings, int *label, double *probability,
                                AetTraceReport *report)
{
  Trial t = {0};

  PetscFunctionBegin;
  PetscCall(TrialCreate(c, settings, &t));
  for (int degree = 0; degree < DEGREES && t.count > 0; degree++) PetscCall(TryDegree(&t, degree, label));
  PetscCall(PetscArrayzero(probability, (size_t)(c->total * t.classes)));
  for (PetscInt n = 0; n < t.count; n++) {
    PetscCall(PetscArraycpy(probability + (ptrdiff_t)t.index[n] * t.classes, t.best + (ptrdiff_t)n * t.classes, (size_t)t.classes));
    label[t.index[n]] = Largest(t.classes, t.best + (ptrdiff_t)n * t.classes);
  }
  if (t.count) {
    const int degree = t.fit.terms == 0 ? 0 : t.fit.terms == 3 ? 1 : t.fit.terms == 9 ? 2 : 3;
    report->rounds += t.fit.rounds;
    report->start_disagreement = t.disagreement;
    report->intensity_span = Span(&t, degree);
  }
  PetscCall(TrialDestroy(&t));
  PetscFunctionReturn(PETSC_SUCCESS);
}
