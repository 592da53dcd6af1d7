/* The normal operator AᵀA of a detector that sees the whole object, as a convolution (docs/theory/convolution.md). */
#ifndef AET_RECON_CONVOLUTION_H
#define AET_RECON_CONVOLUTION_H

#include <aet4d/recon.h>

typedef struct _p_AetConvolution *AetConvolution;
/* For volumes of n (z, y, x) and those views of `tilt` (read here only) with used[view] not 0; NULL: all. The images' size plays no part:
   a ray beside the image counts as measured, and as empty. Costs about (views · 4 n_z n_y n_x) operations, once; three quarters of
   a grid of 2n (for rotations about y alone a few planes), and an object more while it is made. Collective on tilt->comm. */
PetscErrorCode AetConvolutionCreate(AetTiltSeries tilt, const unsigned char *used, const ptrdiff_t n[3], AetConvolution *convolution);
/* The same in work arrays of `lender`, as AetMultiplierCreate has it. */
PetscErrorCode AetConvolutionCreateWith(AetTiltSeries tilt, const unsigned char *used, const ptrdiff_t n[3], AetMultiplier lender,
                                        AetConvolution *convolution);
/* To lend from; borrowed. Not collective. */
AetMultiplier  AetConvolutionMultiplier(AetConvolution convolution);
PetscErrorCode AetConvolutionDestroy(AetConvolution *convolution);
/* result = AᵀA volume (slabs of AetBlock over n_z; may be the same array). Collective. */
PetscErrorCode AetConvolutionApply(AetConvolution convolution, const float *volume, float *result);

#endif
