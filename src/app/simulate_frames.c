/* Raw frames beside the projections of `simulate`. */
#include "simulate_frames.h"
#include <math.h>
#include <unistd.h>

/* What an earlier simulation left would be taken for the measurement of this one. */
static PetscErrorCode RemoveStale(MPI_Comm comm, const AetOutput *output)
{
  static const char *const names[] = {"simulated/frames.h5", "simulated/frames_truth.h5", "simulated/frames_truth.csv",
                                      "simulated/reference.h5"};
  char                     path[PETSC_MAX_PATH_LEN];
  int                      rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  for (size_t i = 0; i < sizeof names / sizeof names[0] && !rank; i++) {
    AetOutputPath(output, names[i], path);
    (void)unlink(path);
  }
  PetscCallMPI(MPI_Barrier(comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Describe(MPI_Comm comm, AetOutput *output, const AetFramesTruth *truth)
{
  double drift = 0;

  PetscFunctionBegin;
  for (ptrdiff_t i = 0; i < truth->views * truth->frames; i++) drift = PetscMax(drift, hypot(truth->drift[i][0], truth->drift[i][1]));
  PetscCall(AetSummarySetNumber(output->summary, "simulate.frames", (double)truth->frames));
  PetscCall(AetSummarySetNumber(output->summary, "simulate.frame_size", (double)truth->nx));
  PetscCall(AetSummarySetNumber(output->summary, "simulate.drift_max_px", drift));
  PetscCall(AetReport(comm,
                      "  %td frames of every view, %td x %td pixels, %.4g electrons for an atom of gold in each; farthest drift %.3g px\n",
                      truth->frames, truth->nx, truth->ny, truth->counts, drift));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode MakeFrames(MPI_Comm comm, AetOutput *output, const AetSpecimen *specimen, const AetFramesTruth *truth)
{
  int               rank, size;
  ptrdiff_t         start, count;
  float            *images;
  char              folder[PETSC_MAX_PATH_LEN];
  AetReferenceTruth reference;
  PetscBool         wanted;
  PetscErrorCode    code;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  AetBlock(truth->views, rank, size, &start, &count);
  PetscCall(AetOptionGetBool("simulate_reference", &wanted));
  if (wanted) PetscCall(AetReferenceTruthFromOptions(&reference));
  PetscCall(AetAgree(comm, PetscMalloc1((size_t)(count * truth->frames * truth->ny * truth->nx) + 1, &images)));
  code = AetSimulateFrames(comm, specimen, truth, images);
  AetOutputPath(output, "simulated", folder);
  if (!code) code = AetFramesWrite(comm, folder, truth, images, wanted ? &reference : NULL);
  PetscCall(PetscFree(images));
  PetscFunctionReturn(code);
}

PetscErrorCode AetCommandSimulateFrames(MPI_Comm comm, AetOutput *output, const AetSpecimen *specimen, PetscInt views,
                                        const double (*angles_deg)[3], ptrdiff_t size, double pixel_angstrom)
{
  PetscInt       frames;
  AetFramesTruth truth;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(RemoveStale(comm, output));
  PetscCall(AetSimulateFramesCount(&frames));
  if (!frames) PetscFunctionReturn(PETSC_SUCCESS);
  code = AetFramesTruthCreate(views, angles_deg, size, pixel_angstrom, &truth);
  if (!code) code = MakeFrames(comm, output, specimen, &truth);
  if (!code) code = Describe(comm, output, &truth);
  AetFramesTruthFree(&truth);
  PetscFunctionReturn(code);
}
