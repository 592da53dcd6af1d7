/* Shared by the files of the atoms room. */
#ifndef AET_ATOMS_PRIVATE_H
#define AET_ATOMS_PRIVATE_H

#include <aet4d/atoms.h>

/* One atom as it travels between ranks. */
typedef struct {
  double position[3], intensity, confidence, sigma[3], sigma_total[3], p_found, probability[AET_SPECIES_MAX];
  int    species, padding;
} AetAtomRecord;

/* The records (each `bytes` long) of every rank, in the order of the ranks, on every rank. Free with PetscFree. Collective. */
PetscErrorCode AetRecordsGather(MPI_Comm comm, PetscInt count, const void *records, size_t bytes, PetscInt *total, void *all);
/* All atoms on every rank, in their order. Free with PetscFree. Collective. */
PetscErrorCode AetAtomsGatherRecords(AetAtoms atoms, AetAtomRecord **records);
/* Atoms from records that every rank holds completely: sorts them into the documented order (in place) and keeps this rank's block.
 * Collective. */
PetscErrorCode AetAtomsFromRecords(MPI_Comm comm, PetscInt total, AetAtomRecord *records, int species_count, const char *const *symbols,
                                   AetAtoms *atoms);

#endif
