#include "series/kernel/links.h"
#include <string.h>

void AetLinksOverlap(ptrdiff_t points, const int *a_label, const int *b_label, int a_count, int b_count, int *common)
{
  memset(common, 0, sizeof *common * (size_t)a_count * (size_t)b_count);
  for (ptrdiff_t i = 0; i < points; i++)
    if (a_label[i] >= 0 && b_label[i] >= 0) common[(ptrdiff_t)a_label[i] * b_count + b_label[i]]++;
}

/* The lowest number of every group spreads along the links until nothing changes. */
static int Number(int a_count, int b_count, const double *strength, int *a_group, int *b_group)
{
  int groups = 0;

  for (int a = 0; a < a_count; a++) a_group[a] = a;
  for (int b = 0; b < b_count; b++) b_group[b] = a_count + b;
  for (int changed = 1; changed;) {
    changed = 0;
    for (int a = 0; a < a_count; a++)
      for (int b = 0; b < b_count; b++) {
        if (!(strength[(ptrdiff_t)a * b_count + b] > 0) || a_group[a] == b_group[b]) continue;
        if (a_group[a] < b_group[b])
          b_group[b] = a_group[a];
        else
          a_group[a] = b_group[b];
        changed = 1;
      }
  }
  for (int i = 0; i < a_count + b_count; i++) { /* numbers without gaps; i is the lowest member of its group */
    if ((i < a_count ? a_group[i] : b_group[i - a_count]) != i) continue;
    for (int a = 0; a < a_count; a++)
      if (a_group[a] == i) a_group[a] = groups;
    for (int b = 0; b < b_count; b++)
      if (b_group[b] == i) b_group[b] = groups;
    groups++;
  }
  return groups;
}

/* Cuts the weakest link of a group of several on both sides; 0 if there is none. */
static int Cut(int a_count, int b_count, double *strength, const int *a_group, const int *b_group, int groups)
{
  for (int g = 0; g < groups; g++) {
    ptrdiff_t weakest = -1;
    int       from = 0, to = 0;

    for (int a = 0; a < a_count; a++) from += a_group[a] == g;
    for (int b = 0; b < b_count; b++) to += b_group[b] == g;
    if (from < 2 || to < 2) continue;
    for (int a = 0; a < a_count; a++)
      for (int b = 0; b < b_count; b++) {
        const ptrdiff_t link = (ptrdiff_t)a * b_count + b;
        if (a_group[a] == g && b_group[b] == g && strength[link] > 0 && (weakest < 0 || strength[link] <= strength[weakest]))
          weakest = link;
      }
    strength[weakest] = 0;
    return 1;
  }
  return 0;
}

int AetLinksGroups(int a_count, int b_count, double *strength, int *a_group, int *b_group)
{
  for (;;) {
    const int groups = Number(a_count, b_count, strength, a_group, b_group);
    if (!Cut(a_count, b_count, strength, a_group, b_group, groups)) return groups;
  }
}
