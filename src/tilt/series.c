/* The tilt series: images in blocks of views, angles and rotations on every rank. */
#include "tilt/tilt_private.h"
#include <math.h>
#include <string.h>

static PetscErrorCode CheckSeries(ptrdiff_t views, ptrdiff_t ny, ptrdiff_t nx, double pixel_angstrom, const double (*angles_deg)[3])
{
  PetscFunctionBegin;
  AetCheck(views >= 1 && ny >= 1 && nx >= 1, AET_ERR_INPUT,
           "a tilt series needs images: expected sizes of at least 1, found %td views of %td×%td", views, ny, nx);
  AetCheck(pixel_angstrom > 0 && isfinite(pixel_angstrom), AET_ERR_INPUT, "pixel size: expected a positive number of Å, found %g",
           pixel_angstrom);
  for (ptrdiff_t v = 0; v < views; v++)
    for (int a = 0; a < 3; a++)
      AetCheck(isfinite(angles_deg[v][a]), AET_ERR_DATA, "angles: expected finite numbers, found %g for view %td, angle %d (from 0)",
               angles_deg[v][a], v, a);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode AllocateSeries(AetTiltSeries tilt, PetscBool images)
{
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)tilt->views, &tilt->angles_deg));
  PetscCall(PetscMalloc1((size_t)tilt->views, &tilt->rotation));
  if (images) PetscCall(PetscCalloc1((size_t)(tilt->v_count * tilt->ny * tilt->nx), &tilt->image));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetTiltHeadCreate(MPI_Comm comm, ptrdiff_t views, ptrdiff_t ny, ptrdiff_t nx, double pixel_angstrom,
                                 AetAngleConvention convention, const double (*angles_deg)[3], PetscBool images, AetTiltSeries *tilt)
{
  AetTiltSeries  series;
  PetscMPIInt    rank, size;
  PetscErrorCode code;

  PetscFunctionBegin;
  *tilt = NULL;
  PetscCall(AetAgree(comm, CheckSeries(views, ny, nx, pixel_angstrom, angles_deg)));
  PetscCall(PetscNew(&series));
  PetscCallMPI(MPI_Comm_dup(comm, &series->comm));
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  series->views = views, series->ny = ny, series->nx = nx;
  series->pixel_angstrom = pixel_angstrom;
  series->head = (PetscBool)!images;
  series->frames = 1;
  AetBlock(views, rank, size, &series->v_start, &series->v_count);
  code = AetAgree(comm, AllocateSeries(series, images));
  if (code) PetscCall(AetTiltSeriesDestroy(&series));
  PetscCall(code);
  for (ptrdiff_t v = 0; v < views; v++) {
    AetRotationFromAngles(convention, angles_deg[v], series->rotation[v]);
    if (convention == AET_ANGLES_ZYX)
      memcpy(series->angles_deg[v], angles_deg[v], sizeof series->angles_deg[v]);
    else
      AetAnglesFromRotation(series->rotation[v], series->angles_deg[v]);
  }
  *tilt = series;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetTiltSeriesCreate(MPI_Comm comm, ptrdiff_t views, ptrdiff_t ny, ptrdiff_t nx, double pixel_angstrom,
                                   AetAngleConvention convention, const double (*angles_deg)[3], AetTiltSeries *tilt)
{
  PetscFunctionBegin;
  PetscCall(AetTiltHeadCreate(comm, views, ny, nx, pixel_angstrom, convention, angles_deg, PETSC_TRUE, tilt));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetTiltSeriesDestroy(AetTiltSeries *tilt)
{
  PetscFunctionBegin;
  if (!*tilt) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscFree((*tilt)->angles_deg));
  PetscCall(PetscFree((*tilt)->rotation));
  PetscCall(PetscFree((*tilt)->image));
  PetscCallMPI(MPI_Comm_free(&(*tilt)->comm));
  PetscCall(PetscFree(*tilt));
  PetscFunctionReturn(PETSC_SUCCESS);
}
