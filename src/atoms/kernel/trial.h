/* Places of a grid that are near atoms, but not too near. */
#ifndef AET_ATOMS_KERNEL_TRIAL_H
#define AET_ATOMS_KERNEL_TRIAL_H
#include <stddef.h>

typedef struct {
  double    origin[3], pitch; /* of the first place; between places */
  ptrdiff_t n[3];             /* x, y, z */
} AetTrialGrid;

/* The grid over the atoms' box and `reach` around it; its places are whole multiples of the pitch, wherever the atoms are. */
AetTrialGrid AetTrialGridOf(ptrdiff_t count, const double *position, double reach, double pitch);
/* mask [n_z][n_y][n_x] of the planes z_first … z_first + z_count - 1: 1 where the nearest atom is farther than `nearest` and not farther
   than `farthest`. */
void AetTrialFree(const AetTrialGrid *grid, ptrdiff_t count, const double *position, double nearest, double farthest, ptrdiff_t z_first,
                  ptrdiff_t z_count, unsigned char *mask);
/* Whether value[i] is the largest among the up to 27 places next to place index[i] that are listed; of equal ones the first. `index`:
   places (z n_y + y) n_x + x, ascending. */
int AetTrialIsPeak(const AetTrialGrid *grid, ptrdiff_t count, const ptrdiff_t *index, const double *value, ptrdiff_t i);

#endif
