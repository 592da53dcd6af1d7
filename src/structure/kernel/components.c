#include "structure/kernel/components.h"

const int AetFccNear[AET_FCC_ABOUT][3] = {{-1, -1, 0}, {-1, 1, 0}, {1, -1, 0},  {1, 1, 0},  {-1, 0, -1}, {-1, 0, 1},
                                          {1, 0, -1},  {1, 0, 1},  {0, -1, -1}, {0, -1, 1}, {0, 1, -1},  {0, 1, 1},
                                          {-2, 0, 0},  {2, 0, 0},  {0, -2, 0},  {0, 2, 0},  {0, 0, -2},  {0, 0, 2}};

enum { NEW = -2 };

/* Labels everything that can be reached from `seed`; the points are in the queue. */
static ptrdiff_t Flood(ptrdiff_t seed, ptrdiff_t number, const ptrdiff_t (*near)[AET_FCC_ABOUT], const int *group, ptrdiff_t *label,
                       ptrdiff_t *queue)
{
  ptrdiff_t head = 0, tail = 0;

  label[seed] = number;
  queue[tail++] = seed;
  while (head < tail) {
    const ptrdiff_t i = queue[head++];
    for (int n = 0; n < AET_FCC_NEAR; n++) {
      const ptrdiff_t j = near[i][n];
      if (j < 0 || label[j] != NEW || group[j] != group[i]) continue;
      label[j] = number;
      queue[tail++] = j;
    }
  }
  return tail;
}

ptrdiff_t AetComponents(ptrdiff_t count, const ptrdiff_t (*near)[AET_FCC_ABOUT], const int *group, ptrdiff_t least, ptrdiff_t *label,
                        ptrdiff_t *queue)
{
  ptrdiff_t found = 0;

  for (ptrdiff_t i = 0; i < count; i++) label[i] = group[i] < 0 ? -1 : NEW;
  for (ptrdiff_t i = 0; i < count; i++) {
    if (label[i] != NEW) continue;
    const ptrdiff_t points = Flood(i, found, near, group, label, queue);
    if (points >= least)
      found++;
    else
      for (ptrdiff_t q = 0; q < points; q++) label[queue[q]] = -1;
  }
  return found;
}
