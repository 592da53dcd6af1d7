/** \file atoms.h  Atoms: tracing, naming, comparison. */
#ifndef AET4D_ATOMS_H
#define AET4D_ATOMS_H

#include <aet4d/dist.h>
#include <aet4d/io.h>
#include <aet4d/units.h>

#define AET_SPECIES_MAX 8
#define AET_SPECIES_NONE (-1)

/** Atoms distributed in contiguous blocks over the ranks, ordered by (z, y, x) of their position rounded to 1e-4 Å: the order, and so the
    ids, do not depend on the number of ranks. Positions in Å from voxel floor(N/2) of the volume (geometry.md). */
typedef struct _p_AetAtoms *AetAtoms;
struct _p_AetAtoms {
  MPI_Comm comm; /* duplicated */
  PetscInt total, start, count;
  int      species_count;
  char     symbol[AET_SPECIES_MAX][8]; /* species index → element symbol */
  double  *position;   /* [count][3] x, y, z in Å, owned */
  int     *species;    /* [count] index into symbol, owned */
  double  *intensity;  /* [count] integrated intensity; owned, never NULL */
  double  *confidence; /* [count] probability of the species, 0 … 1; owned, never NULL */
};
AET_EXTERN const AetOptionTable AetTraceOptions;

/** `count` local atoms, zeroed. Collective. */
AET_EXTERN PetscErrorCode AetAtomsCreate(MPI_Comm comm, PetscInt count, int species_count, const char *const *symbols, AetAtoms *atoms);
AET_EXTERN PetscErrorCode AetAtomsDestroy(AetAtoms *atoms);
/** Sorts over all ranks into the documented order and re-blocks by AetBlock. Collective. */
AET_EXTERN PetscErrorCode AetAtomsSort(AetAtoms atoms);
/** Whole arrays on every rank (position [total][3], species [total]; PetscFree each). Collective. */
AET_EXTERN PetscErrorCode AetAtomsGather(AetAtoms atoms, double **position, int **species);
/** `atoms.h5` (table group "atoms", units on every column) and, beside it, the extended-XYZ twin. Collective. */
AET_EXTERN PetscErrorCode AetAtomsWrite(AetAtoms atoms, const char *path);
/** From aet4d's `atoms.h5`, any XYZ, or a MAT/HDF5 table of 3 columns or rows. Collective. */
AET_EXTERN PetscErrorCode AetAtomsRead(MPI_Comm comm, const char *file, AetAtoms *atoms);

typedef struct {
  PetscInt maxima, fitted, rejected_fit, rejected_distance, rejected_checks; /* candidates and why they fell */
  PetscInt recovered; /* atoms added on the flanks of others */
  PetscInt doubtful;  /* atoms that noise may have moved too far to be claimed */
  PetscInt rounds;                                                          /* of classification */
  PetscInt by_species[AET_SPECIES_MAX];
  double   threshold;          /* least mean over 3³ voxels of an atom, above the background, in units of the volume */
  double   start_disagreement; /* largest fraction of atoms that two starts name differently */
} AetTraceReport;
/** Peaks of the volume as atoms, named: local maxima, quartic fit, minimum distance, candidate checks, classification; `trace_*` options.
    Identical for any number of ranks. Collective on volume->comm. */
AET_EXTERN PetscErrorCode AetTrace(AetVolume volume, AetAtoms *atoms, AetTraceReport *report);

typedef struct {
  PetscInt found, truth, paired;
  double   recall, precision, rmsd_pm, species_agreement, percentile95_pm;
  double   shift_angstrom[3]; /* mean shift found - truth that was removed */
} AetCompareResult;
/** What a comparison counts. */
typedef struct {
  double    cutoff_angstrom;
  double    box[6];        /* xmin, xmax, ymin, ymax, zmin, zmax in Å: atoms outside still pair but are not counted */
  PetscBool reference_box; /* count found atoms only inside the smallest box around the counted reference atoms */
} AetCompareSettings;
AET_EXTERN const AetOptionTable AetCompareOptions;
/** The `compare_*` options. AET_ERR_INPUT names a malformed box. Not collective. */
AET_EXTERN PetscErrorCode AetCompareSettingsFromOptions(AetCompareSettings *settings);
/** Pairs one to one (greedy by distance over all pairs within the cut-off; ties by index), removes the mean shift and pairs again until it
    moves < 1e-4 Å; rmsd = sqrt of the sum over axes of the variance of the differences. Pairing uses both lists whole, so that nothing is
    lost at the faces of the box: recall counts the reference atoms inside it, precision the found atoms (shift removed) inside it, and
    `found`, `truth`, `paired` are those numbers (paired: reference atoms). Collective on found->comm. */
AET_EXTERN PetscErrorCode AetCompareWithin(AetAtoms found, AetAtoms truth, const AetCompareSettings *settings, AetCompareResult *result);
/** AetCompareWithin without a box. Collective. */
AET_EXTERN PetscErrorCode AetCompare(AetAtoms found, AetAtoms truth, double cutoff_angstrom, AetCompareResult *result);

#endif
