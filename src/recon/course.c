/* The course of an iteration: progress, and the end where nothing is gained any more. */
#include "recon/course.h"
#include <math.h>

#define KEPT_MAX 16
#define WINDOW 10 /* iterations over which the figure must have come to rest */

typedef struct {
  AetKeptKind kind;
  const char *name;
  void       *address;
  PetscInt    count;
} Kept;

struct _p_AetCourse {
  AetProgress progress;
  Kept        kept[KEPT_MAX];
  int         kept_count;
  double      plateau, figure[WINDOW]; /* the best until each of the last ones, in a ring */
  PetscInt    seen;
};

PetscErrorCode AetCourseBegin(AetRecon recon, const char *name)
{
  AetCourse course;

  PetscFunctionBegin;
  PetscCall(PetscNew(&course));
  recon->course = course;
  PetscCall(AetOptionGetReal("recon_plateau", &course->plateau));
  if (!recon->inner) PetscCall(AetProgressCreate(recon->comm, name, recon->iterations, &course->progress));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetCourseKeep(AetRecon recon, AetKeptKind kind, const char *name, void *address, PetscInt count)
{
  AetCourse course = recon->course;

  PetscFunctionBegin;
  PetscAssert(course->kept_count < KEPT_MAX, recon->comm, PETSC_ERR_PLIB, "more parts of a state than expected");
  course->kept[course->kept_count++] = (Kept){kind, name, address, count};
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetCourseStart(AetRecon recon, PetscInt *done)
{
  PetscFunctionBegin;
  *done = 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

void AetCourseRenew(AetRecon recon)
{
  recon->course->seen = 0;
}

/* Whether the last WINDOW iterations together improved the best figure by less than the tolerance, as a part of it. The best, and not the
   figures themselves: a figure that goes up and down is neither at rest where it happens to return, nor on the way where it only swings. */
static PetscBool AtRest(AetCourse course, double figure)
{
  const double before = course->figure[course->seen % WINDOW],
               best = course->seen ? fmin(figure, course->figure[(course->seen - 1) % WINDOW]) : figure;

  course->figure[course->seen % WINDOW] = best;
  course->seen++;
  if (!(course->plateau > 0) || course->seen <= WINDOW) return PETSC_FALSE;
  return before - best <= course->plateau * fabs(before) ? PETSC_TRUE : PETSC_FALSE;
}

PetscErrorCode AetCourseIterated(AetRecon recon, PetscInt done, double figure, const char *note, PetscBool *stop)
{
  AetCourse course = recon->course;

  PetscFunctionBegin;
  recon->iterations_done = done;
  if (course->progress) PetscCall(AetProgressStep(course->progress, done, note));
  *stop = AtRest(course, figure);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetCourseEnd(AetRecon recon)
{
  PetscFunctionBegin;
  PetscCall(AetProgressDestroy(&recon->course->progress));
  PetscCall(PetscFree(recon->course));
  PetscFunctionReturn(PETSC_SUCCESS);
}
