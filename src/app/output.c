/* The output folder: one run at a time, nothing half-written left behind. */
#include "output.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define AET_LOCK_WAIT 5.0 /* s: ranks of a killed job live a little longer than the job */

void AetOutputPath(const AetOutput *output, const char *name, char *path)
{
  size_t length;

  (void)PetscStrncpy(path, output->folder, PETSC_MAX_PATH_LEN);
  length = strlen(path);
  if (length + 1 < PETSC_MAX_PATH_LEN) path[length++] = '/', path[length] = 0;
  (void)PetscStrncpy(path + length, name, PETSC_MAX_PATH_LEN - length);
}

/* mkdir -p */
static PetscErrorCode MakeFolders(const char *folder)
{
  char        path[PETSC_MAX_PATH_LEN];
  struct stat status;

  PetscFunctionBegin;
  AetCheck(strlen(folder) < PETSC_MAX_PATH_LEN - 64, AET_ERR_INPUT, "output: a path of %zu letters is too long", strlen(folder));
  (void)PetscStrncpy(path, folder, sizeof path);
  for (char *slash = path + 1;; slash++) {
    char kept = *slash;

    if (kept != '/' && kept) continue;
    *slash = 0;
    AetCheck(!mkdir(path, 0777) || errno == EEXIST, AET_ERR_WRITE, "%s: the output folder cannot be created: %s", path, strerror(errno));
    *slash = kept;
    if (!kept) break;
  }
  AetCheck(!stat(folder, &status) && S_ISDIR(status.st_mode), AET_ERR_WRITE, "%s: expected a folder for the output, found a file", folder);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A record lock ends with its process, so a dead run leaves none. The file's text only serves the message. */
static PetscErrorCode TakeLock(const char *folder, const char *path, int *lock)
{
  struct flock region = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  double       begin = MPI_Wtime();
  char         host[256] = "", text[320] = "";
  int          status;

  PetscFunctionBegin;
  *lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  AetCheck(*lock >= 0, AET_ERR_WRITE, "%s: the output folder cannot be written: %s", folder, strerror(errno));
  while ((status = fcntl(*lock, F_SETLK, &region)) && (errno == EACCES || errno == EAGAIN) && MPI_Wtime() - begin < AET_LOCK_WAIT)
    usleep(100000);
  if (status && (errno == EACCES || errno == EAGAIN)) {
    if (read(*lock, text, sizeof text - 1) <= 0) (void)PetscStrncpy(text, "another process", sizeof text);
    close(*lock);
    *lock = -1;
    AetCheck(0, AET_ERR_WRITE, "%s: the output folder is in use by %s", folder, text);
  }
  gethostname(host, sizeof host - 1);
  snprintf(text, sizeof text, "process %ld on %s", (long)getpid(), host);
  /* a file system without locks (status != 0 here) still gets the note */
  if (ftruncate(*lock, 0) || write(*lock, text, strlen(text)) < 0)
    AetCheck(0, AET_ERR_WRITE, "%s: the output folder cannot be written: %s", folder, strerror(errno));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Temporaries (name.<run id>.tmp) are left only by a run that was killed; we hold the lock, so none is in use. */
static void RemoveTemporaries(const char *folder)
{
  DIR           *directory = opendir(folder);
  struct dirent *entry;

  if (!directory) return;
  while ((entry = readdir(directory))) {
    size_t length = strlen(entry->d_name);

    if (length > 4 && !strcmp(entry->d_name + length - 4, ".tmp")) unlinkat(dirfd(directory), entry->d_name, 0);
  }
  closedir(directory);
}

static PetscErrorCode OpenLocal(AetOutput *output)
{
  char path[PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  PetscCall(MakeFolders(output->folder));
  AetOutputPath(output, ".lock", path);
  PetscCall(TakeLock(output->folder, path, &output->lock));
  RemoveTemporaries(output->folder);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetOutputName(AetOutput *output)
{
  PetscFunctionBegin;
  PetscCall(AetOptionGetText("output", output->folder, sizeof output->folder));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetOutputOpen(MPI_Comm comm, AetOutput *output)
{
  char path[PETSC_MAX_PATH_LEN];
  int  rank;

  PetscFunctionBegin;
  memset(output, 0, sizeof *output);
  output->lock = -1;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCall(AetOutputName(output));
  PetscCall(AetAgree(comm, rank ? PETSC_SUCCESS : OpenLocal(output)));
  AetOutputPath(output, "run.log", path);
  PetscCall(AetReportOpen(comm, path));
  PetscCall(AetSummaryCreate(&output->summary));
  AetOutputPath(output, "summary.json", path);
  if (AetSummaryRead(output->summary, comm, path)) {
    /* a damaged summary forgets what was done; everything is done again */
    AetErrorClear();
    PetscCall(AetReport(comm, "%s: damaged, written anew\n", path));
    PetscCall(AetSummaryDestroy(&output->summary));
    PetscCall(AetSummaryCreate(&output->summary));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetOutputClose(MPI_Comm comm, AetOutput *output)
{
  PetscFunctionBegin;
  PetscCall(AetReportOpen(comm, NULL));
  PetscCall(AetSummaryDestroy(&output->summary));
  if (output->lock >= 0) close(output->lock); /* the file stays: unlinking it would let two waiting runs hold locks of two files */
  output->lock = -1;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetOutputSummarise(MPI_Comm comm, AetOutput *output)
{
  char path[PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  AetOutputPath(output, "summary.json", path);
  PetscCall(AetSummaryWrite(output->summary, comm, path));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetOutputFolder(MPI_Comm comm, const AetOutput *output, const char *name)
{
  char path[PETSC_MAX_PATH_LEN];
  int  rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  AetOutputPath(output, name, path);
  PetscCall(AetAgree(comm, rank ? PETSC_SUCCESS : MakeFolders(path)));
  if (!rank) RemoveTemporaries(path);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetFileExists(MPI_Comm comm, const char *path, PetscBool *exists)
{
  int there = access(path, R_OK) == 0;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Bcast(&there, 1, MPI_INT, 0, comm));
  *exists = (PetscBool)there;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetOutputCost(MPI_Comm comm, AetOutput *output, const char *prefix, double begin)
{
  static const char *const names[2] = {"seconds", "peak_memory_bytes_per_rank"};
  double                   mine[2] = {MPI_Wtime() - begin, AetPeakMemory()}, least[2], most[2], sum[2];
  char                     key[128];
  int                      size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(comm, &size));
  PetscCallMPI(MPI_Allreduce(mine, least, 2, MPI_DOUBLE, MPI_MIN, comm));
  PetscCallMPI(MPI_Allreduce(mine, most, 2, MPI_DOUBLE, MPI_MAX, comm));
  PetscCallMPI(MPI_Allreduce(mine, sum, 2, MPI_DOUBLE, MPI_SUM, comm));
  for (int i = 0; i < 2; i++) {
    snprintf(key, sizeof key, "%s.%s%s", prefix, names[i], i ? "_max" : "");
    PetscCall(AetSummarySetNumber(output->summary, key, most[i]));
    snprintf(key, sizeof key, "%s.%s_mean", prefix, names[i]);
    PetscCall(AetSummarySetNumber(output->summary, key, sum[i] / size));
    snprintf(key, sizeof key, "%s.%s_min", prefix, names[i]);
    PetscCall(AetSummarySetNumber(output->summary, key, least[i]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
