#include "structure/kernel/assignment.h"
#include <math.h>

enum { MOST = AET_ASSIGNMENT_MAX };

typedef struct {
  int    n, row[MOST + 1]; /* row of a column, -1: free; the last column stands for the row that is being placed */
  double row_price[MOST], column_price[MOST + 1];
} Matching;

/* Places row `i`: the cheapest alternating path from it to a free column. */
static void Place(Matching *m, double (*cost)[MOST], int i)
{
  double slack[MOST];
  int    from[MOST], done[MOST + 1] = {0}, at = m->n;

  m->row[at] = i;
  for (int j = 0; j < m->n; j++) slack[j] = INFINITY, from[j] = at;
  while (m->row[at] >= 0) {
    const int row = m->row[at];
    int       next = -1;
    done[at] = 1;
    for (int j = 0; j < m->n; j++) {
      const double reduced = cost[row][j] - m->row_price[row] - m->column_price[j];
      if (done[j]) continue;
      if (reduced < slack[j]) slack[j] = reduced, from[j] = at;
      if (next < 0 || slack[j] < slack[next]) next = j;
    }
    const double step = slack[next];
    for (int j = 0; j <= m->n; j++)
      if (done[j])
        m->row_price[m->row[j]] += step, m->column_price[j] -= step;
      else if (j < m->n)
        slack[j] -= step;
    at = next;
  }
  while (at != m->n) {
    m->row[at] = m->row[from[at]];
    at = from[at];
  }
}

void AetAssign(int n, double (*cost)[AET_ASSIGNMENT_MAX], int *column)
{
  Matching m = {.n = n};

  for (int j = 0; j <= n; j++) m.row[j] = -1;
  for (int i = 0; i < n; i++) Place(&m, cost, i);
  for (int j = 0; j < n; j++) column[m.row[j]] = j;
}
