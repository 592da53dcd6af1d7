/* Regions of maxima and groups of links, on graphs small enough to be told by hand. */
#include "mpi_test.h"
#include "series/kernel/links.h"
#include "series/kernel/regions.h"

/* Points on a line, each beside the next. */
static AetNear Row(int count)
{
  double *x = calloc(3 * (size_t)count, sizeof *x);
  AetNear near;

  for (int i = 0; i < count; i++) x[3 * i] = i;
  AET_TEST(AetNearBuild(&near, count, x, 1.1) == 0);
  free(x);
  return near;
}

static int Equal(const ptrdiff_t *end, const int *expected, int count)
{
  for (int i = 0; i < count; i++)
    if (end[i] != expected[i]) return 0;
  return 1;
}

static void TestNear(void)
{
  AetNear near = Row(5);

  AET_TEST(near.first[0] == 0 && near.first[1] == 1 && near.first[2] == 3 && near.first[5] == 8);
  AET_TEST(near.near[0] == 1 && near.near[1] + near.near[2] == 2 && near.near[7] == 3);
  AetNearFree(&near);
}

static void TestAscent(void)
{
  const double value[] = {0.2, 0.5, 0.9, 0.6, 0.7, 0.8, 0.1, 0.4, 0.4};
  const int    one[9] = {0}, two[] = {0, 0, 0, 1, 1, 1, 1, -1, 1}, joined[] = {-1, 2, 2, 2, 2, 2, -1, 7, 7};
  const int    apart[] = {-1, 2, 2, 2, 5, 5, -1, 7, 7}, grouped[] = {-1, 2, 2, 5, 5, 5, -1, -1, 8};
  ptrdiff_t    end[9];
  AetNear      near = Row(9);

  AET_TEST(AetRegionsFind(&near, value, one, 0.3, 0, end) == 0);
  AET_TEST(Equal(end, apart, 9)); /* of the two equal ones the first */
  AET_TEST(AetRegionsFind(&near, value, one, 0.3, 0.19, end) == 0);
  AET_TEST(Equal(end, apart, 9)); /* between 0.9 and 0.8 lies 0.6 */
  AET_TEST(AetRegionsFind(&near, value, one, 0.3, 0.21, end) == 0);
  AET_TEST(Equal(end, joined, 9));
  AET_TEST(AetRegionsFind(&near, value, two, 0.3, 0.5, end) == 0);
  AET_TEST(Equal(end, grouped, 9)); /* groups do not see each other */
  AetNearFree(&near);
}

/* A chain of maxima joins in the order of the saddles, and the highest gives its name. */
static void TestChain(void)
{
  const double value[] = {0.6, 0.55, 0.7, 0.5, 0.8, 0.2, 0.9};
  const int    one[7] = {0}, more[] = {4, 4, 4, 4, 4, 4, 6};
  ptrdiff_t    end[7];
  AetNear      near = Row(7);

  AET_TEST(AetRegionsFind(&near, value, one, 0.1, 0.1, end) == 0);
  AET_TEST(end[0] == 2 && end[2] == 2 && end[4] == 4 && end[6] == 6);
  AET_TEST(AetRegionsFind(&near, value, one, 0.1, 0.25, end) == 0);
  AET_TEST(end[0] == more[0] && end[2] == more[2] && end[4] == more[4] && end[6] == more[6]);
  AetNearFree(&near);
}

static void TestOverlap(void)
{
  const int a[] = {0, 0, 1, 1, -1, 2}, b[] = {0, 1, 1, 1, 0, -1};
  int       common[6];

  AetLinksOverlap(6, a, b, 3, 2, common);
  AET_TEST(common[0] == 1 && common[1] == 1 && common[2] == 0 && common[3] == 2 && common[4] == 0 && common[5] == 0);
}

static void TestGroups(void)
{
  /* 0 – 0; 1 and 2 – 1; 3 – 2 and 3; 4 alone; 4 of the others alone */
  double strength[25] = {0};
  int    a[5], b[5];

  strength[0] = strength[6] = strength[11] = strength[17] = strength[18] = 1;
  AET_TEST(AetLinksGroups(5, 5, strength, a, b) == 5);
  AET_TEST(a[0] == 0 && b[0] == 0 && a[1] == 1 && a[2] == 1 && b[1] == 1 && a[3] == 2 && b[2] == 2 && b[3] == 2 && a[4] == 3);
  AET_TEST(b[4] == 4);
  AET_TEST(AetLinksGroups(0, 0, strength, a, b) == 0);
}

/* Two and two that hang together by one weak link become two pairs. */
static void TestCut(void)
{
  double strength[4] = {0.9, 0.35, 0, 0.8};
  int    a[2], b[2];

  AET_TEST(AetLinksGroups(2, 2, strength, a, b) == 2);
  AET_TEST(a[0] == b[0] && a[1] == b[1] && a[0] != a[1] && strength[1] == 0);
}

int main(int argc, char **argv)
{
  static const AetTestCase cases[] = {{"points that are near", TestNear}, {"steepest ascent, prominence, groups", TestAscent},
                                      {"a chain of maxima", TestChain},   {"common points", TestOverlap},
                                      {"groups of links", TestGroups},    {"weak links are cut", TestCut}};

  return AetTestMain(argc, argv, "series track kernels", cases, 6);
}
