/* Volumes in slabs of z, and their halos. */
#include <aet4d/dist.h>

static PetscErrorCode VolumeAllocate(MPI_Comm comm, AetVolume volume)
{
  PetscErrorCode code = PETSC_SUCCESS;

  PetscFunctionBegin;
  if (volume->z_count) code = PetscCalloc1(volume->z_count * volume->n[1] * volume->n[2], &volume->data);
  PetscCall(AetAgree(comm, code));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetVolumeCreate(MPI_Comm comm, const ptrdiff_t n[3], double pixel_angstrom, AetVolume *volume)
{
  static const char axis[] = "zyx";
  AetVolume         v;
  int               rank, size;

  PetscFunctionBegin;
  for (int i = 0; i < 3; i++) AetCheck(n[i] >= 1, AET_ERR_INPUT, "volume size along %c: expected at least 1, found %td", axis[i], n[i]);
  PetscCall(PetscNew(&v));
  PetscCallMPI(MPI_Comm_dup(comm, &v->comm));
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  for (int i = 0; i < 3; i++) v->n[i] = n[i];
  v->pixel_angstrom = pixel_angstrom;
  AetBlock(n[0], rank, size, &v->z_start, &v->z_count);
  PetscCall(VolumeAllocate(v->comm, v));
  *volume = v;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetVolumeDuplicate(AetVolume volume, AetVolume *copy)
{
  PetscFunctionBegin;
  PetscCall(AetVolumeCreate(volume->comm, volume->n, volume->pixel_angstrom, copy));
  PetscCall(PetscArraycpy((*copy)->processing, volume->processing, sizeof volume->processing));
  if (volume->z_count) PetscCall(PetscArraycpy((*copy)->data, volume->data, volume->z_count * volume->n[1] * volume->n[2]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetVolumeDestroy(AetVolume *volume)
{
  PetscFunctionBegin;
  if (!*volume) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscFree((*volume)->data));
  PetscCallMPI(MPI_Comm_free(&(*volume)->comm));
  PetscCall(PetscFree(*volume));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Planes that rank `owner` has and rank `reader` wants: [first, first + count). */
static ptrdiff_t HaloOverlap(ptrdiff_t nz, ptrdiff_t width, int size, int owner, int reader, ptrdiff_t *first)
{
  ptrdiff_t start, count, wanted, wanted_count, end, wanted_end;

  AetBlock(nz, owner, size, &start, &count);
  AetBlock(nz, reader, size, &wanted, &wanted_count);
  if (!wanted_count || !count) return 0;
  end = start + count;
  wanted_end = wanted + wanted_count + width;
  wanted = PetscMax(wanted - width, 0);
  *first = PetscMax(start, wanted);
  return PetscMax(PetscMin(end, wanted_end) - *first, 0);
}

/* One plane as one item, so that a message never counts past an int. */
static PetscErrorCode PlaneType(AetVolume volume, MPI_Datatype *plane)
{
  MPI_Datatype row;

  PetscFunctionBegin;
  AetCheck(volume->n[1] <= INT_MAX && volume->n[2] <= INT_MAX, AET_ERR_INPUT, "volume: an axis is longer than %d", INT_MAX);
  PetscCallMPI(MPI_Type_contiguous((int)volume->n[2], MPI_FLOAT, &row));
  PetscCallMPI(MPI_Type_contiguous((int)volume->n[1], row, plane));
  PetscCallMPI(MPI_Type_commit(plane));
  PetscCallMPI(MPI_Type_free(&row));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode HaloExchange(AetVolume v, ptrdiff_t width, float *halo)
{
  int          rank, size, requests = 0;
  MPI_Datatype plane;
  MPI_Request *request;
  ptrdiff_t    area = v->n[1] * v->n[2], first, count;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(v->comm, &rank));
  PetscCallMPI(MPI_Comm_size(v->comm, &size));
  PetscCall(PetscMalloc1(2 * size, &request));
  PetscCall(PlaneType(v, &plane));
  for (int other = 0; other < size; other++) {
    if (other == rank) continue;
    if ((count = HaloOverlap(v->n[0], width, size, other, rank, &first)))
      PetscCallMPI(MPI_Irecv(halo + (first - v->z_start + width) * area, (int)count, plane, other, 0, v->comm, &request[requests++]));
    if ((count = HaloOverlap(v->n[0], width, size, rank, other, &first)))
      PetscCallMPI(MPI_Isend(v->data + (first - v->z_start) * area, (int)count, plane, other, 0, v->comm, &request[requests++]));
  }
  if (v->z_count) PetscCall(PetscArraycpy(halo + width * area, v->data, v->z_count * area));
  PetscCallMPI(MPI_Waitall(requests, request, MPI_STATUSES_IGNORE));
  PetscCallMPI(MPI_Type_free(&plane));
  PetscCall(PetscFree(request));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetVolumeHalo(AetVolume volume, ptrdiff_t width, float **data)
{
  PetscErrorCode code = PETSC_SUCCESS;

  PetscFunctionBegin;
  AetCheck(width >= 0, AET_ERR_INPUT, "halo width: expected at least 0, found %td", width);
  PetscCall(AetEventBegin(AET_EVENT_HALO));
  *data = NULL;
  if (volume->z_count) code = PetscCalloc1((volume->z_count + 2 * width) * volume->n[1] * volume->n[2], data);
  PetscCall(AetAgree(volume->comm, code));
  PetscCall(HaloExchange(volume, width, *data));
  PetscCall(AetEventEnd(AET_EVENT_HALO));
  PetscFunctionReturn(PETSC_SUCCESS);
}
