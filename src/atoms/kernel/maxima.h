/* Local maxima of a grid over 3×3×3 voxels. */
#ifndef AET_ATOMS_KERNEL_MAXIMA_H
#define AET_ATOMS_KERNEL_MAXIMA_H
#include <stddef.h>

/* Maxima above `floor` of plane z (which has planes on both sides) of data[][ny][nx], not on the border of the plane: not smaller than any
   of the 26 neighbours, larger than those of lower index (so a plateau gives one maximum, at its lowest index, wherever slabs begin).
   Writes up to `room` pairs y·nx + x, and returns how many there are. */
ptrdiff_t AetMaximaPlane(const float *data, ptrdiff_t z, ptrdiff_t ny, ptrdiff_t nx, float floor, ptrdiff_t room, ptrdiff_t *place);

#endif
