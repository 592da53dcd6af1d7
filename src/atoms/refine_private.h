/* Inside the refinement. */
#ifndef AET_REFINE_PRIVATE_H
#define AET_REFINE_PRIVATE_H

#include "atoms/imaging.h"

typedef struct _n_AetCorrection AetCorrection; /* correct_private.h */

/* The state of a refinement; atoms complete on every rank, images by AetBlock of the views. */
typedef struct {
  AetTiltSeries            tilt; /* borrowed */
  MPI_Comm                 comm;
  const AetRefineSettings *settings;
  AetImaging               imaging;
  AetOptics                optics;
  double                   b_grid[AET_SPECIES_MAX]; /* B and profile that the imaging's grid was made for */
  int                      z_grid[AET_SPECIES_MAX];
  double                   share_grid[AET_SPECIES_MAX][AET_WIDTHS];
  AetOptics                one; /* the best of one width, where the profile has several now (species_count 0: it has one) */
  AetScatterers            atoms;
  double                  *position, *start;           /* [count][3] */
  int                     *species;                    /* [count] */
  ptrdiff_t                pixels;                     /* of an image */
  float                   *weight, *images, *residual; /* [v_count][ny][nx]; weight 0: not measured; residual: weighted */
  double                   r1, energy;                 /* of the last AetRefineryEvaluate: Σ|P-b|/Σ|b|, ½ Σ w (P-b)² (robust) */
  double                   hold;                       /* what holds an atom to its start: 1/Å² in the unit of the energy */
  double                   measured;                   /* pixels with a weight */
  AetRefineReport         *report;
  AetCorrection           *correction; /* NULL: the list of atoms stays as it is */
} AetRefinery;

/* AetRefine, with a correction of the list between the rounds and the report where `correction` is not NULL. Collective. */
PetscErrorCode AetRefineWith(AetAtoms atoms, AetTiltSeries tilt, const AetRefineSettings *settings, AetCorrection *correction,
                             AetRefineReport *report);
/* Changes position, start and species, and with them the count of the refinery's atoms. Collective. */
PetscErrorCode AetRefineryCorrect(AetRefinery *r);
/* atoms <- the corrected list, with what the atoms that were in it before carry; the refinery takes their new order. Collective. */
PetscErrorCode AetRefineryRelist(AetRefinery *r, AetAtoms atoms);

/* images <- P, residual <- w (P - b) ρ' of the robust loss; r1, energy. Collective. */
PetscErrorCode AetRefineryEvaluate(AetRefinery *r);
/* The linear optics (height, scale, background) that fit best, for B within its bounds by TAO, which tries at most `fits` of them; 0: B is
   left. Collective. */
PetscErrorCode AetRefineryOptics(AetRefinery *r, PetscInt fits);
/* amount [width][species], then a constant: what of the images of every species at `times` B fits best, scales as they are, atoms where
   they are; images (or NULL) [v_count][ny][nx] receives their sum. Collective. */
PetscErrorCode AetRefineryWidths(AetRefinery *r, const double times[AET_WIDTHS], double *amount, float *images);
/* Shares of the widths of every species by least squares, kept if the images fit better. Collective. */
PetscErrorCode AetRefineryProfile(AetRefinery *r);
/* One Newton step of every image's shift; the part that moves all atoms alike is left to the atoms. Collective. */
PetscErrorCode AetRefineryShifts(AetRefinery *r);
/* Up to three Newton steps of three small turns of every view, while the misfit falls; the part that turns all atoms alike is left to the
   atoms. Changes rotations and angles of the tilt series. Collective. */
PetscErrorCode AetRefineryAngles(AetRefinery *r);
/* How far the views are turned from `from` [views], r.m.s. Not collective. */
void AetRefineryTurned(const AetRefinery *r, const double (*from)[9], double *rms_deg);
/* Noise of a pixel by its signal, from the residuals; new weights. Collective. */
PetscErrorCode AetRefineryWeights(AetRefinery *r);
/* Gauss–Newton of the positions. Collective. */
PetscErrorCode AetRefineryPositions(AetRefinery *r);
/* Sets r->hold: 1/trust² times how much the misfit's derivatives scatter over the views beyond what pixels independent of each other would
   give; 0 where nothing holds the atoms. After AetRefineryEvaluate; `block` of AetImagingBlocks. Collective. */
PetscErrorCode AetRefineryHold(AetRefinery *r, const double *block);
/* x <- (JᵀWJ + hold + damping · its diagonal blocks)⁻¹ b by conjugate gradients; x is the start too. `block` of AetImagingBlocks.
 * Collective. */
PetscErrorCode AetRefinerySolve(AetRefinery *r, const double *block, double damping, double tolerance, PetscInt steps, const double *b,
                                double *x);
/* p_species of the atoms by the heights that the images ask for, where that is the better evidence; names stay. Collective. */
PetscErrorCode AetRefinerySpecies(AetRefinery *r, AetAtoms atoms);
/* sigma [count][3] of every coordinate. Collective. */
PetscErrorCode AetRefineryUncertainty(AetRefinery *r, double *sigma);
/* Inverse of the symmetric 3×3 block (xx, xy, xz, yy, yz, zz); singular directions are held back by a small part of the trace. */
void AetBlockInvert(const double block[6], double inverse[6]);
void AetBlockApply(const double block[6], const double x[3], double y[3]);

#endif
