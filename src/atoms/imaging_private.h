/* Shared by the files of the linear image: its plan, and one view of it on one thread. */
#ifndef AET_ATOMS_IMAGING_PRIVATE_H
#define AET_ATOMS_IMAGING_PRIVATE_H

#include "atoms/imaging.h"
#include "atoms/kernel/image_plane.h"
#include "atoms/kernel/splat.h"

struct _p_AetImaging {
  AetTiltSeries     tilt;                                  /* borrowed */
  MPI_Comm          comm;                                  /* the tilt series' */
  int               species_count, threads, finer;         /* points of the image's grid per pixel */
  ptrdiff_t         n[2], N[2], fine[2], reach[2], margin; /* image; its grid with margin; grid of atoms; last frequencies (y, x) */
  AetKaiserBessel   kernel;
  AetImagePlanePlan points, image;              /* transforms of both grids */
  float            *factor[AET_SPECIES_MAX];    /* AetImagePlaneProfile: H F / (N_y N_x φ̂_y φ̂_x) */
  double            stiffness[AET_SPECIES_MAX]; /* Σ_px (∂p/∂x)², 1/Å² */
  double            power[AET_SPECIES_MAX];     /* Σ_px p² */
  double            height[AET_SPECIES_MAX];
  float            *work; /* [threads][work_size] */
  size_t            work_size, work_grid, work_points, work_image;
};

/* One view on one thread. */
typedef struct {
  AetImaging           im;
  const AetOptics     *optics;
  const AetScatterers *atoms;
  ptrdiff_t            view;                     /* global */
  double               A[2][4], low[2], high[2]; /* place on the atoms' grid, x and y, = A (r, 1); seen if within low … high */
  float               *grid;                     /* [species] grids of atoms; the first is also the image's */
  AetLane             *points, *image, *work;
} AetSight;

/* A view, in the room of a thread. */
AetSight AetSightOf(AetImaging im, const AetOptics *optics, const AetScatterers *atoms, ptrdiff_t local, int thread);
/* The atoms' grid of a species, and what its spectrum is multiplied with. */
AetSplat             AetSightSplat(const AetSight *sight, int s);
AetImagePlaneProfile AetSightProfile(const AetSight *sight, int s);
/* Points of the atoms' grid per Å, x and y. */
void AetImagingPoints(const AetImaging im, double per[2]);
/* The grids of all species, of the atoms or (direction not NULL) of their displacements. */
void AetSightSpread(const AetSight *sight, const double *direction);
/* image <- spectrum of scale × residual. */
void AetSightResidual(const AetSight *sight, const float *residual);

/* The place of an atom on its grid; 0 if it is too far outside the image to be seen there. */
static inline int AetSightPlace(const AetSight *sight, PetscInt i, double grid[2])
{
  const double *r = sight->atoms->position + 3 * i;

  for (int a = 0; a < 2; a++) grid[a] = sight->A[a][0] * r[0] + sight->A[a][1] * r[1] + sight->A[a][2] * r[2] + sight->A[a][3];
  return sight->atoms->species[i] >= 0 && grid[0] > sight->low[0] && grid[0] < sight->high[0] && grid[1] > sight->low[1] &&
         grid[1] < sight->high[1];
}

static inline double AetSightWeight(const AetSight *sight, PetscInt i)
{
  return sight->atoms->weight ? sight->atoms->weight[i] : 1;
}

#endif
