/* Planes of one axis to planes of another: the transposition between slabs. Private to the room. */
#ifndef AET_EXCHANGE_H
#define AET_EXCHANGE_H

#include <aet4d/dist.h>

/* An array [outer][inner][width] of floats, split by AetBlock over `outer` (local [outer_count][inner][width]) or over `inner` (local
   [outer][inner_count][width]). Ranks may own nothing. */
typedef struct {
  MPI_Comm  comm;
  ptrdiff_t outer, inner, width;
} AetExchangeLayout;

/* From blocks of the outer axis to blocks of the inner one, and back. Collective. */
PetscErrorCode AetExchangeToInner(const AetExchangeLayout *layout, const float *by_outer, float *by_inner);
PetscErrorCode AetExchangeToOuter(const AetExchangeLayout *layout, const float *by_inner, float *by_outer);

#endif
