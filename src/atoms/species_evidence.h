/* What the measured images say about the species of every atom. Private to the room (docs/theory/classification.md).

   The images are linear in an atom's weight and in its profile, so the misfit E = ½ Σ w (P - b)² after a change of one atom's species is
   known from the residual (how far the images ask for more or less of that profile there) and from the overlap of profiles: no image is
   made. */
#ifndef AET_ATOMS_SPECIES_EVIDENCE_H
#define AET_ATOMS_SPECIES_EVIDENCE_H

#include "atoms/imaging.h"

/* Complete on every rank; atoms that no image sees have error 0. */
typedef struct {
  PetscInt count;
  int      species_count;
  double  *change;    /* [count][species_count] E if the atom were of that species less E now, all other atoms as they are; minus a
                         log-likelihood ratio where the weights are inverse variances */
  double *height;     /* [count] the height that the images ask for: that of its species times the weight that fits best */
  double *error;      /* [count] its standard deviation if the weights are inverse variances; 0: not known */
  double *dispersion; /* [count] the variance of it that the views show, over that; mean over the neighbours; 1 where not known */
} AetSpeciesEvidence;

/* `weight` [v_count][ny][nx] of the pixels, and `residual`, weight times (P - b), of the atoms as
   they are. The variance between views is by `probes` random signs of the views' residuals (wild cluster bootstrap); 0: dispersion is 1.
   Collective; the same bits on any number of ranks. */
PetscErrorCode AetSpeciesEvidenceCreate(AetImaging imaging, AetTiltSeries tilt, const AetOptics *optics, const AetScatterers *atoms,
                                        const float *weight, const float *residual, PetscInt probes, uint64_t seed,
                                        AetSpeciesEvidence *evidence);
PetscErrorCode AetSpeciesEvidenceFree(AetSpeciesEvidence *evidence);

#endif
