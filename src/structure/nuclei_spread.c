/* How far the sizes of nuclei depend on what is not known exactly: the threshold, and what the caller draws anew. */
#include "structure/structure_private.h"
#include <math.h>

enum { STREAM = 0x6e75 };

/* Sites of the nucleus of `now` that shares most atoms with each nucleus of `first`; 0 where none does. */
static PetscErrorCode Partners(AetNuclei first, AetNuclei now, double *sites)
{
  PetscInt *common, *met, count;

  PetscFunctionBegin;
  PetscCall(PetscCalloc2((size_t)now->count + 1, &common, (size_t)now->count + 1, &met));
  for (PetscInt k = 0; k < first->count; k++) {
    PetscInt best = -1;
    count = 0;
    for (PetscInt i = 0; i < first->total; i++) {
      if (first->label[i] != k || now->label[i] < 0) continue;
      if (!common[now->label[i]]++) met[count++] = now->label[i];
    }
    for (PetscInt m = 0; m < count; m++)
      if (best < 0 || common[met[m]] > common[best] || (common[met[m]] == common[best] && met[m] < best)) best = met[m];
    sites[k] = best < 0 ? 0 : (double)now->sites[best];
    for (PetscInt m = 0; m < count; m++) common[met[m]] = 0;
  }
  PetscCall(PetscFree2(common, met));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One replica; adds sites and their squares to sum[count][2]. */
static PetscErrorCode Replica(AetAtoms atoms, AetNuclei nuclei, const double *order, const int *group, AetNucleiSettings settings,
                              double *sites, double *sum)
{
  AetNuclei now;

  PetscFunctionBegin;
  settings.min_sites = 1; /* one that shrinks below the least size is smaller, not gone */
  PetscCall(AetNucleiCreate(atoms, order, group, &settings, &now));
  PetscCall(Partners(nuclei, now, sites));
  PetscCall(AetNucleiDestroy(&now));
  for (PetscInt k = 0; k < nuclei->count; k++) {
    sum[2 * k] += sites[k];
    sum[2 * k + 1] += sites[k] * sites[k];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetNucleiSpread(AetAtoms atoms, AetNuclei nuclei, const double *order, const int *group, const AetNucleiSettings *settings,
                               double threshold, PetscInt replicas, uint64_t seed, AetOrderReplica draw, void *context, double *sigma_sites)
{
  const size_t   room = (size_t)nuclei->count + 1;
  double        *sum, *sites, *drawn;
  int           *drawn_group;
  PetscErrorCode code = PETSC_SUCCESS;

  PetscFunctionBegin;
  PetscCall(PetscCalloc4(2 * room, &sum, room, &sites, (size_t)nuclei->total + 1, &drawn, (size_t)nuclei->total + 1, &drawn_group));
  for (PetscInt r = 0; r < replicas && !code; r++) {
    AetNucleiSettings here = *settings;

    here.threshold += threshold * (2 * AetRandomUniform(seed, STREAM, (uint64_t)r) - 1);
    if (draw) code = draw(context, r, drawn, drawn_group);
    if (!code) code = Replica(atoms, nuclei, draw ? drawn : order, draw ? drawn_group : group, here, sites, sum);
  }
  for (PetscInt k = 0; k < nuclei->count; k++) {
    const double mean = replicas ? sum[2 * k] / replicas : 0;
    sigma_sites[k] = replicas > 1 ? sqrt(fmax(0, (sum[2 * k + 1] - replicas * mean * mean) / (replicas - 1))) : 0;
  }
  PetscCall(PetscFree4(sum, sites, drawn, drawn_group));
  PetscFunctionReturn(code);
}
