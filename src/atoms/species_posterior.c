/* The probabilities of species after refinement: from the heights that the images ask for. */
#include "atoms/atoms_private.h"
#include "atoms/kernel/field_mixture.h"
#include "atoms/refine_private.h"
#include "atoms/species_evidence.h"
#include <math.h>

#define CLEARLY 0.02 /* by so much more the atoms' own probabilities must promise to stay */

enum { DEGREES = 4, ATOMS_PER_TERM = 30, PROBES = 8 };

/* The atoms that the images tell of, about their centre, and their heights as logarithms. */
typedef struct {
  PetscInt        count;
  PetscInt       *index;
  double         *place, *value, *basis, *trial, *best; /* [count][3], [count], [count][terms], [count][classes] */
  AetFieldMixture fit;
} Seen;

static PetscErrorCode SeenCreate(const AetRefinery *r, const AetSpeciesEvidence *e, Seen *s)
{
  const size_t total = (size_t)e->count + 1, shares = (size_t)(e->count * e->species_count) + 1;
  double       centre[3] = {0}, radius = 1e-290, least = INFINITY;

  PetscFunctionBegin;
  PetscCall(PetscMalloc6(total, &s->index, 3 * total, &s->place, total, &s->value, total * AET_FIELD_TERMS, &s->basis, shares, &s->trial,
                         shares, &s->best));
  for (int k = 0; k < e->species_count; k++)
    if (r->optics.height[k] > 0) least = fmin(least, 0.05 * r->optics.height[k]);
  s->count = 0;
  for (PetscInt i = 0; i < e->count; i++) {
    if (!(e->error[i] > 0)) continue;
    s->value[s->count] = log(fmax(e->height[i], least));
    for (int a = 0; a < 3; a++) s->place[3 * s->count + a] = r->position[3 * i + a], centre[a] += r->position[3 * i + a];
    s->index[s->count++] = i;
  }
  for (PetscInt n = 0; n < 3 * s->count; n++) {
    s->place[n] -= centre[n % 3] / (double)s->count;
    radius = fmax(radius, fabs(s->place[n]));
  }
  for (PetscInt n = 0; n < 3 * s->count; n++) s->place[n] /= radius;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SeenDestroy(Seen *s)
{
  PetscFunctionBegin;
  PetscCall(PetscFree6(s->index, s->place, s->value, s->basis, s->trial, s->best));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The mixture, begun from the names, with the field that the Bayesian criterion asks for. */
static PetscErrorCode Fit(const AetRefinery *r, int classes, Seen *s)
{
  double criterion = INFINITY, basis[AET_FIELD_TERMS];

  PetscFunctionBegin;
  for (int degree = 0; degree < DEGREES; degree++) {
    const int       terms = AetFieldBasis(degree, (const double[3]){0}, basis);
    AetFieldMixture fit;
    double          now;
    if (degree && s->count < ATOMS_PER_TERM * terms) break;
    for (PetscInt n = 0; n < s->count; n++) {
      (void)AetFieldBasis(degree, s->place + 3 * n, s->basis + (ptrdiff_t)n * terms);
      for (int k = 0; k < classes; k++) s->trial[(ptrdiff_t)n * classes + k] = r->species[s->index[n]] == k;
    }
    AetFieldMixtureFit(s->count, s->value, classes, terms, s->basis, s->trial, &fit);
    now = -2 * fit.log_likelihood + (3 * classes + terms) * log((double)s->count);
    if (!(now < criterion)) continue;
    criterion = now, s->fit = fit;
    PetscCall(PetscArraycpy(s->best, s->trial, (size_t)(s->count * classes)));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* An atom whose height the views fix worse than that of its fellows is named with less certainty: the widths of the classes, which the
   scatter of all heights gave, times its own standard deviation by the views over the mean one. */
static void Weigh(const AetSpeciesEvidence *e, int classes, Seen *s)
{
  const AetFieldMixture *fit = &s->fit;
  const int              degree = fit->terms == 0 ? 0 : fit->terms == 3 ? 1 : fit->terms == 9 ? 2 : 3;
  double                 mean = 0, basis[AET_FIELD_TERMS];

  for (PetscInt n = 0; n < s->count; n++)
    mean += e->error[s->index[n]] * e->error[s->index[n]] * e->dispersion[s->index[n]] / (double)s->count;
  for (PetscInt n = 0; n < s->count; n++) {
    const PetscInt i = s->index[n];
    const double   factor = fmax(0.5, fmin(3, sqrt(e->error[i] * e->error[i] * e->dispersion[i] / mean)));
    const int      terms = AetFieldBasis(degree, s->place + 3 * n, basis);
    double         v = s->value[n], exponent[AET_FIELD_CLASSES], largest = -INFINITY, sum = 0, *p = s->best + (ptrdiff_t)n * classes;
    for (int t = 0; t < terms; t++) v -= fit->coefficient[t] * basis[t];
    for (int k = 0; k < classes; k++) {
      const double z = (v - fit->mean[k]) / (factor * fit->sigma[k]);
      exponent[k] = fit->weight[k] > 0 ? log(fit->weight[k] / fit->sigma[k]) - 0.5 * z * z : -INFINITY;
      largest = fmax(largest, exponent[k]);
    }
    for (int k = 0; k < classes; k++) sum += p[k] = exp(exponent[k] - largest);
    for (int k = 0; k < classes; k++) p[k] /= sum;
  }
}

/* Mean over atoms of the largest probability: how often names by it would be right. Rows that sum to nothing are not known. */
static double Expected(PetscInt count, int classes, const double *probability, ptrdiff_t stride)
{
  double sum = 0, known = 0;

  for (PetscInt i = 0; i < count; i++) {
    const double *p = probability + (ptrdiff_t)i * stride;
    double        largest = 0, all = 0;
    for (int k = 0; k < classes; k++) largest = fmax(largest, p[k]), all += p[k];
    if (all > 0) sum += largest / all, known++;
  }
  return known > 0 ? sum / known : 0;
}

/* Probabilities by the images, unless those that the atoms brought promise clearly more: both stem from the same images, so that their
   product would count these twice; one is taken. */
static PetscErrorCode Take(AetRefinery *r, AetAtoms atoms, const Seen *s)
{
  const int      classes = atoms->species_count;
  AetAtomRecord *records;
  double         before, *traced;

  PetscFunctionBegin;
  PetscCall(AetAtomsGatherRecords(atoms, &records));
  PetscCall(PetscMalloc1((size_t)(atoms->total * classes) + 1, &traced));
  for (PetscInt i = 0; i < atoms->total; i++)
    for (int k = 0; k < classes; k++) traced[(ptrdiff_t)i * classes + k] = records[i].probability[k];
  before = Expected(atoms->total, classes, traced, classes);
  r->report->expected_accuracy = Expected(s->count, classes, s->best, classes);
  r->report->species_by_images = (PetscBool)(r->report->expected_accuracy >= before - CLEARLY);
  if (!r->report->species_by_images) r->report->expected_accuracy = before;
  for (PetscInt n = 0; n < s->count && r->report->species_by_images; n++) {
    const PetscInt mine = s->index[n] - atoms->start;
    if (mine < 0 || mine >= atoms->count) continue;
    PetscCall(PetscArraycpy(atoms->probability + (ptrdiff_t)mine * classes, s->best + (ptrdiff_t)n * classes, (size_t)classes));
  }
  PetscCall(AetAtomsAgree(atoms));
  PetscCall(PetscFree(traced));
  PetscCall(PetscFree(records));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetRefinerySpecies(AetRefinery *r, AetAtoms atoms)
{
  AetSpeciesEvidence e;
  Seen               s;

  PetscFunctionBegin;
  if (atoms->species_count < 2 || !(r->report->noise_floor > 0))
    PetscFunctionReturn(PETSC_SUCCESS); /* nothing to tell, or no noise to tell by */
  PetscCall(AetRefineryEvaluate(r));
  PetscCall(AetSpeciesEvidenceCreate(r->imaging, r->tilt, &r->optics, &r->atoms, r->weight, r->residual,
                                     PetscMin(r->settings->probes, PROBES), r->settings->seed, &e));
  PetscCall(SeenCreate(r, &e, &s));
  if (s.count) {
    PetscCall(Fit(r, atoms->species_count, &s));
    Weigh(&e, atoms->species_count, &s);
    PetscCall(Take(r, atoms, &s));
  }
  PetscCall(SeenDestroy(&s));
  PetscCall(AetSpeciesEvidenceFree(&e));
  PetscFunctionReturn(PETSC_SUCCESS);
}
