/* Shell correlation with the sizes of the shells. Private to the room. */
#ifndef AET_METRICS_PRIVATE_H
#define AET_METRICS_PRIVATE_H

#include <aet4d/recon.h>

/* As AetFourierShellCorrelation; coefficients[shells]: Fourier coefficients in each shell, k and -k counted both (PetscFree). Collective.
 */
PetscErrorCode AetShellCorrelation(AetVolume a, AetVolume b, int *shells, double **fsc, double **coefficients);

#endif
