/* An end that is asked for: SIGUSR1 (what SLURM sends ahead of a job's end) and SIGTERM only leave a note, which the ranks look at together
   where what was done so far can be kept. */
#include <aet4d/base.h>
#include <signal.h>

static volatile sig_atomic_t aet_asked;
static struct sigaction      aet_before[2];
static int                   aet_watching; /* callers that want it */
static const int             aet_signals[2] = {SIGUSR1, SIGTERM};

static void Note(int signal)
{
  (void)signal;
  aet_asked = 1;
}

PetscErrorCode AetInterruptWatch(PetscBool watch)
{
  struct sigaction action = {.sa_handler = Note};
  const int        changes = watch ? !aet_watching : aet_watching == 1; /* the first begins, the last ends it */

  PetscFunctionBegin;
  if (watch && !aet_watching) aet_asked = 0;
  sigemptyset(&action.sa_mask);
  for (int i = 0; i < 2 && changes; i++) {
    /* the second SIGTERM ends the program where it stands */
    action.sa_flags = SA_RESTART | (aet_signals[i] == SIGTERM ? (int)SA_RESETHAND : 0);
    PetscCheck(!sigaction(aet_signals[i], watch ? &action : &aet_before[i], watch ? &aet_before[i] : NULL), PETSC_COMM_SELF, PETSC_ERR_SYS,
               "signals cannot be caught");
  }
  aet_watching += watch ? 1 : aet_watching > 0 ? -1 : 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscBool AetInterruptAsked(void)
{
  return aet_asked ? PETSC_TRUE : PETSC_FALSE;
}

PetscErrorCode AetInterruptAgree(MPI_Comm comm, PetscBool *asked)
{
  int mine = aet_asked != 0, any;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Allreduce(&mine, &any, 1, MPI_INT, MPI_MAX, comm));
  *asked = any ? PETSC_TRUE : PETSC_FALSE;
  PetscFunctionReturn(PETSC_SUCCESS);
}
