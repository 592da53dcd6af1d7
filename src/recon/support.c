/* The support: where the object may be. */
#include "recon/recon_private.h"
#include <string.h>

/* Plane of `from` that is plane z of `to`, origins on each other. */
static ptrdiff_t SourcePlane(AetVolume from, AetVolume to, ptrdiff_t z)
{
  return z - AetOrigin(to->n[0]) + AetOrigin(from->n[0]);
}

/* One plane, centred, cropped, zero-padded. */
static void FitPlane(AetVolume from, const float *source, AetVolume to, float *target)
{
  ptrdiff_t dy = AetOrigin(from->n[1]) - AetOrigin(to->n[1]), dx = AetOrigin(from->n[2]) - AetOrigin(to->n[2]);

  for (ptrdiff_t y = 0; y < to->n[1]; y++)
    for (ptrdiff_t x = 0; x < to->n[2]; x++) {
      ptrdiff_t sy = y + dy, sx = x + dx;
      if (sy >= 0 && sy < from->n[1] && sx >= 0 && sx < from->n[2]) target[y * to->n[2] + x] = source[sy * from->n[2] + sx];
    }
}

/* `from` about the same origin in the size of `to`: every plane goes from its owner to its new owner. */
static PetscErrorCode FitVolume(AetVolume from, AetVolume to)
{
  const ptrdiff_t plane = from->n[1] * from->n[2], size_to = to->n[1] * to->n[2];
  int             rank, size;
  float          *buffer;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(to->comm, &rank));
  PetscCallMPI(MPI_Comm_size(to->comm, &size));
  PetscCall(AetAgree(to->comm, PetscMalloc1(plane, &buffer)));
  for (ptrdiff_t z = 0; z < to->n[0]; z++) {
    ptrdiff_t source = SourcePlane(from, to, z);
    if (source < 0 || source >= from->n[0]) continue;
    int    sender = AetBlockOwner(from->n[0], size, source), receiver = AetBlockOwner(to->n[0], size, z);
    float *mine = rank == sender ? from->data + (source - from->z_start) * plane : buffer;
    if (sender != receiver && rank == sender) PetscCallMPI(MPI_Send(mine, (int)plane, MPI_FLOAT, receiver, 0, to->comm));
    if (sender != receiver && rank == receiver)
      PetscCallMPI(MPI_Recv(buffer, (int)plane, MPI_FLOAT, sender, 0, to->comm, MPI_STATUS_IGNORE));
    if (rank == receiver) FitPlane(from, mine, to, to->data + (z - to->z_start) * size_to);
  }
  PetscCall(PetscFree(buffer));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Values of a support are weights: 0 … 1. */
static PetscErrorCode CheckSupport(AetVolume support, const char *file)
{
  const ptrdiff_t count = support->z_count * support->n[1] * support->n[2];
  int             range = 1, some = 0, all[2];

  PetscFunctionBegin;
  for (ptrdiff_t i = 0; i < count; i++) {
    if (!(support->data[i] >= 0 && support->data[i] <= 1)) range = 0;
    if (support->data[i] > 0) some = 1;
  }
  PetscCallMPI(MPI_Allreduce(&range, &all[0], 1, MPI_INT, MPI_MIN, support->comm));
  PetscCallMPI(MPI_Allreduce(&some, &all[1], 1, MPI_INT, MPI_MAX, support->comm));
  AetCheck(all[0], AET_ERR_DATA, "%s: expected a support of values 0 to 1, found others", file);
  AetCheck(all[1], AET_ERR_DATA, "%s: expected a support with voxels above 0 inside the volume, found none", file);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Any array of three dimensions; its pixel size is not asked for, a support counts voxels. */
static PetscErrorCode ReadSupport(MPI_Comm comm, const char *file, AetVolume *found)
{
  AetArrayInfo info;
  float       *data;

  PetscFunctionBegin;
  PetscCall(AetArrayRead(comm, file, &info, &data));
  AetCheck(info.rank == 3, AET_ERR_DATA, "%s: expected a support volume of 3 dimensions, found %d", file, info.rank);
  PetscCall(AetVolumeCreate(comm, info.n, 0, found));
  PetscCall(PetscFree((*found)->data));
  (*found)->data = data;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetReconSupport(AetRecon recon)
{
  const char *file = recon->support_file;
  AetVolume   found;

  PetscFunctionBegin;
  if (!file[0] || !strcmp(file, "none")) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AetVolumeCreate(recon->comm, recon->n, recon->tilt->pixel_angstrom, &recon->support));
  if (!strcmp(file, "auto")) {
    AetCheck(!recon->extended, AET_ERR_INPUT, "recon_support: auto expects an isolated object, found recon_extended true");
    PetscCall(AetReconHull(recon, recon->support));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(ReadSupport(recon->comm, file, &found));
  PetscCall(FitVolume(found, recon->support));
  PetscCall(AetVolumeDestroy(&found));
  PetscCall(CheckSupport(recon->support, file));
  PetscFunctionReturn(PETSC_SUCCESS);
}
