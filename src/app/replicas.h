/* Replicas of the measurement through the whole chain (docs/theory/uncertainty.md). */
#ifndef AET_APP_REPLICAS_H
#define AET_APP_REPLICAS_H

#include "pipeline.h"

/* bootstrap_replicas. */
extern const AetOptionTable AetBootstrapOptions;

enum { AET_REPLICA_PATH = PETSC_MAX_PATH_LEN };
typedef struct {
  PetscInt  count;  /* of replicas */
  PetscInt  groups; /* of ranks, each of which makes whole replicas; 0: as many as there are ranks and replicas */
  uint64_t  seed;
  char      folder[PETSC_MAX_PATH_LEN]; /* of the replicas' atoms, replica_<n>.h5, and of the keys they were made under */
  char      key[33];
  PetscBool keep; /* those that are there under this key are not made again */
} AetReplicas;
/* Atoms of every replica into its file: measurements simulated from `atoms` (refined against `tilt`), reconstructed, traced and refined as
   the options say, on groups of ranks side by side. `summary` (that of the run) tells what a scan has chosen. Collective on tilt->comm. */
PetscErrorCode AetReplicasMake(const AetReplicas *replicas, AetAtoms atoms, AetTiltSeries tilt, AetSummary summary);
/* The file of one. */
void AetReplicaPath(const AetReplicas *replicas, PetscInt replica, const char *ending, char path[AET_REPLICA_PATH]);

/* The stage: refined atoms, with sigma_total and p_found from replicas of the chain. Collective. */
PetscErrorCode AetRunMakeBootstrap(AetRun *run, const char *path);

#endif
