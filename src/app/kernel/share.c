/* How the times of a series are shared among groups of ranks. */
#include "share.h"
#include <math.h>
#include <stdlib.h>

#define SERIAL_PART 0.05 /* of the work: what ranks that share it do one after the other, or do not gain */

double AetShareTime(double work, int ranks)
{
  return work * (SERIAL_PART + (1 - SERIAL_PART) / ranks);
}

static double Load(int times, const double *work, const int *group, int g)
{
  double load = 0;

  for (int t = 0; t < times; t++)
    if (group[t] == g) load += work[t];
  return load;
}

/* The time of most work that has no group yet, and the group of least. */
static void Assign(int times, const double *work, int groups, int *group)
{
  for (int t = 0; t < times; t++) group[t] = -1;
  for (int n = 0; n < times; n++) {
    int most = -1, least = 0;

    for (int t = 0; t < times; t++)
      if (group[t] < 0 && (most < 0 || work[t] > work[most])) most = t;
    for (int g = 1; g < groups; g++)
      if (Load(times, work, group, g) < Load(times, work, group, least)) least = g;
    group[most] = least;
  }
}

double AetShareTimes(int times, const double *work, int ranks, int groups, int *group, int *of_group)
{
  double longest = 0;

  Assign(times, work, groups, group);
  for (int g = 0; g < groups; g++) of_group[g] = 1;
  for (int r = groups; r < ranks; r++) { /* one rank more for the group that would be ready last */
    int last = 0;

    for (int g = 1; g < groups; g++)
      if (AetShareTime(Load(times, work, group, g), of_group[g]) > AetShareTime(Load(times, work, group, last), of_group[last])) last = g;
    of_group[last]++;
  }
  for (int g = 0; g < groups; g++) longest = fmax(longest, AetShareTime(Load(times, work, group, g), of_group[g]));
  return longest;
}
