/* Progress: one line per stage on a terminal, one line per tenth elsewhere. */
#include <aet4d/base.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct _p_AetProgress {
  MPI_Comm comm;
  char     stage[64];
  PetscInt steps, skipped, last_tenth;
  double   begin;
  int      rank, terminal, quiet;
};

static FILE *aet_log;
static char  aet_label[80]; /* "[label] " */
static int   aet_line = 1;  /* what comes next on stdout begins a line */

static int Quiet(void)
{
  PetscBool set = PETSC_FALSE, quiet = PETSC_FALSE;

  (void)PetscOptionsGetBool(NULL, NULL, "-quiet", &quiet, &set);
  return set && quiet;
}

/* Whether a person watches. mpirun gives its ranks a terminal of its own whatever happens to the output, so what counts is where mpirun's
 * goes. */
static int Terminal(void)
{
  char    link[64], target[64] = "";
  ssize_t length;

  if (!isatty(1) || aet_label[0]) return 0;
  if (!getenv("OMPI_COMM_WORLD_SIZE")) return 1;
  snprintf(link, sizeof link, "/proc/%d/fd/1", (int)getppid());
  length = readlink(link, target, sizeof target - 1);
  return length > 5 && (!strncmp(target, "/dev/pts", 8) || !strncmp(target, "/dev/tty", 8));
}

/* To stdout in one piece, every line with the label. */
__attribute__((format(printf, 1, 0))) static void Print(const char *format, va_list arguments)
{
  char    text[4096];
  va_list again;

  va_copy(again, arguments);
  if (vsnprintf(text, sizeof text, format, arguments) >= (int)sizeof text)
    vprintf(format, again);
  else
    for (const char *line = text; *line;) {
      const size_t length = strcspn(line, "\n") + (line[strcspn(line, "\n")] == '\n');
      printf("%s%.*s", aet_line ? aet_label : "", (int)length, line);
      aet_line = line[length - 1] == '\n';
      line += length;
    }
  va_end(again);
  fflush(stdout);
}

PetscErrorCode AetReportLabel(const char *label)
{
  PetscFunctionBegin;
  aet_label[0] = 0;
  if (label) snprintf(aet_label, sizeof aet_label, "[%.70s] ", label);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetProgressCreate(MPI_Comm comm, const char *stage, PetscInt steps, AetProgress *progress)
{
  PetscFunctionBegin;
  PetscCall(PetscNew(progress));
  (*progress)->comm = comm;
  snprintf((*progress)->stage, sizeof(*progress)->stage, "%s", stage);
  (*progress)->steps = steps > 0 ? steps : 1;
  (*progress)->begin = MPI_Wtime();
  (*progress)->terminal = Terminal();
  (*progress)->quiet = Quiet();
  PetscCallMPI(MPI_Comm_rank(comm, &(*progress)->rank));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetProgressStep(AetProgress p, PetscInt done, const char *note)
{
  PetscInt tenth = (PetscInt)((int64_t)done * 10 / p->steps);
  double   elapsed = MPI_Wtime() - p->begin, left = 0;

  PetscFunctionBegin;
  if (p->rank || p->quiet) PetscFunctionReturn(PETSC_SUCCESS);
  if (done > p->skipped) left = elapsed * (double)(p->steps - done) / (double)(done - p->skipped);
  if (p->terminal) {
    printf("\r  %s %d/%d  %s  %.0f s left \033[K", p->stage, (int)done, (int)p->steps, note ? note : "", left);
    fflush(stdout);
  }
  if (tenth > p->last_tenth) {
    p->last_tenth = tenth;
    if (!p->terminal)
      printf("%s  %s %d/%d  %s  %.1f s\n", aet_label, p->stage, (int)done, (int)p->steps, note ? note : "", elapsed), fflush(stdout);
    if (aet_log)
      fprintf(aet_log, "  %s %d/%d  %s  %.1f s\n", p->stage, (int)done, (int)p->steps, note ? note : "", elapsed), fflush(aet_log);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetProgressSkip(AetProgress p, PetscInt done)
{
  PetscFunctionBegin;
  p->skipped = done;
  p->last_tenth = (PetscInt)((int64_t)done * 10 / p->steps);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetProgressDestroy(AetProgress *progress)
{
  PetscFunctionBegin;
  if (!*progress) PetscFunctionReturn(PETSC_SUCCESS);
  if (!(*progress)->rank && (*progress)->terminal && !(*progress)->quiet) printf("\r\033[K"), fflush(stdout);
  PetscCall(PetscFree(*progress));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetReport(MPI_Comm comm, const char *format, ...)
{
  int     rank;
  va_list arguments;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (rank) PetscFunctionReturn(PETSC_SUCCESS);
  if (!Quiet()) {
    va_start(arguments, format);
    Print(format, arguments);
    va_end(arguments);
  }
  if (aet_log) {
    va_start(arguments, format);
    vfprintf(aet_log, format, arguments);
    va_end(arguments);
    fflush(aet_log);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetReportOpen(MPI_Comm comm, const char *path)
{
  int            rank;
  PetscErrorCode local = PETSC_SUCCESS;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (!rank) {
    if (aet_log) fclose(aet_log);
    aet_log = path ? fopen(path, "a") : NULL;
    if (path && !aet_log) local = AetRaise(AET_ERR_WRITE, "%s: cannot be written", path);
  }
  PetscCall(AetAgree(comm, local));
  PetscFunctionReturn(PETSC_SUCCESS);
}
