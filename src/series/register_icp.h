/* One step of iterated closest points. */
#ifndef AET_SERIES_REGISTER_ICP_H
#define AET_SERIES_REGISTER_ICP_H

#include "series/register_private.h"

typedef struct {
  ptrdiff_t *partner;        /* [count] nearest atom of b, -1: none in reach */
  double    *square;         /* [count] its squared distance */
  double    *a, *b, *weight; /* [count][3], [count][3], [count] to work in */
} AetIcpRoom;
PetscErrorCode AetIcpRoomCreate(ptrdiff_t count, AetIcpRoom *room);
PetscErrorCode AetIcpRoomDestroy(AetIcpRoom *room);
/* The fit to the pairs in `room` of the atoms list [count] (NULL: all) of a, trimmed and weighted; `moved` tells how much it changed.
   Nonzero, and nothing changed, where the pairs do not fix it. Not collective. */
int AetIcpFit(const AetCloud *a, const AetCloud *b, ptrdiff_t count, const ptrdiff_t *list, const AetRegistrationSettings *settings,
              AetFitKind kind, AetIcpRoom *room, AetFit *fit, double *moved);

#endif
