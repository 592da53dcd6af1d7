/* Start and stop, in the order that works: MPI, FFTW threads and MPI, PETSc. */
#include "aet_version.h"
#include "base/error_private.h"
#include "base/file_private.h"
#include "base/log_private.h"
#include <fftw3-mpi.h>
#include <string.h>

static PetscBool aet_started_mpi;
static char    **aet_petsc_argv; /* PETSc keeps the pointer (PetscGetArgs) */

const char *AetVersion(void)
{
  return AET_VERSION;
}

const char *AetCommit(void)
{
  return AET_COMMIT;
}

PetscErrorCode AetInitialize(int *argc, char ***argv)
{
  int provided, started, kept = 0;

  MPI_Initialized(&started);
  if (!started) {
    if (MPI_Init_thread(argc, argv, MPI_THREAD_FUNNELED, &provided)) return PETSC_ERR_MPI;
    aet_started_mpi = PETSC_TRUE;
  }
  fftwf_init_threads();
  fftwf_mpi_init();
  /* -help and -version are aet4d's own words */
  aet_petsc_argv = (char **)calloc((size_t)*argc + 1, sizeof(char *));
  if (!aet_petsc_argv) return PETSC_ERR_MEM;
  for (int i = 0; i < *argc; i++)
    if (i == 0 || (strcmp((*argv)[i], "-help") && strcmp((*argv)[i], "--help") && strcmp((*argv)[i], "-h") &&
                   strcmp((*argv)[i], "-version") && strcmp((*argv)[i], "--version")))
      aet_petsc_argv[kept++] = (*argv)[i];
  PetscCall(PetscInitialize(&kept, &aet_petsc_argv, NULL, NULL));
  PetscFunctionBegin;
  PetscCall(PetscPushErrorHandler(AetErrorHandler, NULL));
  PetscCall(AetLogEventsRegister());
  PetscCall(AetCreatedAgree(PETSC_COMM_WORLD));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetFinalize(void)
{
  PetscErrorCode code = PetscFinalize();

  fftwf_mpi_cleanup();
  free(aet_petsc_argv);
  aet_petsc_argv = NULL;
  if (aet_started_mpi) MPI_Finalize();
  return code;
}
