/* A scan of settings as tables. */
#include "scan_table.h"
#include <stdlib.h>

enum { LINE = 400, SHOWN = 16 };

PetscErrorCode AetScanWrite(const AetScan *scan, const char *path)
{
  const size_t   size = (size_t)(scan->count + 1) * LINE;
  PetscErrorCode code;
  size_t         used;
  char          *text;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(size, &text));
  used = (size_t)snprintf(text, size, "settings,iterations,r1,rfree,seconds,chosen\n");
  for (int i = 0; i < scan->count; i++) {
    const AetScanRow *row = &scan->rows[i];
    used += (size_t)snprintf(text + used, size - used, "%s,%d,%.9g,%.9g,%.3f,%d\n", row->settings, (int)row->iterations, row->r1,
                             row->rfree, row->seconds, row->chosen ? 1 : 0);
  }
  code = AetTextWrite(path, text, used);
  PetscCall(PetscFree(text));
  PetscFunctionReturn(code);
}

/* Those of the last round first, then by R_free, then as they were tried. */
static int Compare(const void *a, const void *b)
{
  const AetScanRow *x = *(const AetScanRow *const *)a, *y = *(const AetScanRow *const *)b;

  if (x->final != y->final) return x->final ? -1 : 1;
  if (x->rfree != y->rfree) return x->rfree < y->rfree ? -1 : 1;
  return x->candidate - y->candidate;
}

/* The best line of every candidate, sorted. */
static PetscErrorCode BestRows(const AetScan *scan, int *count, const AetScanRow **best)
{
  PetscFunctionBegin;
  *count = 0;
  for (int i = 0; i < scan->count; i++) {
    const AetScanRow *row = &scan->rows[i];
    if (!*count || best[*count - 1]->candidate != row->candidate)
      best[(*count)++] = row;
    else if (row->rfree < best[*count - 1]->rfree)
      best[*count - 1] = row;
  }
  qsort(best, (size_t)*count, sizeof *best, Compare);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetScanPrint(MPI_Comm comm, const AetScan *scan)
{
  const AetScanRow **best;
  int                count;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(scan->count, &best));
  PetscCall(BestRows(scan, &count, best));
  PetscCall(AetReport(comm, "  %10s %8s %8s %8s  %s\n", "iterations", "R1", "R_free", "s", "settings"));
  for (int i = 0; i < count && i < SHOWN; i++)
    PetscCall(AetReport(comm, "%s %10d %8.4f %8.4f %8.2f  %s%s\n", best[i]->chosen ? " *" : "  ", (int)best[i]->iterations, best[i]->r1,
                        best[i]->rfree, best[i]->seconds, best[i]->settings, best[i]->final ? "" : " (dropped)"));
  if (count > SHOWN) PetscCall(AetReport(comm, "  %d more candidates in scan.csv\n", count - SHOWN));
  PetscCall(PetscFree(best));
  PetscFunctionReturn(PETSC_SUCCESS);
}
