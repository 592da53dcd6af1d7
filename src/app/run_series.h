/* One particle at several times: the chain of every time, side by side, then what happens between them (docs/theory/series.md). */
#ifndef AET_APP_RUN_SERIES_H
#define AET_APP_RUN_SERIES_H

#include "pipeline.h"
#include "preflight.h"

/* series_pixel_tolerance_percent. */
extern const AetOptionTable AetSeriesRunOptions;
/* series_joint, series_joint_weights. */
extern const AetOptionTable AetSeriesJointOptions;

enum { AET_LABEL_SIZE = 64 };
typedef struct {
  char     label[AET_LABEL_SIZE];
  double   minutes;
  char     scope[32]; /* "series_time_<n>_" */
  AetNeeds needs;
  double   pixel_angstrom, work;
  int      group; /* of ranks that makes it, 0 ... groups-1 */
} AetSeriesTime;

typedef struct {
  MPI_Comm       comm; /* of all ranks */
  AetOutput      output;
  AetStage       first, last;
  PetscBool      pictures;
  int            times;
  AetSeriesTime *time; /* [times], by their numbers */
  int            groups;
  int           *ranks;         /* [times]: of group g, from 0 on one after the other */
  char           joint_key[33]; /* of the joint reconstruction */
} AetSeriesRun;

/* Whether the options speak of several times. Not collective. */
PetscErrorCode AetSeriesIsGiven(PetscBool *given);
/* The times of the options: labels, minutes, measurements; `output` is named. AET_ERR_INPUT. Collective. */
PetscErrorCode AetSeriesTimes(AetSeriesRun *run);
void           AetSeriesTimesFree(AetSeriesRun *run);
/* Sizes of all times: what they need and cost; then the groups of ranks. AET_ERR_INPUT for pixels that disagree, AET_ERR_MEMORY.
 * Collective.
 */
PetscErrorCode AetSeriesPlan(AetSeriesRun *run);
/* Stages `first` ... `last` of every time in a folder of its label, on groups of ranks; where `last` makes atoms and the command is run
   (`track`), then the history of the particle. Collective. */
PetscErrorCode AetSeriesChain(MPI_Comm comm, AetStage first, AetStage last, PetscBool pictures, PetscBool track);

#endif
