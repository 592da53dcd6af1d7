/** \file series.h  One particle at several times: registration, sites through time, nuclei followed. */
#ifndef AET4D_SERIES_H
#define AET4D_SERIES_H

#include <aet4d/structure.h>

/* ---------------------------------------------------------------- registration */

/* What is told is complete on every rank, bitwise the same for any number of ranks and threads. Methods: docs/theory/registration.md. */

/** Whether a time may differ from the first by more than rotation and shift: its pixel size may be wrong. */
typedef enum { AET_CALIBRATION_NONE, AET_CALIBRATION_SCALE, AET_CALIBRATION_AFFINE } AetCalibration;
typedef struct {
  double         cutoff_angstrom; /* of one site: atoms of different times at most that far apart */
  double         icp_angstrom;    /* nearest atoms farther apart than this do not pull on each other while the times are fitted */
  double         other_weight;    /* weight of a pair of different species while the times are fitted; of the same species: 1 */
  double         keep;            /* fraction of the pairs, the nearest ones, that are fitted */
  AetCalibration calibration;
  double         calibration_limit; /* largest credible difference of a length from that of the first time, as a fraction */
  double         least_paired;      /* fraction of the smaller list that must find a partner at the time before */
  double least_kappa; /* Cohen's kappa of the species of these pairs (0: as by chance, 1: all equal), at least; 4.5 over the root of their
                         number where that is more; not asked for where a list has one species, or if 0 */
} AetRegistrationSettings;
/** 1.2 Å, 1.5 Å, 0.2, 0.8, AET_CALIBRATION_SCALE, 0.05, 0.5, 0.1. Not collective. */
AET_EXTERN void AetRegistrationDefaults(AetRegistrationSettings *settings);

AET_EXTERN const AetOptionTable AetRegistrationOptions;
/** The defaults, and the `registration_*` options. Not collective. */
AET_EXTERN PetscErrorCode AetRegistrationSettingsFromOptions(AetRegistrationSettings *settings);

/** One particle at several times, in one frame. An atom at x of time t is, in the frame of the first time, at linear[t] x + shift[t]. */
typedef struct _p_AetRegistration *AetRegistration;
struct _p_AetRegistration {
  int  times;
  int  species_count;              /* of all times together, matched by symbol */
  char symbol[AET_SPECIES_MAX][8]; /* in the order of the first time, then those that later times add */
  double (*linear)[9];             /* [times] = rotation · stretch; the rotation itself where nothing had to be calibrated */
  double (*rotation)[9];           /* [times] proper, row by row; the identity at the first time */
  double (*stretch)[9];            /* [times] symmetric: a length of time t, times this, is one of the first time; the identity without
                                      calibration */
  double (*shift)[3];              /* [times] Å */
  double *scale;                   /* [times] cube root of the determinant of the stretch: pixel size of the first time over that of t */
  double *rotation_sigma_deg; /* [times] standard deviation of the angle of the turn that may be left, from the residuals; 0 at the first */
  double *shift_sigma_angstrom;       /* [times] of the distance, at the middle of the core */
  double *margin;                     /* [times] by how much the fit to the time before is better than the best clearly different one, as a
                                         fraction: near 0, the particle looks alike from several sides and the turn is a guess */
  double *paired, *agreement, *kappa; /* [times] with the time before: fraction of the smaller list that has a partner within the cut-off;
                                       of these, of the same species; Cohen's kappa of the species. 1 at the first time */
  PetscInt  *total;                   /* [times] atoms */
  double   **position;                /* [times][total[t]][3] in the frame of the first time, Å */
  int      **species;                 /* [times][total[t]] index into symbol above; -1: not named */
  PetscInt **site;                    /* [times][total[t]] site of every atom */

  /* Sites: an atom of each time at most; atoms of different times that are within the cut-off of the mean place are one site, whatever
     their species. The first total[0] sites are the atoms of the first time, in order; the others follow by time and atom. */
  PetscInt  sites;
  PetscInt *atom;             /* [sites][times] atom there, -1: none */
  double (*site_position)[3]; /* [sites] mean over the times, frame of the first time, Å */
  PetscInt  *present;         /* [sites] times at which there is an atom */
  int       *site_species;    /* [sites] the most frequent species (ties: the lowest); -1: none named */
  PetscBool *conserved;       /* [sites] an atom at all times, always of the same species */
  PetscBool *core;            /* [sites] in the largest connected set of conserved sites */
  double *agreement_near; /* [sites] fraction of the sites around it (within 2 neighbour distances, itself too) that are conserved: a soft
                             core mask */
  double *depth;          /* [sites] Å to the nearest site of the surface, 0 there (coordination below 0.8 of the usual) */
  double  neighbour_angstrom; /* distance of nearest neighbours in a close packing as dense as the first time is inside */

  PetscInt present_always, conserved_sites, core_sites;
  double   core_fraction;     /* core sites over the mean number of atoms of a time */
  double   species_agreement; /* of sites with atoms at two times, over all pairs of times: the same species */
  double   core_agreement;    /* the same, of the tenth of the sites around which (within 3 neighbour distances) most are conserved: what
                                 misnamed atoms leave */
  double  core_rmsd[3];       /* Å along x, y, z of the first time: r.m.s. difference of two times, over the core and all pairs of times */
  double *precision;          /* [times] Å: standard deviation of a coordinate of a core site at that time, by the differences between the
                                 times (three or more times tell them apart; two share alike) */
  int rounds;                 /* of matching and fitting until the core was stable */
};
/** Brings all times into the frame of the first and finds the sites they share. `atoms` [times], all on communicators of the same ranks in
   the same order, are not changed. Nothing needs to be known of the turn and the shift between times; no mirror images. Species lists may
   differ: they are united by symbol. AET_ERR_INPUT: fewer than 2 times, a time with fewer than 20 atoms, a position that is not finite, no
   species in common, settings out of range. AET_ERR_DATA: a time that does not match the one before (says what was found), or whose lengths
   differ by more than the credible. Messages count times from 1. Collective on atoms[0]->comm. */
AET_EXTERN PetscErrorCode AetRegistrationCreate(int times, AetAtoms *atoms, const AetRegistrationSettings *settings,
                                                AetRegistration *registration);
/** y, in the frame of the first time, of x at time t. Not collective. */
AET_EXTERN void AetRegistrationMap(AetRegistration registration, int time, const double x[3], double y[3]);
/** NULL is accepted. Not collective. */
AET_EXTERN PetscErrorCode AetRegistrationDestroy(AetRegistration *registration);

/** Differences of position (`to` - `from`) of sites that have atoms at both times. */
typedef struct {
  PetscInt count;
  double   mean[3], rms[3];                                           /* Å, along x, y, z of the first time; rms about 0 */
  double   median, percentile90, percentile95, percentile99, largest; /* of the distance, Å */
} AetDisplacements;
/** Over the core, or over all sites. Not collective. */
AET_EXTERN PetscErrorCode AetRegistrationDisplacements(AetRegistration registration, int from, int to, PetscBool core_only,
                                                       AetDisplacements *displacements);

/* ---------------------------------------------------------------- diffusion */

#define AET_DIFFUSION_SHELLS 64
/** Sites of a shell of depth between two times. An atom that has gone to another site cannot be followed, as atoms of a species look alike:
    what is told of them is statistical. */
typedef struct {
  double   from_angstrom, to_angstrom; /* depth; the last shell has no end */
  PetscInt sites;                      /* with an atom at either time */
  PetscInt same, exchanged;            /* atoms at both times: of the same species; of different ones */
  PetscInt arrived, left;              /* an atom at the later time only; at the earlier only */
  double   msd;                        /* Å²: mean square difference of position of the atoms of the same species, noise included */
  double   replaced;     /* fraction of the sites whose atom was replaced by one drawn at random, that explains `exchanged` beyond what
                            misnamed atoms explain; 0 … 1 */
  double replaced_sigma; /* its standard deviation by the number of changes; 0 where nothing can be told */
  double misnamed;       /* changes of species expected from the probabilities of the names; 0 where atoms carry none */
} AetDiffusionShell;
typedef struct {
  PetscInt stayed[AET_SPECIES_MAX];                   /* sites of the species at both times */
  double   msd[AET_SPECIES_MAX];                      /* Å² of them */
  PetscInt changed[AET_SPECIES_MAX][AET_SPECIES_MAX]; /* [before][after]; the diagonal is `stayed` */
  PetscInt arrived[AET_SPECIES_MAX], left[AET_SPECIES_MAX];
  PetscInt moves[AET_SPECIES_MAX]; /* departures of the species (from a site, or by exchange) that find an arrival of it within reach */
  double
      least_msd[AET_SPECIES_MAX]; /* Å²: mean square length of these moves, each departure with a near arrival: what atoms moved at least */
} AetDiffusionSpecies;
typedef struct {
  int                 from, to, shells;
  AetDiffusionShell   shell[AET_DIFFUSION_SHELLS];
  AetDiffusionSpecies species;
  PetscInt vacancies_from, vacancies_to; /* sites below the surface without an atom at that time, with one at another: vacancies, or
                                            atoms that were missed */
  PetscInt vacancies_moved;     /* vacancies of `from` filled at `to` with a new one beside: those that a vacancy's jump explains */
  double   vacancies_by_chance; /* such pairs expected if the empty sites were drawn independently */
} AetDiffusion;
/** Between two times of a registration, by shells of depth. `atoms` [times] as registered, for the probabilities of the names; NULL: none.
   AET_ERR_INPUT for times that are not there or a thickness that is not positive. Collective on atoms[0]->comm if atoms are given, else
   not. */
AET_EXTERN PetscErrorCode AetDiffusionMeasure(AetRegistration registration, AetAtoms *atoms, int from, int to, double shell_angstrom,
                                              AetDiffusion *diffusion);

/* end of: registration */

/* ---------------------------------------------------------------- sites through time */

/* end of: sites through time */

/* ---------------------------------------------------------------- nuclei through time */

/* Methods: docs/theory/tracking.md. What is told is complete on every rank, the same for any number of ranks and groups. */

AET_EXTERN const AetOptionTable AetTrackOptions;
typedef struct {
  double   threshold;        /* least order parameter of a site of a nucleus */
  double   threshold_spread; /* replicas have thresholds up to this far from it, evenly */
  double   hysteresis;       /* a nucleus of another time is still there while its sites reach the threshold less this */
  double   radius_angstrom;  /* how far a site looks for one of larger order */
  double   prominence;       /* touching maxima of one phase are one nucleus where the order between them falls by less than this */
  PetscInt min_sites;        /* smaller nuclei are dropped */
  double   link_overlap;     /* nuclei of two times are one where they share this part of the smaller one's sites */
  double   link_angstrom;    /* or where their peaks are nearer than this */
  double   change;           /* growth and dissolution change the sites by at least this factor */
  double   sigmas;           /* and by at least this many standard deviations */
  double   fluctuation;      /* standard deviation of ln(sites) of a nucleus that stays as it is; below 0: estimated */
  double   presence;         /* nuclei that fewer of the replicas show are dropped */
  double   chance;           /* and those that a random alloy has with a larger probability */
  double   species_error;    /* a name is wrong with at least this probability */
  PetscInt replicas;         /* of the names and the threshold, at least 2 */
  PetscInt shuffles;         /* random alloys of the same composition, for nuclei by chance; 0: none */
  PetscInt groups;           /* of ranks that share the replicas; 0: as many as ranks */
  uint64_t seed;
} AetHistorySettings;
/** 0.3, 0.05, 0.05, 4 Å, 0.1, 13, 0.3, 4 Å, 1.25, 3, estimated, 0.5, 0.05, 0.01, 300, 50, 0. Not collective. */
AET_EXTERN void AetHistoryDefaults(AetHistorySettings *settings);
/** From `track_*`, `analyse_nucleus_*`, `groups` and `seed`; threshold 0 is left for the caller to choose. Not collective. */
AET_EXTERN PetscErrorCode AetHistorySettingsFromOptions(AetHistorySettings *settings);

/** The order parameter of every atom of a time, as a function of the species. */
typedef struct {
  void *context;
  int   phases; /* phases are 0 … phases-1; nuclei are of one phase */
  /* order and phase [total of the time] (phase -1: none), for species [total] as the registration numbers them (-1: not named). `replica`
     from 0: of the positions, where they matter; -1: the positions of the data. Not collective: replicas differ between ranks. */
  PetscErrorCode (*evaluate)(void *context, int time, PetscInt replica, const int *species, double *order, int *phase);
  PetscBool by_species;         /* the order depends on the species; else replicas vary the threshold alone */
  const int (*const *index)[3]; /* [times][total] lattice index in half edges, for draws from equivalent sites near by; NULL: none */
  const PetscInt *const *grain; /* [times][total] of the index, -1: none */
} AetHistoryOrder;

typedef enum {
  AET_HISTORY_BIRTH,
  AET_HISTORY_GROWTH,
  AET_HISTORY_FLUCTUATION,
  AET_HISTORY_DISSOLUTION,
  AET_HISTORY_MERGE,
  AET_HISTORY_DIVISION,
  AET_HISTORY_KINDS
} AetHistoryKind;
/** As the tables say it; NULL beyond the last. Not collective. */
AET_EXTERN const char *AetHistoryKindName(int kind);

/** A nucleus at a time. */
typedef struct {
  int      time;        /* from 0 */
  PetscInt id;          /* from 1; the same at all times of one nucleus */
  int      phase;       /* as the order parameter numbers them */
  PetscInt sites;       /* of at least the threshold; may be below min_sites where the nucleus is larger at a time beside this one */
  PetscInt peak;        /* atom of the largest order */
  double   max_order;   /* folded: above 1 as far below it */
  double   centre[3];   /* mean position of its sites in Å, in the frame of that time as given */
  double   common[3];   /* the same in the frame of the first time */
  double   sigma_sites; /* standard deviation of the sites by the replicas */
  double   fluctuation; /* of ln(sites), of a nucleus that stays as it is */
  double   presence;    /* part of the replicas that show it */
  double   chance;      /* probability that a random alloy has one of this size somewhere; of all that it is linked with, the least */
} AetHistoryNucleus;
#define AET_HISTORY_PARTNERS 16
/** What happens from a time to the next. Partners by id, ascending; beyond AET_HISTORY_PARTNERS the smallest nuclei are not named. */
typedef struct {
  int      from_time, to_time;
  int      kind; /* AetHistoryKind */
  int      from_count, to_count;
  PetscInt from[AET_HISTORY_PARTNERS], to[AET_HISTORY_PARTNERS];
  double   probability; /* part of the replicas in which it is so, times that of a nucleus not by chance (birth, dissolution) */
  double   change;      /* ln of the ratio of the sites where one becomes one; else 0 */
  double   sigma;       /* of that */
} AetHistoryEvent;
/** A nucleus that is one at three times or more: what becomes of it in all. */
typedef struct {
  PetscInt id;
  int      from_time, to_time;
  int      kind; /* AET_HISTORY_GROWTH, FLUCTUATION or DISSOLUTION: larger or smaller at the end beyond error, and never the other way */
  double   probability, change, sigma; /* as of events */
} AetHistoryChain;
typedef struct _p_AetHistory *AetHistory;
struct _p_AetHistory {
  int                times;
  PetscInt           count; /* by time, then id */
  AetHistoryNucleus *nucleus;
  PetscInt           ids;       /* nuclei are numbered 1 … ids */
  PetscInt           dropped;   /* nuclei that too few replicas show, or that are by chance */
  PetscInt           by_chance; /* nuclei in all shuffled alloys of all times together */
  PetscInt           events;    /* by time, then the first nucleus */
  AetHistoryEvent   *event;
  PetscInt           chains; /* by their first time, then id */
  AetHistoryChain   *chain;
  double           **order;    /* [times][atoms] folded order parameter */
  int              **phase;    /* [times][atoms] */
  PetscInt         **label;    /* [times][atoms] id of the nucleus; 0: none */
  double            *exchange; /* [times] part of the sites whose species was drawn anew since the time before; 0 at the first */
};
/** Nuclei at every time, followed through the times: groups of linked nuclei of consecutive times are events, and replicas of what was
    measured say how probable each is. `registration` is of these atoms. AET_ERR_INPUT: settings out of range. Collective on
    atoms[0]->comm. */
AET_EXTERN PetscErrorCode AetHistoryCreate(int times, AetAtoms *atoms, AetRegistration registration, const AetHistoryOrder *order,
                                           const AetHistorySettings *settings, AetHistory *history);
/** NULL is accepted. Not collective. */
AET_EXTERN PetscErrorCode AetHistoryDestroy(AetHistory *history);

/** Which order parameter nuclei are found by, in the order of analyse_order's words. */
typedef enum { AET_HISTORY_BONDS, AET_HISTORY_L10, AET_HISTORY_L12, AET_HISTORY_AUTO } AetHistoryOrderKind;
/** Order parameters of the times of a registration: of phases, on the fcc lattices of the times, which are indexed alike; or of bonds.
    AUTO: of all ordered phases where there are two species and most atoms of the first time lie on fcc lattices, else of bonds.
    `cutoff_angstrom`: neighbours are nearer; 0: the first valley of the first time. Phases are a matter of sites, so noise of the positions
   does not touch them; replicas of the order of bonds have positions drawn about those of the data with the registration's precision, keyed
   by `seed`. The registration is lent until the order is destroyed. Free with AetHistoryOrderDestroy. Collective on comm. */
AET_EXTERN PetscErrorCode AetHistoryOrderCreate(MPI_Comm comm, AetRegistration registration, AetHistoryOrderKind kind,
                                                double cutoff_angstrom, double sigma_angstrom, uint64_t seed, AetHistoryOrder *order);
/** Name ("l10", "l12_ab3", "l12" of A3B, "boo"; A is the first species of the registration) and axis (0, 1, 2 of the lattice, -1: none) of
   a phase of AetHistoryOrderCreate. Not collective. */
AET_EXTERN const char *AetHistoryPhaseName(const AetHistoryOrder *order, int phase, int *axis);
/** Not collective. */
AET_EXTERN PetscErrorCode AetHistoryOrderDestroy(AetHistoryOrder *order);

/* end of: nuclei through time */

/* ---------------------------------------------------------------- joint reconstruction */

/* Every time reconstructed again with a soft prior: the core is as the other times see it. The volumes are in the frames of their times,
   on communicators of the same ranks in the same order. Method: docs/theory/series.md. */

/** Fills `mask` (a volume at `time`; its grid is used): 0 to 1, around the atoms of the core as much as their surroundings are conserved,
   0 elsewhere. `shuffled`: the same values on other atoms of the time, drawn by the seed: what a mask that knows nothing would do. Not
   collective. */
AET_EXTERN PetscErrorCode AetJointMask(AetRegistration registration, int time, PetscBool shuffled, uint64_t seed, AetVolume mask);
/** `target` (a volume at time `to`; its grid is used) <- `source`, a volume at time `from`, seen through the registration: cubic convolution,
    0 outside of it. The same bits on any number of ranks. Collective on source->comm. */
AET_EXTERN PetscErrorCode AetJointResample(AetRegistration registration, int from, AetVolume source, int to, AetVolume target);
/** The factor that brings `other` nearest to `volume` within the mask, all on one grid. Collective on volume->comm. */
AET_EXTERN PetscErrorCode AetJointFactor(AetVolume volume, AetVolume other, AetVolume mask, double *factor);

/* end of: joint reconstruction */

#endif
