/* Shared by the files of TV. */
#ifndef AET_RECON_TV_PRIVATE_H
#define AET_RECON_TV_PRIVATE_H

#include "recon/convolution.h"
#include "recon/ramp.h"
#include "recon/recon_private.h"

typedef struct {
  AetProjector   projector;   /* borrowed; the pair's way */
  AetConvolution convolution; /* the other way */
  AetRamp        metric;
  double         relative, weight; /* recon_tv_weight; μ = that times the largest value of Aᵀb */
  double         sigma_gradient, sigma_box, norm;
  double         data;          /* the convolution's: Σ b² of the used views */
  float         *minus;         /* the convolution's: -Aᵀb of the used views */
  unsigned char *use;           /* the pair's: [v_count][ny][nx] */
  float         *images;        /* the pair's: [v_count][ny][nx] */
  AetVolume      ahead, dual_z; /* those of which halos are asked */
  float         *dual_y, *dual_x, *box, *gradient;
  PetscBool      prepared;
} Tv;

static inline ptrdiff_t PlaneVoxels(AetRecon recon)
{
  return recon->n[1] * recon->n[2];
}

static inline ptrdiff_t Voxels(AetRecon recon)
{
  return recon->z_count * PlaneVoxels(recon);
}

static inline ptrdiff_t Pixels(AetRecon recon)
{
  return recon->tilt->v_count * recon->tilt->ny * recon->tilt->nx;
}

/* Everything that iterations need, at x = 0; nothing where it is there already. Collective. */
PetscErrorCode AetTvPrepare(AetRecon recon, Tv *tv);
/* Aᵀb of the used data, μ, and the convolution's kernel; `images`: of AetNormalImages, the convolution's way. Collective. */
PetscErrorCode AetTvSetData(AetRecon recon, Tv *tv, float *images);
/* The filter and the steps for the operator as it is. Collective. */
PetscErrorCode AetTvSetSteps(AetRecon recon, Tv *tv);
/* Grids, filters and volumes; AetTvPrepare makes them again. */
PetscErrorCode AetTvFree(Tv *tv);

#endif
