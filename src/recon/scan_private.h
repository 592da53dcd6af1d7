/* Inside a scan of settings. Private to the room. */
#ifndef AET_SCAN_PRIVATE_H
#define AET_SCAN_PRIVATE_H

#include "recon/recon_private.h"

enum { AET_SCAN_KEYS = 8, AET_SCAN_POINTS = 12, AET_SCAN_ROUNDS = 3, AET_SCAN_CANDIDATES = 512 };

/* R1 and R_free after some iterations of a course. */
typedef struct {
  double iterations, r1, rfree, seconds;
} AetScanPoint;

/* Settings on trial: options beside those of the user. */
typedef struct {
  const AetReconMethod *method;
  PetscInt              most;     /* iterations of the method's default, or the user's */
  PetscBool             fixed;    /* the iterations are the user's */
  PetscBool             schedule; /* what an iteration does depends on how many there will be: one count is one run */
  int                   keys;
  const char           *key[AET_SCAN_KEYS], *value[AET_SCAN_KEYS];
  double                weight;        /* of an iteration: the voxels of its grid over those of the volume */
  int                   peers;         /* candidates of its method, itself counted */
  int                   points, round; /* of its last course, and the round that was in */
  AetScanPoint          point[AET_SCAN_POINTS];
} AetScanCandidate;

/* All candidates, in an order that depends on the options alone; *candidates is PetscFree'd by the caller. The same on every rank. */
PetscErrorCode AetScanCandidates(int *count, AetScanCandidate **candidates);
/* Iterations in a round at which the candidate is judged, ascending, at most AET_SCAN_POINTS. */
int AetScanLadder(const AetScanCandidate *candidate, int round, int rounds, PetscInt ladder[AET_SCAN_POINTS]);
/* R_free of the best point; a huge number where there is none that is finite. `at` (may be NULL): its index. */
double AetScanBest(const AetScanCandidate *candidate, int *at);

/* The series on a group of ranks. */
typedef struct {
  MPI_Comm       group;
  AetTiltSeries  all, used; /* every view; those that are reconstructed from */
  unsigned char *view_used; /* [views] */
  AetProjector   projector; /* of all views */
  AetRecon       judge;     /* of all views: which pixels were measured */
} AetScanSeries;
/* Runs one candidate up to the last step of the ladder and fills its points. Collective on the group. */
PetscErrorCode AetScanTry(AetScanSeries *series, AetScanCandidate *candidate, int steps, const PetscInt *ladder);
/* Sets the candidate's options, or (`use` false) unsets them. */
PetscErrorCode AetScanOptions(const AetScanCandidate *candidate, PetscBool use);

/* Groups of ranks for the candidates: `groups`, or as many as leave each enough memory. Collective on tilt->comm. */
PetscErrorCode AetScanGroups(AetTiltSeries tilt, int count, const AetScanCandidate *candidates, int *groups);

#endif
