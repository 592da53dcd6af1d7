/* Shared by the files of the registration. */
#ifndef AET_SERIES_REGISTER_PRIVATE_H
#define AET_SERIES_REGISTER_PRIVATE_H

#include "series/kernel/fit.h"
#include <aet4d/series.h>

/* The atoms of a time, all of them on every rank. */
typedef struct {
  ptrdiff_t  total;
  double    *position; /* [total][3] Å, as measured; owned by whoever made it */
  int       *species;  /* [total] of the union, -1: not named; owned likewise */
  double     centre[3];
  double     spacing; /* Å: of nearest neighbours in a close packing as dense as the middle */
  ptrdiff_t *inner;   /* [total] by distance from the centre, owned likewise */
} AetCloud;
/* What a fit of two times is worth. */
typedef struct {
  AetFit fit;
  double margin;                   /* to the best clearly different one, as a fraction */
  double paired, agreement, kappa; /* of one-to-one pairs within the cut-off */
} AetPairFit;

/* centre, spacing, inner of a cloud with positions (PetscFree inner). Not collective. */
PetscErrorCode AetCloudDescribe(AetCloud *cloud);
/* Takes `a` onto `b`, from nothing: all that is worth it among rotations and shifts is tried. Collective. */
PetscErrorCode AetRegisterCoarse(MPI_Comm comm, const AetCloud *a, const AetCloud *b, const AetRegistrationSettings *settings,
                                 AetPairFit *pair);
/* Nearest pairs and fit, again and again until it rests; atoms are shared by the ranks. Collective. */
PetscErrorCode AetRegisterRefine(MPI_Comm comm, const AetCloud *a, const AetCloud *b, const AetRegistrationSettings *settings,
                                 AetFitKind kind, AetFit *fit);
/* paired, agreement, kappa of a fit. Not collective. */
PetscErrorCode AetRegisterJudge(const AetCloud *a, const AetCloud *b, const AetRegistrationSettings *settings, AetPairFit *pair);

/* Sites, from the positions: atom, site, present, site_position. Replaces those that were there. Not collective. */
PetscErrorCode AetSitesMatch(AetRegistration r, double cutoff_angstrom);
/* Species, conserved sites, core. Not collective. */
PetscErrorCode AetCoreFind(AetRegistration r);
/* agreement_near, depth, and the numbers about the core. Not collective. */
PetscErrorCode AetCoreDescribe(AetRegistration r);

#endif
