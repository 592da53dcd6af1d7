/* What a tilt series measures on a pseudo-polar grid. Private to equal-slope tomography. */
#ifndef AET_EST_PRIVATE_H
#define AET_EST_PRIVATE_H

#include "recon/kernel/pseudopolar.h"
#include "recon/recon_private.h"

/* A measured line: of one view, or of several at one angle. Its points u = 0 … count-1 are those below Nyquist's frequency. */
typedef struct {
  int       sector;
  ptrdiff_t row, begin, count; /* place in the sector's row; its first point */
  double    stretch;           /* frequency at u over u/N */
} AetEstLine;

/* Slices y_start … y_start + y_count - 1 of this rank (AetBlock over n_y), in batches of eight. */
typedef struct {
  ptrdiff_t      L, N;     /* lines of a sector; points on an axis */
  double         snap_deg; /* largest angle between a view and its line */
  ptrdiff_t      y_start, y_count, batches;
  ptrdiff_t      lines, points, first[3]; /* lines of sector s: first[s] … first[s+1]-1 */
  AetEstLine    *line;
  ptrdiff_t     *line_of_view; /* [views]; -1 for a view without any light, which measures nothing */
  AetLane       *value;        /* [batches][points] complex: the slice's transform as measured */
  unsigned char *held;         /* [batches][points]: bit i, the point is withheld in slice i of the batch */
} AetEstData;

/* Finds the lines; AET_ERR_INPUT where the views are not about the tilt axis alone, or fit no grid. Collective. */
PetscErrorCode AetEstLinesCreate(AetRecon recon, AetEstData *data);
/* Images to slice owners, and the values and withheld points of the lines. Collective. */
PetscErrorCode AetEstValuesCreate(AetRecon recon, AetEstData *data);
PetscErrorCode AetEstDataDestroy(AetEstData *data);
/* Aligned for AetLane; free() frees. */
PetscErrorCode AetEstAllocate(size_t lanes, AetLane **array);

#endif
