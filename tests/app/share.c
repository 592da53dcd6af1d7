/* Facts about shared times: nothing is lost, the balance is that of the largest first, ranks go where the work is. */
#include "kernel/share.h"
#include "mpi_test.h"
#include <math.h>

/* Times of group g, and its ranks. */
static int Members(int times, const int *group, int g)
{
  int count = 0;

  for (int t = 0; t < times; t++) count += group[t] == g;
  return count;
}

static void TestEqual(void)
{
  const double work[3] = {1, 1, 1};
  int          group[3], ranks[3];

  AET_TEST(AetShareTimes(3, work, 3, 3, group, ranks) == 1);
  for (int g = 0; g < 3; g++) AET_TEST(Members(3, group, g) == 1 && ranks[g] == 1);
  /* three equal times on two ranks: in turn on both they are ready before two of them are on one */
  AET_TEST(AetShareTimes(3, work, 2, 1, group, ranks) < AetShareTimes(3, work, 2, 2, group, ranks));
  AET_TEST(AetShareTimes(3, work, 6, 3, group, ranks) < AetShareTimes(3, work, 6, 1, group, ranks));
}

static void TestUnequal(void)
{
  const double work[5] = {2, 7, 3, 6, 4}; /* 7, 6, then 4 to the 6, 3 to the 7, 2 to the first of two tens */
  int          group[5], ranks[5];

  AET_TEST(fabs(AetShareTimes(5, work, 2, 2, group, ranks) - 12) < 1e-12);
  AET_TEST(group[1] == group[2] && group[2] == group[0] && group[3] == group[4] && group[3] != group[1]);
  (void)AetShareTimes(2, work, 9, 2, group, ranks); /* works of 2 and 7: seven of nine ranks */
  AET_TEST(ranks[group[0]] == 2 && ranks[group[1]] == 7);
}

AET_TEST_MAIN("times on groups of ranks", {"equal", TestEqual}, {"unequal", TestUnequal})
