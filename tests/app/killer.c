/* Preloaded into the program by checkpoint.sh: sends a signal at a moment that can be repeated, from inside one rank.
     AET_KILL_RANK    the rank
     AET_KILL_CALL    at its n-th call that changes a file of the output folder (pwrite, fsync, ftruncate, rename), or
     AET_KILL_RENAME  after its n-th rename to AET_KILL_FILE, or
     AET_KILL_AFTER   this many microseconds after the first change of AET_KILL_FILE
     AET_KILL_SIGNAL  the signal; 9 where it is not given
     AET_KILL_PARENT  set: to mpirun, else to the rank itself
     AET_KILL_COUNT   a file that gets the number of calls at the end of the program */
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

static long calls, renames;

static long Number(const char *name)
{
  const char *text = getenv(name);

  return text ? atol(text) : 0;
}

static void Send(int ignored)
{
  (void)ignored;
  kill(getenv("AET_KILL_PARENT") ? getppid() : getpid(), getenv("AET_KILL_SIGNAL") ? (int)Number("AET_KILL_SIGNAL") : SIGKILL);
}

static int Mine(void)
{
  const char *rank = getenv("AET_KILL_RANK"), *here = getenv("OMPI_COMM_WORLD_RANK");

  if (!here) here = getenv("PMI_RANK");
  return rank && !strcmp(rank, here ? here : "0");
}

static int Wanted(const char *name)
{
  const char *file = getenv("AET_KILL_FILE");

  return file && strstr(name, file);
}

/* Another call that changes the file `name`. */
static void Count(const char *name)
{
  static int armed;
  const long after = Number("AET_KILL_AFTER");

  if (!Mine()) return;
  if (++calls == Number("AET_KILL_CALL")) Send(0);
  if (!after || armed || !Wanted(name)) return;
  armed = 1;
  signal(SIGALRM, Send);
  setitimer(ITIMER_REAL, &(struct itimerval){.it_value = {after / 1000000, after % 1000000}}, NULL);
}

static void CountDescriptor(int fd)
{
  char    link[64], name[4096];
  ssize_t length;

  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  length = readlink(link, name, sizeof name - 1);
  name[length > 0 ? length : 0] = 0;
  if (strstr(name, "/out/")) Count(name); /* not MPI's own files */
}

/* in place of the C library's */
#pragma GCC visibility push(default)
ssize_t                pwrite(int fd, const void *data, size_t size, off_t offset)
{
  static ssize_t (*next)(int, const void *, size_t, off_t);

  if (!next) *(void **)&next = dlsym(RTLD_NEXT, "pwrite");
  CountDescriptor(fd);
  return next(fd, data, size, offset);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset)
{
  static ssize_t (*next)(int, const void *, size_t, off64_t);

  if (!next) *(void **)&next = dlsym(RTLD_NEXT, "pwrite64");
  CountDescriptor(fd);
  return next(fd, data, size, offset);
}

int fsync(int fd)
{
  static int (*next)(int);

  if (!next) *(void **)&next = dlsym(RTLD_NEXT, "fsync");
  CountDescriptor(fd);
  return next(fd);
}

int ftruncate64(int fd, off64_t size)
{
  static int (*next)(int, off64_t);

  if (!next) *(void **)&next = dlsym(RTLD_NEXT, "ftruncate64");
  CountDescriptor(fd);
  return next(fd, size);
}

int rename(const char *from, const char *to)
{
  static int (*next)(const char *, const char *);
  int status;

  if (!next) *(void **)&next = dlsym(RTLD_NEXT, "rename");
  if (strstr(to, "out/")) Count(to);
  status = next(from, to);
  if (Mine() && Wanted(to) && ++renames == Number("AET_KILL_RENAME")) Send(0);
  return status;
}

#pragma GCC visibility pop

__attribute__((destructor)) static void Tell(void)
{
  const char *name = getenv("AET_KILL_COUNT");
  FILE       *file = name && Mine() ? fopen(name, "w") : NULL;

  if (file) fprintf(file, "%ld\n", calls), fclose(file);
}
