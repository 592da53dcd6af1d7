/* What a reconstruction needs, before it begins. Functions for the parts stand in the files of the parts, where their arrays are. */
#ifndef AET_RECON_ESTIMATE_H
#define AET_RECON_ESTIMATE_H

#include "recon/recon_private.h"

/* The share of the rank that has most, on a number of ranks that need not be the actual one. */
struct _p_AetReconLayout {
  AetRecon  recon; /* its settings, sizes, operator; images are not looked at */
  int       ranks, threads;
  ptrdiff_t views, planes; /* of that rank */
  double    V, P;          /* bytes of a volume [planes][n1][n2] and of the images [views][ny][nx], float */
};

AetReconLayout AetReconLayoutOn(AetRecon recon, int ranks);
/* Bytes of the parts, while they rest; *making, where it is asked for, is what their making takes beside that. */
double AetProjectorBytes(const AetReconLayout *l);
double AetPairBytes(const AetReconLayout *l, double oversampling, int width); /* of a projector that is not recon's own */
double AetConvolutionBytes(const AetReconLayout *l, double *making);
double AetRampBytes(const AetReconLayout *l, int planar, int borrows); /* as AetRampCreateWith has it; borrows: from a convolution */
double AetMeasuredBytes(const AetReconLayout *l, double *making);
/* R1 at the end of every method, beside the projector and the volume. */
double AetR1Bytes(const AetReconLayout *l);
/* Work in units of AetTransformWork: of A or Aᵀ, of one convolution, of one filter. */
double AetProjectorWork(const AetReconLayout *l);
double AetConvolutionWork(const AetReconLayout *l);
double AetRampWork(const AetReconLayout *l);

#endif
