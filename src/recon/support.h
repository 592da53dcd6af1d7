/* Supports that are made of the data. Private to the room. */
#ifndef AET_SUPPORT_H
#define AET_SUPPORT_H

#include "recon/recon_private.h"

/* 1 where a quick reconstruction, smoothed, is above Otsu's threshold times recon_support_factor, gaps up to recon_support_radius closed; 0
   elsewhere. Collective. */
PetscErrorCode AetReconOtsu(AetRecon recon, AetVolume support);

/* The support shrinks on the object while it is found (shrink-wrap: Marchesini et al., Phys. Rev. B 68 (2003) 140101). */
/* Declares the support as a part of the state. Not collective. */
PetscErrorCode AetWrapKeep(AetRecon recon);
/* Before iteration `it` (from 0), every recon_support_every iterations: the support anew, where `object` smoothed is above a tenth of its
   maximum; *changed tells. Never an empty one: an object without positive values leaves the support as it is. Collective. */
PetscErrorCode AetWrapSupport(AetRecon recon, PetscInt it, const float *object, PetscBool *changed);

#endif
