#include "structure/kernel/centrosymmetry.h"
#include <math.h>

enum { MOST = AET_CENTROSYMMETRY_MAX };

typedef struct {
  int    count;
  double cost[MOST][MOST];    /* of a pair */
  int    partner[MOST][MOST]; /* of i, cheapest first */
  double least[MOST];         /* cheapest of i, halved: two of them make a pair */
  double best;
} Search;

/* Pairs the lowest atom of `left` in every way that may still beat the best; `bound`: least cost of what is left. */
static void Pair(Search *s, unsigned left, double sum, double bound)
{
  int i = 0;

  if (!left) {
    s->best = fmin(s->best, sum);
    return;
  }
  while (!(left >> i & 1)) i++;
  for (int k = 0; k < s->count - 1; k++) {
    const int    j = s->partner[i][k];
    const double rest = bound - s->least[i] - s->least[j];
    if (!(left >> j & 1)) continue;
    if (sum + s->cost[i][j] + rest >= s->best) continue;
    Pair(s, left & ~(1u << i) & ~(1u << j), sum + s->cost[i][j], rest);
  }
}

double AetCentrosymmetry(int count, double (*v)[3])
{
  Search s = {.count = count, .best = INFINITY};
  double bound = 0;

  for (int i = 0; i < count; i++) {
    int kept = 0;
    for (int j = 0; j < count; j++) {
      const double x = v[i][0] + v[j][0], y = v[i][1] + v[j][1], z = v[i][2] + v[j][2];
      int          at = kept++;
      s.cost[i][j] = x * x + y * y + z * z;
      if (j == i) {
        kept--;
        continue;
      }
      for (; at > 0 && s.cost[i][s.partner[i][at - 1]] > s.cost[i][j]; at--) s.partner[i][at] = s.partner[i][at - 1];
      s.partner[i][at] = j;
    }
    s.least[i] = count > 1 ? s.cost[i][s.partner[i][0]] / 2 : 0;
    bound += s.least[i];
  }
  Pair(&s, (1u << count) - 1, 0, bound);
  return s.best;
}
