/* The chain of stages in an output folder, with resume. */
#ifndef AET_APP_PIPELINE_H
#define AET_APP_PIPELINE_H

#include "output.h"
#include <aet4d/aet4d.h>

typedef enum {
  AET_STAGE_PREPARE,
  AET_STAGE_RECONSTRUCT,
  AET_STAGE_TRACE,
  AET_STAGE_REFINE,
  AET_STAGE_BOOTSTRAP,
  AET_STAGE_ANALYSE,
  AET_STAGE_COUNT
} AetStage;

/* A run: its folder, and the objects that are in memory (NULL: not read or made yet). */
typedef struct {
  MPI_Comm      comm;
  AetOutput     output;
  PetscBool     resume;
  const char   *volume_file; /* traced instead of the run's own volume; NULL for that */
  const char   *atoms_file;  /* refined instead of the run's own atoms; NULL for that */
  PetscBool     replicates;  /* atoms.h5 will have what replicas of the chain say; the refined ones go to refined.h5 */
  PetscBool     refines;     /* atoms.h5 will be the refined atoms; the traced ones go to traced.h5 */
  AetTiltSeries tilt;
  AetVolume     volume;
  AetAtoms      atoms;
  const char   *key;  /* of the stage that is executed */
  int           made; /* stages that were executed, not skipped */
} AetRun;

/* Does stages `first` ... `last`. A stage is skipped when the summary says that its result was made from the same inputs and options
   (AetStageKey, chained through the stages before it) and the result on disk is, byte for byte, the one that was written.
   A stage that was killed goes on from its checkpoint. On SIGUSR1 or SIGTERM the run ends, in order, at the next checkpoint or between two
   stages: AET_ERR_INTERRUPTED. `volume_file` (NULL: none) is traced in place of volume.h5; `atoms_file` (NULL: none) is refined in place of
   traced atoms, and no volume is made. With `pictures`, draws them at the end. Before an
   analysis at the end, refinement and replicas are what `refine_enabled` and `bootstrap_replicas` say. Collective. */
PetscErrorCode AetPipeline(MPI_Comm comm, AetStage first, AetStage last, const char *volume_file, const char *atoms_file,
                           PetscBool pictures);

/* The objects of a run, from memory or from its folder. Lent. Collective. */
PetscErrorCode AetRunTilt(AetRun *run, AetTiltSeries *tilt);
PetscErrorCode AetRunVolume(AetRun *run, AetVolume *volume);
PetscErrorCode AetRunAtoms(AetRun *run, AetAtoms *atoms);

/* The settings of a new volume by a scan, with scan.csv, on request (`recon_auto`); without it, the table of an earlier volume goes and the
   scan stays empty. AetReconScanFree. Collective. */
PetscErrorCode AetRunScan(AetRun *run, AetTiltSeries tilt, AetScan *scan);
/* What the volume depends on beside the values of the options, where they are scanned: which of them are set, be it to the default. ""
   where they are not scanned. Not collective. */
enum { AET_SCAN_KEY_SIZE = 160 };
PetscErrorCode AetRunScanKey(char text[AET_SCAN_KEY_SIZE]);

/* slices.png and atoms.png of a run, where one is missing or a stage was executed. Collective. */
PetscErrorCode AetRunPictures(AetRun *run);

#endif
