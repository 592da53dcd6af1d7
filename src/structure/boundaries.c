/* Grains by the orientation of atoms, and what lies between them. */
#include "structure/boundaries_private.h"
#include <math.h>

static const double SHELL = 1.25; /* of the median distance of nearest neighbours: below the second of fcc, above those of strained ones */
static const double REACH = 2.2;  /* of AetLocal */

void AetBoundaryDefaults(AetBoundarySettings *settings)
{
  *settings = (AetBoundarySettings){.tolerance_deg = 3, .min_sites = 13, .min_plane_sites = 7, .sigma3_deg = 5};
}

const char *AetBoundaryName(int kind)
{
  static const char *const name[] = {"grain", "twin", "coherent_twin", "stacking_fault", "hcp_layers"};

  return kind >= 0 && kind <= AET_BOUNDARY_HCP_LAYERS ? name[kind] : NULL;
}

const AetRotationGroup *AetBoundaryGroup(const AetBoundaryWork *w, int kind)
{
  return kind == AET_LOCAL_HCP ? &w->hexagonal : &w->cubic;
}

int AetBoundaryKindOf(const AetBoundaryWork *w, PetscInt i)
{
  const int kind = w->local->ptm[i];

  return kind == AET_LOCAL_ICO || w->layers[i] >= 0 ? AET_LOCAL_OTHER : kind;
}

PetscInt AetBoundaryNext(const AetBoundaryWork *w, PetscInt i, int *k)
{
  while (*k < AET_LOCAL_NEAREST) {
    const PetscInt j = w->local->nearest[i][(*k)++];
    if (j < 0) break;
    const double *p = w->x + 3 * (ptrdiff_t)i, *q = w->x + 3 * (ptrdiff_t)j, d[3] = {p[0] - q[0], p[1] - q[1], p[2] - q[2]};
    if (d[0] * d[0] + d[1] * d[1] + d[2] * d[2] <= w->shell * w->shell) return j;
  }
  *k = AET_LOCAL_NEAREST;
  return -1;
}

static PetscErrorCode CheckSettings(const AetBoundarySettings *s)
{
  PetscFunctionBegin;
  AetCheck(isfinite(s->tolerance_deg) && s->tolerance_deg > 0 && isfinite(s->sigma3_deg) && s->sigma3_deg > 0, AET_ERR_INPUT,
           "structure: tolerance of grains and of twins: expected angles > 0 degrees, found %g and %g", s->tolerance_deg, s->sigma3_deg);
  AetCheck(s->min_sites > 0 && s->min_plane_sites > 0, AET_ERR_INPUT,
           "structure: least atoms of a grain and of a boundary: expected numbers > 0, found %" PetscInt_FMT " and %" PetscInt_FMT,
           s->min_sites, s->min_plane_sites);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Find(AetBoundaryWork *w, AetBoundaries b)
{
  const size_t room = (size_t)w->total + 1;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(room, &w->layers, room, &w->core));
  PetscCall(AetBoundaryFindLayers(w));
  PetscCall(AetBoundaryFindGrains(w, b));
  PetscCall(AetBoundaryFindSides(w, b));
  PetscCall(AetBoundaryMakeRecords(w, b));
  PetscCall(PetscFree(w->stack));
  PetscCall(PetscFree2(w->layers, w->core));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetBoundariesCreate(AetAtoms atoms, AetLocal local, const AetBoundarySettings *settings, AetBoundaries *boundaries)
{
  AetBoundaryWork w = {.local = local, .settings = settings, .total = atoms->total, .shell = SHELL / REACH * local->reach_angstrom};
  const size_t    room = (size_t)w.total + 1;
  AetBoundaries   b;
  double         *x;

  PetscFunctionBegin;
  *boundaries = NULL;
  PetscCall(CheckSettings(settings));
  AetCheck(local->total == atoms->total, AET_ERR_INPUT,
           "structure: boundaries: expected the local structure of %" PetscInt_FMT " atoms, found that of %" PetscInt_FMT, atoms->total,
           local->total);
  AetRotationGroupCubic(&w.cubic);
  AetRotationGroupHexagonal(&w.hexagonal);
  PetscCall(AetPositionsGather(atoms, &x));
  w.x = x;
  PetscCall(PetscNew(&b));
  b->total = w.total;
  PetscCall(PetscMalloc2(room, &b->grain, room, &b->at));
  PetscCall(Find(&w, b));
  PetscCall(PetscFree(x));
  *boundaries = b;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetBoundariesDestroy(AetBoundaries *boundaries)
{
  PetscFunctionBegin;
  if (!*boundaries) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscFree2((*boundaries)->grain, (*boundaries)->at));
  PetscCall(PetscFree4((*boundaries)->kind, (*boundaries)->quaternion, (*boundaries)->spread_deg, (*boundaries)->sites));
  PetscCall(PetscFree((*boundaries)->boundary));
  PetscCall(PetscFree(*boundaries));
  PetscFunctionReturn(PETSC_SUCCESS);
}
