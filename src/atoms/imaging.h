/* The linear image of atoms, and its derivatives: what refinement stands on. Private to the room.

   Image j at its pixels is background_j + scale_j Σ_i w_i p_s(i)(x - (R_j r_i)_xy - shift_j), where p_s has the Fourier transform
   H_s f_s(q)/f_s(0) Σ_m c_sm exp(-t_m B_s q²/4) per pixel area: f is the electron scattering factor of the element (1 with a Gaussian
   profile), q in 1/Å; the widths t_m are fixed and the shares c_sm add up to 1, so that H is the integral. Atoms are put on a periodic grid
   by the Kaiser–Bessel kernel (type-1 NUFFT: Dutt and Rokhlin 1993; Barnett et al. 2019), so that the profile acts as a product in Fourier
   space, nothing is cut off, and the derivatives are those of exactly what is computed. */
#ifndef AET_ATOMS_IMAGING_H
#define AET_ATOMS_IMAGING_H

#include <aet4d/atoms.h>
#include <aet4d/tilt.h>

#define AET_WIDTHS 4                       /* of which a profile may be made up */
extern const double AetWidths[AET_WIDTHS]; /* over that of B; the second is 1 */

/* What the microscope did to the atoms' images. Arrays [views] complete on every rank. */
typedef struct {
  int       species_count;
  int       Z[AET_SPECIES_MAX];                                 /* 0: a Gaussian profile */
  double    height[AET_SPECIES_MAX], b_factor[AET_SPECIES_MAX]; /* integral of an atom's image over pixels; Å² */
  double    share[AET_SPECIES_MAX][AET_WIDTHS];                 /* of the profile, at B times AetWidths[m] */
  ptrdiff_t views;
  double   *scale, *background;
  double (*shift)[2]; /* Å, x and y */
} AetOptics;
PetscErrorCode AetOpticsCreate(ptrdiff_t views, int species_count, const int Z[], AetOptics *optics); /* scale 1, one width, all else 0 */
PetscErrorCode AetOpticsCopy(const AetOptics *from, AetOptics *to);                                   /* of the same views */
PetscErrorCode AetOpticsFree(AetOptics *optics);
/* All of the profile of species s at B itself. */
void AetOpticsOneWidth(AetOptics *optics, int s);
/* The transform of a profile over its height at the frequency q in 1/Å, for B times `narrower`. */
double AetOpticsProfile(const AetOptics *optics, int s, double narrower, double q);

/* Atoms as the imaging sees them: complete on every rank, in the same order. */
typedef struct {
  PetscInt      count;
  const double *position; /* [count][3] Å */
  const int    *species;  /* [count]; negative: not there */
  const double *weight;   /* [count] of each atom's image; NULL: all 1 */
} AetScatterers;

/* A sum of derivatives, the same bits on any number of ranks and threads: contributions are rounded to whole multiples of a unit and added
   as integers. */
typedef struct {
  double *position; /* [count][3] ∂E/∂r, or NULL */
  double *weight;   /* [count] ∂E/∂w, or NULL */
  double *outer;    /* [count][6]: sum over views of g gT (xx, xy, xz, yy, yz, zz), g a view's part of ∂E/∂r; or NULL */
  double *square;   /* [count]: sum over views of the squares of their parts of ∂E/∂w; or NULL */
  double  height[AET_SPECIES_MAX], b_factor[AET_SPECIES_MAX];
  double *scale, *background;     /* [views] or NULL */
  double (*shift)[2], (*turn)[3]; /* [views] or NULL: by the shift in Å; by a small turn (radian) of the view's R from the left */
} AetImagingGradient;

typedef struct _p_AetImaging *AetImaging;
/* `tilt` is borrowed. `optics` sets the species and, by the narrowest profile (B no smaller than 0.8 of the given ones), the grid.
 * Collective. */
PetscErrorCode AetImagingCreate(AetTiltSeries tilt, const AetOptics *optics, AetImaging *imaging);
PetscErrorCode AetImagingDestroy(AetImaging *imaging);
/* Takes height and b_factor. Not collective. */
PetscErrorCode AetImagingSetOptics(AetImaging imaging, const AetOptics *optics);
/* images [v_count][ny][nx]. Not collective. */
PetscErrorCode AetImagingProject(AetImaging imaging, const AetOptics *optics, const AetScatterers *atoms, float *images);
/* images: change of the images when atoms move by direction [count][3] Å, to first order. Not collective. */
PetscErrorCode AetImagingMove(AetImaging imaging, const AetOptics *optics, const AetScatterers *atoms, const double *direction,
                              float *images);
/* Derivatives of Σ residual·image: `residual` [v_count][ny][nx] is ∂E/∂image. With b_factor wanted, atoms are put on the grid once more.
   Collective; the gradient is complete on every rank. */
PetscErrorCode AetImagingAdjoint(AetImaging imaging, const AetOptics *optics, const AetScatterers *atoms, const float *residual,
                                 PetscBool with_b_factor, AetImagingGradient *gradient);
/* block [count][6] (xx, xy, xz, yy, yz, zz): the diagonal 3×3 blocks of JᵀWJ, W = weight [v_count][ny][nx] (NULL: 1), taken as smooth over
   an atom's image. Collective; complete on every rank. */
PetscErrorCode AetImagingBlocks(AetImaging imaging, const AetOptics *optics, const AetScatterers *atoms, const float *weight,
                                double *block);
/* curvature [count]: Σ W (∂image/∂w_i)², the diagonal of the normal matrix of the atoms' weights, W as there. Collective; complete on every
   rank. */
PetscErrorCode AetImagingCurvature(AetImaging imaging, const AetOptics *optics, const AetScatterers *atoms, const float *weight,
                                   double *curvature);

#endif
