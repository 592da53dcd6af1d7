/* The output folder: made, locked, cleaned, described by its summary. */
#ifndef AET_APP_OUTPUT_H
#define AET_APP_OUTPUT_H

#include <aet4d/base.h>

typedef struct {
  char       folder[PETSC_MAX_PATH_LEN];
  int        lock; /* file descriptor on rank 0, -1 elsewhere */
  AetSummary summary;
} AetOutput;

/* Sets output->folder to option `output`; touches no file. Not collective. */
PetscErrorCode AetOutputName(AetOutput *output);
/* Opens the folder of option `output`: creates it with its parents, takes its lock (AET_ERR_WRITE names who holds it), removes temporaries
   that a killed run left, opens run.log, reads summary.json. Collective. */
PetscErrorCode AetOutputOpen(MPI_Comm comm, AetOutput *output);
/* Closes log and lock. Accepts what AetOutputOpen left after an error. Collective. */
PetscErrorCode AetOutputClose(MPI_Comm comm, AetOutput *output);
/* Writes summary.json. Collective. */
PetscErrorCode AetOutputSummarise(MPI_Comm comm, AetOutput *output);
/* folder/name in path[PETSC_MAX_PATH_LEN]. */
void AetOutputPath(const AetOutput *output, const char *name, char *path);
/* A folder inside the output folder. Collective. */
PetscErrorCode AetOutputFolder(MPI_Comm comm, const AetOutput *output, const char *name);
/* Whether a file exists, as rank 0 sees it. Collective. */
PetscErrorCode AetFileExists(MPI_Comm comm, const char *path, PetscBool *exists);

/* Seconds since `begin` (MPI_Wtime) and the largest resident memory of a rank, over the ranks, as prefix.seconds (the slowest rank),
   prefix.seconds_min, _mean, prefix.peak_memory_bytes_per_rank_max, _min, _mean. Collective. */
PetscErrorCode AetOutputCost(MPI_Comm comm, AetOutput *output, const char *prefix, double begin);

#endif
