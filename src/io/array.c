/* Distributed 3D arrays from any format: formats that every rank can read are read by every rank, the others on rank 0, which sends. */
#include "io/io_private.h"

#define AET_SEND_FLOATS ((ptrdiff_t)1 << 24) /* of one message, at most: 64 MiB */
#define AET_TAG_STATUS 11
#define AET_TAG_DATA 12

void AetLocatedSizes(const AetLocated *located, ptrdiff_t n[3])
{
  const int       rank = located->info.rank;
  const ptrdiff_t group = PetscMax(located->group, 1);

  n[0] = rank == 4 ? located->info.n[0] : rank == 3 ? located->info.n[0] / group : 1;
  n[1] = located->info.n[rank - 2] * (rank == 4 ? located->info.n[1] : group);
  n[2] = located->info.n[rank - 1];
}

/* Planes first … first+count-1 of an open source; a 2D array is one plane. */
static PetscErrorCode ReadPlanes(const AetReader *reader, const AetLocated *located, void *state, ptrdiff_t first, ptrdiff_t count,
                                 float *data)
{
  const ptrdiff_t group = PetscMax(located->group, 1);

  PetscFunctionBegin;
  if (located->info.rank == 2)
    PetscCall(reader->read(state, 0, located->info.n[0], AET_SCALAR_F32, data));
  else
    PetscCall(reader->read(state, first * group, count * group, AET_SCALAR_F32, data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Every rank reads its own planes. */
static PetscErrorCode ReadOwn(const AetReader *reader, const AetLocated *located, ptrdiff_t start, ptrdiff_t count, float *data)
{
  void          *state = NULL;
  PetscErrorCode code;

  PetscFunctionBegin;
  if (count == 0) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(reader->open(located->path, &located->info, &state));
  code = ReadPlanes(reader, located, state, start, count, data);
  PetscCall(reader->close(&state));
  PetscFunctionReturn(code);
}

/* Rank 0: the block of `owner`, in messages of status and data. After a failure (also an earlier one, `code`) only its status is sent. */
static PetscErrorCode SendBlock(MPI_Comm comm, const AetReader *reader, const AetLocated *located, void *state, int owner,
                                PetscErrorCode code, float *buffer)
{
  PetscMPIInt size;
  ptrdiff_t   n[3], start, count, step;

  PetscFunctionBegin;
  AetLocatedSizes(located, n);
  PetscCallMPI(MPI_Comm_size(comm, &size));
  AetBlock(n[0], owner, size, &start, &count);
  step = PetscMax(1, AET_SEND_FLOATS / (n[1] * n[2]));
  for (ptrdiff_t done = 0, here; done < count; done += here) {
    int status;
    here = PetscMin(step, count - done);
    if (!code) code = ReadPlanes(reader, located, state, start + done, here, buffer);
    status = code ? 1 : 0;
    PetscCallMPI(MPI_Send(&status, 1, MPI_INT, owner, AET_TAG_STATUS, comm));
    if (code) break;
    PetscCallMPI(MPI_Send(buffer, (int)(here * n[1] * n[2]), MPI_FLOAT, owner, AET_TAG_DATA, comm));
  }
  PetscFunctionReturn(code);
}

static PetscErrorCode ReceiveBlock(MPI_Comm comm, const ptrdiff_t n[3], ptrdiff_t count, float *data)
{
  const ptrdiff_t step = PetscMax(1, AET_SEND_FLOATS / (n[1] * n[2]));

  PetscFunctionBegin;
  for (ptrdiff_t done = 0, here; done < count; done += here) {
    int status;
    here = PetscMin(step, count - done);
    PetscCallMPI(MPI_Recv(&status, 1, MPI_INT, 0, AET_TAG_STATUS, comm, MPI_STATUS_IGNORE));
    if (status) break; /* rank 0 holds the message, and AetAgree will bring it */
    PetscCallMPI(MPI_Recv(data + done * n[1] * n[2], (int)(here * n[1] * n[2]), MPI_FLOAT, 0, AET_TAG_DATA, comm, MPI_STATUS_IGNORE));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Rank 0 reads; whatever fails, every other rank gets an answer to every message it waits for. */
static PetscErrorCode ReadAndSend(MPI_Comm comm, const AetReader *reader, const AetLocated *located, ptrdiff_t own, float *data)
{
  PetscMPIInt    size;
  ptrdiff_t      n[3];
  void          *state = NULL;
  float         *buffer = NULL;
  PetscErrorCode code, closed;

  PetscFunctionBegin;
  AetLocatedSizes(located, n);
  PetscCallMPI(MPI_Comm_size(comm, &size));
  code = reader->open(located->path, &located->info, &state);
  if (!code && own) code = ReadPlanes(reader, located, state, 0, own, data);
  if (!code && size > 1)
    code = PetscMalloc1((size_t)PetscMin(own, PetscMax(1, AET_SEND_FLOATS / (n[1] * n[2]))) * (size_t)(n[1] * n[2]), &buffer);
  for (int owner = 1; owner < size; owner++) {
    const PetscErrorCode sent = SendBlock(comm, reader, located, state, owner, code, buffer);
    if (!code) code = sent;
  }
  PetscCall(PetscFree(buffer));
  closed = state ? reader->close(&state) : PETSC_SUCCESS;
  PetscFunctionReturn(code ? code : closed);
}

/* The first value that is not a finite number, told with its place. */
static PetscErrorCode CheckFinite(const AetLocated *located, const ptrdiff_t n[3], ptrdiff_t start, ptrdiff_t count, const float *data)
{
  const ptrdiff_t rows = located->info.n[located->info.rank - 2]; /* of one image */

  PetscFunctionBegin;
  for (ptrdiff_t i = 0; i < count * n[1] * n[2]; i++) {
    const ptrdiff_t row = i / n[2];
    char            frame[48] = "";

    if (isfinite(data[i])) continue;
    if (n[1] > rows) snprintf(frame, sizeof frame, ", frame %td", row % n[1] / rows);
    PetscFunctionReturn(AetRaise(
        AET_ERR_DATA, "%s%s%s: expected finite numbers, found %g in view or plane %td%s, row %td, column %td (from 0)", located->path,
        located->info.name[0] ? ":" : "", located->info.name, (double)data[i], start + row / n[1], frame, row % rows, i % n[2]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetLocatedRead(MPI_Comm comm, const AetLocated *located, float *data)
{
  const AetReader *reader = AetReaderOf(located->format);
  PetscMPIInt      rank, size;
  ptrdiff_t        n[3], start, count;
  PetscErrorCode   code;

  PetscFunctionBegin;
  PetscCall(AetEventBegin(AET_EVENT_READ));
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  AetLocatedSizes(located, n);
  AetBlock(n[0], rank, size, &start, &count);
  if (reader->parallel)
    code = ReadOwn(reader, located, start, count, data);
  else if (rank == 0)
    code = ReadAndSend(comm, reader, located, count, data);
  else
    code = ReceiveBlock(comm, n, count, data);
  PetscCall(AetAgree(comm, code));
  PetscCall(AetAgree(comm, CheckFinite(located, n, start, count, data)));
  PetscCall(AetEventEnd(AET_EVENT_READ));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetArrayRead(MPI_Comm comm, const char *file, AetArrayInfo *info, float **data)
{
  AetLocated     located;
  PetscMPIInt    rank, size;
  ptrdiff_t      n[3], start, count;
  PetscErrorCode code;

  PetscFunctionBegin;
  *data = NULL;
  PetscCall(AetLocate(comm, file, PETSC_FALSE, &located));
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  AetLocatedSizes(&located, n);
  AetBlock(n[0], rank, size, &start, &count);
  PetscCall(AetAgree(comm, PetscMalloc1((size_t)(count * n[1] * n[2]), data)));
  code = AetLocatedRead(comm, &located, *data);
  if (code) PetscCall(PetscFree(*data));
  PetscCall(code);
  if (info) {
    *info = located.info;
    info->rank = 3;
    for (int a = 0; a < 3; a++) info->n[a] = n[a];
    info->n[3] = 0;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
