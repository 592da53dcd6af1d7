/* A reconstruction: Create → SetFromOptions → SetUp → Solve → Destroy. */
#include "recon/recon_private.h"
#include <math.h>
#include <string.h>

#define EXTENDED_WIDTH 1.5 /* volume over image width, where the object runs past the image and nothing was asked */

PetscErrorCode AetReconCreate(AetTiltSeries tilt, AetRecon *recon)
{
  PetscFunctionBegin;
  PetscCall(AetOptionsRegister(&AetReconOptions));
  PetscCall(PetscNew(recon));
  (*recon)->tilt = tilt;
  (*recon)->comm = tilt->comm;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetReconSetFromOptions(AetRecon recon)
{
  int      method, extension;
  PetscInt seed = 0;

  PetscFunctionBegin;
  PetscCall(AetOptionGetEnum("recon_method", &method));
  PetscCall(AetOptionGetInt("recon_iterations", &recon->iterations));
  PetscCall(AetOptionGetInt("recon_thickness", &recon->thickness));
  PetscCall(AetOptionGetInt("recon_width", &recon->width));
  PetscCall(AetOptionGetInt("recon_kernel_width", &recon->kernel_width));
  PetscCall(AetOptionGetText("recon_support", recon->support_file, sizeof recon->support_file));
  PetscCall(AetOptionGetText("recon_initial", recon->initial_file, sizeof recon->initial_file));
  PetscCall(AetOptionGetReal("recon_support_soft", &recon->support_soft));
  PetscCall(AetOptionGetReal("recon_smooth", &recon->smooth));
  PetscCall(AetReconPriorFromOptions(recon));
  PetscCall(AetOptionGetReal("recon_oversampling", &recon->oversampling));
  PetscCall(AetOptionGetReal("recon_rfree_fraction", &recon->rfree_fraction));
  PetscCall(AetOptionGetReal("recon_gridding_distance", &recon->gridding_distance));
  PetscCall(AetOptionGetEnum("recon_resolution_extension", &extension));
  PetscCall(AetOptionGetBool("recon_extended", &recon->extended));
  PetscCall(PetscOptionsGetInt(NULL, NULL, "-seed", &seed, NULL)); /* of the base table; 0 where it is not registered */
  recon->seed = (uint64_t)seed;
  recon->extension = (AetResolutionExtension)extension;
  recon->method = AetReconMethodAt(method);
  PetscAssert(recon->method, recon->comm, PETSC_ERR_PLIB, "recon_method has a choice without a method");
  if (!recon->iterations) recon->iterations = recon->method->iterations;
  recon->options_read = PETSC_TRUE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetReconUseAllData(AetRecon recon)
{
  PetscFunctionBegin;
  recon->rfree_fraction = 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Volume and padded grid. An extended object gets some voxels beyond the image on either side, as many on one as on the other. */
void AetReconChooseSizes(AetRecon recon)
{
  const AetTiltSeries tilt = recon->tilt;
  ptrdiff_t           width = tilt->nx;

  if (recon->extended) width += 2 * (ptrdiff_t)((EXTENDED_WIDTH - 1) * (double)tilt->nx / 2);
  recon->n[0] = recon->thickness ? recon->thickness : tilt->nx;
  recon->n[1] = tilt->ny;
  recon->n[2] = recon->width ? recon->width : width;
  for (int a = 0; a < 3; a++) recon->N[a] = AetSmoothSize((ptrdiff_t)(recon->oversampling * (double)recon->n[a] + 0.5), PETSC_TRUE);
}

PetscErrorCode AetReconSetCheckpoint(AetRecon recon, const char *path, const char *key)
{
  PetscFunctionBegin;
  AetCheck(strlen(path) < sizeof recon->checkpoint && strlen(key) < sizeof recon->checkpoint_key, AET_ERR_INPUT,
           "%.80s…: the name of the file is too long", path);
  PetscCall(PetscStrncpy(recon->checkpoint, path, sizeof recon->checkpoint));
  PetscCall(PetscStrncpy(recon->checkpoint_key, key, sizeof recon->checkpoint_key));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscBool IsMethod(AetRecon recon, const char *name)
{
  return strcmp(recon->method->name, name) ? PETSC_FALSE : PETSC_TRUE;
}

/* What was asked that the method has no use for is an error: nobody should wait for an option that does nothing. */
static PetscErrorCode CheckChoices(AetRecon recon)
{
  const char *name = recon->method->name;

  PetscFunctionBegin;
  AetCheck(recon->method->iterations > 1 || !AetReconInitialGiven(recon), AET_ERR_INPUT,
           "recon_initial: expected none for recon_method %s, which does not iterate", name);
  AetCheck(!(recon->smooth > 0) || IsMethod(recon, "resire") || IsMethod(recon, "genfire"), AET_ERR_INPUT,
           "recon_smooth: expected 0 for recon_method %s; resire and genfire smooth", name);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One number that is none would spread over the whole volume. */
static PetscErrorCode CheckImages(AetTiltSeries tilt)
{
  const ptrdiff_t pixels = tilt->ny * tilt->nx;

  PetscFunctionBegin;
  for (ptrdiff_t i = 0; i < tilt->v_count * pixels; i++)
    AetCheck(isfinite(tilt->image[i]), AET_ERR_DATA,
             "tilt series: expected finite numbers, found %g in view %td, row %td, column %td (from 0)", (double)tilt->image[i],
             tilt->v_start + i / pixels, i / tilt->nx % tilt->ny, i % tilt->nx);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetReconSetUp(AetRecon recon)
{
  int rank, size;

  PetscFunctionBegin;
  if (recon->ready) PetscFunctionReturn(PETSC_SUCCESS);
  if (!recon->options_read) PetscCall(AetReconSetFromOptions(recon));
  PetscCallMPI(MPI_Comm_rank(recon->comm, &rank));
  PetscCallMPI(MPI_Comm_size(recon->comm, &size));
  PetscCall(CheckChoices(recon));
  PetscCall(AetAgree(recon->comm, CheckImages(recon->tilt)));
  AetReconChooseSizes(recon);
  AetBlock(recon->n[0], rank, size, &recon->z_start, &recon->z_count);
  PetscCall(AetReconSupport(recon));
  PetscCall(AetReconPriorRead(recon));
  PetscCall(AetReconLeaveOut(recon)); /* before the method takes its room */
  if (recon->method->setup) PetscCall(recon->method->setup(recon));
  recon->ready = PETSC_TRUE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void FillReport(AetRecon recon)
{
  AetReconReport *report = &recon->report;

  report->method = recon->method->name;
  report->iterations = recon->iterations_done;
  report->r1_view = recon->r1_view;
  report->error = recon->error;
  report->rfree = recon->rfree;
  report->shells = recon->shells;
  report->rfree_shell = recon->rfree_shell;
}

PetscErrorCode AetReconSolve(AetRecon recon, AetVolume *volume)
{
  double seconds;

  PetscFunctionBegin;
  PetscCall(AetReconSetUp(recon));
  PetscCall(AetVolumeCreate(recon->comm, recon->n, recon->tilt->pixel_angstrom, &recon->volume));
  PetscCall(PetscFree(recon->rfree_shell));
  recon->shells = 0;
  recon->error = 0;
  recon->rfree = recon->left_out;
  recon->iterations_done = recon->iterations_restored = 0;
  seconds = MPI_Wtime();
  PetscCall(recon->method->solve(recon));
  seconds = (MPI_Wtime() - seconds) / (double)PetscMax(recon->iterations_done - recon->iterations_restored, 1);
  PetscCallMPI(MPI_Allreduce(&seconds, &recon->report.seconds_per_iteration, 1, MPI_DOUBLE, MPI_MAX, recon->comm));
  if (!recon->inner) PetscCall(AetReconR1(recon));
  FillReport(recon);
  *volume = recon->volume;
  recon->volume = NULL;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetReconGetReport(AetRecon recon, const AetReconReport **report)
{
  PetscFunctionBegin;
  *report = &recon->report;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetReconDestroy(AetRecon *recon)
{
  PetscFunctionBegin;
  if (!*recon) PetscFunctionReturn(PETSC_SUCCESS);
  if ((*recon)->method && (*recon)->method->destroy) PetscCall((*recon)->method->destroy(*recon));
  PetscCall(AetProjectorDestroy(&(*recon)->projector));
  PetscCall(AetVolumeDestroy(&(*recon)->support));
  PetscCall(AetVolumeDestroy(&(*recon)->prior));
  PetscCall(AetVolumeDestroy(&(*recon)->prior_mask));
  PetscCall(AetVolumeDestroy(&(*recon)->volume));
  PetscCall(PetscFree((*recon)->rfree_shell));
  PetscCall(PetscFree((*recon)->r1_view));
  PetscCall(PetscFree((*recon)->view_used));
  PetscCall(PetscFree(*recon));
  PetscFunctionReturn(PETSC_SUCCESS);
}
