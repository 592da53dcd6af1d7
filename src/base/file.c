/* Small files as a whole: read on one rank for all, written beside their place and renamed, and the digest of any file. */
#define XXH_INLINE_ALL
#include "base/file_private.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <xxhash.h>

#define AET_TEXT_MAX ((size_t)1 << 30)

static int64_t aet_created = -1;

/* Makes a rename lasting. Some file systems cannot sync a folder and say so: that is not the writer's failure. */
static void SyncFolderOf(const char *path)
{
  char  folder[PETSC_MAX_PATH_LEN];
  char *slash;
  int   fd;

  snprintf(folder, sizeof folder, "%s", path);
  slash = strrchr(folder, '/');
  if (slash == folder)
    slash[1] = 0;
  else if (slash)
    *slash = 0;
  else
    snprintf(folder, sizeof folder, ".");
  fd = open(folder, O_RDONLY | O_DIRECTORY);
  if (fd < 0) return;
  (void)fsync(fd);
  close(fd);
}

PetscErrorCode AetFileCommit(const char *temporary, const char *path)
{
  int fd, status;

  PetscFunctionBegin;
  fd = open(temporary, O_RDONLY);
  AetCheck(fd >= 0, AET_ERR_WRITE, "%s: cannot be opened to finish %s: %s", temporary, path, strerror(errno));
  status = fsync(fd);
  close(fd);
  AetCheck(!status, AET_ERR_WRITE, "%s: cannot be written to disk: %s", path, strerror(errno));
  AetCheck(!rename(temporary, path), AET_ERR_WRITE, "%s: cannot be put in place: %s", path, strerror(errno));
  SyncFolderOf(path);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetTextWrite(const char *path, const char *text, size_t length)
{
  char  temporary[PETSC_MAX_PATH_LEN];
  FILE *file;
  int   failed;

  PetscFunctionBegin;
  snprintf(temporary, sizeof temporary, "%s.%ld.tmp", path, (long)getpid());
  file = fopen(temporary, "w");
  AetCheck(file, AET_ERR_WRITE, "%s: cannot be written: %s", path, strerror(errno));
  failed = fwrite(text, 1, length, file) != length;
  failed |= fclose(file) != 0;
  if (failed) {
    PetscErrorCode code = AetRaise(AET_ERR_WRITE, "%s: cannot be written: %s", path, strerror(errno));
    unlink(temporary);
    PetscFunctionReturn(code);
  }
  failed = (int)AetFileCommit(temporary, path);
  if (failed) unlink(temporary);
  PetscFunctionReturn((PetscErrorCode)failed);
}

PetscErrorCode AetTextReadLocal(const char *path, char **text, size_t *length)
{
  struct stat status;
  FILE       *file;

  PetscFunctionBegin;
  AetCheck(!stat(path, &status), AET_ERR_OPEN, "%s: %s", path, errno == ENOENT ? "no such file" : strerror(errno));
  AetCheck(!S_ISDIR(status.st_mode), AET_ERR_OPEN, "%s: expected a file, found a folder", path);
  AetCheck((size_t)status.st_size < AET_TEXT_MAX, AET_ERR_DATA, "%s: expected a text file, found %lld bytes", path,
           (long long)status.st_size);
  file = fopen(path, "r");
  AetCheck(file, AET_ERR_OPEN, "%s: cannot be read: %s", path, strerror(errno));
  *text = (char *)malloc((size_t)status.st_size + 1);
  if (*text) *length = fread(*text, 1, (size_t)status.st_size, file);
  fclose(file);
  AetCheck(*text, AET_ERR_MEMORY, "%s: no memory for %lld bytes", path, (long long)status.st_size);
  (*text)[*length] = 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetTextRead(MPI_Comm comm, const char *path, char **text, size_t *length)
{
  int            rank;
  long           bytes = 0;
  char          *local = NULL;
  PetscErrorCode code = PETSC_SUCCESS;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  *length = 0;
  if (!rank) code = AetTextReadLocal(path, &local, length);
  PetscCall(AetAgree(comm, code));
  bytes = (long)*length;
  PetscCallMPI(MPI_Bcast(&bytes, 1, MPI_LONG, 0, comm));
  if (rank) local = (char *)calloc((size_t)bytes + 1, 1);
  PetscCall(AetAgree(comm, local ? PETSC_SUCCESS : AetRaise(AET_ERR_MEMORY, "%s: no memory for %ld bytes", path, bytes)));
  PetscCallMPI(MPI_Bcast(local, (int)bytes, MPI_CHAR, 0, comm));
  *length = (size_t)bytes;
  *text = local;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void DigestText(XXH128_hash_t hash, char digest[33])
{
  snprintf(digest, 33, "%016llx%016llx", (unsigned long long)hash.high64, (unsigned long long)hash.low64);
}

void AetBytesDigest(const void *bytes, size_t length, char digest[33])
{
  DigestText(XXH3_128bits(bytes, length), digest);
}

PetscErrorCode AetFileDigest(const char *path, char digest[33])
{
  enum { BLOCK = 1 << 20 };
  struct stat    status;
  FILE          *file;
  XXH3_state_t  *state;
  unsigned char *block;
  size_t         got;
  int            failed;

  PetscFunctionBegin;
  digest[0] = 0;
  AetCheck(!stat(path, &status), AET_ERR_OPEN, "%s: %s", path, errno == ENOENT ? "no such file" : strerror(errno));
  AetCheck(!S_ISDIR(status.st_mode), AET_ERR_OPEN, "%s: expected a file, found a folder", path);
  file = fopen(path, "rb");
  AetCheck(file, AET_ERR_OPEN, "%s: cannot be read: %s", path, strerror(errno));
  state = XXH3_createState();
  block = (unsigned char *)malloc(BLOCK);
  failed = !state || !block || XXH3_128bits_reset(state) != XXH_OK;
  while (!failed && (got = fread(block, 1, BLOCK, file)) > 0) failed = XXH3_128bits_update(state, block, got) != XXH_OK;
  if (!failed) DigestText(XXH3_128bits_digest(state), digest);
  failed |= ferror(file);
  free(block);
  XXH3_freeState(state);
  fclose(file);
  AetCheck(!failed, AET_ERR_READ, "%s: cannot be read to its end", path);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static int64_t ClockSeconds(void)
{
  const char *epoch = getenv("SOURCE_DATE_EPOCH");
  char       *end;
  long long   seconds;

  if (!epoch || !*epoch) return (int64_t)time(NULL);
  seconds = strtoll(epoch, &end, 10);
  return *end || seconds < 0 ? (int64_t)time(NULL) : (int64_t)seconds;
}

PetscErrorCode AetCreatedAgree(MPI_Comm comm)
{
  long long seconds = (long long)ClockSeconds();

  PetscFunctionBegin;
  PetscCallMPI(MPI_Bcast(&seconds, 1, MPI_LONG_LONG, 0, comm));
  aet_created = (int64_t)seconds;
  PetscFunctionReturn(PETSC_SUCCESS);
}

int64_t AetCreated(void)
{
  return aet_created < 0 ? ClockSeconds() : aet_created;
}

double AetPeakMemory(void)
{
  struct rusage usage;

  return getrusage(RUSAGE_SELF, &usage) ? 0 : 1024.0 * (double)usage.ru_maxrss; /* Linux counts in KiB */
}
