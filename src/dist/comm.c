/* Groups of ranks, and the options of this room. */
#include <aet4d/dist.h>
#include <fftw3.h>

static const AetOption dist_options[] = {
    {"fft_planning", AET_OPTION_ENUM, "", "estimate", 0, 0, "estimate|measure|patient",
     "how long FFTW looks for the fastest transform; what it learns is kept for the next run"},
};
AET_OPTION_TABLE(AetDistOptions, "dist", "Transforms and their planning", dist_options);

unsigned AetPlanFlag(void)
{
  static const unsigned flags[] = {FFTW_ESTIMATE, FFTW_MEASURE, FFTW_PATIENT};
  int                   choice;

  /* registering twice is harmless, and a caller of the library may never have done it */
  if (AetOptionsRegister(&AetDistOptions) || AetOptionGetEnum("fft_planning", &choice)) return FFTW_ESTIMATE;
  return flags[choice];
}

PetscErrorCode AetCommSplit(MPI_Comm comm, int groups, MPI_Comm *group, int *index)
{
  int rank, size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  AetCheck(groups >= 1 && groups <= size, AET_ERR_INPUT, "groups: expected 1 to %d (the number of ranks), found %d", size, groups);
  *index = (int)((long long)rank * groups / size);
  PetscCallMPI(MPI_Comm_split(comm, *index, rank, group));
  PetscFunctionReturn(PETSC_SUCCESS);
}
