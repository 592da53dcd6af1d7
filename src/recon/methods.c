/* The registry of methods, in the order of `recon_method`'s choices. */
#include "recon/recon_private.h"

static const AetReconMethod *const methods[] = {
    &AetReconResire, &AetReconGenfire, &AetReconSirt, &AetReconSart, &AetReconCgls,    &AetReconLsqr,
    &AetReconWbp,    &AetReconDfi,     &AetReconEst,  &AetReconTv,   &AetReconPoisson,
};

const AetReconMethod *AetReconMethodAt(int index)
{
  return index >= 0 && index < (int)(sizeof methods / sizeof methods[0]) ? methods[index] : NULL;
}
