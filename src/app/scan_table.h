/* A scan of settings as tables: for people, and for scripts. */
#ifndef AET_APP_SCAN_TABLE_H
#define AET_APP_SCAN_TABLE_H

#include <aet4d/recon.h>

/* settings,iterations,r1,rfree,seconds,chosen: one line per candidate and number of iterations. Call on one rank. */
PetscErrorCode AetScanWrite(const AetScan *scan, const char *path);
/* Prints the best line of each candidate, the best first, and how many are not shown. Collective. */
PetscErrorCode AetScanPrint(MPI_Comm comm, const AetScan *scan);

#endif
