/* The course of an iteration: progress, checkpoints, and the end where nothing is gained any more or a signal asks for it. */
#include "recon/course.h"
#include "recon/checkpoint.h"
#include <math.h>

#define KEPT_MAX 16
#define WINDOW 10   /* iterations over which the figure must have come to rest */
#define SHARE 50.0  /* times the last checkpoint took until the next: below 2 % of the time */
#define MINUTE 60.0 /* s */

typedef struct {
  double figure[WINDOW], seen; /* the best until each of the last ones, in a ring */
} Ring;

struct _p_AetCourse {
  AetProgress progress;
  AetKept     kept[KEPT_MAX];
  int         kept_count;
  double      plateau;
  Ring        ring;
  PetscInt    every;         /* iterations from a checkpoint to the next; 0: by time */
  double      seconds;       /* of that time; 0: never */
  double      written, cost; /* MPI_Wtime at the end of the last checkpoint or the beginning; s that the last one took */
};

PetscErrorCode AetCourseBegin(AetRecon recon, const char *name)
{
  AetCourse course;

  PetscFunctionBegin;
  PetscCall(PetscNew(&course));
  recon->course = course;
  recon->iterations_restored = 0;
  PetscCall(AetOptionGetReal("recon_plateau", &course->plateau));
  PetscCall(AetOptionGetInt("recon_checkpoint_every", &course->every));
  PetscCall(AetOptionGetReal("recon_checkpoint_minutes", &course->seconds));
  course->seconds *= MINUTE;
  if (recon->watch) course->plateau = 0;
  if (!recon->inner) PetscCall(AetProgressCreate(recon->comm, name, recon->iterations, &course->progress));
  PetscCall(AetCourseKeep(recon, AET_KEPT_VOLUME, "volume", &recon->volume->data, 1));
  PetscCall(AetCourseKeep(recon, AET_KEPT_NUMBERS, "rfree", &recon->rfree, 1));
  PetscCall(AetCourseKeep(recon, AET_KEPT_NUMBERS, "ring", &course->ring, sizeof course->ring / sizeof(double)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetCourseKeep(AetRecon recon, AetKeptKind kind, const char *name, void *address, PetscInt count)
{
  AetCourse course = recon->course;

  PetscFunctionBegin;
  PetscAssert(course->kept_count < KEPT_MAX, recon->comm, PETSC_ERR_PLIB, "more parts of a state than expected");
  course->kept[course->kept_count++] = (AetKept){kind, name, address, count};
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetCourseStart(AetRecon recon, PetscInt *done)
{
  AetCourse course = recon->course;

  PetscFunctionBegin;
  *done = 0;
  if (recon->checkpoint[0]) PetscCall(AetCheckpointRead(recon, course->kept_count, course->kept, done));
  recon->iterations_done = recon->iterations_restored = *done;
  course->written = MPI_Wtime();
  if (!*done) PetscFunctionReturn(PETSC_SUCCESS);
  if (course->progress) PetscCall(AetProgressSkip(course->progress, *done));
  PetscCall(AetReport(recon->comm, "  goes on after iteration %d of %d, from %s\n", (int)*done, (int)recon->iterations, recon->checkpoint));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void AetCourseRenew(AetRecon recon)
{
  recon->course->ring.seen = 0;
}

/* Whether the last WINDOW iterations together improved the best figure by less than the tolerance, as a part of it. The best, and not the
   figures themselves: a figure that goes up and down is neither at rest where it happens to return, nor on the way where it only swings. */
static PetscBool AtRest(AetCourse course, double figure)
{
  Ring          *ring = &course->ring;
  const PetscInt seen = (PetscInt)ring->seen;
  const double   before = ring->figure[seen % WINDOW], best = seen ? fmin(figure, ring->figure[(seen - 1) % WINDOW]) : figure;

  ring->figure[seen % WINDOW] = best;
  ring->seen++;
  if (!(course->plateau > 0) || ring->seen <= WINDOW) return PETSC_FALSE;
  return before - best <= course->plateau * fabs(before) ? PETSC_TRUE : PETSC_FALSE;
}

/* Whether it is time for a checkpoint, by rank 0's clock, and whether a signal asks for the end, by any rank's: one small reduction. */
static PetscErrorCode Due(AetRecon recon, PetscInt done, PetscBool *due, PetscBool *asked)
{
  const AetCourse course = recon->course;
  const double    passed = MPI_Wtime() - course->written;
  int             rank, mine[2], any[2];

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(recon->comm, &rank));
  mine[0] = AetInterruptAsked();
  mine[1] = !rank && course->seconds > 0 && passed >= fmax(course->seconds, SHARE * course->cost);
  if (course->every) mine[1] = done % course->every == 0;
  PetscCallMPI(MPI_Allreduce(mine, any, 2, MPI_INT, MPI_MAX, recon->comm));
  *asked = any[0] ? PETSC_TRUE : PETSC_FALSE;
  *due = any[1] ? PETSC_TRUE : PETSC_FALSE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A checkpoint that cannot be written costs the run nothing but itself; not so when the run is to end with it. */
static PetscErrorCode Save(AetRecon recon, PetscInt done, PetscBool asked)
{
  AetCourse      course = recon->course;
  const double   begin = MPI_Wtime();
  PetscErrorCode code = AetCheckpointWrite(recon, done, course->kept_count, course->kept);

  PetscFunctionBegin;
  course->written = MPI_Wtime();
  course->cost = course->written - begin;
  recon->report.checkpoints += !code;
  recon->report.checkpoint_seconds += course->cost;
  if (code == AET_ERR_WRITE && !asked) {
    PetscCall(AetReport(recon->comm, "  %s; the run goes on without this checkpoint\n", AetErrorMessage()));
    AetErrorClear();
    code = PETSC_SUCCESS;
  }
  PetscFunctionReturn(code);
}

PetscErrorCode AetCourseIterated(AetRecon recon, PetscInt done, double figure, const char *note, PetscBool *stop)
{
  AetCourse course = recon->course;
  PetscBool due, asked;

  PetscFunctionBegin;
  recon->iterations_done = done;
  if (course->progress) PetscCall(AetProgressStep(course->progress, done, note));
  *stop = AtRest(course, figure);
  if (recon->watch) PetscCall(recon->watch(recon, done, recon->watch_context, stop));
  /* at rest, the method may change its state before the next step; after the last step nothing is left to do again */
  if (!recon->checkpoint[0] || *stop || done >= recon->iterations) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(Due(recon, done, &due, &asked));
  if (due || asked) PetscCall(Save(recon, done, asked));
  if (asked)
    PetscFunctionReturn(AetRaise(AET_ERR_INTERRUPTED, "ended on request after iteration %d of %d: the same command goes on from %s",
                                 (int)done, (int)recon->iterations, recon->checkpoint));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetCourseEnd(AetRecon recon)
{
  PetscFunctionBegin;
  PetscCall(AetProgressDestroy(&recon->course->progress));
  PetscCall(PetscFree(recon->course));
  PetscFunctionReturn(PETSC_SUCCESS);
}
