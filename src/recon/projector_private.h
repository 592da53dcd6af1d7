/* Inside the projector: the object, and who needs which rows of the slices. */
#ifndef AET_PROJECTOR_PRIVATE_H
#define AET_PROJECTOR_PRIVATE_H

#include "recon/kernel/slice.h"
#include <aet4d/recon.h>
#include <fftw3.h>

/* One row q_v of the slice of a view. */
typedef struct {
  int view, slot, qv; /* slot: place of the view in its owner's batch */
} AetSliceRow;

/* Rows of one batch of views. A rank's slab of k_y touches few rows of a nearly single-axis slice, so only rows that touch travel. Both
   ends make the lists by the same rule, in the same order, so no list is ever sent. */
typedef struct {
  AetSliceRow *mine, *theirs;           /* rows my slab touches, by owner of the view; rows of my views, by rank whose slab they touch */
  int         *mine_count, *mine_start; /* [ranks] */
  int         *theirs_count, *theirs_start; /* [ranks] */
  ptrdiff_t    mine_total, theirs_total;
} AetSliceRows;

struct _p_AetProjector {
  MPI_Comm      comm; /* duplicated */
  int           rank, size;
  AetTiltSeries tilt; /* borrowed */
  ptrdiff_t     n[3], z_start, z_count;
  AetTransform  transform;
  AetSliceGrid  grid;
  AetSliceAxes *axes;       /* [views] */
  double       *inverse[3]; /* [n_a] one over the kernel's transform along z, y, x */

  ptrdiff_t      spectrum_size; /* complex numbers */
  float complex *spectrum;
  float         *object; /* [z_count][n1][n2] where it has no room in the spectrum's beginning, else NULL */

  ptrdiff_t      batch;        /* views in one exchange, those of all ranks: in the order of the views, whoever owns them */
  ptrdiff_t      slice_stride; /* complex numbers from slice to slice */
  float complex *slices;       /* [own views of a batch][Lv][Lu/2+1], or images [Lv][2(Lu/2+1)] of floats, in place */
  fftwf_plan     to_image, to_slice;
  MPI_Datatype   row_type, sum_type; /* a row of a slice, and its partial sums as double */

  const unsigned char *selected; /* [views], borrowed; NULL: all */
};

/* From now on forward and adjoint work on the views with selected[view] not 0 (borrowed; the same on every rank; NULL: all): images of
   others are neither written nor read. Not collective. */
void AetProjectorSelect(AetProjector projector, const unsigned char *selected);
/* Whether view `view` takes part. */
static inline int AetProjectorSees(AetProjector projector, ptrdiff_t view)
{
  return !projector->selected || projector->selected[view];
}

/* Whether all views are rotations about y alone: every slice then consists of whole rows of k_y. Not collective. */
int AetSeriesIsAxial(AetTiltSeries tilt);
/* Number of exchanges that take all views of all ranks. Not collective. */
ptrdiff_t AetProjectorBatches(AetProjector projector);
/* The rows of batch `b`. Not collective. */
PetscErrorCode AetSliceRowsCreate(AetProjector projector, ptrdiff_t b, AetSliceRows *rows);
PetscErrorCode AetSliceRowsDestroy(AetSliceRows *rows);
/* Views of `rank` in batch `b`. */
void AetProjectorBatchViews(AetProjector projector, int rank, ptrdiff_t b, ptrdiff_t *first, ptrdiff_t *count);
/* Partial rows of my slab to the owners, and whole rows from the owners to the slabs. Collective. */
PetscErrorCode AetSliceRowsCollect(AetProjector projector, const AetSliceRows *rows, const double complex *mine, double complex *theirs);
PetscErrorCode AetSliceRowsSpread(AetProjector projector, const AetSliceRows *rows, const float complex *theirs, float complex *mine);

#endif
