/* What the methods of reconstruction share: the object, its settings, the table of methods. Private to the room. */
#ifndef AET_RECON_PRIVATE_H
#define AET_RECON_PRIVATE_H

#include <aet4d/recon.h>

typedef struct _p_AetReconLayout AetReconLayout; /* estimate.h */

/* A method: its name in `recon_method`, the iterations it makes when `recon_iterations` is 0, and its operations (each collective, each may
   be NULL but solve). To add one: a file with an AetReconMethod, one line in the registry of methods.c. */
typedef struct {
  const char *name;
  PetscInt    iterations;
  /* Plans, grids, whatever does not depend on the iterate; keeps it in recon->data. recon->n, recon->N and recon->support are ready. */
  PetscErrorCode (*setup)(AetRecon recon);
  /* Makes recon->volume (which is there, zero; iterations begin with AetReconInitial's) and fills recon->error, rfree, shells, rfree_shell,
   * iterations_done. R1 is computed by the caller, and so is an error left negative: the relative l2 residual. */
  PetscErrorCode (*solve)(AetRecon recon);
  /* Frees recon->data. */
  PetscErrorCode (*destroy)(AetRecon recon);
  /* Solve withholds data and sets recon->rfree itself, and its volume uses all data in the end. Otherwise AetReconLeaveOut sees to it: the
     method is run without the withheld views first. */
  PetscBool own_rfree;
  /* Setup calls AetReconChooseOperator: the operator is known before it. */
  PetscBool chooses_operator;
  /* Bytes that Setup and Solve need at their worst moment, the volume and R1 after them included, the support and the measured images not;
     work of an iteration in units of AetTransformWork. Not collective. */
  void (*estimate)(const AetReconLayout *layout, double *bytes, double *work);
} AetReconMethod;

extern const AetReconMethod AetReconResire, AetReconGenfire, AetReconSirt, AetReconSart, AetReconCgls, AetReconLsqr, AetReconWbp,
    AetReconDfi, AetReconEst, AetReconTv, AetReconPoisson;

/* Index of a method by name; the registry, NULL beyond its end. */
const AetReconMethod *AetReconMethodAt(int index);

typedef enum { AET_EXTENSION_NONE, AET_EXTENSION_ON, AET_EXTENSION_SUPPRESSION } AetResolutionExtension;

/* Order of recon_operator's choices. */
typedef enum { AET_OPERATOR_AUTO, AET_OPERATOR_CONVOLUTION, AET_OPERATOR_PAIR } AetOperatorChoice;

/* Looks at recon->volume after iteration `done`; *stop: enough of them. Collective. */
typedef PetscErrorCode (*AetReconWatcher)(AetRecon recon, PetscInt done, void *context, PetscBool *stop);

struct _p_AetRecon {
  AetTiltSeries tilt; /* borrowed */
  MPI_Comm      comm; /* the tilt series' */
  PetscBool     options_read, ready;

  /* settings, from the options */
  const AetReconMethod  *method;
  PetscInt               iterations;         /* never 0 after SetFromOptions */
  PetscInt               thickness, width;   /* as given: 0 is automatic */
  PetscInt               kernel_width;       /* taps of the pair where the object is not isolated */
  char                   support_file[4096]; /* FILE, "auto", "otsu", "shrinkwrap" or "none" */
  char                   initial_file[4096]; /* FILE or "none" */
  char                   prior_file[4096], prior_mask_file[4096]; /* FILE or "none" */
  double                 prior_weight;                            /* 0: no prior */
  double                 oversampling, rfree_fraction, gridding_distance;
  double                 support_soft, smooth; /* voxels */
  PetscBool              extended;
  AetResolutionExtension extension;
  uint64_t               seed;
  PetscBool              inner; /* a run inside another's: says nothing, keeps nothing on disk, takes no R1 of its own */
  char                   checkpoint[PETSC_MAX_PATH_LEN], checkpoint_key[64]; /* the file of the state; "": none */

  AetReconWatcher watch; /* NULL: nobody. Watched iterations do not end on a plateau */
  void           *watch_context;

  /* made by SetUp */
  ptrdiff_t            n[3], N[3];       /* the volume; its padded grid (z, y, x), smooth, even */
  ptrdiff_t            z_start, z_count; /* local planes of the volume, AetBlock over n[0] */
  AetVolume            support;          /* 0 … 1 of the size of the volume; NULL: everywhere 1 */
  AetVolume            prior, prior_mask; /* of the size of the volume; NULL: none; everywhere 1 */
  PetscBool            wrapped;          /* the support follows the object, in recon->support->data */
  PetscBool            isolated;         /* the images see the whole object: what they do not see is empty. By AetReconChooseOperator */
  unsigned char       *view_used;        /* [views] 0: withheld as a whole. NULL where pixels are withheld, or nothing is */
  AetProjector         projector;        /* made on first use by AetReconProjector; shared with the method */
  double               measured_fraction; /* of the padded grid, by an estimate of the gridding; 0: not asked for */
  void                *data;             /* the method's own */
  struct _p_AetCourse *course;           /* of the iteration under way (course.h); NULL outside it */
  double               left_out;         /* R_free by AetReconLeaveOut; negative: none */

  /* made by Solve */
  AetVolume      volume;                               /* [z_count][n1][n2] */
  PetscInt       iterations_done, iterations_restored; /* in all; by an earlier run */
  double         error, rfree;                         /* rfree < 0: nothing withheld */
  int            shells;
  double        *rfree_shell; /* [shells], PetscFree'd by Destroy */
  double        *r1_view;     /* [views] */
  AetReconReport report;
};

/* Sets recon->n and recon->N. Not collective. */
void AetReconChooseSizes(AetRecon recon);
/* The projector pair of recon->n and the views, made at the first call. Collective. */
PetscErrorCode AetReconProjector(AetRecon recon, AetProjector *projector);
/* Oversampling and taps of that pair. Not collective. */
void AetReconProjectorGrid(AetRecon recon, double *oversampling, int *width);
/* What each pixel of the local images is for (AET_PIXEL_…, [v_count][ny][nx]): of an extended object, zero borders were not measured; a
   fraction `withheld` of the measured ones is kept for R_free, keyed by seed and the global index of the pixel. Not collective. */
void AetReconPixels(AetRecon recon, double withheld, unsigned char *use);
/* Sets recon->isolated: as recon_operator says, or by evidence: not extended, and the images dark at their borders. Collective. */
PetscErrorCode AetReconChooseOperator(AetRecon recon);
/* Sets recon->view_used: the fraction recon_rfree_fraction of the views is withheld, rounded down, but one of 20 or more. Not collective.
 */
PetscErrorCode AetReconWithholdViews(AetRecon recon);
PetscBool      AetReconViewsWithheld(AetRecon recon);
/* R_free of a method without own_rfree, kept in recon->left_out: the views of AetReconWithholdViews are left out, the others reconstructed
   by a run inside this one, which needs its room only until it is over. Collective. */
PetscErrorCode AetReconLeaveOut(AetRecon recon);
/* The settings of `recon` for a run inside it, where nothing is withheld. Not collective, the same on every rank. */
PetscErrorCode AetReconInherit(AetRecon recon, AetRecon inner);
/* Σ|A volume - b| / Σ|b| over the measured pixels of the views with used[view] not 0 (r1), and of the others (rfree), among those that the
   projector sees; negative where there are none. The same bits on any number of ranks. Collective. */
PetscErrorCode AetReconMisfits(AetRecon recon, AetProjector projector, const float *volume, const unsigned char *used, double *r1,
                               double *rfree);
/* R1 of recon->volume, overall and of each view, and recon->error where it is negative; the same bits on any number of ranks.
 * Collective. */
PetscErrorCode AetReconR1(AetRecon recon);
/* Whether there is an initial model. Not collective. */
PetscBool AetReconInitialGiven(AetRecon recon);
/* recon->volume <- the initial model (recon_initial) in the volume's size, times the support; zero where none is given. Values below 0 are
   left to the method. Collective. */
PetscErrorCode AetReconInitial(AetRecon recon);
/* Reads, centres, crops or zero-pads the support, or makes it. Collective. */
PetscErrorCode AetReconSupport(AetRecon recon);
/* The hull of the object's shadows, 0 … 1. Collective. */
PetscErrorCode AetReconHull(AetRecon recon, AetVolume support);

/* recon_prior*: reads the settings; whether there is one; its volumes (AET_ERR_DATA: of another size), in SetUp; and the proximal step of
   ½ weight · mask · (x - prior)² in units of the method's own step: next <- (next + weight mask prior) / (1 + weight mask). */
PetscErrorCode AetReconPriorFromOptions(AetRecon recon);
PetscBool      AetReconPriorGiven(AetRecon recon);
PetscErrorCode AetReconPriorRead(AetRecon recon);
void           AetReconPriorPull(AetRecon recon, float *next);

#endif
