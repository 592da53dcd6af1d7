/** \file simulate.h  Specimens and measurements with known truth: the oracle of the other rooms. */
#ifndef AET4D_SIMULATE_H
#define AET4D_SIMULATE_H

#include <aet4d/base.h>
#include <aet4d/dist.h>
#include <aet4d/io.h>
#include <aet4d/units.h>

AET_EXTERN const AetOptionTable AetSimulateOptions;

#define AET_SPECIMEN_SPECIES 8

/** What a planted defect is; the order of `kind` in the table of defects. */
typedef enum {
  AET_DEFECT_VACANCY,
  AET_DEFECT_ANTISITE,
  AET_DEFECT_TWIN,
  AET_DEFECT_STACKING_FAULT,
  AET_DEFECT_ANTIPHASE_BOUNDARY,
  AET_DEFECT_DISLOCATION,
  AET_DEFECT_KINDS
} AetDefectKind;
/** A planted defect, in Å in the frame of the specimen. */
typedef struct {
  int    kind;         /* AetDefectKind */
  int    id;           /* of the missing atom or the antisite; 0 of planes and lines */
  double position[3];  /* of the atom, or a point of the plane or line */
  double vector[3];    /* translation of an antiphase boundary or a stacking fault, Burgers vector; else 0 */
  double direction[3]; /* unit normal of a plane, unit direction of a line; else 0 */
} AetPlantedDefect;
/** A chemically ordered domain: order (index into the choices of simulate_order), variant (docs/theory/specimens.md), its seed point in Å,
    its atoms. */
typedef struct {
  int    order, variant, atoms;
  double position[3];
} AetPlantedDomain;

/** Atoms of a specimen, complete on every rank (a specimen is small). Positions in Å about the origin of the volume. Owned; the columns
    behind species may be NULL. */
typedef struct {
  PetscInt          count;
  int               species_count;
  char              symbol[AET_SPECIMEN_SPECIES][8];
  double           *position;    /* [count][3] */
  int              *species;     /* [count] */
  int              *id;          /* [count] permanent identity, from 1 */
  int              *domain;      /* [count] ordered domain, from 0 */
  double           *strain;      /* [count][6] planted strain xx, yy, zz, yz, xz, xy */
  int              *site, *core; /* [count] of a series: lattice site, from 1; 1 in the frozen core */
  int              *nucleus;     /* [count] of a series: the nucleus it belongs to; 0: none */
  double           *order;       /* [count] of a series: planted order parameter, 0 to 1 */
  PetscInt          defects;
  AetPlantedDefect *defect; /* [defects] */
  PetscInt          domains;
  AetPlantedDomain *domain_list; /* [domains]; none where nothing is ordered */
} AetSpecimen;
/** The specimen of the `simulate_*` options (docs/theory/specimens.md): lattice, shape, composition, order, defects, strain, displacement,
    rotation; or the atoms of the file `simulate_atoms`. Random choices are keyed by seed and lattice site, so a larger particle contains
    the smaller one. The same on every rank. Collective on PETSC_COMM_WORLD where a file is named, else not. */
AET_EXTERN PetscErrorCode AetSpecimenFromOptions(AetSpecimen *specimen);
/** Room for `count` atoms: position, species, id. Not collective. */
AET_EXTERN PetscErrorCode AetSpecimenCreate(PetscInt count, AetSpecimen *specimen);
AET_EXTERN void           AetSpecimenDestroy(AetSpecimen *specimen);
/** Name of a kind of defect, as the tables say it; NULL beyond the last. */
AET_EXTERN const char *AetDefectName(int kind);
/** The truth about a specimen: `path` (truth.h5: table `atoms` with the columns of aet4d's atoms and the identity `id`, tables `defects`
   and `domains`), its extended-XYZ twin, and, where defects are planted, `defects.csv` beside it. Rows are in the order of aet4d's atoms.
    Collective. */
AET_EXTERN PetscErrorCode AetSpecimenWrite(MPI_Comm comm, const AetSpecimen *specimen, const char *path);

/* ---- annealing series ---- */

AET_EXTERN const AetOptionTable AetSimulateSeriesOptions;
#define AET_SERIES_TIMES_MAX 32
#define AET_SCRIPTED_PARTNERS 8
#define AET_SCRIPTED_THRESHOLD 0.3 /* planted order from which an atom belongs to a nucleus */

/** A nucleus at a time (from 0): order (index into the choices of simulate_order), variant, atoms of at least the threshold's order, radius
    and centre in Å in the frame of that time. */
typedef struct {
  int    time, nucleus, order, variant, sites;
  double radius, position[3];
} AetScriptedNucleus;
typedef enum {
  AET_SCRIPTED_BIRTH,
  AET_SCRIPTED_GROWTH,
  AET_SCRIPTED_FLUCTUATION,
  AET_SCRIPTED_DISSOLUTION,
  AET_SCRIPTED_MERGE,
  AET_SCRIPTED_DIVISION,
  AET_SCRIPTED_KINDS
} AetScriptedKind;
/** What happens from a time to the next, and to which nuclei. */
typedef struct {
  int from_time, to_time, kind, from_count, to_count, from[AET_SCRIPTED_PARTNERS], to[AET_SCRIPTED_PARTNERS];
} AetScriptedEvent;
/** One particle at several times. Of an atom at x in the frame of the particle, time t sees rotation[t] x + shift[t]; nothing else moves a
    core atom. Complete on every rank. */
typedef struct {
  int                 times;
  char                label[AET_SERIES_TIMES_MAX][64];
  double              minutes[AET_SERIES_TIMES_MAX], rotation[AET_SERIES_TIMES_MAX][9], shift[AET_SERIES_TIMES_MAX][3];
  AetSpecimen         specimen[AET_SERIES_TIMES_MAX];
  PetscInt            nuclei, events;
  AetScriptedNucleus *nucleus;
  AetScriptedEvent   *event;
} AetSpecimenSeries;
/** The series of the `simulate_series_*` options (docs/theory/annealing.md): a frozen core, a shell whose atoms leave, arrive and change
    places, nuclei by a script; the composition is the same at all times. Collective on PETSC_COMM_WORLD where a script file is named, else
    not. */
AET_EXTERN PetscErrorCode AetSpecimenSeriesFromOptions(AetSpecimenSeries *series);
AET_EXTERN void           AetSpecimenSeriesDestroy(AetSpecimenSeries *series);
/** folder/<label>/truth.h5 and .xyz (the folders exist), folder/nuclei.csv, events.csv, series_truth.h5. Collective. */
AET_EXTERN PetscErrorCode AetSpecimenSeriesWrite(MPI_Comm comm, const AetSpecimenSeries *series, const char *folder);
/** As the tables say it; NULL beyond the last. */
AET_EXTERN const char *AetScriptedEventName(int kind);
AET_EXTERN const char *AetScriptedOrderName(int order);

/** The tilt plan of `simulate_views`, `simulate_tilt_max_deg` and `simulate_angles_scheme`: angles_deg [views][3] of the zyx convention,
    rotations about the tilt axis y, evenly spaced or with equal slopes: steps of tan theta within 45 degrees and of cot theta beyond, of
   one over a whole number; or rotations drawn evenly from all, keyed by seed and view. Free with PetscFree. Not collective. */
AET_EXTERN PetscErrorCode AetSimulateAngles(PetscInt *views, double (**angles_deg)[3]);
/** Pixels of a square image that holds the whole specimen at every angle, or `simulate_image_size`; AET_ERR_INPUT if that is too small.
    Not collective. */
AET_EXTERN PetscErrorCode AetSimulateImageSize(const AetSpecimen *specimen, double pixel_angstrom, ptrdiff_t *size);
/** The images that `simulate_images` asks for, noise-free: linear, or AetSimulateMultislice. Linear incoherent images: every atom a
   Gaussian integrated over the pixels, of integral (Z / 79)^simulate_z_exponent (gold is 1) and of variance B/8π² (thermal motion and
   scattering width) plus that of the source; no noise. images [v_count][ny][nx], views by AetBlock; rotations [views][9]. Collective on
   comm. */
AET_EXTERN PetscErrorCode AetSimulateProjections(MPI_Comm comm, const AetSpecimen *specimen, ptrdiff_t views, const double (*rotation)[9],
                                                 ptrdiff_t ny, ptrdiff_t nx, double pixel_angstrom, float *images);
/** Counts that the number 1 in a pixel stands for: dose · simulate_cross_section_angstrom2 of linear images, dose · pixel² of multislice
    images; 0 without noise. Not collective. */
AET_EXTERN PetscErrorCode AetSimulateElectrons(double *electrons);
/** Replaces images by Poisson counts of `simulate_dose` (electrons per Å² and image) and divides by AetSimulateElectrons, so that the mean
    is unchanged. Dose 0 changes nothing. Keyed by seed, view and pixel.
    images [v_count][ny][nx], views by AetBlock. Not collective. */
AET_EXTERN PetscErrorCode AetSimulateNoise(MPI_Comm comm, ptrdiff_t views, ptrdiff_t ny, ptrdiff_t nx, float *images);
/** The same with the noise of another measurement (0 … 255; 0: AetSimulateNoise). Not collective. */
AET_EXTERN PetscErrorCode AetSimulateNoiseAgain(MPI_Comm comm, int measurement, ptrdiff_t views, ptrdiff_t ny, ptrdiff_t nx, float *images);

/* ---- frames ---- */
AET_EXTERN const AetOptionTable AetSimulateFramesOptions;

/** All that is true about raw frames (docs/theory/frames.md), complete on every rank. Pixels are those of the image unless said otherwise;
    x before y. Content of the object at x appears at x + shift (of the view, in pixels of the object) and, in frame f and line l, at
    + drift[f] + rate (l - (lines-1)/2) + jitter, in pixels of the image. */
typedef struct {
  ptrdiff_t views, frames, ny, nx;
  double    pixel_angstrom;
  double (*nominal_deg)[3], (*angles_deg)[3]; /* [views] told, and true (zyx) */
  double (*rotation)[9];                      /* [views] true R */
  double (*shift)[2];                         /* [views] */
  double (*rate)[2];                          /* [views] per line */
  double (*gradient)[2];                      /* [views] of the background: relative change to the edge, along x and y */
  double (*drift)[2];                         /* [views·frames], of mean 0 over the frames of a view */
  double  *scan_deg;                          /* [frames] 0, 90, 180 or 270 */
  double   distortion[2][9]; /* place on the object of pixel m from the centre: Σ of x, y, xx, xy, yy, xxx, xxy, xyy, yyy */
  double   jitter, background, film, film_angstrom;
  double   gain, offset, read_noise; /* Var(z) = gain (E z - offset) + read_noise² */
  double   counts;                   /* electrons of one frame for an integral of 1; 0: no noise, values are integrals */
  uint64_t seed;
} AetFramesTruth;
/** Frames of one view that `simulate_frames` asks for; 0: none. AET_ERR_INPUT where `simulate_images` asks for others than linear ones. Not collective. */
AET_EXTERN PetscErrorCode AetSimulateFramesCount(PetscInt *frames);
/** Draws the truth of `views` views told to be at `nominal_deg`, keyed by seed, view and frame. The images are simulate_image_size or the
    `size` that holds the object, widened by what displaces it. Freed by AetFramesTruthFree. Not collective. */
AET_EXTERN PetscErrorCode AetFramesTruthCreate(ptrdiff_t views, const double (*nominal_deg)[3], ptrdiff_t size, double pixel_angstrom,
                                               AetFramesTruth *truth);
AET_EXTERN void           AetFramesTruthFree(AetFramesTruth *truth);
/** The frames of the linear model: what the beam meets at every pixel of every line, then the detector. images [v_count][frames][ny][nx],
    views by AetBlock. The same bits on any number of ranks and threads. Collective on comm. */
AET_EXTERN PetscErrorCode AetSimulateFrames(MPI_Comm comm, const AetSpecimen *specimen, const AetFramesTruth *truth, float *images);
/** A crystal of known lattice: corners and centres of its cells are columns seen end on. */
typedef struct {
  ptrdiff_t size;                 /* edge of the square image */
  double    a, b, gamma_deg;      /* lattice in Å and degrees */
  double    rotation_deg;         /* of a from x, towards y */
  double    origin[2], weight[2]; /* px from the centre of a corner; integrals of the columns */
} AetReferenceTruth;
/** The `simulate_reference_*` options. Not collective. */
AET_EXTERN PetscErrorCode AetReferenceTruthFromOptions(AetReferenceTruth *reference);
/** Its image by one scan of direction 0 with the distortion, jitter and detector of the frames, at the dose of a whole view, without drift
   or background. image [size][size]. Not collective. */
AET_EXTERN PetscErrorCode AetSimulateReference(const AetFramesTruth *truth, const AetReferenceTruth *reference, float *image);
/** Displacements of the lines of frame `frame` of view `view` by rate and jitter, without the drift of the frame: move [lines][2], lines nx
   or ny by its direction. Not collective. */
AET_EXTERN void AetFramesLineMoves(const AetFramesTruth *truth, ptrdiff_t view, ptrdiff_t frame, double (*move)[2]);
/** frames.h5 (EMD group "frames" [view][frame][y][x], tables "views" of the angles as told and "scans"), frames_truth.h5 (tables "views",
    "frames", array "lines", group "truth"), frames_truth.csv and reference.h5 into `folder`. `reference` NULL: none. Collective. */
AET_EXTERN PetscErrorCode AetFramesWrite(MPI_Comm comm, const char *folder, const AetFramesTruth *truth, const float *images,
                                         const AetReferenceTruth *reference);
/* ---- multislice ---- */
AET_EXTERN const AetOptionTable AetMultisliceOptions;
/** A scanning transmission electron microscope with a ring detector, and how finely it is computed (docs/theory/multislice.md). */
typedef struct {
  double   energy_kev, semi_angle_mrad;
  double   defocus_angstrom; /* place of the focus along the beam, from the origin of the specimen */
  double   cs_mm, inner_mrad, outer_mrad;
  double   slice_angstrom, sampling_angstrom, window_angstrom; /* sampling, window 0: chosen */
  double   source_fwhm_angstrom;
  PetscInt configurations; /* of the thermal displacements, per image */
  double   b_factor[8];    /* Å² per species, of the thermal motion alone */
  uint64_t seed;
} AetMultisliceSettings;
/** From `simulate_multislice_*` and `seed`. AET_ERR_INPUT where the numbers of B and of species differ. Not collective. */
AET_EXTERN PetscErrorCode AetMultisliceSettingsFromOptions(const AetSpecimen *specimen, AetMultisliceSettings *settings);
/** Multislice images with frozen phonons: a pixel is the fraction of the incident electrons that reach the detector while the probe stands
    there. images [v_count][ny][nx], views by AetBlock; rotations [views][9]; the beam runs along +z. The work is spread over all ranks
    whatever their views; the same bits on any number of ranks and threads. AET_ERR_INPUT for angles that the sampling cannot hold or a
    species without a scattering factor. Collective on comm. */
AET_EXTERN PetscErrorCode AetSimulateMultislice(MPI_Comm comm, const AetSpecimen *specimen, const AetMultisliceSettings *settings,
                                                ptrdiff_t views, const double (*rotation)[9], ptrdiff_t ny, ptrdiff_t nx,
                                                double pixel_angstrom, float *images);

/* ---- planning ---- */
/** What a tilt plan promises by itself (docs/theory/planning.md). */
typedef struct {
  PetscInt  views;
  double    diameter_angstrom;          /* of the specimen, across the tilt axis */
  double    step_deg, range_deg;        /* largest step; range of the tilts, 180 where no wedge is missing; 0: no tilts about y alone */
  double    crowther_angstrom;          /* resolution that the step allows; 0 without tilts about y */
  double    elongation;                 /* along the beam by the missing wedge; 0 without tilts about y */
  double    dose_total, dose_tolerance; /* e/Å²; tolerance 0: none declared */
  PetscBool within_dose;
} AetTiltPlan;
/** Of the specimen at these angles [views][3] (zyx convention) and of `simulate_dose`, `simulate_dose_tolerance`. Not collective. */
AET_EXTERN PetscErrorCode AetTiltPlanAssess(const AetSpecimen *specimen, PetscInt views, const double (*angles_deg)[3], AetTiltPlan *plan);

#endif
