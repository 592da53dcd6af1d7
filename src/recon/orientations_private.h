/* Inside the search of orientations: what is known of the views, and a level of resolution (docs/theory/orientations.md). */
#ifndef AET_ORIENTATIONS_PRIVATE_H
#define AET_ORIENTATIONS_PRIVATE_H

#include "recon/angles_private.h"
#include "recon/kernel/polar.h"
#include "recon/kernel/pose_weights.h"

/* The views as the search sees them: centred, of one intensity, without what surrounds the object. */
typedef struct {
  AetTiltSeries tilt;     /* borrowed */
  double        diameter; /* Å */
  double (*centre)[2];    /* [v_count] (u, v) of the object, pixels from pixel 0 */
  double *base, *total;   /* [v_count] level of the surroundings; sum above it */
} AetOrientViews;
/* Centres, totals, and the diameter where `diameter` is 0. Refuses what is not finite. Collective. */
PetscErrorCode AetOrientViewsCreate(AetTiltSeries tilt, double diameter, AetOrientViews *views);
PetscErrorCode AetOrientViewsDestroy(AetOrientViews *views);
/* Takes the views without light out of the series: `left_out` of them. Collective. */
PetscErrorCode AetOrientLeaveOutDark(AetTiltSeries tilt, ptrdiff_t *left_out);

/* What one iteration knows of a view: one best place, and the weights of all that count. */
typedef struct {
  ptrdiff_t view, place;
  double    weight;
} AetOrientShare;

/* One resolution. Every rank holds the signals of all views and all slices, both small; work is split by views, then by directions. */
typedef struct {
  AetOrientViews *views;
  AetPolar        polar;
  double          angstrom;    /* resolution: the last circle */
  double          voxel, cell; /* Å; cycles per Å */
  ptrdiff_t       N;           /* the volume: N³, twice as wide as the object */
  ptrdiff_t       directions, d_start, d_count;
  int             modes;              /* angles/2 + 1 */
  double (*frame)[9];                 /* [directions] */
  float complex *half;                /* [v_count] half slices about the centres */
  float         *signal;              /* [views] signals about the shifted centres */
  float         *slice, *slice_modes; /* [directions] signals of the volume's slices; [radii][2][modes] of each */
  float         *power;               /* [directions] half the weighted square of a slice */
  float complex *grid, *grid_work;    /* [N]³ */
  float         *weights;             /* [N]³ */
  float         *variance;            /* [radii] of the noise */
  double        *rows;                /* [v_count][2 radii] squares of residual and signal */
  AetPoses       poses;               /* (u, v) of shift: against the centre, Å */
  float         *work;                /* [threads][work_size] */
  size_t         work_size;
  fftwf_plan     to_modes, to_scores, forward, backward;
} AetOrientLevel;
/* `poses`: where to begin. Collective. */
PetscErrorCode AetOrientLevelCreate(AetOrientViews *views, double angstrom, const AetPoses *poses, AetOrientLevel *level);
PetscErrorCode AetOrientLevelDestroy(AetOrientLevel *level);
/* The volume from the poses as they are. Collective. */
PetscErrorCode AetOrientLevelBegin(AetOrientLevel *level);
/* One iteration: every view against every orientation, weights of the given perplexity, a new volume from all of them. `move`: shifts,
   too. `misfit`: relative square that the best orientations left. Collective. */
PetscErrorCode AetOrientLevelIterate(AetOrientLevel *level, double perplexity, PetscBool move, double *misfit);
/* Orientations in the grid. */
static inline double AetOrientLevelPlaces(const AetOrientLevel *level)
{
  return 2 * (double)level->directions * level->polar.angles;
}

/* The volume from shares of views (all ranks the same; by rising view), and its slices. Collective. */
PetscErrorCode AetOrientMaximise(AetOrientLevel *level, ptrdiff_t count, const AetOrientShare *shares);

#endif
