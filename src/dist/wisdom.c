/* What FFTW has learnt, kept between runs. It depends on the processor, on FFTW, and on the number of ranks and threads, so each such
   choice has a file of its own. Nothing here is ever an error: without wisdom FFTW only plans again. */
#include <aet4d/dist.h>
#include <fftw3-mpi.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WISDOM_LARGEST (64 << 20)

/* FNV-1a, 64 bits. */
static uint64_t Hash(const char *text, size_t size)
{
  uint64_t hash = 0xcbf29ce484222325u;

  for (size_t i = 0; i < size; i++) hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3u;
  return hash;
}

static uint64_t ProcessorHash(void)
{
  char     line[1024];
  uint64_t hash = 0;
  FILE    *file = fopen("/proc/cpuinfo", "r");

  while (file && fgets(line, sizeof line, file))
    if (!strncmp(line, "model name", 10)) {
      hash = Hash(line, strlen(line));
      break;
    }
  if (file) fclose(file);
  return hash;
}

/* The file for this comm; 0 if there is no cache folder to think of. */
static int WisdomPath(MPI_Comm comm, int make_folder, char *path, size_t size)
{
  const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
  char        folder[PETSC_MAX_PATH_LEN];
  int         ranks, used;

  MPI_Comm_size(comm, &ranks);
  if (cache && cache[0])
    used = snprintf(folder, sizeof folder, "%s", cache);
  else if (home && home[0])
    used = snprintf(folder, sizeof folder, "%s/.cache", home);
  else
    return 0;
  if (used + 8 > (int)sizeof folder) return 0;
  if (make_folder) (void)mkdir(folder, 0700);
  strcat(folder, "/aet4d");
  if (make_folder) (void)mkdir(folder, 0700);
  used = snprintf(path, size, "%s/wisdom-%016llx-%016llx-%dx%d", folder, (unsigned long long)ProcessorHash(),
                  (unsigned long long)Hash(fftwf_version, strlen(fftwf_version)), ranks, AetThreads());
  return used > 0 && (size_t)used < size;
}

/* The text after a first line that vouches for it; NULL if anything is amiss. */
static char *WisdomRead(const char *path)
{
  unsigned long long expected;
  long               size;
  char              *text = NULL;
  FILE              *file = fopen(path, "r");

  if (!file) return NULL;
  if (fscanf(file, "aet4d wisdom %ld %llx", &size, &expected) == 2 && fgetc(file) == '\n' && size > 0 && size < WISDOM_LARGEST) {
    text = malloc((size_t)size + 1);
    if (text && fread(text, 1, (size_t)size, file) == (size_t)size && Hash(text, (size_t)size) == expected)
      text[size] = 0;
    else
      free(text), text = NULL;
  }
  fclose(file);
  return text;
}

PetscErrorCode AetWisdomLoad(MPI_Comm comm)
{
  char path[PETSC_MAX_PATH_LEN], *text = NULL;
  int  rank, size = 0;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (!rank && WisdomPath(comm, 0, path, sizeof path)) text = WisdomRead(path);
  if (text) size = (int)strlen(text) + 1;
  PetscCallMPI(MPI_Bcast(&size, 1, MPI_INT, 0, comm));
  if (!size) PetscFunctionReturn(PETSC_SUCCESS);
  if (rank) text = calloc((size_t)size, 1);
  PetscCall(AetAgree(comm, text ? PETSC_SUCCESS : AetRaise(AET_ERR_MEMORY, "wisdom: no memory for %d bytes", size)));
  PetscCallMPI(MPI_Bcast(text, size, MPI_CHAR, 0, comm));
  (void)fftwf_import_wisdom_from_string(text);
  free(text);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void WisdomWrite(const char *path, const char *text)
{
  char  temporary[PETSC_MAX_PATH_LEN + 32];
  int   good;
  FILE *file;

  snprintf(temporary, sizeof temporary, "%s.%ld.tmp", path, (long)getpid());
  file = fopen(temporary, "w");
  if (!file) return;
  good = fprintf(file, "aet4d wisdom %zu %llx\n%s", strlen(text), (unsigned long long)Hash(text, strlen(text)), text) > 0;
  good = !fclose(file) && good;
  if (!good || rename(temporary, path)) (void)unlink(temporary);
}

PetscErrorCode AetWisdomSave(MPI_Comm comm)
{
  char path[PETSC_MAX_PATH_LEN], *text;
  int  rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  fftwf_mpi_gather_wisdom(comm);
  if (rank || !WisdomPath(comm, 1, path, sizeof path)) PetscFunctionReturn(PETSC_SUCCESS);
  text = fftwf_export_wisdom_to_string();
  if (text) WisdomWrite(path, text);
  fftwf_free(text);
  PetscFunctionReturn(PETSC_SUCCESS);
}
