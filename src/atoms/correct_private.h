/* Inside the correction of the list of atoms (docs/theory/correction.md). */
#ifndef AET_CORRECT_PRIVATE_H
#define AET_CORRECT_PRIVATE_H

#include "atoms/refine_private.h"

/* An atom while the list changes. */
typedef struct {
  double    position[3], start[3];
  PetscInt  origin; /* in the list as given; -1: added */
  int       species, swaps;
  PetscBool held, told; /* the user's: neither deleted nor renamed; that this forbade an edit is in the log */
  /* from the last AetCorrectionFit: */
  double weight, variance; /* fitted multiple of the species' height; its variance by the views */
  double volume;           /* Å³: (2π)^3/2 √det of the covariance of its position */
} AetSite;

/* What the fitted weights of a species' atoms show. */
typedef struct {
  double centre; /* median; 1 but for the atoms that should not be there */
  double spread; /* mean square deviation over what the views predict, robust, 1 at least */
} AetPopulation;

struct _n_AetCorrection {
  const AetCorrectSettings *settings;
  AetCorrectReport         *report;
  PetscInt                  given_count;
  const AetEdit            *given;             /* borrowed */
  PetscInt                  count, room, most; /* most: atoms that may be added in all */
  AetSite                  *site;
  PetscInt                  closed_count; /* places where nothing is added (any more) */
  double (*closed)[3];
  PetscInt veto_count; /* places where nothing is changed */
  double (*veto)[3];
  PetscInt told_count; /* places of which the log has a candidate that was not taken */
  double (*told)[3];
  AetPopulation population[AET_SPECIES_MAX];
  double        dispersion;  /* median over the atoms of the variance between views over the one of the noise */
  double        curvature;   /* median over the atoms of Σ W (∂image/∂w)² over the square of the height */
  double        free_volume; /* Å³ per atom in which another could be */
};

/* The refinery's atoms <- the sites (whose fits are void then), or the sites' positions <- the refinery's. */
PetscErrorCode AetCorrectionInstall(AetRefinery *r);
void           AetCorrectionFetch(AetRefinery *r);
/* Weight, variance and volume of every site from one joint fit of all weights; the populations. Collective. */
PetscErrorCode AetCorrectionFit(AetRefinery *r);
/* Images and weighted residuals, none of them cut back. Collective. */
PetscErrorCode AetCorrectionResidual(AetRefinery *r);
/* The edits that the last fit asks for: swaps, and deletions of atoms that are better not there; where the model is `settled`, also of
   those that have too little evidence. Not collective. */
PetscErrorCode AetCorrectionJudge(AetRefinery *r, PetscInt round, PetscBool settled, PetscInt *changed);
/* Adds atoms where the residuals ask for them. Collective. */
PetscErrorCode AetCorrectionFind(AetRefinery *r, PetscInt round, PetscInt *changed);
PetscErrorCode AetCorrectionAdd(AetCorrection *c, const double position[3], int species, AetSite **site);
PetscErrorCode AetCorrectionClose(AetCorrection *c, const double position[3]);
PetscErrorCode AetCorrectionTell(AetCorrection *c, const double position[3]);
PetscErrorCode AetCorrectionLog(AetCorrection *c, const AetEdit *edit);
/* Whether a place lies within `reach` of one of the list. */
PetscBool AetCorrectionIsAmong(PetscInt count, double (*list)[3], const double position[3], double reach);
/* Volume of a position's uncertainty: (2π)^3/2 √det(dispersion · block⁻¹). */
double AetCorrectionVolume(const double block[6], double dispersion);
/* What an atom's place costs before the images speak: the logarithm of the volume that it could be in over that of its uncertainty. */
double AetCorrectionOccam(const AetCorrection *c, double volume);

#endif
