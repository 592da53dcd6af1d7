/* What a scan tries. To scan another key: one line in `axes`. */
#include "recon/scan_private.h"
#include <math.h>
#include <string.h>

typedef struct {
  const char *key, *methods; /* methods: |name|name|, NULL for all */
  const char *values[4];     /* the first is the default */
} Axis;

static const Axis axes[] = {
    {"recon_support", NULL, {"none", "auto"}},
    {"recon_oversampling", "|genfire|dfi|", {"2", "3", "4"}},
    {"recon_gridding_distance", "|genfire|dfi|", {"0.5", "0.3", "0.7"}},
    {"recon_resolution_extension", "|genfire|", {"none", "extension", "extension+suppression"}},
    {"recon_smooth", "|resire|", {"0", "0.5", "1"}},
    {"recon_tv_weight", "|tv|", {"0.003", "0.001", "0.01"}},
    {"recon_window", "|wbp|", {"ram-lak", "hann"}},
};
enum { AXES = sizeof axes / sizeof axes[0] };

/* Fractions of the default number of iterations at which R_free is taken. */
static const double ladder_steps[] = {0.125, 0.25, 0.375, 0.5, 0.75, 1, 1.5, 2, 3};

static PetscBool Known(const char *key)
{
  for (int i = 0; i < AetReconOptions.count; i++)
    if (!strcmp(AetReconOptions.options[i].key, key)) return PETSC_TRUE;
  return PETSC_FALSE;
}

/* Whether the axis is scanned for a method: not where the user has set the key. */
static PetscErrorCode Applies(const Axis *axis, const char *method, PetscBool *applies)
{
  PetscBool extended, set;
  char      name[64];

  PetscFunctionBegin;
  *applies = PETSC_FALSE;
  snprintf(name, sizeof name, "|%s|", method);
  if (!Known(axis->key) || (axis->methods && !strstr(axis->methods, name))) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AetOptionIsSet(axis->key, &set));
  PetscCall(AetOptionGetBool("recon_extended", &extended));
  *applies = (PetscBool)(!set && !(extended && !strcmp(axis->key, "recon_support"))); /* auto wants an isolated object */
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Describe(AetScanCandidate *c)
{
  PetscInt iterations;
  int      extension;
  double   oversampling = 0;

  PetscFunctionBegin;
  PetscCall(AetOptionGetInt("recon_iterations", &iterations));
  c->fixed = iterations > 0 ? PETSC_TRUE : PETSC_FALSE;
  c->most = iterations > 0 ? iterations : c->method->iterations;
  PetscCall(AetOptionGetEnum("recon_resolution_extension", &extension));
  PetscCall(AetOptionGetReal("recon_oversampling", &oversampling));
  for (int k = 0; k < c->keys; k++) {
    if (!strcmp(c->key[k], "recon_resolution_extension")) extension = strcmp(c->value[k], "none") ? 1 : 0;
    if (!strcmp(c->key[k], "recon_oversampling")) oversampling = atof(c->value[k]);
  }
  c->schedule = (PetscBool)(extension != AET_EXTENSION_NONE && !strcmp(c->method->name, "genfire"));
  c->weight = oversampling * oversampling * oversampling;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* All combinations of the axes from `first` on, the last axis fastest. */
static PetscErrorCode Combine(AetScanCandidate candidate, int first, AetScanCandidate *all, int *count)
{
  PetscBool applies;

  PetscFunctionBegin;
  if (first == AXES) {
    PetscCheck(*count < AET_SCAN_CANDIDATES, PETSC_COMM_SELF, PETSC_ERR_PLIB, "more candidates than expected");
    PetscCall(Describe(&candidate));
    all[(*count)++] = candidate;
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(Applies(&axes[first], candidate.method->name, &applies));
  if (!applies) {
    PetscCall(Combine(candidate, first + 1, all, count));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  candidate.key[candidate.keys++] = axes[first].key;
  for (int v = 0; v < 4 && axes[first].values[v]; v++) {
    candidate.value[candidate.keys - 1] = axes[first].values[v];
    PetscCall(Combine(candidate, first + 1, all, count));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetScanCandidates(int *count, AetScanCandidate **candidates)
{
  PetscBool set, extended;
  int       method;

  PetscFunctionBegin;
  PetscCall(AetOptionIsSet("recon_method", &set));
  PetscCall(AetOptionGetEnum("recon_method", &method));
  PetscCall(AetOptionGetBool("recon_extended", &extended));
  PetscCall(PetscCalloc1(AET_SCAN_CANDIDATES, candidates));
  *count = 0;
  for (int m = 0; AetReconMethodAt(m); m++) {
    AetScanCandidate candidate = {.method = AetReconMethodAt(m)};
    const char      *name = candidate.method->name;
    if (set ? m != method : strcmp(name, "resire") && (extended || strcmp(name, "genfire"))) continue;
    candidate.key[0] = "recon_method", candidate.value[0] = name, candidate.keys = set ? 0 : 1;
    PetscCall(Combine(candidate, 0, *candidates, count));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

int AetScanLadder(const AetScanCandidate *c, int round, int rounds, PetscInt ladder[AET_SCAN_POINTS])
{
  static const double part[AET_SCAN_ROUNDS] = {0.125, 0.5, 3}; /* of the default, the last step of a round; the last rounds are made */
  const double        top = part[AET_SCAN_ROUNDS - rounds + round];
  const PetscBool     last = (PetscBool)(round == rounds - 1);
  int                 steps = 0;

  if (c->method->iterations <= 1 && !c->fixed) return ladder[0] = 1, 1;
  if (c->fixed || c->schedule) {
    ladder[0] = PetscMax(1, (PetscInt)lround((last ? 1 : top) * (double)c->most));
    return 1;
  }
  for (size_t i = 0; i < sizeof ladder_steps / sizeof ladder_steps[0] && ladder_steps[i] <= top; i++) {
    const PetscInt step = PetscMax(1, (PetscInt)lround(ladder_steps[i] * (double)c->most));
    if (!steps || step > ladder[steps - 1]) ladder[steps++] = step;
  }
  return steps;
}

double AetScanBest(const AetScanCandidate *c, int *at)
{
  double best = HUGE_VAL;

  if (at) *at = 0;
  for (int i = 0; i < c->points; i++)
    if (isfinite(c->point[i].rfree) && c->point[i].rfree >= 0 && c->point[i].rfree < best) {
      best = c->point[i].rfree;
      if (at) *at = i;
    }
  return best;
}
