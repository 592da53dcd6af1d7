/* Raw frames: several scans of every view, in blocks of views. */
#include "tilt/tilt_private.h"
#include <math.h>
#include <string.h>

static PetscErrorCode CheckFrames(ptrdiff_t frames, const double *scan_deg)
{
  PetscFunctionBegin;
  AetCheck(frames >= 1, AET_ERR_INPUT, "a view needs frames: expected at least 1, found %td", frames);
  for (ptrdiff_t f = 0; scan_deg && f < frames; f++)
    AetCheck(isfinite(scan_deg[f]), AET_ERR_INPUT, "direction of the scan: expected finite numbers, found %g for frame %td (from 0)",
             scan_deg[f], f);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Allocate(AetFrames set)
{
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)set->views, &set->angles_deg));
  PetscCall(PetscMalloc1((size_t)set->views, &set->rotation));
  PetscCall(PetscCalloc1((size_t)set->frames, &set->scan_deg));
  PetscCall(PetscCalloc1((size_t)(set->v_count * set->frames * set->ny * set->nx), &set->image));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Sizes, blocks and angles as the head of a tilt series has them. */
static void TakeHead(AetFrames set, AetTiltSeries head, ptrdiff_t frames)
{
  set->views = head->views, set->frames = frames, set->ny = head->ny, set->nx = head->nx;
  set->v_start = head->v_start, set->v_count = head->v_count;
  set->pixel_angstrom = head->pixel_angstrom;
}

PetscErrorCode AetFramesCreate(MPI_Comm comm, ptrdiff_t views, ptrdiff_t frames, ptrdiff_t ny, ptrdiff_t nx, double pixel_angstrom,
                               AetAngleConvention convention, const double (*angles_deg)[3], const double *scan_deg, AetFrames *set)
{
  AetTiltSeries  head;
  AetFrames      made;
  PetscErrorCode code;

  PetscFunctionBegin;
  *set = NULL;
  PetscCall(AetAgree(comm, CheckFrames(frames, scan_deg)));
  PetscCall(AetTiltHeadCreate(comm, views, ny, nx, pixel_angstrom, convention, angles_deg, PETSC_FALSE, &head));
  PetscCall(PetscNew(&made));
  PetscCallMPI(MPI_Comm_dup(comm, &made->comm));
  TakeHead(made, head, frames);
  code = AetAgree(comm, Allocate(made));
  if (code) {
    PetscCall(AetTiltSeriesDestroy(&head));
    PetscCall(AetFramesDestroy(&made));
    PetscFunctionReturn(code);
  }
  memcpy(made->angles_deg, head->angles_deg, sizeof *made->angles_deg * (size_t)views);
  memcpy(made->rotation, head->rotation, sizeof *made->rotation * (size_t)views);
  if (scan_deg) memcpy(made->scan_deg, scan_deg, sizeof *scan_deg * (size_t)frames);
  PetscCall(AetTiltSeriesDestroy(&head));
  *set = made;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetFramesDestroy(AetFrames *set)
{
  PetscFunctionBegin;
  if (!*set) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscFree((*set)->angles_deg));
  PetscCall(PetscFree((*set)->rotation));
  PetscCall(PetscFree((*set)->scan_deg));
  PetscCall(PetscFree((*set)->image));
  PetscCallMPI(MPI_Comm_free(&(*set)->comm));
  PetscCall(PetscFree(*set));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetFramesMean(AetFrames set, AetTiltSeries *tilt)
{
  const ptrdiff_t size = set->ny * set->nx;

  PetscFunctionBegin;
  PetscCall(AetTiltSeriesCreate(set->comm, set->views, set->ny, set->nx, set->pixel_angstrom, AET_ANGLES_ZYX,
                                (const double(*)[3])set->angles_deg, tilt));
#pragma omp parallel for num_threads(AetThreads())
  for (ptrdiff_t p = 0; p < set->v_count * size; p++) {
    const float *frame = set->image + p / size * set->frames * size + p % size;
    double       sum = 0;

    for (ptrdiff_t f = 0; f < set->frames; f++) sum += (double)frame[f * size];
    (*tilt)->image[p] = (float)(sum / (double)set->frames);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
