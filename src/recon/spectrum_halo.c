/* Neighbours in Fourier space, over ranks, around the ends of the axes and through the half that is not stored. */
#include "recon/spectrum_halo.h"
#include <string.h>

typedef struct {
  MPI_Comm     comm;
  int          rank, size, reach, requests;
  ptrdiff_t    N[3], Kx, start, count;
  size_t       column; /* bytes */
  char        *field;
  MPI_Datatype type; /* a column */
  MPI_Request *request;
} Halo;

/* Where row `e` of this rank's array begins at column x of the inner part, -reach … Kx + reach. */
static char *Place(const Halo *h, ptrdiff_t e, ptrdiff_t x)
{
  return h->field + (size_t)(e * (h->Kx + 2 * h->reach) + x + h->reach) * h->column;
}

/* A run of columns that row `e` of rank `to` needs: from row `row`, `count` columns from `from`, to `at`. If it is ours, or for us, it is
   copied or its message begins; without `request` messages are only counted. */
static PetscErrorCode Move(Halo *h, int to, ptrdiff_t e, ptrdiff_t row, ptrdiff_t from, ptrdiff_t at, ptrdiff_t count, int kind)
{
  const int owner = AetBlockOwner(h->N[1], h->size, row), tag = (int)(3 * e) + kind;
  char     *source = owner == h->rank ? Place(h, row - h->start + h->reach, from) : NULL, *target = to == h->rank ? Place(h, e, at) : NULL;

  PetscFunctionBegin;
  if (!source && !target) PetscFunctionReturn(PETSC_SUCCESS);
  if (source && target) {
    if (h->request && source != target) memcpy(target, source, (size_t)count * h->column);
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  if (h->request && source) PetscCallMPI(MPI_Isend(source, (int)count, h->type, to, tag, h->comm, &h->request[h->requests]));
  if (h->request && target) PetscCallMPI(MPI_Irecv(target, (int)count, h->type, owner, tag, h->comm, &h->request[h->requests]));
  h->requests++;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Everything that any rank needs and this one has or wants. */
static PetscErrorCode MoveAll(Halo *h)
{
  const ptrdiff_t half = h->N[2] / 2, R = h->reach, Ny = h->N[1];
  ptrdiff_t       start, count;

  PetscFunctionBegin;
  h->requests = 0;
  for (int to = 0; to < h->size; to++) {
    AetBlock(Ny, to, h->size, &start, &count);
    for (ptrdiff_t e = 0; count && e < count + 2 * R; e++) {
      const ptrdiff_t ky = (start + e - R + Ny) % Ny, mirrored = (Ny - ky) % Ny;
      PetscCall(Move(h, to, e, ky, 0, 0, h->Kx, 0));
      PetscCall(Move(h, to, e, mirrored, 1, -R, R, 1));
      PetscCall(Move(h, to, e, mirrored, half - R, half + 1, R, 2));
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Columns of -k came in the order of k: turned about, and k_z with them. */
static void Turn(const Halo *h, char *strip, char *work)
{
  const size_t item = h->column / (size_t)h->N[0];

  memcpy(work, strip, (size_t)h->reach * h->column);
  for (ptrdiff_t x = 0; x < h->reach; x++)
    for (ptrdiff_t k = 0; k < h->N[0]; k++)
      memcpy(strip + (size_t)x * h->column + (size_t)k * item,
             work + (size_t)(h->reach - 1 - x) * h->column + (size_t)((h->N[0] - k) % h->N[0]) * item, item);
}

PetscErrorCode AetSpectrumHalo(MPI_Comm comm, const ptrdiff_t N[3], int reach, size_t item, void *field)
{
  Halo  h = {.comm = comm, .reach = reach, .N = {N[0], N[1], N[2]}, .Kx = N[2] / 2 + 1, .field = field};
  char *work;

  PetscFunctionBegin;
  if (!reach) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AetEventBegin(AET_EVENT_HALO));
  PetscCallMPI(MPI_Comm_rank(comm, &h.rank));
  PetscCallMPI(MPI_Comm_size(comm, &h.size));
  AetBlock(N[1], h.rank, h.size, &h.start, &h.count);
  h.column = (size_t)N[0] * item;
  PetscCallMPI(MPI_Type_contiguous((int)h.column, MPI_BYTE, &h.type));
  PetscCallMPI(MPI_Type_commit(&h.type));
  PetscCall(MoveAll(&h));
  PetscCall(AetAgree(comm, PetscMalloc2(h.requests + 1, &h.request, (size_t)reach * h.column, &work)));
  PetscCall(MoveAll(&h));
  PetscCallMPI(MPI_Waitall(h.requests, h.request, MPI_STATUSES_IGNORE));
  for (ptrdiff_t e = 0; h.count && e < h.count + 2 * reach; e++) {
    Turn(&h, Place(&h, e, -reach), work);
    Turn(&h, Place(&h, e, h.Kx), work);
  }
  PetscCall(PetscFree2(h.request, work));
  PetscCallMPI(MPI_Type_free(&h.type));
  PetscCall(AetEventEnd(AET_EVENT_HALO));
  PetscFunctionReturn(PETSC_SUCCESS);
}
