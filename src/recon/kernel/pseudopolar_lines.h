/* Which lines of a pseudo-polar grid a tilt series measures. */
#ifndef AET_RECON_KERNEL_PSEUDOPOLAR_LINES_H
#define AET_RECON_KERNEL_PSEUDOPOLAR_LINES_H

#include <stddef.h>

typedef struct {
  int       sector;
  ptrdiff_t row;       /* its index in the row of the sector (pseudopolar.h) */
  int       turned;    /* the direction runs against the line's */
  double    stretch;   /* distance from the origin at u, over u/N */
  double    error_deg; /* angle between the direction and the line */
} AetEqualSlopeLine;

/* The line nearest to the direction (f_x, f_z) among those of L lines per sector. */
AetEqualSlopeLine AetEqualSlopeNearest(ptrdiff_t L, double fx, double fz);
/* The least even number of lines per sector from `first` to `last` that has a line within `tolerance_deg` of all directions (fx, fz); 0 if
   there is none. Where there is none, *worst is the first direction that has none with `last` lines. */
ptrdiff_t AetEqualSlopeLines(ptrdiff_t count, const double (*direction)[2], double tolerance_deg, ptrdiff_t first, ptrdiff_t last,
                             ptrdiff_t *worst);

#endif
