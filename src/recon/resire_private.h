/* Inside RESIRE: what both operators share, and what each does in its own way. */
#ifndef AET_RESIRE_PRIVATE_H
#define AET_RESIRE_PRIVATE_H

#include "recon/normal.h"
#include "recon/ramp.h"

typedef struct {
  AetProjector   projector;   /* borrowed; the pair's way */
  AetConvolution convolution; /* the other way */
  AetRamp        ramp;        /* NULL: the gradient itself is the direction */
  double         step, norm;  /* step in units of 1/norm; norm: largest eigenvalue of AᵀA, or of its product with the filter */
  int            acceleration;
  PetscBool      prepared;
  float         *state, *state_before; /* what is linear in x, of x and of `previous`: A x, or the gradient */
  float         *previous, *gradient;  /* [z_count][n1][n2] */
  float *direction;   /* the same; `gradient` where nothing filters it. By the convolution both are state_before, whose values a step needs
                         only before */
  unsigned char *use; /* the pair's: [v_count][ny][nx] */
  float         *residual; /* the pair's: [v_count][ny][nx] */
  double         data;     /* the convolution's: Σ b² of the used views */
} AetResire;

/* ---- the convolution's way (resire_normal.c); collective */
/* Aᵀb by the pair, which goes again; then the kernel. Fills state, data; x is 0. */
PetscErrorCode AetResireNormalPrepare(AetRecon recon, AetResire *resire);
PetscErrorCode AetResireNormalFree(AetResire *resire);
/* state <- AᵀA x - Aᵀb from -Aᵀb, no momentum. *residual: the misfit |b|² + ⟨x, AᵀA x - 2 Aᵀb⟩. */
PetscErrorCode AetResireNormalBegin(AetRecon recon, AetResire *resire, double *residual);
/* Takes recon->rfree of the withheld views and begins again where it is, with all views. *residual: the misfit Σ(Ax-b)² of all. */
PetscErrorCode AetResireNormalRelease(AetRecon recon, AetResire *resire, double *residual);
/* The kernel of all views, in place of that of the used ones: what a restored state goes on with. */
PetscErrorCode AetResireNormalUseAll(AetRecon recon, AetResire *resire);
/* direction <- the filtered gradient at x + momentum (x - previous). */
PetscErrorCode AetResireNormalGradient(AetRecon recon, AetResire *resire, double momentum);
/* x <- the next iterate, previous <- x, and their gradients; *rise is what the misfit's residual gained. */
PetscErrorCode AetResireNormalStep(AetRecon recon, AetResire *resire, double momentum, double *uphill, double *rise);
/* After `direction` <- previous - x: x <- previous, with its gradient; *rise as above. */
PetscErrorCode AetResireNormalMove(AetRecon recon, AetResire *resire, double *rise);

/* `next` smoothed as recon_smooth says, inside the support, and pulled as recon_prior says. Collective. */
PetscErrorCode AetResireSmooth(AetRecon recon, float *next);
/* x and previous change places, and their states. */
void AetResireSwap(AetRecon recon, AetResire *resire);

#endif
