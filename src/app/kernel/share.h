/* How the times of a series are shared among groups of ranks. */
#ifndef AET_APP_KERNEL_SHARE_H
#define AET_APP_KERNEL_SHARE_H

/* The seconds that `work` takes on `ranks` ranks, in units of the work on one: a part of it does not get shorter. */
double AetShareTime(double work, int ranks);

/* Shares `times` of work `work[times]` among `groups` (1 ... times, at most `ranks`): the largest first, each to the group that has least
   so far; then the ranks by the work of the groups, each at least one. Ties go to what comes first. Fills group[times] and
   of_group[groups]; returns the time until the last group is ready. */
double AetShareTimes(int times, const double *work, int ranks, int groups, int *group, int *of_group);

#endif
