/* aet4d's HDF5 files: create as a temporary, close, sync, rename. */
#include "io/file_private.h"
#include "io/io_private.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

PetscErrorCode AetTemporaryName(MPI_Comm comm, const char *path, char *temporary, size_t size)
{
  static unsigned calls;
  struct timespec now;
  PetscMPIInt     rank;
  char            run[64];

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (rank == 0) {
    /* ranks of a killed run may live on for a second or two: another run must never share their temporary */
    clock_gettime(CLOCK_REALTIME, &now);
    snprintf(run, sizeof run, "%lx-%lx%05lx-%x", (long)getpid(), (long)now.tv_sec, now.tv_nsec / 1000, calls++);
  }
  PetscCallMPI(MPI_Bcast(run, (int)sizeof run, MPI_CHAR, 0, comm));
  AetCheck(strlen(path) + strlen(run) + 6 < size, AET_ERR_INPUT, "%.80s…: the name of the file is too long", path);
  snprintf(temporary, size, "%s.%s.tmp", path, run);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscBool AetFileIsMine(AetFile file)
{
  PetscMPIInt rank;

  MPI_Comm_rank(file->comm, &rank);
  return (PetscBool)(!file->writing || rank == 0);
}

/* Rank 0: `path` can be replaced, and the temporary is made. */
static PetscErrorCode CreateHDF5(AetFile file)
{
  hid_t       access, create;
  struct stat status;
  int         fd;

  PetscFunctionBegin;
  AetCheck(stat(file->path, &status) || !S_ISDIR(status.st_mode), AET_ERR_WRITE, "%s: expected a file to write, found a folder",
           file->path);
  fd = open(file->temporary, O_WRONLY | O_CREAT | O_EXCL, 0666); /* tells why not better than HDF5 does */
  AetCheck(fd >= 0, AET_ERR_WRITE, "%s: cannot be written: %s", file->path, strerror(errno));
  close(fd);
  access = AetAccessHDF5();
  create = H5Pcreate(H5P_FILE_CREATE);
  H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_V18);
  H5Pset_obj_track_times(create, 0);
  file->id = H5Fcreate(file->temporary, H5F_ACC_TRUNC, create, access);
  H5Pclose(create);
  H5Pclose(access);
  AetCallHDF5(file->id, AET_ERR_WRITE, file->path, "cannot be written");
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode OpenDescriptor(AetFile file)
{
  PetscFunctionBegin;
  file->descriptor = open(file->temporary, O_WRONLY);
  AetCheck(file->descriptor >= 0, AET_ERR_WRITE, "%s: cannot be written: %s", file->path, strerror(errno));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What this rank wrote is on the disk. */
static PetscErrorCode CloseDescriptor(AetFile file)
{
  const int fd = file->descriptor;
  int       failed;

  PetscFunctionBegin;
  file->descriptor = -1;
  if (fd < 0) PetscFunctionReturn(PETSC_SUCCESS);
  failed = fsync(fd);
  failed = close(fd) || failed;
  AetCheck(!failed, AET_ERR_WRITE, "%s: cannot be written to disk: %s", file->path, strerror(errno));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode NewFile(MPI_Comm comm, const char *path, PetscBool writing, AetFile *file)
{
  PetscFunctionBegin;
  AetQuietHDF5();
  AetCheck(path[0], AET_ERR_INPUT, "expected the name of a file, found nothing");
  AetCheck(strlen(path) < PETSC_MAX_PATH_LEN - 64, AET_ERR_INPUT, "%.80s…: the name of the file is too long", path);
  PetscCall(PetscNew(file));
  snprintf((*file)->path, sizeof(*file)->path, "%s", path);
  (*file)->writing = writing;
  (*file)->id = H5I_INVALID_HID;
  (*file)->descriptor = -1;
  PetscCallMPI(MPI_Comm_dup(comm, &(*file)->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode StartFile(AetFile file)
{
  PetscErrorCode code = PETSC_SUCCESS;

  PetscFunctionBegin;
  PetscCall(AetTemporaryName(file->comm, file->path, file->temporary, sizeof file->temporary));
  if (AetFileIsMine(file)) code = CreateHDF5(file);
  PetscCall(AetAgree(file->comm, code));
  PetscCall(AetAgree(file->comm, OpenDescriptor(file)));
  PetscCall(AetFileWriteNumber(file, "", "version_major", 0));
  PetscCall(AetFileWriteNumber(file, "", "version_minor", 2));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetFileCreate(MPI_Comm comm, const char *path, AetFile *file)
{
  PetscErrorCode code;

  PetscFunctionBegin;
  *file = NULL;
  PetscCall(NewFile(comm, path, PETSC_TRUE, file));
  code = StartFile(*file);
  if (code) PetscCall(AetFileDestroy(file));
  PetscFunctionReturn(code);
}

static PetscErrorCode OpenLocal(AetFile file)
{
  AetFormat    format;
  AetArrayList list = {0};
  PetscMPIInt  rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(file->comm, &rank));
  if (rank == 0) {
    const PetscErrorCode code = AetInspectLocal(file->path, &format, &list);
    PetscCall(PetscFree(list.arrays));
    PetscCall(code);
    AetCheck(format == AET_FORMAT_EMD || format == AET_FORMAT_HDF5, AET_ERR_DATA, "%s: expected an HDF5 file, found %s", file->path,
             AetFormatName(format));
  }
  PetscCall(AetOpenHDF5(file->path, &file->id));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetFileOpen(MPI_Comm comm, const char *path, AetFile *file)
{
  PetscErrorCode code;

  PetscFunctionBegin;
  *file = NULL;
  PetscCall(NewFile(comm, path, PETSC_FALSE, file));
  code = AetAgree(comm, OpenLocal(*file));
  if (code) PetscCall(AetFileDestroy(file));
  PetscFunctionReturn(code);
}

/* Lets go of an HDF5 file that cannot be written to its end. HDF5 1.10 crashes at exit after a close that failed, so the close must not
   fail: what is left to write goes to nameless memory (sparse: it holds metadata alone). */
static void DiscardHDF5(AetFile file)
{
  const hid_t   id = file->id;
  int          *handle = NULL;
  struct rlimit limit, raised;
  const int     memory = memfd_create("aet4d-discarded", 0);

  file->id = H5I_INVALID_HID;
  getrlimit(RLIMIT_FSIZE, &limit);
  raised = limit;
  raised.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_FSIZE, &raised);
  if (memory >= 0 && H5Fget_vfd_handle(id, H5P_DEFAULT, (void **)&handle) >= 0 && handle) dup2(memory, *handle);
  if (memory >= 0) close(memory);
  H5Fclose(id);
  setrlimit(RLIMIT_FSIZE, &limit);
  H5Eclear2(H5E_DEFAULT);
}

static PetscErrorCode CloseHDF5(AetFile file)
{
  const hid_t id = file->id;

  PetscFunctionBegin;
  if (id < 0) PetscFunctionReturn(PETSC_SUCCESS);
  if (file->writing && H5Fflush(id, H5F_SCOPE_GLOBAL) < 0) {
    (void)AetRaiseHDF5(AET_ERR_WRITE, file->path, "cannot be written to its end");
    DiscardHDF5(file);
    PetscFunctionReturn(AET_ERR_WRITE);
  }
  file->id = H5I_INVALID_HID;
  AetCallHDF5(H5Fclose(id), file->writing ? AET_ERR_WRITE : AET_ERR_READ, file->path, "cannot be closed");
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FinishFile(AetFile file)
{
  PetscMPIInt    rank;
  PetscErrorCode code = PETSC_SUCCESS;

  PetscFunctionBegin;
  if (file->writing) PetscCall(AetFileWriteProvenance(file));
  code = CloseDescriptor(file);
  PetscCall(AetAgree(file->comm, code ? code : CloseHDF5(file)));
  code = PETSC_SUCCESS;
  if (!file->writing) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCallMPI(MPI_Comm_rank(file->comm, &rank));
  if (rank == 0) code = AetFileCommit(file->temporary, file->path);
  PetscCall(AetAgree(file->comm, code));
  file->temporary[0] = 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetFileClose(AetFile *file)
{
  PetscErrorCode code;

  PetscFunctionBegin;
  if (!*file) PetscFunctionReturn(PETSC_SUCCESS);
  code = FinishFile(*file);
  PetscCall(AetFileDestroy(file));
  PetscFunctionReturn(code);
}

PetscErrorCode AetFileDestroy(AetFile *file)
{
  PetscMPIInt rank;

  PetscFunctionBegin;
  if (!*file) PetscFunctionReturn(PETSC_SUCCESS);
  if ((*file)->id >= 0 && (*file)->writing)
    DiscardHDF5(*file);
  else if ((*file)->id >= 0)
    H5Fclose((*file)->id);
  if ((*file)->descriptor >= 0) close((*file)->descriptor);
  H5Eclear2(H5E_DEFAULT);
  PetscCallMPI(MPI_Comm_rank((*file)->comm, &rank));
  PetscCallMPI(MPI_Barrier((*file)->comm)); /* nobody writes any more */
  if (rank == 0 && (*file)->temporary[0]) unlink((*file)->temporary);
  PetscCallMPI(MPI_Comm_free(&(*file)->comm));
  PetscCall(PetscFree(*file));
  PetscFunctionReturn(PETSC_SUCCESS);
}
