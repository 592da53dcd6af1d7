/* The stages of AetTrace. */
#ifndef AET_ATOMS_TRACE_PRIVATE_H
#define AET_ATOMS_TRACE_PRIVATE_H

#include "atoms/atoms_private.h"

#define AET_BOX_SIDE 5
#define AET_BOX_POINTS 125
#define AET_LOOSE 0.8 /* of the minimum distance: how near the joint fit may bring two atoms that were farther apart before it */

#define AET_CLASSIFY_STARTS 3
enum { AET_CLASSIFY_PROBABILISTIC, AET_CLASSIFY_LOCAL, AET_CLASSIFY_UNBIASED, AET_CLASSIFY_KMEANS }; /* order of trace_classify's choices */

typedef struct {
  PetscBool hidden, joint, support; /* look for atoms on the flanks of others; fit all atoms together; only where the specimen is */
  PetscBool gaussian;               /* fits of peaks; else quartic polynomials */
  PetscBool noisy;                  /* more noise than smoothing can take away */
  int       species_count;
  char      symbol[AET_SPECIES_MAX][8]; /* in the user's order */
  int       by_number[AET_SPECIES_MAX]; /* class (dimmest first) → index of symbol */
  int       modes;                      /* of the histogram that may be atoms: one for each species, or all where they are not named */
  double    widest;                     /* mode that is no noise, from its top to half of it, in the logarithm of intensity */
  double    least_ratio;                /* least intensity of an atom relative to that of the heaviest species */
  double    smoothing_most_angstrom;    /* noise may ask for that much smoothing */
  double    pixel_angstrom, min_distance_angstrom, threshold, smoothing_angstrom, min_intensity_ratio, max_uncertainty_angstrom;
  int       classify;                 /* how atoms are named */
  double    classify_radius_angstrom; /* of the neighbourhood whose mean boxes name an atom */
  double    fit_step, box_step;       /* of the samples of the fit and of the intensity box, in voxels */
} AetTraceSettings;

/* A slab with its halo, without the planes that lie outside the volume. */
typedef struct {
  MPI_Comm  comm;             /* borrowed */
  ptrdiff_t n[3];             /* whole volume: z, y, x */
  ptrdiff_t first, planes;    /* global index of the first plane held; planes held */
  ptrdiff_t core, core_count; /* own planes: local index of the first; number */
  float    *data, *allocated; /* [planes][n[1]][n[2]] */
} AetField;

/* A fitted local maximum. */
typedef struct {
  int64_t index;      /* of its voxel in the volume */
  double  centre[3];  /* x, y, z in voxels */
  double  value;      /* fitted height above the background */
  double  sum3, sum5; /* over 3³ and 5³ samples about the centre, above the background */
} AetPeak;

/* All fitted maxima, the same on every rank, ascending by index; rank r fitted start … start+count-1 and holds their boxes. */
typedef struct {
  MPI_Comm comm; /* borrowed */
  PetscInt total, start, count;
  AetPeak *peak;  /* [total] */
  char    *keep;  /* [total] 1 while it is taken for an atom */
  float   *boxes; /* [count][125] samples above the background, z, y, x */
} AetCandidates;

PetscErrorCode AetTraceSettingsGet(AetVolume volume, AetTraceSettings *settings);

/* `halo` planes from either side, where there are any. Collective. */
PetscErrorCode AetFieldCreate(AetVolume volume, ptrdiff_t halo, AetField *field);
PetscErrorCode AetFieldDestroy(AetField *field);
/* Filters along all three axes in place; uses up `taps` planes of the halo. */
PetscErrorCode AetFieldFilter(AetField *field, int taps, const float *weight);
/* Median of all voxels, to 1/65536 of their range, and the largest. Collective. */
PetscErrorCode AetFieldMedian(const AetField *field, double *median, double *largest);

/* Local maxima above `floor` of this rank's planes, as global voxel indices, ascending. Free with PetscFree. Collective. */
PetscErrorCode AetMaximaFind(const AetField *field, double floor, PetscInt *count, int64_t **index);
/* Turns the field into spline coefficients, fits the maxima and gathers the peaks; all are kept at first. Collective. */
PetscErrorCode AetPeaksFit(AetField *field, const AetTraceSettings *settings, double background, PetscInt count, const int64_t *index,
                           AetCandidates *candidates);
PetscErrorCode AetCandidatesDestroy(AetCandidates *candidates);
/* Planes of halo that all of this needs. */
ptrdiff_t AetPeaksReach(const AetTraceSettings *settings);

/* Drops the dimmer of two peaks within `part` of the minimum distance (brightest first; ties by index). Not collective: the same on every
   rank. */
PetscErrorCode AetCandidatesThin(AetCandidates *candidates, const AetTraceSettings *settings, double part, PetscInt *dropped);
/* Drops peaks whose mean over 3³ samples is below the threshold: that of the settings, or of the histogram. Not collective. */
PetscErrorCode AetCandidatesThreshold(AetCandidates *candidates, const AetTraceSettings *settings, double *threshold, PetscInt *dropped);
/* Drops peaks whose box is no atom, and peaks far dimmer than their neighbours. Collective. */
PetscErrorCode AetCandidatesCheck(AetCandidates *candidates, const AetTraceSettings *settings, PetscInt *dropped);
/* Where noise makes candidates: drops those whose brightness times that of their neighbours within twice the minimum distance is low,
   against the median, until none is. `n` of the volume. Not collective: the same on every rank. */
PetscErrorCode AetCandidatesCore(AetCandidates *candidates, const AetTraceSettings *settings, const ptrdiff_t n[3], PetscInt *dropped);
/* Intensity that parts atoms from noise in a list of intensities (`stride` doubles apart) spread over comm; 0 if there is none. Collective.
 */
PetscErrorCode AetIntensityThreshold(MPI_Comm comm, const AetTraceSettings *settings, PetscInt count, const double *value, ptrdiff_t stride,
                                     double *threshold);
/* Mean box of each class: label [total] in 0 … classes-1, or negative to leave out; mean [classes][125], members [classes]. The sums are of
   integers, so no order of ranks or threads shows in them. Collective. */
PetscErrorCode AetBoxMeans(const AetCandidates *candidates, int classes, const int *label, double *mean, int64_t *members);
/* Names the kept candidates: label [total] (0 = dimmest class; -1 where not kept), probability [total][species_count] of every class.
   Collective. */
PetscErrorCode AetClassify(const AetCandidates *candidates, const AetTraceSettings *settings, int *label, double *probability,
                           AetTraceReport *report);

/* Renames by the mean boxes of each class among the neighbours (algorithm of the published codes), until nothing changes. Collective. */
PetscErrorCode AetClassifyLocal(const AetCandidates *candidates, const AetTraceSettings *settings, int *label, AetTraceReport *report);
/* Names by a mixture of Gaussians in the logarithm of the heights, with a smooth field of intensity; `label` is one of its starts.
   probability [total][species_count] given that it is an atom. Not collective: the same on every rank. */
PetscErrorCode AetClassifyField(const AetCandidates *candidates, const AetTraceSettings *settings, int *label, double *probability,
                                AetTraceReport *report);
/* Largest fraction of atoms that two of the labellings [starts][total] name differently. */
double AetLabelsDisagreement(const AetCandidates *candidates, int starts, int *const label[]);

/* Widths of the mean atom along x, y, z in voxels, from the samples beside its top. Collective. */
PetscErrorCode AetAtomWidths(const AetCandidates *candidates, const AetTraceSettings *settings, double sigma[3]);
/* Centres [count][3] in voxels and heights of the kept peaks, in their order. PetscFree each. Not collective. */
PetscErrorCode AetCandidatesKnown(const AetCandidates *candidates, PetscInt *count, double **centre, double **height);
/* Adds the atoms that only show once the known ones, as Gaussians of `sigma` voxels, are taken out of the volume; that is smoothed `widen`
   times as much as the settings say. Collective. */
PetscErrorCode AetHiddenFind(AetVolume volume, const AetTraceSettings *settings, double widen, double background, double threshold,
                             const double sigma[3], AetCandidates *candidates, PetscInt *found);
/* Fits centres and heights of all kept peaks and the widths they share together. uncertainty [total] (may be NULL): the distance in Å by
   which noise is expected to have moved the atom, INFINITY where it has no top of its own. Collective. */
PetscErrorCode AetCandidatesJoin(AetVolume volume, const AetTraceSettings *settings, double background, double sigma[3],
                                 AetCandidates *candidates, double *uncertainty);

/* Where the specimen is, on a grid of cells of `step` voxels in slabs; no mask: everywhere. */
typedef struct {
  AetVolume mask;
  double    step;
} AetSupport;
/* The tight support of the kept candidates; everywhere where they are few or fill the volume. Collective. */
PetscErrorCode AetSupportFind(AetVolume volume, const AetTraceSettings *settings, const AetCandidates *candidates, AetSupport *support);
PetscErrorCode AetSupportDestroy(AetSupport *support);
/* Drops kept candidates outside and adds their number to *dropped. Collective. */
PetscErrorCode AetSupportApply(const AetSupport *support, AetCandidates *candidates, PetscInt *dropped);
/* How many of the kept candidates noise made, if it is as frequent where the specimen leaves room for an atom (the minimum distance from
   every candidate) as outside, where it made `outside` candidates; 0 without a mask. Collective. */
PetscErrorCode AetSupportExpectedFalse(const AetSupport *support, const AetTraceSettings *settings, const AetCandidates *candidates,
                                       PetscInt outside, double *expected);

#endif
