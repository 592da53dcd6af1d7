/** \file simulate.h  Specimens and measurements with known truth: the oracle of the other rooms. */
#ifndef AET4D_SIMULATE_H
#define AET4D_SIMULATE_H

#include <aet4d/base.h>
#include <aet4d/dist.h>
#include <aet4d/units.h>

AET_EXTERN const AetOptionTable AetSimulateOptions;

/** Atoms of a specimen, complete on every rank (a specimen is small). Positions in Å about the origin of the volume. */
typedef struct {
  PetscInt count;
  int      species_count;
  char     symbol[8][8];
  double  *position; /* [count][3] */
  int     *species;  /* [count] */
} AetSpecimen;
/** fcc particle of two (or one) species from `simulate_*` options: lattice, shape, diameter, composition, displacement, seed. Not collective. */
AET_EXTERN PetscErrorCode AetSpecimenFromOptions(AetSpecimen *specimen);
AET_EXTERN void           AetSpecimenDestroy(AetSpecimen *specimen);
/** Linear incoherent images: every atom a Gaussian of its species' weight and width integrated over pixels, blurred by the source; no noise.
    images [v_count][ny][nx], views by AetBlock; rotations [views][9]. Collective on comm. */
AET_EXTERN PetscErrorCode AetSimulateProjections(MPI_Comm comm, const AetSpecimen *specimen, ptrdiff_t views, const double (*rotation)[9], ptrdiff_t ny,
                                                 ptrdiff_t nx, double pixel_angstrom, float *images);

#endif
