/* What least-squares methods ask of the images: Aᵀb and AᵀA of the used views or pixels, the misfit, R_free of what is withheld. Private to
   the room. */
#ifndef AET_RECON_NORMAL_H
#define AET_RECON_NORMAL_H

#include "recon/convolution.h"
#include "recon/recon_private.h"

/* Sums over all views of AetResireMisfit; by the convolution only the last two are known. */
typedef struct {
  double r1, rfree, residual, relative; /* Σ|Ax-b|/Σ|b|; withheld; Σ(Ax-b)²; its root over that of Σb² */
} AetMisfit;

/* Sums of `width` columns over rows of this rank, planes of z or views, in global order. Collective. */
PetscErrorCode AetReconSumPlanes(AetRecon recon, PetscInt width, const double *rows, double *sums);
PetscErrorCode AetReconSumViews(AetRecon recon, PetscInt width, const double *rows, double *sums);

/* ---- pixels withheld (the pair) */
/* The misfit of the local projections Ax [v_count][ny][nx] with the images; `use` as AetReconPixels. Collective. */
PetscErrorCode AetNormalMeasure(AetRecon recon, const float *Ax, const unsigned char *use, AetMisfit *misfit);
/* Takes recon->rfree, and from now on every measured pixel is used. Not collective. */
void AetNormalReleasePixels(AetRecon recon, const AetMisfit *misfit, unsigned char *use);

/* ---- views withheld (the convolution) */
/* Aᵀb of the views in recon->view_used, negative: `minus` [z_count][n1][n2]; their kernel, and *data = Σ b². The pair that makes Aᵀb comes
   and goes here, so that it leaves its room to the kernel; `images` [v_count][ny][nx] is room for it, and freed; `lender` as
   AetMultiplierCreate has it. Collective. */
PetscErrorCode AetNormalViews(AetRecon recon, float *images, float *minus, double *data, AetMultiplier lender, AetConvolution *convolution);
/* Room for the local views. Collective. */
PetscErrorCode AetNormalImages(AetRecon recon, float **images);
/* Takes recon->rfree of the withheld views at x (slab), with `images` as room, and from now on every view is used. Collective. */
PetscErrorCode AetNormalReleaseViews(AetRecon recon, const float *x, float *images);

#endif
