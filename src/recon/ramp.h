/* The inverse of the normal operator's symbol: what the ramp filter is to a full set of views, for the views at hand. */
#ifndef AET_RECON_RAMP_H
#define AET_RECON_RAMP_H

#include <aet4d/recon.h>

typedef struct _p_AetRamp *AetRamp;
/* volume <- AᵀA volume. Collective. */
typedef PetscErrorCode (*AetNormalOperator)(void *context, float *volume);
/* From the operator itself: the response of AᵀA to a point in the middle, windowed and transformed, is its symbol h(k); the filter is
   1 / (h(k) + (floor + slope · |k|²) · max h), |k|² as of forward differences, 4 Σ sin²(π k_a / N_a). It works on the volume's own grid,
   unpadded: a preconditioner need not be exact at the borders. `work` is room for a volume. Collective. */
PetscErrorCode AetRampCreate(MPI_Comm comm, AetNormalOperator normal, void *context, const ptrdiff_t n[3], double floor, double slope,
                             float *work, AetRamp *ramp);
/* The same where AᵀA, if `planar`, does not mix planes of y; in work arrays of `lender`, as AetMultiplierCreate has it. */
PetscErrorCode AetRampCreateWith(MPI_Comm comm, AetNormalOperator normal, void *context, const ptrdiff_t n[3], PetscBool planar,
                                 double floor, double slope, float *work, AetMultiplier lender, AetRamp *ramp);
double         AetRampHighest(AetRamp ramp); /* max h */
/* To lend from; borrowed. Not collective. */
AetMultiplier  AetRampMultiplier(AetRamp ramp);
PetscErrorCode AetRampDestroy(AetRamp *ramp);
/* result = the filter applied to `volume` (may be the same array). Collective. */
PetscErrorCode AetRampApply(AetRamp ramp, const float *volume, float *result);

#endif
