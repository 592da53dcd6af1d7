/* The program: its commands, the arguments of one, its exit status. */
#ifndef AET_APP_H
#define AET_APP_H

#include <aet4d/aet4d.h>

/* Options of the pictures that the program draws. */
extern const AetOptionTable AetAppOptions;
/* The tables of the steps from raw frames to an aligned tilt series, in the order of the steps. */
#define AET_PREPARE_TABLES \
  &AetFramesOptions, &AetDriftOptions, &AetDistortionOptions, &AetDenoiseOptions, &AetBackgroundOptions, &AetAlignOptions, \
      &AetPrepareOptions

typedef struct {
  const char                  *name;
  const char                  *arguments;            /* as the usage line shows them */
  const char                  *help;                 /* one line */
  const AetOptionTable *const *tables;               /* NULL-ended: what `aet4d NAME -help` lists */
  int                          files_min, files_max; /* file arguments beside the config files */
  PetscBool                    hidden;               /* not in the list of commands */
  PetscErrorCode (*run)(int count, char **files);
} AetCommand;

/* The registry; ends with a NULL name. A new command is one file and one line there. */
extern const AetCommand AetCommands[];

/* Runs the command line: returns the exit status of the process, the same on every rank. Collective on MPI_COMM_WORLD. */
int AetAppRun(int argc, char **argv);

/* Whether all ranks of `comm`, used for nothing else, come here, each with its code; a rank that brings an error waits for the others for
   seconds only, for one that failed alone would leave them waiting elsewhere for ever. */
PetscBool AetAppAllArrive(MPI_Comm comm, PetscErrorCode code);

PetscErrorCode AetCommandRun(int count, char **files);
PetscErrorCode AetCommandPrepare(int count, char **files);
PetscErrorCode AetCommandReconstruct(int count, char **files);
PetscErrorCode AetCommandTrace(int count, char **files);
PetscErrorCode AetCommandRefine(int count, char **files);
PetscErrorCode AetCommandAnalyse(int count, char **files);
PetscErrorCode AetCommandTrack(int count, char **files);
PetscErrorCode AetCommandSimulate(int count, char **files);
PetscErrorCode AetCommandPlan(int count, char **files);
PetscErrorCode AetCommandCompare(int count, char **files);
PetscErrorCode AetCommandInfo(int count, char **files);
PetscErrorCode AetCommandConvert(int count, char **files);
PetscErrorCode AetCommandReference(int count, char **files);

#endif
