/* Poses of views: storage, exchange, ranges. */
#include "recon/angles_private.h"
#include "recon/kernel/rigid.h"
#include <math.h>
#include <string.h>

PetscErrorCode AetPosesCreate(ptrdiff_t views, AetPoses *poses)
{
  PetscFunctionBegin;
  PetscCall(PetscCalloc2((size_t)views, &poses->rotation, (size_t)views, &poses->shift));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetPosesDestroy(AetPoses *poses)
{
  PetscFunctionBegin;
  PetscCall(PetscFree2(poses->rotation, poses->shift));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void AetPosesCopy(ptrdiff_t views, const AetPoses *from, AetPoses *to)
{
  memcpy(to->rotation, from->rotation, (size_t)views * sizeof *to->rotation);
  memcpy(to->shift, from->shift, (size_t)views * sizeof *to->shift);
}

PetscErrorCode AetPosesShare(AetTiltSeries tilt, AetPoses *poses)
{
  enum { NUMBERS = 11 };
  double *mine, *all;

  PetscFunctionBegin;
  PetscCall(PetscCalloc2((size_t)(NUMBERS * tilt->views), &mine, (size_t)(NUMBERS * tilt->views), &all));
  for (ptrdiff_t v = tilt->v_start; v < tilt->v_start + tilt->v_count; v++) {
    memcpy(mine + NUMBERS * v, poses->rotation[v], 9 * sizeof *mine);
    memcpy(mine + NUMBERS * v + 9, poses->shift[v], 2 * sizeof *mine);
  }
  PetscCallMPI(MPI_Allreduce(mine, all, (int)(NUMBERS * tilt->views), MPI_DOUBLE, MPI_SUM, tilt->comm)); /* one term of each is not zero */
  for (ptrdiff_t v = 0; v < tilt->views; v++) {
    memcpy(poses->rotation[v], all + NUMBERS * v, 9 * sizeof *mine);
    memcpy(poses->shift[v], all + NUMBERS * v + 9, 2 * sizeof *mine);
  }
  PetscCall(PetscFree2(mine, all));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void AetAnglesClip(const AetAngles *angles, ptrdiff_t view, double R[9], double shift[2])
{
  /* twice the largest rotation of three angles: the common rotation is not known yet, and moves all of them */
  const double most = 2 * sqrt(3) * angles->settings.range_deg * AET_DEG, reach = angles->settings.shift_range_px;
  double       Q[9], angle;

  for (int a = 0; a < 2; a++) shift[a] = fmax(-reach, fmin(reach, shift[a]));
  AetRotationDivide(R, angles->nominal.rotation[view], Q);
  angle = AetRotationAngle(Q);
  if (angle > most) memcpy(R, angles->nominal.rotation[view], sizeof Q);
}
