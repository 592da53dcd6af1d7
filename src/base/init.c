/* Start and stop, in the order that works: MPI, FFTW threads and MPI, PETSc. */
#include "aet_version.h"
#include "base/error_private.h"
#include "base/file_private.h"
#include "base/log_private.h"
#include "base/options_private.h"
#include <ctype.h>
#include <fftw3-mpi.h>
#include <stdlib.h>
#include <string.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#define LARGE (1 << 20) /* bytes of an array that is mapped by itself */

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

/* What PETSc shall see of an argument: nothing of -help and -version, which are aet4d's own words; one dash of two. */
static char *ForPetsc(char *argument)
{
  static const char *const own[] = {"-help", "-h", "-version"};

  if (argument[0] == '-' && argument[1] == '-' && isalpha((unsigned char)argument[2])) argument++;
  for (int i = 0; i < 3; i++)
    if (!strcmp(argument, own[i])) return NULL;
  return argument;
}

/* Freed arrays go back to the system. SuperLU_DIST, which PETSc may bring along, tells glibc as it is loaded never to do that; and glibc by
   itself would hold back whatever is smaller than what was freed last. */
static void KeepNoMemory(void)
{
#ifdef __GLIBC__
  mallopt(M_MMAP_MAX, 1 << 16);
  mallopt(M_MMAP_THRESHOLD, LARGE);
  mallopt(M_TRIM_THRESHOLD, 8 * LARGE);
#endif
}

PetscErrorCode AetInitialize(int *argc, char ***argv)
{
  int provided, started, kept = 0;

  KeepNoMemory();
  MPI_Initialized(&started);
  if (!started) {
    if (MPI_Init_thread(argc, argv, MPI_THREAD_FUNNELED, &provided)) return PETSC_ERR_MPI;
    aet_started_mpi = PETSC_TRUE;
  }
  fftwf_init_threads();
  fftwf_mpi_init();
  aet_petsc_argv = (char **)calloc((size_t)*argc + 1, sizeof(char *));
  if (!aet_petsc_argv) return PETSC_ERR_MEM;
  for (int i = 0; i < *argc; i++) {
    char *argument = i ? ForPetsc((*argv)[i]) : (*argv)[i];
    if (argument) aet_petsc_argv[kept++] = argument;
  }
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
  AetOriginsFree();
  AetProvenanceFree();
  if (aet_started_mpi) MPI_Finalize();
  return code;
}
