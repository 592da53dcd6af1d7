/* The same particle at several times, in one frame: each time onto the one before, then all onto the first by what never changes. */
#include "series/register_private.h"
#include "structure/structure_private.h"
#include <math.h>
#include <string.h>

enum { LEAST_ATOMS = 20, ROUNDS = 30 };
#define RESTS 1e-12 /* of the maps, when the core has come to rest too */
#define BY_CHANCE 4.5
#define WELL_PAIRED 0.85 /* fewer pairs than this */
#define CLEAR 0.05       /* and no clearer than this: two lattices on each other, not one particle twice */
#define NO_SCALE 0.005   /* lengths may differ that much where no calibration is asked for */

/* What is worked on. */
typedef struct {
  MPI_Comm                       comm;
  const AetRegistrationSettings *settings;
  AetCloud                      *cloud; /* [times] */
  AetFit                        *fit;   /* [times] to the frame of the first */
} Work;

void AetRegistrationDefaults(AetRegistrationSettings *settings)
{
  *settings = (AetRegistrationSettings){.cutoff_angstrom = 1.2,
                                        .icp_angstrom = 1.5,
                                        .other_weight = 0.2,
                                        .keep = 0.8,
                                        .calibration = AET_CALIBRATION_SCALE,
                                        .calibration_limit = 0.05,
                                        .least_paired = 0.5,
                                        .least_kappa = 0.1};
}

static PetscErrorCode CheckSettings(int times, const AetRegistrationSettings *s)
{
  PetscFunctionBegin;
  AetCheck(times >= 2, AET_ERR_INPUT, "registration: expected 2 times or more, found %d", times);
  AetCheck(isfinite(s->cutoff_angstrom) && s->cutoff_angstrom > 0, AET_ERR_INPUT,
           "registration: cut-off of a site: expected a length > 0 Å, found %g", s->cutoff_angstrom);
  AetCheck(isfinite(s->icp_angstrom) && s->icp_angstrom > 0, AET_ERR_INPUT,
           "registration: reach of the fit: expected a length > 0 Å, found %g", s->icp_angstrom);
  AetCheck(s->other_weight > 0 && s->other_weight <= 1, AET_ERR_INPUT,
           "registration: weight of other species: expected a number above 0, at most 1, found %g", s->other_weight);
  AetCheck(s->keep > 0 && s->keep <= 1, AET_ERR_INPUT,
           "registration: fraction of pairs kept: expected a number above 0, at most 1, found %g", s->keep);
  AetCheck(s->calibration_limit >= 0 && s->calibration_limit <= 0.2, AET_ERR_INPUT,
           "registration: credible difference of lengths: expected 0 … 0.2, found %g", s->calibration_limit);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Place of a symbol in the union; it is added where it is new. */
static PetscErrorCode Symbol(AetRegistration r, const char *symbol, int *place)
{
  PetscFunctionBegin;
  for (*place = 0; *place < r->species_count; ++*place)
    if (!strcmp(r->symbol[*place], symbol)) PetscFunctionReturn(PETSC_SUCCESS);
  AetCheck(r->species_count < AET_SPECIES_MAX, AET_ERR_INPUT, "registration: expected at most %d species in all times together, found more",
           AET_SPECIES_MAX);
  PetscCall(PetscStrncpy(r->symbol[r->species_count++], symbol, sizeof r->symbol[0]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Whether one species at least is in the list of every time. */
static PetscErrorCode CheckCommon(AetRegistration r, AetAtoms *atoms)
{
  char before[80] = "", after[80] = "";

  PetscFunctionBegin;
  for (int t = 1; t < r->times; t++) {
    int common = 0;
    for (int s = 0; s < atoms[t]->species_count; s++)
      for (int u = 0; u < atoms[t - 1]->species_count; u++) common += !strcmp(atoms[t]->symbol[s], atoms[t - 1]->symbol[u]);
    if (common) continue;
    for (int s = 0; s < atoms[t - 1]->species_count; s++) strcat(strcat(before, s ? ", " : ""), atoms[t - 1]->symbol[s]);
    for (int s = 0; s < atoms[t]->species_count; s++) strcat(strcat(after, s ? ", " : ""), atoms[t]->symbol[s]);
    AetCheck(0, AET_ERR_INPUT, "registration: time %d: expected at least one of the species of time %d (%s), found %s", t + 1, t, before,
             after);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Atoms of a time as they were measured: species of the union. */
static PetscErrorCode TakeTime(AetRegistration r, int t, AetAtoms atoms, AetCloud *cloud)
{
  int place[AET_SPECIES_MAX] = {0};

  PetscFunctionBegin;
  AetCheck(atoms->total >= LEAST_ATOMS, AET_ERR_INPUT, "registration: time %d: expected at least %d atoms, found %" PetscInt_FMT, t + 1,
           (int)LEAST_ATOMS, atoms->total);
  for (int s = 0; s < atoms->species_count; s++) PetscCall(Symbol(r, atoms->symbol[s], place + s));
  PetscCall(AetAtomsGather(atoms, &cloud->position, &r->species[t]));
  r->total[t] = atoms->total;
  cloud->total = atoms->total;
  cloud->species = r->species[t];
  for (PetscInt i = 0; i < atoms->total; i++) {
    const double *x = cloud->position + 3 * (ptrdiff_t)i;
    int          *s = r->species[t] + i;
    AetCheck(isfinite(x[0]) && isfinite(x[1]) && isfinite(x[2]), AET_ERR_INPUT,
             "registration: time %d: atom %" PetscInt_FMT ": expected a finite position, found %g %g %g", t + 1, i + 1, x[0], x[1], x[2]);
    *s = *s >= 0 && *s < atoms->species_count ? place[*s] : -1;
  }
  PetscCall(AetCloudDescribe(cloud));
  AetCheck(cloud->spacing > 0, AET_ERR_INPUT, "registration: time %d: expected atoms in different places, found them in one", t + 1);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Largest difference from 1 of a length under the stretch. */
static double Strain(const AetFit *fit)
{
  double value[3];

  AetSymmetricEigenvalues(fit->stretch, value);
  return fmax(fabs(value[0] - 1), fabs(value[2] - 1));
}

static AetFitKind Kind(const AetRegistrationSettings *s)
{
  return s->calibration == AET_CALIBRATION_AFFINE  ? AET_FIT_AFFINE
         : s->calibration == AET_CALIBRATION_SCALE ? AET_FIT_SCALE
                                                   : AET_FIT_RIGID;
}

static PetscErrorCode CheckPair(const Work *w, int t, const AetPairFit *pair, double strain)
{
  const AetRegistrationSettings *s = w->settings;
  const double                   limit = s->calibration == AET_CALIBRATION_NONE ? NO_SCALE : s->calibration_limit;
  /* the best of thousands of equivalent places of one crystal on another is 4 standard deviations above chance */
  const double kappa = fmax(s->least_kappa, BY_CHANCE / sqrt(pair->paired * (double)PetscMin(w->cloud[t].total, w->cloud[t - 1].total)));
  int          several = 0;

  PetscFunctionBegin;
  AetCheck(pair->paired >= s->least_paired, AET_ERR_DATA,
           "registration: time %d: expected the particle of time %d; at the best rotation and shift found, %.0f %% of the atoms lie within "
           "%g Å of "
           "one of the other time, and %.0f %% are asked for",
           t + 1, t, 100 * pair->paired, s->cutoff_angstrom, 100 * s->least_paired);
  for (ptrdiff_t i = 1; i < w->cloud[t].total && !(several & 1); i++) several |= w->cloud[t].species[i] != w->cloud[t].species[0];
  for (ptrdiff_t i = 1; i < w->cloud[t - 1].total && !(several & 2); i++)
    several |= 2 * (w->cloud[t - 1].species[i] != w->cloud[t - 1].species[0]);
  AetCheck(several != 3 || s->least_kappa <= 0 || pair->kappa >= kappa, AET_ERR_DATA,
           "registration: time %d: expected the particle of time %d; its atoms fall on those of the other time, but the species agree as "
           "by chance "
           "(%.0f %%; kappa %.2f, at least %.2f is asked for)",
           t + 1, t, 100 * pair->agreement, pair->kappa, kappa);
  AetCheck(s->least_paired <= 0 || pair->paired >= WELL_PAIRED || pair->margin >= CLEAR, AET_ERR_DATA,
           "registration: time %d: expected the particle of time %d; %.0f %% of the atoms lie within %g Å of one of the other time, and a "
           "clearly "
           "different rotation or shift fits as well to %.1f %%",
           t + 1, t, 100 * pair->paired, s->cutoff_angstrom, 100 * pair->margin);
  AetCheck(strain <= limit, AET_ERR_DATA,
           "registration: time %d: lengths are %.2f %% off those of time %d, more than the %g %% that are %s: check the pixel sizes", t + 1,
           100 * strain, t, 100 * limit, s->calibration == AET_CALIBRATION_NONE ? "allowed without calibration" : "credible");
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Time t onto the one before. */
static PetscErrorCode FitPair(const Work *w, AetRegistration r, int t)
{
  AetPairFit pair;
  double     strain;

  PetscFunctionBegin;
  PetscCall(AetRegisterCoarse(w->comm, &w->cloud[t], &w->cloud[t - 1], w->settings, &pair));
  PetscCall(AetRegisterRefine(w->comm, &w->cloud[t], &w->cloud[t - 1], w->settings, AET_FIT_SCALE, &pair.fit));
  strain = Strain(&pair.fit);
  if (w->settings->calibration != AET_CALIBRATION_SCALE)
    PetscCall(AetRegisterRefine(w->comm, &w->cloud[t], &w->cloud[t - 1], w->settings, Kind(w->settings), &pair.fit));
  strain = fmax(strain, Strain(&pair.fit));
  PetscCall(AetRegisterJudge(&w->cloud[t], &w->cloud[t - 1], w->settings, &pair));
  PetscCall(CheckPair(w, t, &pair, strain));
  AetFitCompose(&w->fit[t - 1], &pair.fit, &w->fit[t]);
  r->margin[t] = pair.margin;
  r->paired[t] = pair.paired;
  r->agreement[t] = pair.agreement;
  r->kappa[t] = pair.kappa;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Place(const Work *w, AetRegistration r)
{
  for (int t = 0; t < r->times; t++)
    for (PetscInt i = 0; i < r->total[t]; i++)
      AetFitMap(w->fit[t].linear, w->fit[t].shift, w->cloud[t].position + 3 * (ptrdiff_t)i, r->position[t] + 3 * (ptrdiff_t)i);
}

/* Time t onto the first by the sites of the core; how much the map changed. */
static PetscErrorCode FitCore(const Work *w, AetRegistration r, int t, double *room, double *moved)
{
  double   *a = room, *b = room + 3 * (ptrdiff_t)r->core_sites;
  ptrdiff_t pairs = 0;
  AetFit    fit;

  PetscFunctionBegin;
  for (PetscInt s = 0; s < r->sites; s++) {
    const PetscInt *atom = r->atom + (ptrdiff_t)s * r->times;
    if (!r->core[s]) continue;
    memcpy(a + 3 * pairs, w->cloud[t].position + 3 * (ptrdiff_t)atom[t], 3 * sizeof(double));
    memcpy(b + 3 * pairs++, w->cloud[0].position + 3 * (ptrdiff_t)atom[0], 3 * sizeof(double));
  }
  AetCheck(!AetFitPairs(Kind(w->settings), pairs, a, b, NULL, &fit), AET_ERR_DATA,
           "registration: time %d: the conserved core, %td sites, does not fix a rotation", t + 1, pairs);
  for (int k = 0; k < 9; k++) *moved = fmax(*moved, fabs(fit.linear[k] - w->fit[t].linear[k]));
  w->fit[t] = fit;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Matching and fitting in turn, until neither changes. */
static PetscErrorCode Settle(const Work *w, AetRegistration r)
{
  PetscFunctionBegin;
  for (r->rounds = 1;; r->rounds++) {
    double  moved = 0;
    double *room;
    Place(w, r);
    PetscCall(AetSitesMatch(r, w->settings->cutoff_angstrom));
    PetscCall(AetCoreFind(r));
    AetCheck(r->core_sites >= LEAST_ATOMS, AET_ERR_DATA,
             "registration: expected a core of at least %d sites that keep their atoms at all times, found %" PetscInt_FMT,
             (int)LEAST_ATOMS, r->core_sites);
    if (r->rounds == ROUNDS) break;
    PetscCall(PetscMalloc1(6 * (size_t)r->core_sites, &room));
    for (int t = 1; t < r->times; t++) PetscCall(FitCore(w, r, t, room, &moved));
    PetscCall(PetscFree(room));
    if (moved <= RESTS) break;
  }
  Place(w, r);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Standard deviations of a turn and a shift that may be left: residuals of variance v per axis on places x about their centre give a turn
   of covariance v (Σ |x|² - x xᵀ)⁻¹ and a shift of variance v/n. */
static void Uncertainty(AetRegistration r, int t)
{
  double mean[3] = {0}, inertia[9] = {0}, value[3], square = 0, sum = 0;
  double n = r->core_sites;

  for (PetscInt s = 0; s < r->sites; s++)
    for (int k = 0; k < 3 && r->core[s]; k++) mean[k] += r->position[0][3 * s + k] / n;
  for (PetscInt s = 0; s < r->sites; s++) {
    const PetscInt i = r->atom[(ptrdiff_t)s * r->times + t];
    double         d[3];
    if (!r->core[s]) continue;
    for (int k = 0; k < 3; k++) {
      d[k] = r->position[0][3 * s + k] - mean[k];
      square += pow(r->position[t][3 * i + k] - r->position[0][3 * s + k], 2) / (3 * n);
    }
    for (int k = 0; k < 9; k++) inertia[k] += (k % 4 ? 0 : d[0] * d[0] + d[1] * d[1] + d[2] * d[2]) - d[k / 3] * d[k % 3];
  }
  AetSymmetricEigenvalues(inertia, value);
  for (int k = 0; k < 3; k++) sum += 1 / value[k];
  r->rotation_sigma_deg[t] = sqrt(square * sum) / AET_DEG;
  r->shift_sigma_angstrom[t] = sqrt(3 * square / n);
}

static void Fill(const Work *w, AetRegistration r)
{
  r->paired[0] = r->agreement[0] = r->kappa[0] = r->margin[0] = 1;
  for (int t = 0; t < r->times; t++) {
    const AetFit *f = &w->fit[t];
    const double *p = f->stretch;
    memcpy(r->linear[t], f->linear, sizeof f->linear);
    memcpy(r->rotation[t], f->rotation, sizeof f->rotation);
    memcpy(r->stretch[t], f->stretch, sizeof f->stretch);
    memcpy(r->shift[t], f->shift, sizeof f->shift);
    r->scale[t] = cbrt(p[0] * (p[4] * p[8] - p[5] * p[7]) - p[1] * (p[3] * p[8] - p[5] * p[6]) + p[2] * (p[3] * p[7] - p[4] * p[6]));
    if (t) Uncertainty(r, t);
  }
}

static PetscErrorCode Create(int times, AetAtoms *atoms, AetRegistration *registration)
{
  AetRegistration r;
  const size_t    n = (size_t)times;

  PetscFunctionBegin;
  PetscCall(PetscNew(&r));
  r->times = times;
  PetscCall(PetscCalloc4(n, &r->linear, n, &r->rotation, n, &r->stretch, n, &r->shift));
  PetscCall(PetscCalloc7(n, &r->scale, n, &r->rotation_sigma_deg, n, &r->shift_sigma_angstrom, n, &r->margin, n, &r->paired, n,
                         &r->agreement, n, &r->kappa));
  PetscCall(PetscCalloc5(n, &r->total, n, &r->position, n, &r->species, n, &r->site, n, &r->precision));
  for (int t = 0; t < times; t++) {
    PetscCall(PetscMalloc1(3 * (size_t)atoms[t]->total + 3, &r->position[t]));
    PetscCall(PetscMalloc1((size_t)atoms[t]->total + 1, &r->site[t]));
  }
  *registration = r;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(Work *w, AetAtoms *atoms, AetRegistration r)
{
  PetscFunctionBegin;
  for (int t = 0; t < r->times; t++) PetscCall(AetAgree(w->comm, TakeTime(r, t, atoms[t], &w->cloud[t])));
  PetscCall(CheckCommon(r, atoms));
  r->neighbour_angstrom = w->cloud[0].spacing;
  AetFitIdentity(&w->fit[0]);
  for (int t = 1; t < r->times; t++) PetscCall(FitPair(w, r, t));
  PetscCall(AetAgree(w->comm, Settle(w, r)));
  PetscCall(AetAgree(w->comm, AetCoreDescribe(r)));
  Fill(w, r);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetRegistrationCreate(int times, AetAtoms *atoms, const AetRegistrationSettings *settings, AetRegistration *registration)
{
  Work            w = {.settings = settings};
  AetRegistration r;
  PetscErrorCode  code;

  PetscFunctionBegin;
  *registration = NULL;
  PetscCall(CheckSettings(times, settings));
  w.comm = atoms[0]->comm;
  PetscCall(Create(times, atoms, &r));
  PetscCall(PetscCalloc2((size_t)times, &w.cloud, (size_t)times, &w.fit));
  code = Run(&w, atoms, r);
  for (int t = 0; t < times; t++) {
    PetscCall(PetscFree(w.cloud[t].position));
    PetscCall(PetscFree(w.cloud[t].inner));
  }
  PetscCall(PetscFree2(w.cloud, w.fit));
  if (code) PetscCall(AetRegistrationDestroy(&r));
  PetscCall(code);
  *registration = r;
  PetscFunctionReturn(PETSC_SUCCESS);
}

void AetRegistrationMap(AetRegistration registration, int time, const double x[3], double y[3])
{
  AetFitMap(registration->linear[time], registration->shift[time], x, y);
}

PetscErrorCode AetRegistrationDestroy(AetRegistration *registration)
{
  AetRegistration r = *registration;

  PetscFunctionBegin;
  if (!r) PetscFunctionReturn(PETSC_SUCCESS);
  for (int t = 0; t < r->times; t++) {
    PetscCall(PetscFree(r->position[t]));
    PetscCall(PetscFree(r->species[t]));
    PetscCall(PetscFree(r->site[t]));
  }
  PetscCall(PetscFree(r->atom));
  PetscCall(PetscFree5(r->site_position, r->present, r->site_species, r->conserved, r->core));
  PetscCall(PetscFree2(r->agreement_near, r->depth));
  PetscCall(PetscFree4(r->linear, r->rotation, r->stretch, r->shift));
  PetscCall(PetscFree7(r->scale, r->rotation_sigma_deg, r->shift_sigma_angstrom, r->margin, r->paired, r->agreement, r->kappa));
  PetscCall(PetscFree5(r->total, r->position, r->species, r->site, r->precision));
  PetscCall(PetscFree(*registration));
  PetscFunctionReturn(PETSC_SUCCESS);
}
