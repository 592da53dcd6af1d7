/* A volume in another size. */
#include "recon/volume_fit.h"
#include <aet4d/units.h>

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

/* Every plane goes from its owner to its new owner. */
PetscErrorCode AetVolumeFit(AetVolume from, AetVolume to)
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
