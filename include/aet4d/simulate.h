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
/** fcc particle of two (or one) species from `simulate_*` options: lattice, shape, diameter, composition, order, displacement, rotation,
    seed. Random choices are keyed by the lattice site, so a larger particle contains the smaller one. Not collective. */
AET_EXTERN PetscErrorCode AetSpecimenFromOptions(AetSpecimen *specimen);
AET_EXTERN void           AetSpecimenDestroy(AetSpecimen *specimen);

/** The tilt plan of `simulate_views`, `simulate_tilt_max_deg` and `simulate_angles_scheme`: angles_deg [views][3] of the zyx convention,
    rotations about the tilt axis y, evenly spaced or with equal slopes: steps of tan theta within 45 degrees and of cot theta beyond, of one over a
    whole number; or rotations drawn evenly from all, keyed by seed and view. Free with PetscFree. Not collective. */
AET_EXTERN PetscErrorCode AetSimulateAngles(PetscInt *views, double (**angles_deg)[3]);
/** Pixels of a square image that holds the whole specimen at every angle, or `simulate_image_size`; AET_ERR_INPUT if that is too small.
    Not collective. */
AET_EXTERN PetscErrorCode AetSimulateImageSize(const AetSpecimen *specimen, double pixel_angstrom, ptrdiff_t *size);
/** Linear incoherent images: every atom a Gaussian integrated over the pixels, of integral (Z / 79)^simulate_z_exponent (gold is 1) and of
    variance B/8π² (thermal motion and scattering width) plus that of the source; no noise.
    images [v_count][ny][nx], views by AetBlock; rotations [views][9]. Collective on comm. */
AET_EXTERN PetscErrorCode AetSimulateProjections(MPI_Comm comm, const AetSpecimen *specimen, ptrdiff_t views, const double (*rotation)[9], ptrdiff_t ny,
                                                 ptrdiff_t nx, double pixel_angstrom, float *images);
/** Replaces images by Poisson counts of `simulate_dose` (electrons per Å² and image) and divides by the counts that an integral of 1 gives,
    dose · simulate_cross_section_angstrom2, so that the mean is unchanged. Dose 0 changes nothing. Keyed by seed, view and pixel.
    images [v_count][ny][nx], views by AetBlock. Not collective. */
AET_EXTERN PetscErrorCode AetSimulateNoise(MPI_Comm comm, ptrdiff_t views, ptrdiff_t ny, ptrdiff_t nx, float *images);

#endif
