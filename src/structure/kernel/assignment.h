/* Least-cost assignment. */
#ifndef AET_STRUCTURE_KERNEL_ASSIGNMENT_H
#define AET_STRUCTURE_KERNEL_ASSIGNMENT_H

enum { AET_ASSIGNMENT_MAX = 16 };

/* column[i] of every row i < n ≤ AET_ASSIGNMENT_MAX, all different, with the least sum of cost[i][column[i]]: shortest augmenting paths
   with dual prices (Kuhn 1955, Munkres 1957). */
void AetAssign(int n, double (*cost)[AET_ASSIGNMENT_MAX], int *column);

#endif
