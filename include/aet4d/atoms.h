/** \file atoms.h  Atoms: tracing, naming, comparison. */
#ifndef AET4D_ATOMS_H
#define AET4D_ATOMS_H

#include <aet4d/dist.h>
#include <aet4d/io.h>
#include <aet4d/tilt.h>
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
  double  *position;                   /* [count][3] x, y, z in Å, owned */
  int     *species;                    /* [count] index into symbol, owned */
  double  *intensity;                  /* [count] integrated intensity; owned, never NULL */
  double  *confidence;                 /* [count] probability of the named species, 0 … 1; owned, never NULL */
  double  *probability; /* [count][species_count] of every species; given that it is an atom; of a single species, that it is one; a row of
                           zeros:  unknown; owned, never NULL */
  double *sigma;        /* [count][3] standard deviations of x, y, z in Å; 0 where unknown; owned, never NULL */
  double *sigma_total;  /* [count][3] the same as replicas of the whole chain calibrate them; 0 where unknown; owned, never NULL */
  double *p_found;      /* [count] fraction of the replicas in which the atom was found; 0 without replicas; owned, never NULL */
};
AET_EXTERN const AetOptionTable AetTraceOptions;

/** `count` local atoms, zeroed. Collective. */
AET_EXTERN PetscErrorCode AetAtomsCreate(MPI_Comm comm, PetscInt count, int species_count, const char *const *symbols, AetAtoms *atoms);
AET_EXTERN PetscErrorCode AetAtomsDestroy(AetAtoms *atoms);
/** Sorts over all ranks into the documented order and re-blocks by AetBlock. Collective. */
AET_EXTERN PetscErrorCode AetAtomsSort(AetAtoms atoms);
/** A list like another, on a communicator of its own. Collective. */
AET_EXTERN PetscErrorCode AetAtomsCopy(AetAtoms from, AetAtoms *to);
/** Keeps the local atoms whose `keep` [count] is not 0 and re-blocks; the order stays. Collective. */
AET_EXTERN PetscErrorCode AetAtomsSelect(AetAtoms atoms, const char *keep);
/** Adds all atoms of `more`, with all they carry, and sorts. Species are matched by symbol; those that `atoms` lacks are added behind its
   own. AET_ERR_INPUT if they become more than AET_SPECIES_MAX. Collective on atoms->comm, of which more->comm must be the ranks. */
AET_EXTERN PetscErrorCode AetAtomsAppend(AetAtoms atoms, AetAtoms more);
/** Makes the two agree for every local atom: confidence is the probability of the named species; where no probability is known it follows
   from the confidence, the rest shared alike by the other species. Sorting and writing do this too. Not collective. */
AET_EXTERN PetscErrorCode AetAtomsAgree(AetAtoms atoms);
/** Whole arrays on every rank (position [total][3], species [total]; PetscFree each). Collective. */
AET_EXTERN PetscErrorCode AetAtomsGather(AetAtoms atoms, double **position, int **species);
/** `atoms.h5` (table group "atoms", units on every column) and, beside it, the extended-XYZ twin. Makes confidence and probability agree.
    Collective. */
AET_EXTERN PetscErrorCode AetAtomsWrite(AetAtoms atoms, const char *path);
/** The extended XYZ alone, under that very name. Collective. */
AET_EXTERN PetscErrorCode AetAtomsWriteXyz(AetAtoms atoms, const char *path);
/** From aet4d's `atoms.h5`, any XYZ (of extended XYZ also the columns that aet4d writes), a CIF, a POSCAR, a LAMMPS data
    file, or a MAT/HDF5 table of 3 columns or rows. Collective. */
AET_EXTERN PetscErrorCode AetAtomsRead(MPI_Comm comm, const char *file, AetAtoms *atoms);

typedef struct {
  PetscInt maxima, fitted, rejected_fit, rejected_distance, rejected_checks; /* candidates and why they fell */
  PetscInt recovered;                                                        /* atoms added on the flanks of others */
  PetscInt rejected_support;                                                 /* peaks outside the specimen */
  PetscInt doubtful;                                                         /* atoms that noise may have moved too far to be claimed */
  PetscInt rounds;                                                           /* of classification */
  PetscInt by_species[AET_SPECIES_MAX];
  double   threshold;          /* least mean over 3³ voxels of an atom, above the background, in units of the volume */
  double   smoothing_angstrom; /* sigma of the filter that was used */
  double   expected_false;     /* candidates inside the specimen that noise made, by those that it made outside */
  double   start_disagreement; /* largest fraction of atoms that two starts name differently */
  double   expected_accuracy;  /* of the names: mean over the atoms of the probability of the name, given that it is an atom */
  double   intensity_span;     /* of the smooth field of intensity over the atoms: largest over least; 1: none was needed */
} AetTraceReport;
/** Peaks of the volume as atoms, named: local maxima, quartic fit, minimum distance, candidate checks, classification; `trace_*` options.
    Identical for any number of ranks. Collective on volume->comm. */
AET_EXTERN PetscErrorCode AetTrace(AetVolume volume, AetAtoms *atoms, AetTraceReport *report);

/** Bytes, roughly, that AetTrace needs beside a volume of n (z, y, x) on the rank that has most of `ranks`. Not collective. */
AET_EXTERN PetscErrorCode AetTraceEstimateOn(const ptrdiff_t n[3], int ranks, double *bytes);

#define AET_COMPARE_SPECIES (2 * AET_SPECIES_MAX)
#define AET_COMPARE_BINS 60
typedef struct {
  PetscInt found, truth, paired;
  double   recall, precision, rmsd_pm, species_agreement, percentile95_pm;
  double   shift_angstrom[3];                /* mean shift found - truth that was removed */
  double   rotation[9], moved_angstrom[3];   /* found atoms were first put at rotation · x + moved; the identity and 0 unless aligned so */
  double   rmsd_axis_pm[3], mean_axis_pm[3]; /* per axis; the mean that stayed (0 where the mean shift is removed) */
  int      species_count;                    /* of both models together */
  char     symbol[AET_COMPARE_SPECIES][8];
  PetscInt confusion[AET_COMPARE_SPECIES + 1][AET_COMPARE_SPECIES + 1]; /* [truth][found] pairs; the last row: found without a reference,
                                                                           the last column: reference not found */
  double recall_species[AET_COMPARE_SPECIES], precision_species[AET_COMPARE_SPECIES]; /* found and named right, of the reference's; named
                                                                                         right, of the found ones; -1: none there */
  double   rmsd_species_pm[AET_COMPARE_SPECIES];                                      /* by the reference's species; -1: none paired */
  double   expected_agreement; /* mean confidence of the paired atoms; -1: the found atoms carry none */
  PetscInt with_sigma;         /* pairs whose found atom carries a standard deviation */
  double   within[3][3];       /* [axis][k]: fraction of those with a difference of at most k + 1 standard deviations */
  double   bin_pm; /* width of the bins: distances from 0, differences from -AET_COMPARE_BINS bins; the last ones hold all beyond */
  PetscInt distances[AET_COMPARE_BINS], differences[3][2 * AET_COMPARE_BINS];
} AetCompareResult;
typedef enum {
  AET_ALIGN_TRANSLATION, /* the mean shift is removed */
  AET_ALIGN_NONE,        /* nothing is moved; r.m.s. about 0 */
  AET_ALIGN_AXES,        /* exchanges and inversions of axes, and the mean shift */
  AET_ALIGN_RIGID        /* any rotation and shift */
} AetCompareAlignment;
/** What a comparison counts. */
typedef struct {
  double              cutoff_angstrom;
  double              box[6];        /* xmin, xmax, ymin, ymax, zmin, zmax in Å: atoms outside still pair but are not counted */
  PetscBool           reference_box; /* count found atoms only inside the smallest box around the counted reference atoms */
  AetCompareAlignment align;
  PetscBool           mirror; /* of the alignments by axes and rigid: mirror images too */
} AetCompareSettings;
AET_EXTERN const AetOptionTable AetCompareOptions;
/** The `compare_*` options. AET_ERR_INPUT names a malformed box. Not collective. */
AET_EXTERN PetscErrorCode AetCompareSettingsFromOptions(AetCompareSettings *settings);
/** Pairs one to one (greedy by distance over all pairs within the cut-off; ties by index), removes the mean shift and pairs again until it
    moves < 1e-4 Å; rmsd = sqrt of the sum over axes of the variance of the differences. Pairing uses both lists whole, so that nothing is
    lost at the faces of the box: recall counts the reference atoms inside it, precision the found atoms (shift removed) inside it, and
    `found`, `truth`, `paired` are those numbers (paired: reference atoms). A rotation, where one is asked for, is searched first, over all
    rotations about the centroids with the innermost atoms, then fitted to nearest pairs from the inside outwards
    (docs/theory/comparison.md). Empty lists give zeros. AET_ERR_INPUT names an atom whose position is not finite. Collective on
    found->comm. */
AET_EXTERN PetscErrorCode AetCompareWithin(AetAtoms found, AetAtoms truth, const AetCompareSettings *settings, AetCompareResult *result);
/** AetCompareWithin without a box. Collective. */
AET_EXTERN PetscErrorCode AetCompare(AetAtoms found, AetAtoms truth, double cutoff_angstrom, AetCompareResult *result);
/* ---------------------------------------------------------------- refinement against the measured images */

AET_EXTERN const AetOptionTable AetRefineOptions;
/** Where the standard deviations of the coordinates come from, in the order of refine_uncertainty's choices (docs/theory/uncertainty.md).
 */
typedef enum { AET_UNCERTAINTY_VIEWS, AET_UNCERTAINTY_BOUND, AET_UNCERTAINTY_JACKKNIFE } AetUncertainty;
typedef struct {
  PetscBool      enabled;                     /* `run` refines what it traced */
  PetscInt       cycles;                      /* of optics, positions and weights */
  PetscInt       positions_iterations;        /* Gauss–Newton steps of the positions in a cycle; 0: only the optics are fitted */
  double         limit_angstrom;              /* farthest that an atom may move from where it began */
  double         b_min, b_max;                /* Å² */
  int            profile;                     /* of refine_profile's choices: auto, scattering, gaussian */
  PetscBool      widths;                      /* the profile is a sum of widths */
  PetscBool      scales, backgrounds, shifts; /* of every image are fitted */
  PetscBool      angles;                      /* and small turns of every view: AetRefine changes rotation and angles of the tilt series */
  PetscBool      counting;                    /* weights by the noise that grows with the signal; else all pixels alike */
  double         robust;                      /* residuals beyond this many standard deviations weigh less (Huber); 0: none */
  double         trust_angstrom;              /* standard deviation of the given coordinates; 0: they hold nothing */
  double         radius_angstrom; /* of an atom's own sphere in AetRefineImages; 0: half the median distance of nearest neighbours */
  PetscBool      extended;        /* zero borders of the images were not measured */
  PetscInt       probes;          /* random vectors of the uncertainties; 0: no uncertainties */
  AetUncertainty uncertainty;
  double         alike_deg;        /* views that look along lines less than this apart share part of their errors */
  PetscInt       jackknife_groups; /* of views, left out one after the other; 0: one view at a time */
  PetscInt       groups;           /* of ranks that refine side by side; 0: as many as there is work for */
  uint64_t       seed;
  float         *model; /* [v_count][ny][nx] receives the images of the refined atoms; NULL: nothing does */
} AetRefineSettings;
/** From `refine_*`, `recon_extended`, `seed`. Not collective. */
AET_EXTERN PetscErrorCode AetRefineSettingsFromOptions(AetRefineSettings *settings);

typedef struct {
  double    r1_before, r1; /* Σ|P - b| / Σ|b| with the optics fitted: atoms as given, and refined */
  PetscBool tabulated;     /* the profile is by scattering factors; else Gaussian */
  double    chi2;          /* of the weighted residuals, per pixel */
  double    height[AET_SPECIES_MAX], b_factor[AET_SPECIES_MAX];
  double    noise_floor, noise_per_signal; /* variance of a pixel = floor + per_signal · image */
  double    shift_rms_angstrom;            /* of the images */
  double    turn_rms_deg;                  /* of the views; 0: none was turned */
  double    moved_rms_angstrom, moved_max_angstrom;
  double    correlation; /* scatter of the misfit's derivatives over the one of independent pixels, squared; 0: nothing holds the atoms */
  PetscInt  steps, at_limit;                          /* Gauss–Newton steps made; atoms that ended at the limit */
  double    sigma_median_pm, sigma_axis_median_pm[3]; /* 0: none computed */
  double    expected_accuracy;                 /* mean over the atoms of the largest probability of a species; 0: none was computed */
  PetscBool species_by_images;                 /* p_species is by the heights that the images ask for; else as the atoms came */
  double    overdispersion;                    /* median of the variance that the views show over the one that the noise explains */
  double    bound_axis_median_pm[3];           /* the Cramér–Rao bound, atoms' coupling included */
  double    profile_axis_median_pm[3];         /* how far a profile with more freedom would move the atoms */
  PetscInt  jackknife_groups, jackknife_worst; /* refits; the one whose views left out moved the atoms most: its first view, from 0 */
  double    jackknife_worst_ratio;             /* how far it moved them, r.m.s., over the median of the refits */
} AetRefineReport;
/** image [v_count][ny][nx] <- the measured images less what `volume` holds away from the atoms, projected: what is left is the atoms'
   (PetscFree). `volume` has the pixel of the images and was reconstructed from them. An atom's own is a sphere of settings->radius_angstrom
   with a soft edge. Collective on tilt->comm. */
AET_EXTERN PetscErrorCode AetRefineImages(AetTiltSeries tilt, AetVolume volume, AetAtoms atoms, const AetRefineSettings *settings,
                                          float **image);
/** Moves the atoms so that their linear images fit the measured ones: height and B of every species, scale, background and shift of every
    image, positions by Gauss–Newton within a limit; then the uncertainty of every coordinate (docs/theory/refinement.md). Positions are Å
   in the frame of the tilt series. The same bits on any number of ranks; every rank holds all positions. AET_ERR_INPUT for a species
   without a scattering factor, two atoms at one place, atoms that no image sees. Collective on atoms->comm, of which tilt->comm must be the
   ranks. */
AET_EXTERN PetscErrorCode AetRefine(AetAtoms atoms, AetTiltSeries tilt, const AetRefineSettings *settings, AetRefineReport *report);

/* ---------------------------------------------------------------- replicas of the whole chain (docs/theory/uncertainty.md) */

/** The variance of a pixel: floor + per_signal · image. */
typedef struct {
  double floor, per_signal;
} AetBootstrapNoise;
/** The refined model's images at the views of `tilt`, with the optics that fit the measured images best, as a series of their own (the
   caller destroys it), and the noise that the measured ones show about them. Collective on tilt->comm, of which atoms->comm must be the
   ranks. */
AET_EXTERN PetscErrorCode AetBootstrapModel(AetAtoms atoms, AetTiltSeries tilt, const AetRefineSettings *settings, AetTiltSeries *model,
                                            AetBootstrapNoise *noise);
/** A copy of a series for every group of its ranks; the caller destroys it. Collective on model->comm. */
AET_EXTERN PetscErrorCode AetBootstrapShare(AetTiltSeries model, MPI_Comm group, AetTiltSeries *shared);
/** The model as a measurement might have seen it: noise keyed by seed, replica, view and pixel. The caller destroys `series`. Collective on
    model->comm. */
AET_EXTERN PetscErrorCode AetBootstrapReplica(AetTiltSeries model, const AetBootstrapNoise *noise, uint64_t seed, PetscInt replica,
                                              AetTiltSeries *series);

typedef struct _p_AetBootstrap *AetBootstrap;
typedef struct {
  PetscInt replicas;
  double   recall, precision, species;      /* of the model's atoms: found; of the found: there; of the paired: named as in the model */
  double   recall_spread, precision_spread; /* standard deviation over the replicas */
  double   recall_species[AET_SPECIES_MAX], named_species[AET_SPECIES_MAX]; /* by the model's species; -1: none */
  double   rmsd_pm, bias_pm[3]; /* errors; their means over the replicas, r.m.s. over atoms, the scatter's part taken off */
  double   factor_median[3], sigma_total_median_pm[3];
} AetBootstrapReport;
/** Counts what becomes of the atoms of `model` (borrowed until Destroy) in `replicas` replicas; a found atom is one within the cut-off.
    Collective on model->comm. */
AET_EXTERN PetscErrorCode AetBootstrapCreate(AetAtoms model, double cutoff_angstrom, PetscInt replicas, AetBootstrap *bootstrap);
/** The atoms that the chain made of a replica. Collective. */
AET_EXTERN PetscErrorCode AetBootstrapAdd(AetBootstrap bootstrap, AetAtoms replica);
/** Fills sigma_total and p_found of the model: its standard deviations times the factor with which those of the replicas cover their
   errors, 68 % and 95 %, among the atoms within 6 Å. The same bits on any number of ranks. Collective. */
AET_EXTERN PetscErrorCode AetBootstrapFinish(AetBootstrap bootstrap, AetBootstrapReport *report);
AET_EXTERN PetscErrorCode AetBootstrapDestroy(AetBootstrap *bootstrap);

/* ---------------------------------------------------------------- correction of the list of atoms */

AET_EXTERN const AetOptionTable AetCorrectOptions;
typedef struct {
  PetscBool enabled;           /* refined atoms are corrected */
  PetscInt  rounds;            /* of deletions, swaps and additions, at most */
  double    distance_angstrom; /* no atom is added nearer than this to another */
  double    reach_angstrom;    /* no atom is added farther than this from all others */
  double    height;            /* least fitted height of an added atom over that of the lightest species */
  double    evidence;          /* what the logarithm of the odds of an atom or of a species must exceed */
} AetCorrectSettings;
/** From `refine_correct*`. Not collective. */
AET_EXTERN PetscErrorCode AetCorrectSettingsFromOptions(AetCorrectSettings *settings);

typedef enum { AET_EDIT_ADD, AET_EDIT_DELETE, AET_EDIT_SWAP, AET_EDIT_VETO } AetEditKind;
typedef enum { AET_EDIT_DONE, AET_EDIT_REFUSED, AET_EDIT_VETOED, AET_EDIT_USER } AetEditDecision;
/** One change of the list of atoms, wanted or made. */
typedef struct {
  PetscInt        round; /* 0: the user's */
  AetEditKind     kind;
  int             from, to;    /* species; AET_SPECIES_NONE where there is none */
  double          position[3]; /* Å */
  double          height;      /* of the atom there as the images have it, in the unit of AetRefineReport.height; 0: not fitted */
  double          log_ratio;   /* logarithm of the likelihood ratio of the edit, calibrated (docs/theory/correction.md) */
  double          log_prior;   /* logarithm of the odds before the images: the edit is made where the sum exceeds the evidence asked */
  AetEditDecision decision;
} AetEdit;
/** The user's edits from a text file, one a line: `add SPECIES x y z`, `delete x y z`, `swap SPECIES x y z`, `veto x y z`, in Å; # begins a
    comment. A damaged line is AET_ERR_DATA as `file:line: expected; found`. Species must be among `symbols`. Collective; complete on every
    rank; PetscFree. */
AET_EXTERN PetscErrorCode AetEditsRead(MPI_Comm comm, const char *path, int species_count, const char symbol[][8], PetscInt *count,
                                       AetEdit **edits);
/** A table of edits: round, kind, from, to, x, y, z, height, log_likelihood_ratio,
    log_prior_odds, decision. Call on one rank. */
AET_EXTERN PetscErrorCode AetEditsWrite(const char *path, const char symbol[][8], PetscInt count, const AetEdit *edits);

typedef struct {
  PetscInt added, deleted, swapped, rounds; /* of the automatic edits; rounds in which something changed */
  PetscInt user, refused, vetoed;           /* edits of the user; candidates without enough evidence; edits that the user forbade */
  PetscInt edits;
  AetEdit *edit; /* [edits] all of them in order; PetscFree */
} AetCorrectReport;
/** AetRefine, then corrects the list by what the images leave unexplained: adds atoms, deletes them, changes their species, each by
    likelihood ratio, with refinement between, until nothing changes; the `given` edits come first. The same atoms on
    any number of ranks. Errors as AetRefine; AET_ERR_DATA for a given edit that finds no atom, or one in its way. Collective on
   atoms->comm, of which tilt->comm must be the ranks. */
AET_EXTERN PetscErrorCode AetCorrect(AetAtoms atoms, AetTiltSeries tilt, const AetRefineSettings *refine,
                                     const AetCorrectSettings *settings, PetscInt given_count, const AetEdit *given,
                                     AetRefineReport *refined, AetCorrectReport *report);

#endif
