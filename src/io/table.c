/* Small tables, complete on every rank. */
#include "io/io_private.h"

/* MATLAB keeps a matrix by columns: [n0][n1] of the file is the transpose of the n1 × n0 table. */
static void Transpose(ptrdiff_t n0, ptrdiff_t n1, const double *from, double *to)
{
  for (ptrdiff_t i = 0; i < n0; i++)
    for (ptrdiff_t j = 0; j < n1; j++) to[j * n0 + i] = from[i * n1 + j];
}

static PetscErrorCode ReadLocal(const AetLocated *located, double *values)
{
  const AetReader *reader = AetReaderOf(located->format);
  void            *state = NULL;
  PetscErrorCode   code;

  PetscFunctionBegin;
  PetscCall(reader->open(located->path, &located->info, &state));
  code = reader->read(state, 0, located->info.n[0], AET_SCALAR_F64, values);
  PetscCall(reader->close(&state));
  PetscFunctionReturn(code);
}

/* Rank 0: the table as [rows][columns]. */
static PetscErrorCode ReadTable(const AetLocated *located, ptrdiff_t rows, ptrdiff_t columns, double *values)
{
  double        *raw = NULL;
  PetscErrorCode code;

  PetscFunctionBegin;
  if (!AetReaderOf(located->format)->transposed || rows == 1 || columns == 1) {
    PetscCall(ReadLocal(located, values));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(PetscMalloc1((size_t)(rows * columns), &raw));
  code = ReadLocal(located, raw);
  if (!code) Transpose(located->info.n[0], located->info.n[1], raw, values);
  PetscCall(PetscFree(raw));
  PetscFunctionReturn(code);
}

PetscErrorCode AetTableRead(MPI_Comm comm, const char *file, ptrdiff_t *rows, ptrdiff_t *columns, double **values)
{
  AetLocated     located;
  PetscMPIInt    rank;
  ptrdiff_t      n[2];
  PetscErrorCode code = PETSC_SUCCESS;

  PetscFunctionBegin;
  *values = NULL;
  PetscCall(AetLocate(comm, file, PETSC_TRUE, &located));
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  n[0] = located.info.n[0], n[1] = located.info.rank == 2 ? located.info.n[1] : 1;
  if (AetReaderOf(located.format)->transposed)
    *rows = n[1], *columns = n[0];
  else
    *rows = n[0], *columns = n[1];
  if (*rows == 1 && located.format != AET_FORMAT_TEXT) *rows = *columns, *columns = 1;
  PetscCall(AetAgree(comm, PetscMalloc1((size_t)(*rows * *columns), values)));
  if (rank == 0) code = ReadTable(&located, *rows, *columns, *values);
  code = AetAgree(comm, code);
  if (code) PetscCall(PetscFree(*values));
  PetscCall(code);
  for (ptrdiff_t done = 0, total = *rows * *columns, here; done < total; done += here) {
    here = PetscMin(total - done, (ptrdiff_t)1 << 26);
    PetscCallMPI(MPI_Bcast(*values + done, (int)here, MPI_DOUBLE, 0, comm));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
